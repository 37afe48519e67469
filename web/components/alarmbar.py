"""The strip of alarms across every page; the browser code in ``assets/alarmbar.js`` fills it."""

from dash import html


def alarm_bar() -> html.Section:
    """Lay out the strip: alarms of all beds, how many have no room, and what the service answers."""
    return html.Section(
        [
            html.Span("No alarms", id="alarm-none", className="note"),
            html.Ul(id="alarm-strip", className="alarm-strip"),
            html.Span(id="alarm-more", className="alarm-more"),
            html.Span(id="answer", className="answer", role="status"),
            html.Div(id="announcer", className="unseen", **{"aria-live": "polite"}),
        ],
        className="alarm-bar",
        **{"aria-label": "Alarms of all beds"},
    )


def alarm_controls() -> html.Div:
    """Lay out the pause of all sound, the sound of this browser, and who acts at it."""
    return html.Div(
        [
            key_button("pause-all", "Pause audio", "P", "Pause for 2 min the sound of all beds that sound now"),
            key_button("sound", "Sound is off: turn on", "S", "Let this browser sound alarms, or not"),
            html.Span(id="volume", className="volume"),
            html.Label(["as ", html.Span(id="person")], className="person"),
        ],
        className="controls",
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
