"""The parts of the lab's page, as they stand before there is a file; ``assets/lab.js`` hears what is pressed there."""

from collections.abc import Iterable
from typing import Final

from dash import dcc, html

from stream.messages import AAMI
from web.beatlab.files import MAX_BYTES
from web.components.figure import empty_figure
from web.words import class_words

FORM: Final = (
    "A CSV file with one beat a row: its samples as numbers (187, 216 or any number of them), and in the last column "
    f"its class, 0 to 4 or N S V F Q, if it is known. Up to {MAX_BYTES // 2**20} MiB; it stays on this server, and is "
    "removed after an hour without use."
)
LABELS: Final = (("auto", "found by themselves"), ("last", "in the last column"), ("none", "none in the file"))
FORMATS: Final = {"lab-png": "png", "lab-svg": "svg"}
SHOW: Final = (("all", "all beats"), ("different", "disagreements"), ("same", "agreements"))


def heading() -> html.Div:
    """Lay out the name of the page and of its model."""
    return html.Div(
        [
            html.H1("Beat lab"),
            html.Div(id="lab-model", className="lab-model"),
            html.Button("Model card", id="lab-card-open", type="button"),
        ],
        className="lab-heading",
    )


def bring() -> html.Div:
    """Lay out where a file is dropped or chosen; small once there is one."""
    return html.Div(
        [
            html.H2("Drop a file of beats here", id="lab-drop"),
            html.Div(
                [
                    html.Button("Choose a file…", id="lab-choose", type="button"),
                    html.Button("Try an example", id="lab-example", type="button"),
                ],
                className="lab-acts",
            ),
            html.P(
                [FORM, " ", html.A("See an example.", href="/lab/example.csv", download="example.csv")],
                id="lab-form",
                className="note",
            ),
            html.Div(
                [
                    html.Progress(id="lab-progress", **{"aria-label": "Progress"}),
                    html.Span(id="lab-stage", role="status"),
                    html.Span(id="lab-count"),
                ],
                id="lab-working",
                className="lab-working",
                hidden=True,
            ),
            html.P(id="lab-error", className="lab-error", role="alert", hidden=True),
        ],
        className="lab-bring",
    )


def facts() -> html.Div:
    """Lay out what was understood of the file, and what can be set right of it."""
    return html.Div(
        [
            html.Div(id="lab-understood", className="lab-understood"),
            html.Div(
                [
                    html.Label(
                        ["Sampling rate ", html.Span(id="lab-rate"), " Hz"], id="lab-rate-choice", className="choice"
                    ),
                    html.Label(["Labels ", _select("lab-labels", LABELS)], className="choice"),
                    html.A("Results as CSV", id="lab-results", href="#", className="as-button", download=""),
                    html.Button("Close file", id="lab-close", type="button"),
                ],
                className="lab-acts",
            ),
        ],
        id="lab-facts",
        className="lab-facts",
        hidden=True,
    )


def filters() -> html.Div:
    """Lay out which beats the table shows."""
    classes = [("", "any"), *((label, class_words(label)) for label in AAMI)]
    return html.Div(
        [
            html.Label(["Predicted ", _select("lab-by-label", classes)], className="choice"),
            html.Label(["Labelled ", _select("lab-by-truth", classes)], className="choice needs-labels"),
            html.Label(["Show ", _select("lab-only", SHOW)], className="choice needs-labels"),
            html.Button("Clear", id="lab-clear", type="button", title="Take all filters away"),
        ],
        className="lab-filters",
        role="group",
        **{"aria-label": "Filters"},
    )


def beat() -> html.Section:
    """Lay out the chosen beat."""
    return html.Section(
        [
            html.Div(
                [
                    html.Button(
                        ["‹ Previous", html.Kbd("←")], id="lab-previous", type="button", title="Beat before (key ←)"
                    ),
                    html.Button(["Next ›", html.Kbd("→")], id="lab-next", type="button", title="Next beat (key →)"),
                    html.Label(["Go to row ", html.Span(id="lab-goto")], className="choice"),
                    html.Span(className="spring"),
                    html.Button("PNG", id="lab-png", type="button", title="Download the picture as PNG"),
                    html.Button("SVG", id="lab-svg", type="button", title="Download the picture as SVG"),
                ],
                className="lab-acts",
            ),
            html.H2(id="lab-chosen", className="lab-chosen"),
            html.Div(
                dcc.Graph(
                    id="lab-figure", figure=empty_figure(""), config={"displayModeBar": False, "responsive": True}
                ),
                className="lab-figure",
            ),
            html.Div(id="lab-shares"),
            html.Div(id="lab-picture", hidden=True, **{"data-picture": ""}),
        ],
        className="lab-beat",
        **{"aria-label": "The chosen beat"},
    )


def _select(name: str, options: Iterable[tuple[str, str]]) -> html.Select:
    return html.Select([html.Option(text, value=value) for value, text in options], id=name)
