"""The figures of the model card, from the log that training wrote: so that the card says what was measured."""

from pathlib import Path
from typing import Any, Final

BEGIN: Final = "<!-- figures: written by training from training.json -->"
END: Final = "<!-- end of figures -->"
TITLES: Final = {"stream": "Beats of a stream (`stream.keras`)", "row": "Beats that come alone (`row.keras`)"}


def figures(log: dict[str, Any]) -> str:
    """Tables of what each model learned from and how its folds scored, as Markdown."""
    parts = []
    for kind, title in TITLES.items():
        entry = log[kind]
        lines = [f"### {title}", ""]
        lines += [f"{len(entry['records'])} records, {entry['epochs']} epochs, seed {entry['seed']}.", ""]
        lines += ["| Class | Beats learned from | Se % | +P % | F1 % |", "|---|---|---|---|---|"]
        for name, beats in entry["beats"].items():
            score = entry.get("scores", {}).get(name)
            rates = [f"{100 * score[rate]:.1f}" for rate in ("se", "ppv", "f1")] if score else ["-"] * 3
            lines.append(f"| {name} | {beats:,} | {' | '.join(rates)} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def fill(card: Path, log: dict[str, Any]) -> None:
    """Put the figures into a card, between its marks."""
    text = card.read_text(encoding="utf-8")
    head, tail = text.split(BEGIN)[0], text.split(END)[1]
    card.write_text(f"{head}{BEGIN}\n\n{figures(log)}\n\n{END}{tail}", encoding="utf-8")
