"""The records in a folder of the server, searched by name; each is looked at before it is offered."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final

from stream.errors import SourceError
from stream.sources.wfdb_header import FAULTS, line, read_layout

MOST: Final = 20_000
"""Records that are looked through at most."""

SHOWN: Final = 200
"""Records that an answer holds at most."""

SUFFIXES: Final = (".hea", ".csv")


@dataclass(frozen=True, slots=True)
class Entry:
    """A record as one chooses it.

    Attributes
    ----------
    name
        Its path within the folder, ``mitdb/119``; of a CSV file with its suffix.
    seconds, fs, leads
        Length, sampling rate in Hz and names of the ECG leads; of a CSV file of beats not known.
    annotated
        Whether reference annotations are beside it.
    fault
        Why it cannot be played; nothing if it can.
    """

    name: str
    seconds: float | None = None
    fs: float | None = None
    leads: tuple[str, ...] = ()
    annotated: bool = False
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The first of the records that were searched for, and how many there are."""

    entries: tuple[Entry, ...]
    total: int


class Shelf:
    """The records in a folder and the folders within; hidden ones are left out, links to folders not followed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.expanduser().absolute()

    def find(self, text: str = "", most: int = SHOWN) -> Found:
        """Find the records whose names contain all words of a text."""
        words = text.casefold().split()
        names = [name for name in self._names() if all(word in name.casefold() for word in words)]
        return Found(tuple(self.entry(name) for name in names[:most]), len(names))

    def entry(self, name: str, *, anew: bool = False) -> Entry:
        """Look at a record; what was seen before may do, unless ``anew``."""
        path = self.path(name)
        try:
            stamp = path.stat().st_mtime_ns, path.parent.stat().st_mtime_ns
        except OSError as error:
            return Entry(name, fault=f"cannot be read: {error.strerror}")
        look = _look.__wrapped__ if anew else _look
        return look(self.folder, name, path, stamp)

    def path(self, name: str) -> Path:
        """Give the header, or the CSV file, of a record that is on the shelf.

        Raises
        ------
        SourceError
            If there is none of this name; one that leads out of the folder is none.
        """
        parts = name.split("/")
        file = (
            self.folder.joinpath(*parts)
            if name.endswith(".csv")
            else self.folder.joinpath(*parts[:-1], f"{parts[-1]}.hea")
        )
        if any(part in {"", ".", ".."} or "\0" in part for part in parts) or not file.is_file():
            raise SourceError(f"expected the name of a record in the folder, got {name[:80]!r}")
        return file

    def _names(self) -> list[str]:
        return sorted(islice(_walk(self.folder, ""), MOST), key=_natural)


def _walk(folder: Path, before: str) -> Iterator[str]:
    """Yield the names of all records in a folder; one that cannot be read holds none."""
    try:
        with os.scandir(folder) as found:
            items = [item for item in found if not item.name.startswith(".")]
    except OSError:
        return
    for item in items:
        if item.is_dir(follow_symlinks=False):
            yield from _walk(folder / item.name, f"{before}{item.name}/")
        elif item.name.endswith(SUFFIXES):
            yield before + item.name.removesuffix(".hea")


def _natural(name: str) -> list[tuple[int, str]]:
    """Order as people do: ``r9`` before ``r10``."""
    parts: list[tuple[int, str]] = []
    for char in name.casefold():
        if char.isdecimal() and parts and parts[-1][1] == "":
            parts[-1] = (10 * parts[-1][0] + int(char), "")
        else:
            parts.append((int(char), "") if char.isdecimal() else (1 << 62, char))
    return parts


@lru_cache(maxsize=4096)
def _look(folder: Path, name: str, path: Path, _stamp: tuple[int, int]) -> Entry:
    """Read a header and look at its files; what was seen holds until the header changes, or which files there are."""
    if path.suffix == ".csv":
        return Entry(name)
    record = path.with_suffix("")
    try:
        layout = read_layout(record)
    except SourceError as error:
        return Entry(name, fault=str(error).replace(f"{folder}{os.sep}", ""))
    except FAULTS as error:
        return Entry(name, fault=line(error))
    return Entry(
        name,
        seconds=layout.length / layout.fs,
        fs=layout.fs,
        leads=tuple(signal.name for signal in layout.signals.values()),
        annotated=record.with_name(f"{record.name}.atr").is_file(),
    )
