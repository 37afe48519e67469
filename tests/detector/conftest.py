"""The shipped models, compiled once, and a real hub."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from beds import write_record

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


@pytest.fixture(scope="session")
def annotated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two annotated records of a minute and a half, simulated."""
    folder = tmp_path_factory.mktemp("records") / "sim"
    folder.mkdir()
    for name, seed in (("a", 1), ("b", 2)):
        write_record(folder, name, seconds=90, seed=seed)
    return folder
