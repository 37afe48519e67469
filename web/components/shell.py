"""What every page stands in: the top bar, the banner for a lost feed, the place of the page."""

import json
from typing import Final

import dash
from dash import dcc, html

from stream.limits import ALARMS
from web.components.alarmbar import alarm_bar, alarm_controls
from web.words import CLASSES, DISCLAIMER, NAME

PLACES: Final = (("/", "Ward"), ("/alarms", "Alarms"), ("/lab", "Beat lab"), ("/replay", "Replay"))
"""Where one can go from every page."""


def shell(feed_url: str) -> html.Div:
    """Put the frame around a page; it hands the browser code the feed's address and words as ``data-``."""
    return html.Div(
        [_top_bar(), alarm_bar(), html.Main(dash.page_container)],
        id="shell",
        **{"data-feed": feed_url, "data-classes": json.dumps(CLASSES), "data-alarms": json.dumps(list(ALARMS))},
    )


def _top_bar() -> html.Header:
    return html.Header(
        [
            html.A(NAME, href="/", className="brand"),
            html.Nav([dcc.Link(words, href=path) for path, words in PLACES], className="places"),
            html.Span(id="bed-count", className="bed-count"),
            html.Span(id="detector", className="note"),
            _banner(),
            alarm_controls(),
            html.Span(DISCLAIMER, className="disclaimer"),
            html.Span("connecting", id="connection", className="connection", role="status"),
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
