"""The shipped models, compiled once, and a real hub."""

from collections.abc import AsyncIterator

import pytest

from detector.classifier import Classifier, shipped_classifiers
from stream.hub import Hub


@pytest.fixture(scope="session")
def classifiers() -> dict[str, Classifier]:
    """The shipped models: ``stream`` and ``row``."""
    return dict(shipped_classifiers())


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    """A hub on a free port."""
    async with Hub() as hub:
        yield hub
