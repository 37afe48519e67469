"""The traces of one bed: their choices, the strips they run on, what steers a frozen one, the ruler for the screen."""

from collections.abc import Sequence
from typing import Final

from dash import html

from stream.messages import MAX_LEADS
from web.components.alarmbar import key_button
from web.words import GAINS, SWEEPS

COUNTS: Final = (("1", "1 lead"), ("2", "2 leads"), ("3", "3 leads"), ("all", "all leads"))
"""How many leads are shown at once."""

MODES: Final = (("sweep", "Sweep"), ("scroll", "Scroll"))
"""How the live trace moves: the pen over the paper, or the paper under the pen."""

STEPS: Final = (
    ("back-far", "«", "One screen back (key Page Up)"),
    ("back", "‹", "One second back (key ←)"),
    ("on", "›", "One second on (key →)"),
    ("on-far", "»", "One screen on (key Page Down)"),
)
"""How one moves along a frozen trace."""

CARD_MM: Final = 85.6
"""Width of a bank card, ISO/IEC 7810 ID-1."""


def monitor(bed: str) -> html.Div:
    """Lay out the traces of a bed."""
    return html.Div([_heading(bed), _bar(), _strips()], className="monitor", id="monitor")


def choice(label: str, name: str, options: Sequence[tuple[str, str]]) -> html.Select:
    """Make a choice whose options speak for themselves; its name is for those who hear the page."""
    return html.Select([html.Option(text, value=value) for value, text in options], id=name, **{"aria-label": label})


def ruler_dialog() -> html.Dialog:
    """Lay out the dialog that measures the screen, closed."""
    return html.Dialog(
        [
            html.H1("Size of this screen"),
            html.P(
                "A browser does not know how large its screen is. Hold a bank card (85.6 mm wide), or a ruler, to the "
                "screen and make the box as wide as it. It is kept in this browser, for this screen.",
                className="note",
            ),
            html.Div(html.Div("85.6 mm", id="ruler-card", className="ruler-card"), className="ruler-place"),
            html.Label(
                ["Width ", html.Span(id="ruler-slot"), html.Output(id="ruler-told")],
                className="ruler-width",
            ),
            html.Div(
                [
                    html.Button("As the browser has it", id="ruler-usual", type="button"),
                    html.Span(className="spring"),
                    html.Button("Set", id="ruler-set", type="button"),
                    html.Button("Close", id="ruler-close", type="button"),
                ],
                className="limits-acts",
            ),
        ],
        id="ruler",
        className="ruler-dialog",
        **{"data-card": str(CARD_MM), "aria-label": "Size of this screen"},
    )


def _heading(bed: str) -> html.Div:
    return html.Div(
        [
            html.A("‹ Ward", href="/", className="back"),
            html.H1(bed, id="bed-name"),
            html.Span(id="bed-title", className="note"),
            html.Span("waiting for a bed of this name", id="bed-state", className="state", role="status"),
            html.Span(className="spring"),
            _where(),
            html.Button(
                [html.Span("Freeze"), html.Kbd("Space", **{"aria-hidden": "true"})],
                id="freeze",
                type="button",
                title="Hold the traces still, to look at them and to go back (key Space)",
                **{"aria-keyshortcuts": "Space"},
            ),
        ],
        className="heading",
    )


def _where() -> html.Div:
    """Which time is seen while the traces are frozen, and the steps from it."""
    steps = [
        html.Button(sign, id=f"still-{name}", type="button", title=text, **{"aria-label": text})
        for name, sign, text in STEPS
    ]
    return html.Div(
        [html.B("Frozen"), html.Span(id="still-time", className="still-time"), *steps],
        id="still-where",
        className="still-where",
        hidden=True,
    )


def _bar() -> html.Div:
    """The choices; and, while the traces are frozen, what can be measured."""
    return html.Div(
        [
            html.Div(
                [
                    choice("Leads shown", "leads", COUNTS),
                    choice("How the trace moves", "mode", MODES),
                    choice("Speed", "sweep", tuple((f"{value:g}", f"{value:g} mm/s") for value in SWEEPS)),
                    choice("Gain", "gain", tuple((f"{value:g}", f"{value:g} mm/mV") for value in GAINS)),
                    html.Button("Screen size", id="ruler-open", type="button", title="Make a millimetre a millimetre"),
                ],
                className="choices",
            ),
            html.Div(
                [
                    key_button("still-calipers", "Calipers", "C", "Measure time, height and rate on the frozen trace"),
                    html.Output(id="still-measure", className="still-measure"),
                    html.Span(id="still-note", className="note", role="status"),
                ],
                id="still-bar",
                className="still-bar",
                hidden=True,
            ),
        ],
        className="bed-bar",
    )


def _strips() -> html.Div:
    """A strip for each lead there may be; the browser code shows as many as there are to show."""
    return html.Div([_strip(row) for row in range(MAX_LEADS)], className="strips", id="strips")


def _strip(row: int) -> html.Div:
    hidden = {"aria-hidden": "true"}
    return html.Div(
        [
            html.Canvas(className="paper", **hidden),
            html.Canvas(className="sweep", id=f"trace-{row}", **hidden),
            html.Canvas(className="still", id=f"still-{row}", hidden=True, **hidden),
            html.Div(className="overlay"),
            html.Select(id=f"lead-{row}", className="lead-choice", **{"aria-label": f"Lead of strip {row + 1}"}),
            html.Span(className="lead-name"),
            html.Span(className="lead-state"),
        ],
        className="strip",
        id=f"strip-{row}",
        hidden=row > 1,
    )
