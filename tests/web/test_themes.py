"""The two themes have the same colours, with contrast enough, and figures follow them."""

import re
from pathlib import Path
from typing import Final

import pytest

from web.components import figure

ASSETS = Path(__file__).parents[2] / "web" / "assets"
STYLE = (ASSETS / "style.css").read_text(encoding="utf-8")
TEXT: Final = ("ink", "quiet", "green", "cyan", "yellow", "red", "orange", "violet")


def colours(selector: str) -> dict[str, str]:
    """The colours of a theme, by name."""
    (rules,) = re.findall(re.escape(selector) + r" \{(.*?)\n\}", STYLE, re.DOTALL)
    return dict(re.findall(r"--(\w+): (#\w+);", rules))


THEMES: Final = {"dark": colours("\n:root"), "light": colours(':root[data-theme="light"]')}


def lightness(colour: str) -> float:
    """Relative luminance of ``#rrggbb``, after WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((lightness(one), lightness(other)))
    return (high + 0.05) / (low + 0.05)


def test_both_themes_have_all_colours() -> None:
    assert THEMES["dark"].keys() == THEMES["light"].keys()


@pytest.mark.parametrize("theme", THEMES)
def test_text_of_any_colour_can_be_read(theme: str) -> None:
    known = THEMES[theme]
    for name in TEXT:
        for ground in ("back", "tile"):
            assert contrast(known[name], known[ground]) >= 4.5, (name, ground)
    assert contrast(known["edge"], known["tile"]) >= 3  # of what is pressed


def test_figures_have_the_colours_of_the_dark_theme_and_are_given_those_of_the_light() -> None:
    sheet = (ASSETS / "figures.css").read_text(encoding="utf-8")
    names = {"INK": "ink", "QUIET": "quiet", "FAINT": "line", "EDGE": "edge"} | {
        name.upper(): name for name in ("green", "cyan", "yellow", "red", "orange", "violet")
    }
    for constant, name in names.items():
        colour = getattr(figure, constant)
        assert colour == THEMES["dark"][name]
        rgb = ", ".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
        for what in ("fill", "stroke"):
            assert f'[style*="{what}: rgb({rgb})"] {{ {what}: var(--{name})' in sheet
