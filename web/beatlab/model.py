"""What can be told of the lab's model without loading it: its name, its scores, its card."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import detector
from stream.messages import AAMI

SHIPPED: Final = Path(detector.__file__).parent / "models"  # detector.model knows it too, and brings Keras


@dataclass(frozen=True, slots=True)
class About:
    """A model, told of.

    Attributes
    ----------
    name
        File name.
    whose
        In few words, where it is from.
    f1
        Of each class, 0 to 1, on patients it had not seen; empty if it was never measured here.
    card
        Its model card as Markdown.
    error
        Why it cannot be used, as far as that shows from outside.
    """

    name: str
    whose: str
    f1: dict[str, float]
    card: str
    error: str = ""


def about(model: Path | None) -> About:
    """Tell of a model: of the shipped one with ``None``, else of a file, whose card is the ``.md`` beside it."""
    if model is None:
        log = json.loads((SHIPPED / "training.json").read_text(encoding="utf-8"))["row"]
        cuts = [cut["gross"] for cut in log.get("cuts", [])]
        f1 = {name: sum(cut[name]["f1"] or 0 for cut in cuts) / len(cuts) for name in AAMI} if cuts else {}
        return About("row.keras", "shipped", f1, _plain((SHIPPED / "CARD.md").read_text(encoding="utf-8")))
    beside = model.with_suffix(".md")
    if beside.is_file():
        card = _plain(beside.read_text(encoding="utf-8", errors="replace"))
    else:
        card = (
            f"# {model.name}\n\nThis model brings no card: nothing is known here of what it learned from and where it "
            f"fails. A file `{beside.name}` beside it would be shown here. Files with labels tell how it does on them."
        )
    error = "" if model.is_file() else f"no model file at {model}: start the screen with another --model, or without"
    return About(model.name, "your own", {}, card, error)


def _plain(markdown: str) -> str:
    """Without comments, which Markdown would show."""
    return re.sub(r"<!--.*?-->\n?", "", markdown, flags=re.DOTALL)
