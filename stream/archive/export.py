"""Takes a period or an alarm's strip out of the archive: as WFDB records in a zip, as CSV, or drawn on ECG paper."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final, Literal, TypeAlias

import numpy as np
import pandas as pd

from stream import paper
from stream.archive.folder import Archive, folder_name, read_header, read_record
from stream.archive.records import COMMENT, Excerpt, files, utc
from stream.archive.strips import alarm_of
from stream.errors import SourceError
from stream.limits import ALARMS

Format: TypeAlias = Literal["wfdb", "csv", "png", "svg", "pdf"]
SUFFIXES: Final[dict[Format, str]] = {"wfdb": ".zip", "csv": ".csv", "png": ".png", "svg": ".svg", "pdf": ".pdf"}

LONGEST: Final[dict[Format, float]] = {"png": 120.0, "svg": 120.0, "pdf": 3600.0}
"""Most seconds that are drawn."""

BEATS: Final = frozenset("NSVFQ")

_MILLIVOLTS: Final = {"v": 1e3, "mv": 1.0, "uv": 1e-3, "µv": 1e-3, "μv": 1e-3, "nv": 1e-6}


def export_alarm(archive: Archive, alarm: str, form: Format, zone: tzinfo | None = None) -> tuple[str, bytes]:
    """Export the strip of an alarm: a name for the file, and its bytes. See :func:`export_period`."""
    path = archive.strip(alarm)
    excerpt = read_record(path)
    said = alarm_of(read_header(path).comments)
    title = f"Bed {excerpt.opened.bed}"
    if said is not None:
        kind = ALARMS.get(said.name)
        title += f": {kind.title if kind else said.name} ({said.priority}), {said.text}"
    return path.name + SUFFIXES[form], write([excerpt], path.name, form, zone, title=title)


def export_period(
    archive: Archive, bed: str, start: datetime, stop: datetime, form: Format, zone: tzinfo | None = None
) -> tuple[str, bytes]:
    """Export a period of a bed.

    Parameters
    ----------
    archive
        Where it is kept.
    bed
        Its name.
    start, stop
        With their time zones.
    form
        ``wfdb``: a zip of WFDB records, one for each stretch without a long gap. ``csv``: a row a sample. Else drawn.
    zone
        In which times are written, in CSV and on paper; this machine's if None.

    Returns
    -------
    name
        A name for the file.
    data
        Its bytes.

    Raises
    ------
    SourceError
        If nothing is kept of the bed in the period, it cannot be read, or it is too long to be drawn.
    """
    if start >= stop:
        raise SourceError(f"expected a period that ends after it begins, got {start.isoformat()} to {stop.isoformat()}")
    excerpts = archive.read(bed, start.timestamp(), stop.timestamp())
    name = f"{folder_name(bed).replace(' ', '_')}_{start:%Y%m%dT%H%M%S}"
    return name + SUFFIXES[form], write(excerpts, name, form, zone, title=f"Bed {bed}")


def write(excerpts: Sequence[Excerpt], name: str, form: Format, zone: tzinfo | None = None, *, title: str) -> bytes:
    """Write excerpts of one bed, in order of time; see :func:`export_period`."""
    if form == "wfdb":
        return write_zip(name, excerpts)
    if form == "csv":
        return write_csv(excerpts, zone)
    if len(excerpts) > 1:
        periods = ", ".join(f"{_time(excerpt.start, zone):%H:%M:%S}" for excerpt in excerpts)
        raise SourceError(f"expected one stretch to draw, got {len(excerpts)}, which begin at {periods}; choose one")
    (excerpt,) = excerpts
    seconds = excerpt.samples.shape[1] / excerpt.opened.fs
    if seconds > LONGEST[form]:
        raise SourceError(
            f"expected at most {LONGEST[form]:g} s to draw as {form}, got {seconds:.0f} s; "
            "choose a shorter period, or csv or wfdb"
        )
    return paper.draw(on_paper(excerpt, zone, title), form)


def on_paper(excerpt: Excerpt, zone: tzinfo | None, title: str) -> paper.Strip:
    """Make of an excerpt what :mod:`stream.paper` draws."""
    units = [_MILLIVOLTS.get(lead.units.lower(), 1.0) for lead in excerpt.opened.leads]
    beats = [(note.sample - excerpt.first, note.symbol) for note in excerpt.notes if note.symbol in BEATS]
    marks = [(note.sample - excerpt.first, note.aux) for note in excerpt.notes if note.symbol not in BEATS]
    return paper.Strip(
        values=excerpt.physical() * np.array(units)[:, None],
        fs=excerpt.opened.fs,
        leads=[lead.name for lead in excerpt.opened.leads],
        start=_time(excerpt.start, zone),
        title=title,
        beats=beats,
        marks=marks,
    )


def write_zip(name: str, excerpts: Iterable[Excerpt]) -> bytes:
    """Write excerpts as WFDB records into a zip: ``NAME.hea``, ``.dat`` and ``.cvd``, then ``NAME-2.hea`` ..."""
    out = io.BytesIO()
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in name)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, excerpt in enumerate(excerpts, 1):
            record = safe if number == 1 else f"{safe}-{number}"
            for file, data in sorted(files(record, excerpt).items()):
                archive.writestr(file, data)
    return out.getvalue()


def write_csv(excerpts: Iterable[Excerpt], zone: tzinfo | None = None) -> bytes:
    """Write excerpts as CSV, a row a sample: time, stream, sample, a column a lead, beat, note.

    Values are in the lead's unit, named in the heading; empty where there is no sample.
    """
    tables = []
    for excerpt in excerpts:
        opened = excerpt.opened
        count = excerpt.samples.shape[1]
        micro = np.rint(np.arange(count) / opened.fs * 1e6).astype("timedelta64[us]")
        start = _time(excerpt.start, zone)
        times = pd.DatetimeIndex(np.datetime64(start.astimezone(UTC).replace(tzinfo=None), "us") + micro, tz="UTC")
        columns: dict[str, object] = {"time": times.tz_convert(start.tzinfo), "stream": opened.stream}
        columns["sample"] = np.arange(excerpt.first, excerpt.first + count)
        for lead, values in zip(opened.leads, excerpt.physical(), strict=True):
            columns[_unused(f"{lead.name} ({lead.units})", columns)] = values
        beats = np.full(count, "", dtype=object)
        notes = np.full(count, "", dtype=object)
        for note in excerpt.notes:
            at = note.sample - excerpt.first
            if note.symbol in BEATS:
                beats[at] = note.symbol
            else:
                text = note.aux if note.symbol == COMMENT else f"{note.symbol} {note.aux}"
                notes[at] = "; ".join(filter(None, (notes[at], text)))
        tables.append(pd.DataFrame(columns | {"beat": beats, "note": notes}))
    table = pd.concat(tables, ignore_index=True)
    table["time"] = [time.isoformat(timespec="milliseconds") for time in table["time"]]
    return table.to_csv(index=False, float_format="%.6g").encode()


def save(data: bytes, path: Path) -> None:
    """Write a file.

    Raises
    ------
    SourceError
        If it cannot be written.
    """
    try:
        path.write_bytes(data)
    except OSError as error:
        raise SourceError(f"cannot write {path}: {error.strerror}") from error


def _time(seconds: float, zone: tzinfo | None) -> datetime:
    """A time in a zone; where calendars do not go, their begin."""
    time = utc(seconds) or datetime(1970, 1, 1, tzinfo=UTC)
    try:
        return time.astimezone(zone)
    except (OverflowError, ValueError):
        return time


def _unused(name: str, names: Iterable[str]) -> str:
    """A name that is not among those before; leads may share one."""
    taken = set(names)
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{name} {number}"
    return free
