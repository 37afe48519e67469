"""The probabilities of the five classes, as bars with their names."""

from dash import html
from dash.development.base_component import Component

from stream.messages import AAMI, Explanation
from web.components.sentence import sure
from web.words import CLASSES


def probability_list(explanation: Explanation) -> list[Component]:
    """List the classes in their order, each with its probability and a bar; none where they are not told."""
    if len(explanation.probabilities) != len(AAMI):
        return []
    rows = [
        html.Li(_row(label, min(max(p, 0.0), 1.0)), className="said" if label == explanation.label else "")
        for label, p in zip(AAMI, explanation.probabilities, strict=True)
    ]
    return [html.Ul(rows, **{"aria-label": "Probability of each class"})]


def _row(label: str, p: float) -> list[Component]:
    return [
        html.Span([label, html.Span(f" {CLASSES[label]}", className="word")], className=f"class-{label}"),
        html.Span(html.Span(style={"width": f"{100 * p:.1f}%"}), className="bar", **{"aria-hidden": "true"}),
        html.Span(sure(p), className="share"),
    ]
