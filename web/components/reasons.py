"""The list beside the figure of an explanation: what decided, and by how much."""

from typing import Final

from dash import html
from dash.development.base_component import Component

from stream.explanation import Reason
from stream.messages import Explanation

NAMES: Final = {
    "rr_before": "RR before",
    "rr_after": "RR after",
    "rhythm": "Rhythm before",
    "p_wave": "P wave",
    "qrs": "QRS shape",
    "qrs_width": "QRS width",
    "t_wave": "ST-T",
}

MINUS: Final = "\N{MINUS SIGN}"


def reason_list(explanation: Explanation) -> list[Component]:
    """List the reasons of an explanation, each with what there was to see and a bar for its share.

    Bars to the right spoke for the class, bars to the left against it. There is no list where there are no reasons.
    """
    if not explanation.reasons:
        return []
    heading = html.Div([html.Span("against"), html.Span(f"for {explanation.label}")], className="sides")
    return [heading, html.Ul([html.Li(_row(reason, explanation.label)) for reason in explanation.reasons])]


def sight(reason: Reason) -> str:
    """Tell what there was to see, in words and the unit people use; nothing where there is no value."""
    value = reason.value
    if value is None:
        return ""
    match reason.name:
        case "rr_before" | "rr_after":
            return _percent(value - 1)
        case "rhythm":
            return f"±{100 * value:.0f}\N{NO-BREAK SPACE}%"
        case "p_wave" | "qrs" | "t_wave":
            return f"{_percent(value, plus='')} alike"
        case "qrs_width":
            return f"{value:.0f} ms at half"
        case _:
            return f"{value:.2g}"


def _row(reason: Reason, label: str) -> list[Component]:
    name, seen = NAMES.get(reason.name, reason.name), sight(reason)
    size = min(abs(reason.share), 1.0)
    side = "for" if reason.share >= 0 else "against"
    return [
        html.Span([name, " ", html.Span(seen, className="sight")], className="what"),
        html.Span(
            html.Span(className=side, style={"width": f"{50 * size:.1f}%"}), className="bar", **{"aria-hidden": "true"}
        ),
        html.Span(_percent(reason.share), className="share", **{"aria-hidden": "true"}),
        html.Span(f", {size:.0%} {side} {label}", className="unseen"),
    ]


def _percent(share: float, plus: str = "+") -> str:
    """A percentage with its sign."""
    rounded = round(100 * share)
    return f"{MINUS if rounded < 0 else plus if rounded > 0 else ''}{abs(rounded)}\N{NO-BREAK SPACE}%"
