"""How well the service alarms on annotated records: ``cardiovision evaluate --alarms``.

The very pipeline that reads the live feed reads each record, and what it alarms at is set against what should have been
alarmed at (:mod:`detector.training.alarm_truth`), by kind and by folder.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table

from detector.annotate import TOGETHER, progress_over, read_findings
from detector.findings import Findings
from detector.service import make_reader
from detector.training.alarm_scores import KindScore, compare, duration, plain
from detector.training.alarm_truth import (
    AF,
    ATRIAL_FLUTTER,
    FLUTTER,
    STANDSTILL,
    TACHYCARDIA,
    UNSURE,
    Episode,
    beat_alarms,
    joined,
    rhythms,
)
from detector.training.labels import aami_class
from stream.errors import SourceError
from stream.limits import ALARMS
from stream.sources import Mark, short_name
from stream.sources.wfdb import WfdbSource, open_record

SHORTEST: Final = 4.0
"""Seconds for which the ventricles must fibrillate or stand still for an alarm to be due."""

ANNOTATED_ALONE: Final = ("ventricular_fibrillation", "asystole", "ventricular_tachycardia")
"""What can be scored where beats are not labelled, by rhythm annotations alone."""

NOT_SCORED: Final = ("multiform_ve", *(name for name, kind in ALARMS.items() if kind.priority == "technical"))
"""No reference tells whether these are true."""


def evaluate_alarms(paths: Sequence[Path], *, model: Path | None = None) -> dict[str, Any]:
    """Score alarms on annotated records.

    Parameters
    ----------
    paths
        Records with ``.atr`` annotations, or folders of them; scores are by folder.
    model
        A model of one's own in place of the shipped one.

    Returns
    -------
    figures
        By folder: ``hours``, ``kinds`` (see :func:`~detector.training.alarm_scores.plain`) and ``atrial_fibrillation``
        by duration.

    Raises
    ------
    SourceError
        If there is no record, or one cannot be read.
    ModelError
        If the model cannot be used.
    """
    folders: dict[str, dict[str, WfdbSource]] = {}
    for path in paths:
        headers = sorted(path.glob("*.hea")) if path.is_dir() else [path.with_name(f"{short_name(str(path))}.hea")]
        for header in headers:
            if header.with_suffix(".atr").is_file():
                source = open_record(header.with_suffix(""))
                folders.setdefault(header.parent.name, {})[header.stem] = source
    if not folders:
        raise SourceError(f"expected records with .atr annotations in {', '.join(map(str, paths))}, found none")
    reader = make_reader(model, explain=False)
    figures: dict[str, Any] = {}
    with progress_over([source for sources in folders.values() for source in sources.values()]) as advance:
        for folder, sources in folders.items():
            found: dict[str, Findings] = {}
            names = list(sources)
            for k in range(0, len(names), TOGETHER):
                found |= read_findings(reader, {name: sources[name] for name in names[k : k + TOGETHER]}, advance)
            figures[folder] = _score(sources, found)
    return figures


def show(figures: Mapping[str, Any]) -> None:
    """Print figures for people."""
    console = Console()
    for folder, one in figures.items():
        table = Table(
            title=f"{folder}: {one['records']} records, {one['hours']:g} h", box=box.SIMPLE, title_justify="left"
        )
        for name in ("alarm", "episodes", "announced", "alarms", "false", "false/h", "delay s", "99 %"):
            table.add_column(name, justify="left" if name == "alarm" else "right", no_wrap=name == "alarm")
        for name, of in one["kinds"].items():
            columns = ("episodes", "announced", "alarms", "false", "false_per_hour", "delay_median", "delay_99")
            table.add_row(name, *("-" if of[c] is None else f"{of[c]:g}" for c in columns))
        console.print(table)
        af = one["atrial_fibrillation"]
        if af["seconds"]:
            rates = {name: f"{100 * af[name]:.1f} %" for name in ("sensitivity", "predictivity", "specificity")}
            told = ", ".join(f"{name} {rate}" for name, rate in rates.items())
            console.print(f"atrial fibrillation by duration, {af['seconds']:,} s of it: {told}\n")


def _score(sources: Mapping[str, WfdbSource], found: Mapping[str, Findings]) -> dict[str, Any]:
    marks = {name: source.marks(0, source.length) for name, source in sources.items()}
    labelled = any(aami_class(mark.symbol) == "V" for some in marks.values() for mark in some)
    scores: dict[str, KindScore] = {}
    af = [0.0, 0.0, 0.0, 0.0]
    hours = 0.0
    for name, source in sources.items():
        alarms = [alarm for alarm in found[name].alarms.values() if alarm.name not in NOT_SCORED]
        truth, unsure = due(marks[name], source.fs, source.length, labelled=labelled)
        if not labelled:
            alarms = [alarm for alarm in alarms if alarm.name in ANNOTATED_ALONE]
        compare(name, alarms, truth, source.fs, source.length, scores, unsure)
        both, true, told = duration(
            joined(rhythms(marks[name], source.length), AF, "af"), alarms, "atrial_fibrillation", source.length
        )
        known = [mark for mark in marks[name] if mark.symbol == "+"]
        if known and labelled:  # a record whose rhythm is annotated
            af = [a + b / source.fs for a, b in zip(af, (both, true, told, source.length), strict=True)]
        hours += source.length / source.fs / 3600
    return {
        "records": len(sources),
        "hours": round(hours, 2),
        "kinds": plain(scores, hours),
        "atrial_fibrillation": {
            "seconds": round(af[1]),
            "sensitivity": round(af[0] / af[1], 4) if af[1] else None,
            "predictivity": round(af[0] / af[2], 4) if af[2] else None,
            "specificity": round(1 - (af[2] - af[0]) / (af[3] - af[1]), 4) if af[3] > af[1] else None,
            "false_seconds": round(af[2] - af[0]),
        },
    }


def due(marks: Sequence[Mark], fs: float, length: int, *, labelled: bool) -> tuple[list[Episode], list[Episode]]:
    """What should have been alarmed at in a record, and stretches of which the reference is not sure.

    Parameters
    ----------
    marks, fs, length
        Its annotations, sampling rate in Hz, samples.
    labelled
        Whether its beats are labelled by class.
    """
    told = rhythms(marks, length)
    shortest = SHORTEST * fs
    truth: list[Episode] = []
    unsure = joined(told, UNSURE, "unsure")
    for names, alarm in ((FLUTTER, "ventricular_fibrillation"), (STANDSTILL, "asystole")):
        for one in joined(told, names, alarm, gap=round(fs)):
            (truth if one.stop - one.start >= shortest else unsure).append(one)
    truth += joined(told, AF, "atrial_fibrillation")
    unsure += joined(told, ATRIAL_FLUTTER, "unsure")
    if not labelled:
        return truth + joined(told, TACHYCARDIA, "ventricular_tachycardia", gap=round(fs)), unsure
    by_rhythm = ("ventricular_fibrillation", "atrial_fibrillation", *NOT_SCORED)
    for alarm_told in beat_alarms(marks, fs, length):
        if alarm_told.name not in by_rhythm:
            stop = length if alarm_told.ended is None else alarm_told.ended
            truth.append(Episode(alarm_told.name, alarm_told.onset, max(stop, alarm_told.onset + 1)))
    return truth, unsure
