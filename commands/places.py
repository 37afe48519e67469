"""Where things are kept, unless somebody says otherwise."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from commands.options import FEED_PORT
from stream.errors import CardioVisionError


def state_folder() -> Path:
    """Where logs are kept, made if it is not there.

    ``$CARDIOVISION_HOME``, else ``cardiovision`` in the state folder of the XDG Base Directory Specification.
    """
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    folder = Path(os.environ.get("CARDIOVISION_HOME") or state / "cardiovision").expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CardioVisionError(
            f"cannot write logs to {folder} ({error.strerror}); name a folder in CARDIOVISION_HOME"
        ) from None
    return folder


def port_of(feed: str) -> int:
    """The port of a hub by the address of its feed."""
    return urlsplit(feed).port or FEED_PORT


def journal_of(where: str | None, port: int = FEED_PORT) -> str | Path:
    """The journal of the hub at a port: as named, else in the state folder; hubs on other ports do not share it."""
    return where or state_folder() / ("journal.sqlite" if port == FEED_PORT else f"journal-{port}.sqlite")


def archive_of(folder: Path | None, port: int = FEED_PORT) -> Path:
    """The folder of what is kept of the hub at a port: as named, else in the state folder."""
    return folder or state_folder() / ("archive" if port == FEED_PORT else f"archive-{port}")
