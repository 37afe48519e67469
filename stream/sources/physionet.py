"""Records by their PhysioNet name, such as ``mitdb/100``: downloaded once, then read from a cache folder.

A name is ``DATABASE/RECORD``, ``DATABASE/FOLDERS/RECORD`` or, to pin a version, ``DATABASE/1.0.0/RECORD``.
"""

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Final
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

import wfdb
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from wfdb.io import download

from stream.errors import SourceError

TIMEOUT: Final = 30.0
"""Seconds without a byte after which PhysioNet counts as not reached."""

_NAME: Final = re.compile(r"[a-z][a-z0-9-]*(/[\w-][\w.-]*)+")
_VERSION: Final = re.compile(r"\d+(\.\d+)+")


def is_name(text: str) -> bool:
    """Tell whether a text has the form of a PhysioNet name: ``mitdb/100``, but not ``./100`` or ``100``."""
    return _NAME.fullmatch(text) is not None and not text.endswith((".hea", ".dat", ".mat", ".atr"))


def cache_folder() -> Path:
    """Tell where downloads are kept: ``$CARDIOVISION_CACHE``, else a folder in the user's cache."""
    if folder := os.environ.get("CARDIOVISION_CACHE"):
        return Path(folder).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cardiovision"


def fetch(name: str) -> Path:
    """Give the path (without extension) of a record in the cache, downloaded first if it is not there.

    The header is put in place last, so a download cut short is begun again and never taken for whole.

    Raises
    ------
    SourceError
        If PhysioNet cannot be reached, has no such record, or the cache folder cannot be written.
    """
    record = cache_folder() / name
    if record.with_name(record.name + ".hea").is_file():
        return record
    try:
        record.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=record.parent, prefix=".download-") as folder:
            _download(name, Path(folder))
            whole = sorted(Path(folder).iterdir(), key=lambda file: file.name == f"{record.name}.hea")
            for file in whole:
                shutil.move(file, record.parent / file.name)
    except (HTTPError, FileNotFoundError) as error:
        raise SourceError(
            f"{name} is not on disk and PhysioNet has no such record ({_reason(error)}); check the name"
        ) from error
    except (OSError, ValueError, IndexError) as error:
        raise SourceError(
            f"{name} is not on disk and PhysioNet cannot be reached ({_reason(error)}); "
            "download it where there is a network and give its path"
        ) from error
    return record


def _download(name: str, folder: Path) -> None:
    """Download header, signal files, segments and, if there is one, the reference annotation of a record."""
    *parents, record = name.split("/")
    if len(parents) < 2 or not _VERSION.fullmatch(parents[1]):
        parents.insert(1, download.get_version(parents[0]))
    base = download.config.db_index_url + quote("/".join(parents)) + "/"
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns) as progress:
        headers = [record]
        while headers:
            path = folder / headers.pop()
            _get(base, f"{path.name}.hea", folder, progress)
            header = wfdb.rdheader(str(path))
            if isinstance(header, wfdb.MultiRecord):
                headers += [segment for segment in header.seg_name if segment != "~"]
            for file in sorted({file for file in header.__dict__.get("file_name") or () if file != "~"}):
                _get(base, file, folder, progress)
        try:
            _get(base, f"{record}.atr", folder, progress)
        except HTTPError as error:
            if error.code != 404:
                raise


def _get(base: str, file: str, folder: Path, progress: Progress) -> None:
    """Download one file, whole or not at all."""
    with urlopen(base + quote(file), timeout=TIMEOUT) as answer:
        expected = int(answer.headers.get("Content-Length") or 0)
        task = progress.add_task(file, total=expected or None)
        with (folder / file).open("wb") as out:
            while block := answer.read(1 << 16):
                out.write(block)
                progress.advance(task, len(block))
            if expected and out.tell() != expected:
                raise OSError(f"{file} broke off after {out.tell()} of {expected} bytes")


def _reason(error: Exception) -> str:
    """One short line of an error: libraries wrap what matters in a long chain."""
    cause: BaseException = error
    while (reason := getattr(cause, "reason", None) or cause.__context__) and isinstance(reason, Exception):
        cause = reason
    return str(cause).splitlines()[0] if str(cause) else type(cause).__name__
