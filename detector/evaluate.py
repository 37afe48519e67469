"""How well the service reads records that come with reference annotations: ``cardiovision evaluate``.

The very pipeline that reads the live feed finds and names the beats (so missed beats count), and EC57's rules compare
them with the reference (:mod:`detector.training.ec57`).
"""

import json
import logging
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from detector.annotate import TOGETHER, progress_over, read_beats
from detector.service import make_reader
from detector.training.ec57 import TABLE_LABELS, Summary, compare, summarise
from detector.training.labels import Beats, LabelMap
from stream.errors import SourceError
from stream.sources.wfdb import WfdbSource, open_record

log = logging.getLogger(__name__)

SHOWN = ("QRS", "N", "S", "V", "F", "Q")


def evaluate(paths: Sequence[Path], *, model: Path | None = None, labels: LabelMap = "aami") -> Summary:
    """Read records and compare with their reference annotations.

    Parameters
    ----------
    paths
        Records, or folders of which all records with an ``.atr`` beside them are taken, but for those with paced
        beats, which EC57 leaves out; to score these, name them.
    model
        A model of one's own in place of the shipped one.
    labels
        How WFDB symbols become classes; see :data:`~detector.training.labels.LABEL_MAPS`.

    Raises
    ------
    SourceError
        If a record cannot be read, or has no reference beats after the learning period.
    ModelError
        If the model cannot be used.
    """
    sources = {str(path): open_record(path) for path in expand(paths)}
    paced = [name for name, source in sources.items() if Path(name) not in paths and _is_paced(source)]
    if paced:
        log.warning("left out, paced", extra={"records": " ".join(map(_short, paced))})
    for name in paced:
        del sources[name]
    for name, source in sources.items():
        if not source.marks(0, source.length):
            raise SourceError(f"{name}: expected reference annotations ({name}.atr), found none")
    reader = make_reader(model, explain=False)
    names = list(sources)
    compared = []
    with progress_over(sources.values()) as advance:
        for k in range(0, len(names), TOGETHER):
            part = {name: sources[name] for name in names[k : k + TOGETHER]}
            beats = read_beats(reader, part, advance)
            for name, source in part.items():
                test = Beats.of([b.sample for b in beats[name]], [b.label for b in beats[name]])
                compared.append(compare(_short(name), _reference(source, labels), test, source.fs, end=source.length))
    return summarise(compared)


def expand(paths: Sequence[Path]) -> list[Path]:
    """Folders to the records in them.

    Raises
    ------
    SourceError
        If a folder holds no record with reference annotations.
    """
    records: list[Path] = []
    for path in paths:
        if not path.is_dir():
            records.append(path)
            continue
        inside = [header.with_suffix("") for header in sorted(path.glob("*.hea"))]
        inside = [record for record in inside if record.with_suffix(".atr").exists()]
        if not inside:
            raise SourceError(f"{path}: expected records with .atr annotations in this folder, found none")
        records += inside
    return records


def show(summary: Summary, labels: LabelMap) -> None:
    """Print figures as tables."""
    console = Console()
    table = Table(title=f"Gross, {len(summary.records)} records, labels {labels}, EC57", title_justify="left")
    for column in ("", "beats", "Se %", "+P %", "F1 %", "95 % of F1, over records", "average F1 %"):
        table.add_column(column, justify="left" if not column else "right")
    for name in SHOWN:
        score = summary.gross[name]
        low, high = summary.gross_interval[name][:, 2]
        table.add_row(
            name,
            f"{score.found + score.missed}",
            *(_percent(rate) for rate in (score.se, score.ppv, score.f1)),
            f"{_percent(low)} - {_percent(high)}",
            _percent(summary.average[name][2]),
        )
    console.print(table)
    crossed = Table(title="Reference (rows) and called (columns); O: missed, extra", title_justify="left")
    for column in ("", *TABLE_LABELS):
        crossed.add_column(column, justify="right")
    for label, row in zip(TABLE_LABELS, summary.table.tolist(), strict=True):
        crossed.add_row(label, *map(str, row))
    console.print(crossed)
    error = summary.to_json()["r_peak_error_ms"]
    if error["pairs"]:
        console.print(
            f"R peak error: mean {error['mean']:.1f} ms, sd {error['sd']:.1f} ms, median {error['median_abs']:.1f} ms"
        )


def write_json(summary: Summary, labels: LabelMap, path: Path) -> None:
    """Write all figures, each record's too.

    Raises
    ------
    SourceError
        If the file cannot be written.
    """
    try:
        path.write_text(json.dumps({"label_map": labels, **summary.to_json()}, indent=2) + "\n")
    except OSError as error:
        raise SourceError(f"cannot write {path}: {error.strerror}") from error


def _is_paced(source: WfdbSource) -> bool:
    return any(mark.symbol == "/" for mark in source.marks(0, source.length))


def _reference(source: WfdbSource, labels: LabelMap) -> Beats:
    marks = source.marks(0, source.length)
    return Beats.of([mark.sample for mark in marks], [mark.symbol for mark in marks], labels)


def _short(name: str) -> str:
    """Folder and name of a record."""
    return "/".join(Path(name).parts[-2:])


def _percent(rate: float) -> str:
    return "-" if rate != rate else f"{100 * rate:.2f}"  # noqa: PLR0124  nan: undefined
