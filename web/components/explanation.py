"""The figure that shows which part of a beat made the model say what it said."""

from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from stream.messages import Explanation, unpack_floats
from web.components.figure import EDGE, INK, dress
from web.words import class_words

HEAT: Final = ((0.0, "rgba(255,120,0,0)"), (0.5, "rgba(255,140,0,0.45)"), (1.0, "rgba(255,60,20,0.95)"))
"""From nothing to a hot orange that ink of either theme stays legible on."""


@dataclass(frozen=True, slots=True)
class Inks:
    """Colours of the beat and of the usual one beneath it."""

    beat: str = INK
    usual: str = EDGE


def explanation_figure(explanation: Explanation, fs: float) -> go.Figure:
    """Draw a beat with its heat behind it, lead under lead.

    Parameters
    ----------
    explanation
        What the detector answered: wave in mV and heat from 0 to 1, of shape ``(leads, n)``.
    fs
        Sampling rate of the bed's stream in Hz, in which ``sample`` and ``start`` count.

    Returns
    -------
    go.Figure
        For each lead a heat map (0 to 1), the patient's usual beat, faint, where it is known, and the beat itself;
        x in ms from the R peak, or from the begin of the row for a beat that came already cut.

    Raises
    ------
    ValueError
        If wave, heat and usual beat have not ``leads`` rows of one length, or a sampling rate is not above 0.
    """
    leads = len(explanation.leads)
    figure = make_subplots(rows=leads, cols=1, shared_xaxes=True, vertical_spacing=0.06)
    draw_leads(figure, explanation, fs, {"xpad": 4})
    return dress(figure, title(explanation)).update_layout(margin_l=42)


def draw_leads(
    figure: go.Figure, explanation: Explanation, fs: float, bar: dict[str, object], inks: Inks | None = None
) -> None:
    """Draw the leads of a beat into the first column of a figure, a row each; see :func:`explanation_figure`.

    ``bar`` is where the scale of the heat stands, in Plotly's words of a colour bar.
    """
    inks = inks or Inks()
    leads = len(explanation.leads)
    wave, heat, usual = waves_of(explanation)
    if not (fs > 0 and explanation.fs > 0):
        raise ValueError(f"expected sampling rates above 0, got {fs:g} and {explanation.fs:g}")
    ms = milliseconds(explanation, fs, wave.shape[1])
    for row, name in enumerate(explanation.leads):
        at = {"row": row + 1, "col": 1}
        low, high = _limits(wave[row] if usual is None else np.concatenate([wave[row], usual[row]]))
        figure.add_heatmap(
            x=ms,
            y=[low, high],
            z=[heat[row]],
            zmin=0,
            zmax=1,
            colorscale=HEAT,
            showscale=row == 0,
            colorbar={"title": "heat", "thickness": 8, "tickvals": [0, 0.5, 1], "outlinewidth": 0} | bar,
            hoverinfo="skip",
            **at,
        )
        if usual is not None:
            figure.add_scatter(
                x=ms,
                y=usual[row],
                mode="lines",
                line={"color": inks.usual, "width": 1.5, "dash": "dot"},
                name=f"usual {name}",
                hoverinfo="skip",
                **at,
            )
        figure.add_scatter(
            x=ms,
            y=wave[row],
            mode="lines",
            line={"color": inks.beat, "width": 2},
            name=name,
            customdata=heat[row],
            hovertemplate="%{x:.0f} ms  %{y:.2f} mV  heat %{customdata:.2f}<extra></extra>",
            **at,
        )
        figure.update_yaxes(range=[low, high], **at)
        unit = " mV" if explanation.row is None else ""  # a row's values have none
        figure.add_annotation(  # not an axis title, which Plotly cannot place where there is no room for ticks
            text=f"<b>{escape(name, quote=False)}</b>{unit}",
            showarrow=False,
            **{"x": 0, "y": 1, "xanchor": "left", "yanchor": "top"},
            **{axis + "ref": f"{axis}{_number(figure, row + 1)} domain" for axis in "xy"},
        )
        _mark_qrs(figure, explanation, row + 1, inks.usual)
    parts = ["ms from R" if explanation.row is None else "ms from the row's begin"]
    parts += ["dotted: usual"] if usual is not None else []
    parts += ["bar: QRS"] if _qrs(explanation) else []
    figure.update_xaxes(title={"text": " · ".join(parts), "font": {"size": 11}}, row=leads, col=1)


def _qrs(explanation: Explanation) -> tuple[float, float] | None:
    """Where QRS begins and ends, as it was measured, in ms from R."""
    facts = explanation.facts
    if facts is None or facts.qrs is None or facts.qrs_onset is None:
        return None
    return facts.qrs_onset, facts.qrs_onset + facts.qrs


def _mark_qrs(figure: go.Figure, explanation: Explanation, row: int, colour: str) -> None:
    """Draw a bar under the wave as long as QRS was measured to be."""
    if span := _qrs(explanation):
        figure.add_shape(
            type="line",
            x0=span[0],
            x1=span[1],
            xref=f"x{_number(figure, row)}",
            yref=f"y{_number(figure, row)} domain",
            y0=0.03,
            y1=0.03,
            line={"color": colour, "width": 4},
        )


def _number(figure: go.Figure, row: int) -> str:
    """Which of Plotly's axes the first column of a row has."""
    return str(figure.get_subplot(row, 1).xaxis.plotly_name.removeprefix("xaxis"))


def waves_of(
    explanation: Explanation,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32] | None]:
    """Give wave, heat and usual beat, ``(leads, n)`` each; None where the usual beat is not known.

    Raises
    ------
    ValueError
        If they have not ``leads`` rows of one length.
    """
    leads = len(explanation.leads)
    wave, heat = unpack_floats(explanation.wave, leads), unpack_floats(explanation.heat, leads)
    usual = unpack_floats(explanation.usual, leads) if explanation.usual else None
    if wave.shape != heat.shape:
        raise ValueError(f"expected wave and heat of one shape, got {wave.shape} and {heat.shape}")
    if usual is not None and usual.shape != wave.shape:
        raise ValueError(f"expected wave and usual beat of one shape, got {wave.shape} and {usual.shape}")
    return wave, heat, usual


def title(explanation: Explanation) -> str:
    """Say class in letter and word, confidence, and the file's own label if there is one.

    Plotly takes tags in a text for its own, so they are escaped.
    """
    sure = ">99%" if explanation.confidence >= 0.995 else f"{explanation.confidence:.0%}"  # nothing is certain
    text = f"{class_words(explanation.label)}, confidence {sure}"
    if explanation.truth is not None:
        text += f", labelled {explanation.truth} in the file"
    return escape(text, quote=False)


def milliseconds(explanation: Explanation, fs: float, n: int) -> NDArray[np.float64]:
    """Give the times in ms of the ``n`` samples of an explanation, counted from its beat."""
    begin = (explanation.start - explanation.sample) / fs
    times: NDArray[np.float64] = 1000.0 * (begin + np.arange(n) / explanation.fs)
    return times


def _limits(wave: NDArray[np.float32]) -> tuple[float, float]:
    """Lower and upper end of the y axis, with air around the wave; never of no height."""
    known = wave[np.isfinite(wave)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    air = 0.1 * max(high - low, 0.2)
    return low - air, high + air
