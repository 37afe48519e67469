"""The strip of alarms across every page, and what people do about sound; ``assets/alarmbar.js`` fills it."""

from typing import Final

from dash import html

THEMES: Final = (("dark", "Dark"), ("light", "Light"), ("system", "As the system"))


def alarm_bar() -> html.Section:
    """Lay out the strip: alarms of all beds, how many have no room, and what the service answers."""
    return html.Section(
        [
            html.Span("Connecting…", id="alarm-none", className="note"),
            html.Ul(id="alarm-strip", className="alarm-strip"),
            html.Span(id="alarm-more", className="alarm-more"),
            html.Span(id="answer", className="answer", role="status"),
            html.Div(id="announcer", className="unseen", **{"aria-live": "polite"}),
        ],
        className="alarm-bar",
        **{"aria-label": "Alarms of all beds"},
    )


def alarm_controls() -> html.Div:
    """Lay out the pause of all sound, the sound of this browser, and what else may be chosen at it."""
    return html.Div(
        [
            key_button("pause-all", "Pause audio", "P", "Pause for 2 min the sound of all beds that sound now"),
            key_button("sound", "Sound is off: turn on", "S", "Let this browser sound alarms, or not"),
            _menu(),
        ],
        className="controls",
    )


def _menu() -> html.Details:
    """Lay out what is chosen seldom, kept in this browser (``assets/menu.js``)."""
    themes = [html.Option(text, value=value) for value, text in THEMES]
    summary = [html.Span("Screen"), html.Span(id="acting", className="note")]
    return html.Details(
        [
            html.Summary(summary, title="What is chosen at this browser"),
            html.Div(
                [
                    html.Label(["You act as", html.Span(id="person")]),
                    html.Label(["Volume of alarms", html.Span(id="volume")]),
                    html.Label(["Theme", html.Select(themes, id="theme")]),
                    html.Label(["Keys act", html.Select(id="keys")]),
                    html.Button("Arrange beds", id="arrange", type="button", hidden=True),
                    key_button("full-screen", "Full screen", "F", "Fill the whole screen, or not"),
                    key_button("show-keys", "List of keys", "?", "List the keys of this page"),
                    html.Button("Show me around", id="take-tour", type="button"),
                ],
                className="menu-card",
            ),
        ],
        id="menu",
        className="menu",
    )


def key_button(name: str, text: str, key: str, title: str) -> html.Button:
    """Make a button that a key presses too, and that says so."""
    return html.Button(
        [html.Span(text), html.Kbd(key, **{"aria-hidden": "true"})],
        id=name,
        type="button",
        title=f"{title} (key {key})",
        **{"aria-keyshortcuts": key},
    )
