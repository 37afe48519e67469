"""The pages: each module has ``PATH``, ``title``, ``layout`` and ``register``, and a style sheet of its name."""

from typing import Final

from web.pages import alarms, beat, bed, desk, event, lab, ward

PAGES: Final = (ward, bed, beat, alarms, event, lab, desk)
