"""What several test folders share."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True, scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A state folder of their own for all programs that tests start."""
    os.environ["CARDIOVISION_HOME"] = str(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real records: CARDIOVISION_DATA, else ``shared/data`` beside the checkout."""
    folder = Path(os.environ.get("CARDIOVISION_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "mitdb").is_dir():
        pytest.skip(f"needs ECG records: no mitdb folder in {folder}; set CARDIOVISION_DATA")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("needs Chromium: install it, or set CHROMIUM to its path")
    return path


@pytest.fixture
def hangup() -> Iterator[None]:
    """Children hear a closed terminal, though the tests themselves may run under ``nohup``, which has it ignored."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
