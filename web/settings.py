"""What the screen is told at its start: where the feed is, what is kept, and which records may be played."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the screen finds what it shows.

    Attributes
    ----------
    feed
        Websocket address of the hub, which the browser opens itself: ``ws://127.0.0.1:8765``.
    journal
        The hub's journal, an SQLite file or a database's address; None: nothing that is past can be shown.
    archive
        Folder of the waves that are kept (``cardiovision keep``); None: none can be shown.
    records
        Folder of WFDB records that the replay desk offers; None: none.
    uploads
        Folder for records that people upload at the replay desk; None: uploads are refused.
    model
        Model of the beat lab, in place of the shipped one.
    """

    feed: str
    journal: str | Path | None = None
    archive: Path | None = None
    records: Path | None = None
    uploads: Path | None = None
    model: Path | None = None
