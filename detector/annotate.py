"""Annotations for whole records, by the very pipeline that reads the live feed: ``cardiovision annotate``."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from detector.findings import Findings
from detector.offline import side_by_side
from detector.reader import Reader
from detector.service import make_reader
from stream.errors import SourceError
from stream.messages import AAMI, Close, Message, Open, Wave, pack
from stream.sources import short_name
from stream.sources.wfdb import WfdbSource, open_record

TOGETHER: Final = 32
"""Records read side by side."""


@dataclass(frozen=True, slots=True)
class Annotated:
    """What was written for one record: how many beats of each class and alarms of each kind, and where."""

    record: str
    beats: int
    classes: dict[str, int]
    alarms: dict[str, int]
    annotations: Path
    events: Path

    def __str__(self) -> str:
        counts = "  ".join(f"{label} {count}" for label, count in self.classes.items())
        alarms = ", ".join(f"{name} {count}" for name, count in self.alarms.items()) or "none"
        return f"{self.record}: {self.beats} beats  {counts}  alarms: {alarms}  -> {self.annotations}"


def annotate(records: Sequence[str], out: Path, *, model: Path | None = None) -> list[Annotated]:
    """Find and name all beats of some records, their rhythm, and what a monitor would have alarmed at.

    Writes for each, into ``out``, ``NAME.cvd`` (WFDB annotations) and ``NAME.events.jsonl`` (a line for each beat,
    rhythm, change of signal quality and alarm), see :class:`~detector.findings.Findings`.

    Raises
    ------
    SourceError
        If a record cannot be read, two have the same name, or ``out`` cannot be written.
    ModelError
        If the model cannot be used.
    """
    names = [short_name(record) for record in records]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise SourceError(f"two records are named {twice[0]}: annotate them into folders of their own")
    sources = [open_record(record) for record in records]
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError(f"cannot write to {out}: {error.strerror}") from error
    reader = make_reader(model, explain=False)
    done: list[Annotated] = []
    with progress_over(sources) as advance:
        for k in range(0, len(names), TOGETHER):
            part = dict(zip(names[k : k + TOGETHER], sources[k : k + TOGETHER], strict=True))
            found = read_findings(reader, part, advance)
            try:
                done += [_write(name, source, found[name], out) for name, source in part.items()]
            except OSError as error:
                raise SourceError(f"cannot write {error.filename or out}: {error.strerror}") from error
    return done


@contextmanager
def progress_over(sources: Iterable[WfdbSource]) -> Iterator[Callable[[float], None]]:
    """A progress bar over the seconds of some records, on standard error."""
    columns = (TextColumn("reading beats"), BarColumn(), TextColumn("{task.percentage:.0f} %"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=sum(source.length / source.fs for source in sources))
        yield lambda seconds: progress.advance(task, seconds)


def read_findings(
    reader: Reader, sources: Mapping[str, WfdbSource], advance: Callable[[float], None]
) -> dict[str, Findings]:
    """Play records to a reader as the feed would, as fast as it goes: what was found in each."""
    found = {name: Findings() for name in sources}

    def hear(messages: list[Message]) -> None:
        for said in reader.take(messages):
            bed = getattr(said, "bed", None)
            if bed is not None:
                found[bed].hear(said)

    hear(
        [
            Open(bed=name, stream=name, fs=source.fs, leads=source.leads[0], epoch=0.0)
            for name, source in sources.items()
        ]
    )
    for pieces in side_by_side(sources, advance):
        messages: list[Message] = []
        for piece in pieces:
            messages.append(Wave(bed=piece.name, stream=piece.name, start=piece.start, samples=pack(piece.samples)))
            if piece.last:
                end = piece.start + piece.samples.shape[1]
                messages.append(Close(bed=piece.name, stream=piece.name, sample=end))
        hear(messages)
    return found


def _write(name: str, source: WfdbSource, found: Findings, out: Path) -> Annotated:
    annotations, events = found.write(name, source.fs, out)
    labels = Counter(beat.label for beat in found.beats)
    alarms = Counter(alarm.name for alarm in found.alarms.values())
    classes = {label: labels.get(label, 0) for label in AAMI}
    return Annotated(name, len(found.beats), classes, dict(sorted(alarms.items())), annotations, events)
