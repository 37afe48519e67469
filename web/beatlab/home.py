"""The folder in which the lab keeps files: removed at its end, and by the next lab if that end was sudden."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

try:
    import fcntl
except ImportError:  # no such locks on this system: what is left lies until the system clears its temporary files
    fcntl = None  # type: ignore[assignment]

PREFIX: Final = "cardiovision-lab-"
_LOCK: Final = "in-use"


class Home:
    """A folder of one's own among the system's temporary ones.

    It holds a locked file, and the lock ends with this process however that ends: a folder that nobody has locked was
    left behind.
    """

    def __init__(self) -> None:
        _sweep(Path(tempfile.gettempdir()))
        self.path: Final = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._lock: Final = os.open(self.path / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        _locked(self._lock)

    def remove(self) -> None:
        """Remove the folder and all in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.close(self._lock)


def _sweep(among: Path) -> None:
    """Remove folders of labs that are no more."""
    for left in among.glob(f"{PREFIX}*/{_LOCK}"):
        with contextlib.suppress(OSError):  # another user's, or just gone
            lock = os.open(left, os.O_RDWR)
            try:
                if _locked(lock):
                    shutil.rmtree(left.parent, ignore_errors=True)
            finally:
                os.close(lock)


def _locked(file: int) -> bool:
    """Lock a file; whether that could be done."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (OSError, AttributeError):  # somebody else holds it, or there are no locks here
        return False
    return True
