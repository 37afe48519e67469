"""One hub a journal: two that wrote the same would give the same numbers to different events."""

import contextlib
import os
from typing import Final

from sqlalchemy import Engine

from stream.errors import JournalError

try:
    import fcntl
except ImportError:  # no such locks on this system
    fcntl = None  # type: ignore[assignment]


class HubLock:
    """Held by the hub that writes an SQLite journal, and let go by the system however the hub ends.

    Raises
    ------
    JournalError
        If another hub holds it.
    """

    def __init__(self, engine: Engine) -> None:
        self._file: int | None = None
        if engine.dialect.name != "sqlite" or fcntl is None:
            return
        path: Final = f"{engine.url.database}.lock"
        try:
            self._file = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
        except OSError:  # where no file can be made, nobody writes
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise JournalError(
                f"the journal {engine.url.database} is in use by another hub; name another with --journal"
            ) from None
        except OSError:  # a file system without locks
            self.release()

    def release(self) -> None:
        """Let go."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.close(self._file)
            self._file = None
