"""What every page stands in: the top bar, the strip of alarms, the place of the page, and what is true all the time."""

import json
from collections.abc import Sequence
from typing import Final

import dash
from dash import dcc, html

from stream.limits import ALARMS
from web.components.alarmbar import alarm_bar, alarm_controls
from web.components.help import help_dialog, tour
from web.words import CLASSES, DISCLAIMER, NAME

PLACES: Final = (
    ("/", "Ward", "ward bed beat"),
    ("/alarms", "Alarms", "alarms event"),
    ("/lab", "Beat lab", "lab"),
    ("/replay", "Replay", "desk"),
)
"""Where one can go from every page, and the pages (``data-page``) that belong there."""


def shell(feed_url: str, paths: Sequence[str] = ()) -> html.Div:
    """Put the frame around a page.

    Parameters
    ----------
    feed_url
        Websocket address of the feed, handed to the browser code as ``data-feed``, as words are in others.
    paths
        Path templates of the pages, ``/bed/<bed>``: links there need no reload.
    """
    begins = sorted({"/" + path.split("/")[1] for path in paths})
    return html.Div(
        [
            html.A("Skip to the page", href="#main", className="skip"),
            _top_bar(),
            alarm_bar(),
            tour(),
            html.Main(dash.page_container, id="main", tabIndex=-1),
            _status_bar(),
            help_dialog(),
        ],
        id="shell",
        **{
            "data-feed": feed_url,
            "data-classes": json.dumps(CLASSES),
            "data-alarms": json.dumps(list(ALARMS)),
            "data-paths": json.dumps(begins),
        },
    )


def _top_bar() -> html.Header:
    places = [html.Li(dcc.Link(words, href=path), **{"data-pages": pages}) for path, words, pages in PLACES]
    brand = [html.Img(src="/assets/icon.svg", alt=""), html.Span(NAME)]
    return html.Header(
        [
            html.A(brand, href="/", className="brand", title=NAME, **{"aria-label": NAME}),
            html.Nav(html.Ul(places, className="places"), **{"aria-label": "Places"}),
            html.Span(id="bed-count", className="bed-count"),
            _banner(),
            alarm_controls(),
            html.Time("--:--:--", id="clock", className="clock"),
        ],
        className="top",
    )


def _banner() -> html.Div:
    return html.Div(
        "Connection to the feed lost, reconnecting…",
        id="banner",
        className="banner",
        role="alert",
        hidden=True,
    )


def _invitation() -> html.Span:
    """Ask a first visitor whether to be shown around; not more than this, for a screen on a wall has no visitor."""
    return html.Span(
        [
            html.Button("New here? Look around in a minute", id="invite", type="button"),
            html.Button("✕", id="decline", type="button", title="No, thank you", **{"aria-label": "No, thank you"}),
        ],
        id="invitation",
        className="invitation",
        hidden=True,
    )


def _status_bar() -> html.Footer:
    """Lay out what must be seen while it is true; it takes the same room whatever there is to say."""
    return html.Footer(
        [
            html.Span("connecting", id="connection", className="connection", role="status"),
            html.Ul(id="notices", className="notices", **{"aria-label": "Notices", "aria-live": "polite"}),
            _invitation(),
            html.Span(DISCLAIMER, className="disclaimer"),
        ],
        className="status-bar",
    )
