"""The report of an evaluation that people can look at: ``cardiovision evaluate --html``."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from html import escape
from importlib.metadata import version

from detector.beats import AT_ONCE
from detector.training import figures
from detector.training.ec57 import BeatComparison, position_error, without_foremost
from detector.training.evaluation import Evaluation, interval, percent
from detector.training.page import cards, page, plot, section, table
from detector.training.scores import Score


def report(evaluation: Evaluation, made: datetime) -> str:
    """One HTML file with all figures of an evaluation.

    Parameters
    ----------
    evaluation
        What to show.
    made
        When, as the report is to say.
    """
    title = "CardioVision: evaluation"
    head = f"<h1>{title}</h1>\n<p>{escape(evaluation.title)}</p>\n{cards(_headlines(evaluation))}"
    foot = "".join(f"<p>{escape(line)}</p>\n" for line in _notes(evaluation, made))
    return page(title, head, _sections(evaluation), foot)


def _headlines(evaluation: Evaluation) -> Iterator[tuple[str, str, tuple[str, str]]]:
    summary = evaluation.summary
    for name in evaluation.beats:
        score = summary.gross[name]
        if name in ("QRS", "N", "S", "V"):
            rates = f"Se {percent(score.se)}, +P {percent(score.ppv)}"
            yield f"{name}, gross F1", percent(score.f1), (rates, f"{score.there:,} beats")
    ece = percent(evaluation.calibration.ece)
    yield "Calibration error (ECE)", ece, ("how far confidence is", "from the share that is right")


def _sections(evaluation: Evaluation) -> Iterator[str]:
    summary = evaluation.summary
    yield section(
        "By class",
        "Gross figures pool all beats; the average gives each record the same weight. Intervals (95 %) come from "
        "drawing records, since beats of one patient are not independent.",
        plot(figures.forest(evaluation), "F1 of each class with its interval"),
    )
    yield section(
        "The same in figures",
        "In %; interval, average over records and at once are of F1. At once: with the label that could be given "
        f"{AT_ONCE:g} s after R, while the next beat is still unknown. " + _foremost(evaluation),
        table(
            ("", "beats", "Se", "+P", "F1", "95 % interval", "average", "at once"),
            _gross(evaluation),
        ),
    )
    yield section(
        "By record",
        "Each dot is a record with such beats, the larger the more of them. A gross figure well above the average "
        "comes from few records with many beats.",
        plot(figures.by_record(summary, evaluation.beats), "F1 of each record, worst first"),
        _records(evaluation),
        wide=True,
    )
    yield section(
        "What was called what",
        "Rows are the reference, columns what it was called. The row of nothing counts extra beats, the column of "
        "nothing missed ones. Shade and per cent are shares of the row.",
        plot(figures.confusion(summary), "confusion table"),
    )
    yield section(
        "Runs",
        "Ectopic beats in a row: couplets, 3 to 5, and 6 or more. One is met if the other side has a run of at least "
        "its kind there.",
        plot(figures.runs(summary), "sensitivity and positive predictivity of runs"),
    )
    if evaluation.peaks == "own":
        error = position_error(summary.errors)
        text = "No beat matches one of the reference."
        if error["pairs"]:
            text = (
                f"Mean {error['mean']:.1f} ms, sd {error['sd']:.1f} ms, median distance {error['median_abs']:.1f} ms."
            )
        yield section(
            "Where R was found",
            f"{text} Reference marks of some databases lie beside the peak themselves.",
            plot(figures.peak_error(summary), "histogram of R peak position errors"),
        )
    yield section(
        "Do probabilities mean what they say",
        f"Beats by the probability of the class they were given, and how many of them were right. The expected "
        f"calibration error, the mean distance from the diagonal, is {percent(evaluation.calibration.ece)} %.",
        plot(figures.reliability(evaluation.calibration), "reliability curve"),
    )
    if evaluation.noise:
        yield section(
            "With noise added",
            f"{evaluation.noise.record}, as WFDB's nst adds it: after five clean minutes two noisy and two clean in "
            "turn. Gross F1.",
            plot(figures.noise(evaluation.noise, evaluation.beats), "F1 by signal-to-noise ratio"),
            _noise(evaluation),
            wide=evaluation.peaks == "own",
        )


def _gross(evaluation: Evaluation) -> Iterator[tuple[str, ...]]:
    summary = evaluation.summary
    for name in evaluation.beats:
        score = summary.gross[name]
        yield (
            name,
            f"{score.there:,}",
            *_rates(score),
            interval(summary.gross_interval[name][:, 2]),
            percent(summary.average[name][2]),
            percent(evaluation.at_once.gross[name].f1),
        )


def _foremost(evaluation: Evaluation) -> str:
    """What is left of S and V without the record that has most of them."""
    parts = []
    for name in ("S", "V"):
        record, score = without_foremost(evaluation.summary, name)
        if score.there:
            parts.append(f"without {record}, which has most {name}, gross F1 of {name} is {percent(score.f1)} %")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _records(evaluation: Evaluation) -> str:
    own = evaluation.peaks == "own"
    columns = ["record", "beats", *(["QRS Se", "QRS +P"] if own else []), "N F1"]
    first = len(columns) + 1
    for name in "SVF":
        columns += [f"{name} beats", f"{name} F1"]
    columns += ["R error, ms"] if own else []
    rows = [_record(one, own) for one in evaluation.summary.records]
    return table(columns, rows, first=first)


def _record(one: BeatComparison, own: bool) -> Sequence[str]:
    scores = one.scores
    cells = [one.record, f"{scores['QRS'].there:,}"]
    cells += [percent(scores["QRS"].se), percent(scores["QRS"].ppv)] if own else []
    cells.append(percent(scores["N"].f1))
    for name in "SVF":
        cells += [f"{scores[name].there:,}", percent(scores[name].f1)]
    error = position_error(one.errors)["median_abs"]
    return [*cells, *(["-" if error is None else f"{error:.1f}"] if own else [])]


def _noise(evaluation: Evaluation) -> str:
    noise = evaluation.noise
    if noise is None:
        return ""
    names = [name for name in evaluation.beats if name in ("QRS", "N", "S", "V")]
    rows = [
        [f"{level.snr:g}", *(percent(rate) for name in names for rate in level.rates(name))] for level in noise.levels
    ]
    rows.append(["mean", *(percent(rate) for name in names for rate in noise.mean(name))])
    return table(["SNR, dB", *(f"{name} {rate}" for name in names for rate in ("Se", "+P", "F1"))], rows)


def _notes(evaluation: Evaluation, made: datetime) -> Iterable[str]:
    escape_beats = "N, as in papers on the AAMI classes" if evaluation.labels == "aami" else "S, as in WFDB's bxb"
    yield (
        "Compared beat by beat after ANSI/AAMI EC57: from 5:00 on, within 150 ms, ventricular flutter left out. "
        f"Escape beats (e j n) count as {escape_beats}."
    )
    if evaluation.peaks == "reference":
        yield "R peaks were taken from the reference annotations: no beat is missed, and finding them is not scored."
    else:
        yield "R peaks were found by the detector itself, so missed and extra beats count."
    for reason, names in evaluation.reasons().items():
        yield f"Left out: {', '.join(names)}: {reason}"
    yield f"CardioVision {version('cardiovision')}, {made:%Y-%m-%d %H:%M %Z}. Not a medical device."


def _rates(score: Score) -> tuple[str, str, str]:
    return percent(score.se), percent(score.ppv), percent(score.f1)
