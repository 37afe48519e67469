"""What a bed's beats come to over hours: the tachogram, and how many there were of each class in each hour."""

from typing import Final

from dash import html

from web.words import CLASSES, class_words

SPANS: Final = ((300, "5 min"), (3600, "1 h"), (8 * 3600, "8 h"))
"""Periods of the trend: seconds, and in words."""


def trend_panel() -> html.Div:
    """Lay out the trend; ``assets/trend.js`` draws it."""
    spans = [
        html.Button(text, type="button", **{"data-seconds": str(seconds), "aria-pressed": str(n == 0).lower()})
        for n, (seconds, text) in enumerate(SPANS)
    ]
    legend = [html.Span(class_words(label), className=f"legend class-{label}") for label in CLASSES]
    return html.Div(
        [
            html.Div(
                [
                    html.Div(spans, id="trend-spans", className="spans", role="group", **{"aria-label": "Period"}),
                    *legend,
                    html.Span(id="trend-note", className="note", role="status"),
                ],
                className="trend-head",
            ),
            html.Canvas(
                id="trend",
                className="trend",
                role="img",
                tabIndex=0,
                title="Press to see the trace of that time",
                **{"aria-label": "Heart rate and RR intervals over time"},
            ),
        ],
        className="trends",
    )


def counts_panel() -> html.Div:
    """Lay out the counts per hour; ``assets/counts.js`` fills the rows."""
    head = [html.Th(text, scope="col") for text in ("Hour", *map(class_words, CLASSES), "All", "Not normal")]
    return html.Div(
        [
            html.P(id="counts-note", className="note", role="status"),
            html.Table([html.Thead(html.Tr(head)), html.Tbody(id="counts")], className="hours"),
        ],
        className="hourly",
        tabIndex=0,
        role="region",
        **{"aria-label": "Beats of each class, hour by hour"},
    )
