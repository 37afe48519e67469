"""The model card says what training measured."""

import json
from pathlib import Path

from detector.model import MODELS
from detector.training.card import BEGIN, END, figures, fill

CUT = {
    "gross": {"N": {"se": 0.5, "ppv": 0.25, "f1": 1 / 3, "interval": {"f1": [0.2, 0.4]}}},
    "single": {"N": [0.3, 0.31]},
    "calibration": {"ece": 0.0123},
    "gross_without": {c: {"record": "a/1", "f1": 0.25} for c in "SV"},
    "records": {"a/1": {"S": 0.75, "V": None}, "a/2": {"S": 0.5, "V": 0.25}},
}
ENTRY = {
    "records": ["a/1", "a/2"],
    "plan": {"epochs": 3, "members": 2, "folds": 5, "splits": 1, "seed": 7},
    "beats": {"N": 12345},
}
LOG = {"stream": {**ENTRY, "cuts": [CUT]}, "row": ENTRY}


def test_figures_go_between_their_marks_and_nowhere_else(tmp_path: Path) -> None:
    card = tmp_path / "CARD.md"
    card.write_text(f"before\n{BEGIN}\nstale\n{END}\nafter\n")
    fill(card, LOG)
    text = card.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "stale" not in text
    assert "2 records; 2 networks of 3 epochs, seed 7; 1 times cut into 5 folds." in text
    assert "| N | 12,345 | 50.0 | 25.0 | 33.3 | 20.0 - 40.0 | 33.3 | 30.0 - 31.0 |" in text
    assert "| N | 12,345 | - | - | - | - | - | - |" in text  # not scored
    assert "): 1.2 %." in text
    assert "S without record a/1, which has most of them: F1 25.0 %." in text
    assert "S by record: median F1 75.0 %; worst: a/2 50.0, a/1 75.0." in text
    assert "V by record: median F1 25.0 %; worst: a/2 25.0." in text


def test_the_shipped_card_holds_the_figures_of_the_shipped_log() -> None:
    log = json.loads((MODELS / "training.json").read_text())
    assert figures(log) in (MODELS / "CARD.md").read_text()
