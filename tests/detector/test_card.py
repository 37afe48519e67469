"""The model card says what training measured."""

import json
from pathlib import Path

from detector.model import MODELS
from detector.training.card import BEGIN, END, figures, fill

LOG = {
    kind: {
        "records": ["a/1", "a/2"],
        "epochs": 3,
        "seed": 7,
        "beats": {"N": 12345, "V": 6},
        "scores": {"N": {"se": 0.5, "ppv": 0.25, "f1": 1 / 3}},
    }
    for kind in ("stream", "row")
}


def test_figures_go_between_their_marks_and_nowhere_else(tmp_path: Path) -> None:
    card = tmp_path / "CARD.md"
    card.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    fill(card, LOG)
    text = card.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert "| N | 12,345 | 50.0 | 25.0 | 33.3 |" in text
    assert "| V | 6 | - | - | - |" in text
    assert "2 records, 3 epochs, seed 7." in text


def test_the_shipped_card_holds_the_figures_of_the_shipped_log() -> None:
    log = json.loads((MODELS / "training.json").read_text())
    assert figures(log) in (MODELS / "CARD.md").read_text()
