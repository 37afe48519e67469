"""The dialog that lists the keys (``assets/help.js``), and the row of the tour (``assets/tour.js``)."""

from dash import html


def help_dialog() -> html.Dialog:
    """Lay out the dialog, closed; the browser code fills in the keys of the page."""
    return html.Dialog(
        [
            html.H1("Keys"),
            html.Table(
                [
                    html.Thead(html.Tr([html.Th("Key", scope="col"), html.Th("What it does", scope="col")])),
                    html.Tbody(id="help-keys"),
                ]
            ),
            html.P(id="help-off", className="note"),
            html.Button("Close", id="help-close", type="button"),
        ],
        id="help",
        className="help",
        **{"aria-label": "Keys"},
    )


def tour() -> html.Section:
    """Lay out the tour: a row of its own, so that it never lies over an alarm."""
    return html.Section(
        [
            html.Span(id="tour-step", className="note"),
            html.P(id="tour-text", role="status"),
            html.Button("Next", id="tour-next", type="button"),
            html.Button("Skip the tour", id="tour-skip", type="button"),
        ],
        id="tour",
        className="tour",
        hidden=True,
        **{"aria-label": "Tour"},
    )
