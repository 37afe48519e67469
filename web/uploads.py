"""Records that people upload: looked at before they are kept, under names that are checked and not trusted."""

import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Final

import msgspec
import wfdb

from stream.errors import SourceError
from stream.sources.beats_csv import read_beats
from stream.sources.wfdb import open_record
from stream.sources.wfdb_header import FAULTS, line

MOST_BYTES: Final = 128 << 20
"""Size of an upload: a day of two leads at 250 Hz in format 212."""

ROOM: Final = 2 << 30
"""Size of all uploads that are kept."""

HEADER_BYTES: Final = 64 << 10
MOST_FILES: Final = 16

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}\.(hea|dat|mat|atr|csv)", re.ASCII)
_FOLDER: Final = re.compile(r"upload-[0-9]{1,6}", re.ASCII)


class File(msgspec.Struct, frozen=True):
    """A file as it came."""

    name: str
    data: bytes


class Upload(msgspec.Struct, frozen=True):
    """What the browser sends, as MessagePack."""

    files: tuple[File, ...]


def decode(body: bytes | bytearray) -> Upload:
    """Read what the browser sent.

    Raises
    ------
    SourceError
        If it is no upload.
    """
    try:
        return msgspec.msgpack.decode(body, type=Upload)
    except msgspec.DecodeError as error:
        raise SourceError(f"expected an upload of files, got something else: {error}") from None


def keep(files: Sequence[File], folder: Path, room: int = ROOM) -> str:
    """Keep an uploaded record, if it can be played.

    Each upload has a folder of its own, ``upload-1``, ``upload-2`` ..., which is put in place when all is well with it.

    Parameters
    ----------
    files
        A header and its signal files, perhaps with annotations; or one CSV file of beats.
    folder
        Of all uploads; made if it is not there.
    room
        Most bytes in it.

    Returns
    -------
    name
        Of the record within the folder: ``upload-1/119``.

    Raises
    ------
    SourceError
        If they are no such files, or there is no room; the text says what to do.
    """
    main = _main(files)
    size = sum(len(file.data) for file in files)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if size + _size(folder) > room:
            raise SourceError(
                f"{main.name} has no room, uploads may take {room >> 20} MB together: remove some that are not needed"
            )
        with tempfile.TemporaryDirectory(dir=folder, prefix=".upload-") as fresh:
            for file in files:
                (Path(fresh) / file.name).write_bytes(file.data)
            _check(Path(fresh), main, {file.name for file in files})
            place = _place(folder)
            for file in files:
                os.replace(Path(fresh) / file.name, place / file.name)
    except OSError as error:
        raise SourceError(f"{main.name} cannot be kept on the server: {error.strerror}") from None
    return f"{place.name}/{main.name.removesuffix('.hea')}"


def remove(name: str, folder: Path) -> None:
    """Remove an upload, by the name that :func:`keep` gave it.

    Raises
    ------
    SourceError
        If there is none of this name.
    """
    place = name.partition("/")[0]
    if not _FOLDER.fullmatch(place) or not (folder / place).is_dir():
        raise SourceError(f"expected the name of an upload, got {name[:80]!r}")
    shutil.rmtree(folder / place, ignore_errors=True)


def _main(files: Sequence[File]) -> File:
    """Find the header, or the CSV file, among files whose names can be kept."""
    for file in files:
        if not _NAME.fullmatch(file.name):
            raise SourceError(
                f"{file.name[:60]!r}: expected .hea, .dat, .atr or .csv, named with at most 40 letters, digits, - and _"
            )
    names = [file.name for file in files]
    if len(set(names)) != len(names) or len(names) > MOST_FILES:
        raise SourceError(f"expected the files of one record, {MOST_FILES} at most, got {len(names)}")
    tables = [file for file in files if file.name.endswith(".csv")]
    headers = [file for file in files if file.name.endswith(".hea")]
    if len(tables) == len(files) == 1:
        return tables[0]
    if tables or len(headers) != 1:
        raise SourceError(
            "expected one record (.hea with its .dat, and .atr if there is one) or one .csv, "
            f"got {', '.join(names) or 'nothing'}"
        )
    if len(headers[0].data) > HEADER_BYTES:
        raise SourceError(f"{headers[0].name}: expected a header of at most {HEADER_BYTES >> 10} kB")
    return headers[0]


def _check(folder: Path, main: File, names: set[str]) -> None:
    """See that a record can be opened, its first seconds read, and that its annotations are some."""
    path = folder / main.name
    try:
        if path.suffix == ".csv":
            read_beats(path)
            return
        wanted = set(getattr(wfdb.rdheader(str(path.with_suffix(""))), "file_name", None) or ())
        if missing := sorted(wanted - names):
            raise SourceError(f"{main.name} names the signal file {missing[0]}: upload it together with the header")
        source = open_record(path)
        source.read(0, min(source.length, round(10 * source.fs)))
        notes = path.with_suffix(".atr")
        if notes.is_file() and not source.marks(0, source.length):
            raise SourceError(f"{notes.name}: expected WFDB annotations of {main.name}, found none; leave it out")
    except SourceError as error:
        raise SourceError(str(error).replace(f"{folder}{os.sep}", "")) from None
    except FAULTS as error:
        raise SourceError(f"{main.name}: expected a WFDB record, cannot read it: {line(error)}") from None


def _place(folder: Path) -> Path:
    """Make the next free folder."""
    taken = [int(path.name.removeprefix("upload-")) for path in folder.iterdir() if _FOLDER.fullmatch(path.name)]
    for number in count(max(taken, default=0) + 1):
        place = folder / f"upload-{number}"
        try:
            place.mkdir()
        except FileExistsError:
            continue
        return place
    raise AssertionError


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
