"""The figures of an evaluation as tables in a terminal."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.table import Table

from detector.beats import AT_ONCE
from detector.training.ec57 import TABLE_LABELS, Summary, position_error, without_foremost
from detector.training.evaluation import RUNS, Evaluation, Noise, interval, percent
from detector.training.scores import Score
from stream.messages import AAMI


def show(evaluation: Evaluation) -> None:
    """Print figures as tables."""
    console = Console()
    console.print(evaluation.title, highlight=False, soft_wrap=True)
    summary = evaluation.summary
    console.print(_gross("Gross", summary, evaluation.beats))
    console.print(_gross(f"Named at R + {AT_ONCE:g} s, the next beat unknown", evaluation.at_once, AAMI))
    rows = [(label, *map(str, row)) for label, row in zip(TABLE_LABELS, summary.table.tolist(), strict=True)]
    console.print(_table("Reference (rows) and called (columns); O: missed, extra", ("", *TABLE_LABELS), rows))
    rows = [_run(kind, summary.gross[kind]) for kind in RUNS]
    console.print(_table("Runs", ("", "annotated", "Se %", "called", "+P %"), rows))
    if evaluation.noise:
        console.print(_noise(evaluation.noise, evaluation.beats))
    for line in _lines(evaluation):
        console.print(line, highlight=False, soft_wrap=True)


def _table(title: str, columns: Iterable[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="right" if column else "left")
    for row in rows:
        table.add_row(*row)
    return table


def _gross(title: str, summary: Summary, names: Iterable[str]) -> Table:
    columns = ("", "beats", "Se %", "+P %", "F1 %", "95 % interval", "average F1 %")
    rows = []
    for name in names:
        score = summary.gross[name]
        ends = interval(summary.gross_interval[name][:, 2])
        rows.append((name, str(score.there), *_rates(score), ends, percent(summary.average[name][2])))
    return _table(title, columns, rows)


def _run(kind: str, score: Score) -> tuple[str, ...]:
    return kind, str(score.there), percent(score.se), str(score.claimed), percent(score.ppv)


def _noise(noise: Noise, names: Sequence[str]) -> Table:
    """Se, +P and F1 of the first figure, F1 of the others."""
    first, *others = [name for name in names if name in ("QRS", "N", "S", "V")]
    rates = [(f"{level.snr:g} dB", level.rates) for level in noise.levels] + [("mean", noise.mean)]
    rows = [
        (at, *(percent(rate) for rate in of(first)), *(percent(of(name)[2]) for name in others)) for at, of in rates
    ]
    columns = ("SNR", f"{first} Se %", f"{first} +P %", f"{first} F1 %", *(f"{name} F1 %" for name in others))
    return _table(f"With noise added: {noise.record}", columns, rows)


def _lines(evaluation: Evaluation) -> Iterator[str]:
    """What is told in a line each."""
    for name in ("S", "V"):
        record, score = without_foremost(evaluation.summary, name)
        if score.there:
            se, ppv, f1 = _rates(score)
            yield f"Gross {name} without {record}, which has most of them: Se {se} %, +P {ppv} %, F1 {f1} %"
    error = position_error(evaluation.summary.errors)
    if error["pairs"] and evaluation.peaks == "own":
        mean, sd, median = error["mean"], error["sd"], error["median_abs"]
        yield f"R peak error: mean {mean:.1f} ms, sd {sd:.1f} ms, median {median:.1f} ms"
    yield f"Expected calibration error: {percent(evaluation.calibration.ece)} %"


def _rates(score: Score) -> tuple[str, str, str]:
    return percent(score.se), percent(score.ppv), percent(score.f1)
