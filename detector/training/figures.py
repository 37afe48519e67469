"""Pictures of an evaluation, as Plotly figures: what is drawn, not how the page looks.

Colours of text and grid are left to the page (:mod:`detector.training.page`), which knows whether it is dark.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from detector.training.calibration import BINS, Calibration
from detector.training.ec57 import TABLE_LABELS, Summary, position_error
from detector.training.evaluation import RUNS, Evaluation, Noise, percent

BLUE: Final = "#2f7fc1"
ORANGE: Final = "#d9772b"
GREY: Final = "#8a949e"
GRID: Final = "rgba(138, 148, 158, 0.25)"
CLASSES: Final = {"QRS": GREY, "N": "#3a9d6e", "S": BLUE, "V": ORANGE, "F": "#9a6fc0", "Q": "#b0a03a"}
"""Told apart by people with any colour vision, on white and on black."""


def forest(evaluation: Evaluation) -> Any:
    """F1 of each class: gross and average with their intervals, and of labels given at once."""
    figure = go.Figure()
    names = list(evaluation.beats)
    summary = evaluation.summary
    row = np.arange(len(names))
    rates = np.array([summary.gross[name].f1 for name in names])
    _interval(figure, "gross", rates, [summary.gross_interval[name] for name in names], row - 0.14, BLUE, "circle")
    rates = np.array([summary.average[name][2] for name in names])
    ends = [summary.average_interval[name] for name in names]
    _interval(figure, "average over records", rates, ends, row + 0.14, ORANGE, "square")
    named = [name for name in names if name != "QRS"]
    figure.add_scatter(
        x=[100 * evaluation.at_once.gross[name].f1 for name in named],
        y=[names.index(name) - 0.14 for name in named],
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 13, "color": BLUE, "line": {"width": 2}},
        name="gross, named at once",
        hovertemplate="named at once: %{x:.2f} %<extra></extra>",
    )
    figure.update_yaxes(tickvals=row, ticktext=names, autorange="reversed", showgrid=False, zeroline=False)
    figure.update_xaxes(range=[-2, 102], title="F1, %")
    return _finish(figure, 60 + 52 * len(names))


def _interval(figure: Any, name: str, value: Any, ends: Sequence[Any], y: Any, colour: str, symbol: str) -> None:
    low, high = np.array([(one[0, 2], one[1, 2]) for one in ends]).T
    figure.add_scatter(
        x=100 * value,
        y=y,
        mode="markers",
        marker={"color": colour, "size": 10, "symbol": symbol},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": np.nan_to_num(100 * (high - value)),
            "arrayminus": np.nan_to_num(100 * (value - low)),
            "color": colour,
            "thickness": 1.5,
            "width": 4,
        },
        name=name,
        customdata=[f"{percent(a)} to {percent(b)} %" for a, b in zip(low, high, strict=True)],
        hovertemplate=f"{name}: %{{x:.2f}} %, %{{customdata}}<extra></extra>",
    )


def confusion(summary: Summary) -> Any:
    """The confusion table: shade and second line are shares of the row."""
    table = summary.table
    share = table / np.maximum(table.sum(1, keepdims=True), 1)
    text = [
        [f"{n:,}<br>{100 * s:.1f} %" if n else "" for n, s in zip(row, shares, strict=True)]
        for row, shares in zip(table.tolist(), share.tolist(), strict=True)
    ]
    names = ["nothing" if label == "O" else label for label in TABLE_LABELS]
    figure = go.Figure(
        go.Heatmap(
            z=share,
            x=names,
            y=names,
            text=text,
            texttemplate="%{text}",
            colorscale=[[0, "rgba(47, 127, 193, 0.04)"], [1, "rgba(47, 127, 193, 0.85)"]],
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate="annotated %{y}, called %{x}: %{text}<extra></extra>",
        )
    )
    figure.update_xaxes(title="called", side="top", showgrid=False)
    figure.update_yaxes(title="annotated", autorange="reversed", showgrid=False)
    return _finish(figure, 420, margin={"t": 64, "b": 12})


def by_record(summary: Summary, names: Sequence[str]) -> Any:
    """F1 of each record, worst first, with gross and average: one panel a figure."""
    shown = [name for name in names if name in ("QRS", "N", "S", "V")]
    figure = make_subplots(cols=len(shown), subplot_titles=shown, horizontal_spacing=0.05)
    for column, name in enumerate(shown, 1):
        there = sorted((one for one in summary.records if one.scores[name].there), key=lambda one: one.scores[name].f1)
        scores = [one.scores[name] for one in there]
        beats = np.array([score.there for score in scores])
        figure.add_scatter(
            x=np.arange(1, len(there) + 1),
            y=[100 * score.f1 for score in scores],
            mode="markers",
            marker={
                "color": CLASSES[name],
                "size": 5 + 7 * np.sqrt(beats / max(beats.max(initial=1), 1)),
                "opacity": 0.75,
                "line": {"width": 0},
            },
            customdata=[
                f"{one.record}<br>{score.there:,} beats<br>Se {percent(score.se)}, +P {percent(score.ppv)}, "
                f"F1 {percent(score.f1)} %"
                for one, score in zip(there, scores, strict=True)
            ],
            hovertemplate="%{customdata}<extra></extra>",
            showlegend=False,
            row=1,
            col=column,
        )
        for value, dash in ((summary.gross[name].f1, "solid"), (summary.average[name][2], "dot")):
            if not np.isnan(value):
                figure.add_hline(100 * value, line={"color": GREY, "width": 1.5, "dash": dash}, row=1, col=column)
        figure.update_xaxes(title="records, worst first", showticklabels=False, showgrid=False, row=1, col=column)
    for dash, what in (("solid", "gross"), ("dot", "average over records")):
        line = {"color": GREY, "width": 1.5, "dash": dash}
        figure.add_scatter(x=[None], y=[None], mode="lines", line=line, name=what)
    figure.update_yaxes(title="F1, %", col=1)
    return _finish(figure, 420, margin={"t": 80}, legend={"y": 1.12})


def runs(summary: Summary) -> Any:
    """Se and +P of runs, with what they are of."""
    figure = go.Figure()
    for what, colour in (("Se", BLUE), ("+P", ORANGE)):
        scores = [summary.gross[name] for name in RUNS]
        rate = [score.se if what == "Se" else score.ppv for score in scores]
        text = [
            f"{score.found:,} of {score.there:,}" if what == "Se" else f"{score.right:,} of {score.claimed:,}"
            for score in scores
        ]
        figure.add_bar(
            x=list(RUNS),
            y=100 * np.array(rate),
            text=text,
            textposition="auto",
            textangle=-90,
            name={"Se": "Se, of those annotated", "+P": "+P, of those called"}[what],
            marker={"color": colour},
            hovertemplate="%{x}: %{y:.1f} %, %{text}<extra></extra>",
        )
    figure.update_yaxes(range=[0, 105], title="%")
    figure.update_xaxes(showgrid=False)
    figure.update_layout(barmode="group", bargap=0.25)
    return _finish(figure, 420)


def peak_error(summary: Summary) -> Any:
    """Where R was found, against where it was annotated."""
    count, edge = np.histogram(np.clip(summary.errors, -152, 152), bins=np.arange(-154, 155, 4))
    figure = go.Figure()
    figure.add_bar(
        x=(edge[1:] + edge[:-1]) / 2,
        y=count,
        width=4,
        marker={"color": BLUE, "line": {"width": 0}},
        hovertemplate="%{x} ms: %{y:,} beats<extra></extra>",
        showlegend=False,
    )
    mean = position_error(summary.errors)["mean"]
    if mean is not None:
        figure.add_vline(mean, line={"color": ORANGE, "width": 1.5, "dash": "dot"})
        figure.add_scatter(x=[None], y=[None], mode="lines", line={"color": ORANGE, "dash": "dot"}, name="mean")
    figure.update_xaxes(title="R found minus R annotated, ms", range=[-100, 100])
    figure.update_yaxes(title="beats")
    return _finish(figure, 380)


def reliability(calibration: Calibration) -> Any:
    """How often beats named with some confidence were named rightly; and how many there were."""
    figure = make_subplots(rows=2, shared_xaxes=True, row_heights=[0.72, 0.28], vertical_spacing=0.06)
    some = calibration.count > 0
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": GREY, "dash": "dot"}, name="as it should be")
    figure.add_scatter(
        x=calibration.confidence[some],
        y=calibration.accuracy[some],
        mode="lines+markers",
        line={"color": BLUE},
        marker={"size": 8},
        name="as it is",
        hovertemplate="confidence %{x:.3f}: %{y:.3f} right<extra></extra>",
    )
    figure.add_bar(
        x=(np.arange(BINS) + 0.5) / BINS,
        y=calibration.count,
        marker={"color": GREY, "line": {"width": 0}},
        hovertemplate="%{y:,} beats<extra></extra>",
        showlegend=False,
        row=2,
        col=1,
    )
    figure.update_xaxes(range=[0, 1.02])
    figure.update_xaxes(title="confidence", row=2, col=1)
    figure.update_yaxes(title="share right", range=[0, 1.02], row=1, col=1)
    figure.update_yaxes(title="beats", type="log", dtick=2, row=2, col=1)
    return _finish(figure, 380)


def noise(noise: Noise, names: Sequence[str]) -> Any:
    """F1 as noise grows."""
    figure = go.Figure()
    for name in names:
        if name in ("QRS", "N", "S", "V"):
            figure.add_scatter(
                x=[level.snr for level in noise.levels],
                y=[100 * level.rates(name)[2] for level in noise.levels],
                mode="lines+markers",
                line={"color": CLASSES[name]},
                marker={"size": 8},
                name=name,
                hovertemplate=f"{name} at %{{x:g}} dB: %{{y:.2f}} %<extra></extra>",
            )
    levels = [level.snr for level in noise.levels]
    figure.update_xaxes(title="signal-to-noise ratio, dB", autorange="reversed", tickvals=levels)
    figure.update_yaxes(title="F1, %", rangemode="tozero")
    return _finish(figure, 360)


def _finish(figure: Any, height: int, **more: dict[str, float]) -> Any:
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 64, "r": 16, "t": 40, "b": 52},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        font={"family": "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif", "size": 13},
    )
    figure.update_layout(**more)
    figure.update_xaxes(gridcolor=GRID, zerolinecolor=GRID, automargin=True)
    figure.update_yaxes(gridcolor=GRID, zerolinecolor=GRID, automargin=True)
    return figure
