"""The dialog of a bed's alarm limits; ``assets/limits.js`` makes its fields from what is known of them here."""

import json
from dataclasses import asdict
from typing import Final

from dash import html

from stream.limits import ALARMS, LIMITS, PRESETS

PRESET_NAMES: Final = {"adult": "Adult", "paediatric": "Paediatric", "af": "Known atrial fibrillation"}


def known() -> str:
    """Say what may be set, as JSON: ranges of limits, alarms and whether they may be off, presets."""
    return json.dumps(
        {
            "limits": {name: asdict(limit) for name, limit in LIMITS.items()},
            "alarms": {name: asdict(kind) for name, kind in ALARMS.items()},
            "presets": {name: {"values": dict(values), "off": off} for name, (values, off) in PRESETS.items()},
        }
    )


def limits_dialog() -> html.Dialog:
    """Lay out the dialog, closed."""
    presets = [html.Option(PRESET_NAMES.get(name, name), value=name) for name in PRESETS]
    return html.Dialog(
        [
            html.H1("Alarm limits"),
            html.Label(["Preset ", html.Select(presets, id="limits-preset")], className="choice"),
            html.H2("Limits"),
            html.Div(id="limits-values", className="limits-values"),
            html.H2("Alarms that are on"),
            html.Div(id="limits-switches", className="limits-switches"),
            html.Div(
                [
                    html.Span(id="limits-answer", className="answer", role="status"),
                    html.Button("Set limits", id="limits-set", type="button"),
                    html.Button("Close", id="limits-close", type="button"),
                ],
                className="limits-acts",
            ),
        ],
        id="limits",
        className="limits",
        **{"data-known": known(), "aria-label": "Alarm limits"},
    )
