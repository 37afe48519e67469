"""The figures of the model card, from the file that training wrote: so that the card says what was measured."""

from collections.abc import Iterable
from pathlib import Path
from statistics import mean
from typing import Any, Final

BEGIN: Final = "<!-- figures: written by training from training.json -->"
END: Final = "<!-- end of figures -->"
TITLES: Final = {"stream": "Beats of a stream (`stream.keras`)", "row": "Beats that come alone (`row.keras`)"}
WORST: Final = 6


def figures(log: dict[str, Any]) -> str:
    """Tables of what each model learned from and how it did on patients it had not seen, as Markdown."""
    return "\n\n".join(_figures(log[kind], title) for kind, title in TITLES.items())


def _figures(entry: dict[str, Any], title: str) -> str:
    splits: list[dict[str, Any]] = entry.get("cuts", [])
    plan = entry["plan"]
    how = f"{plan['members']} networks of {plan['epochs']} epochs, seed {plan['seed']}"
    lines = [
        f"### {title}",
        "",
        f"{len(entry['records'])} records; {how}; {len(splits)} times cut into {plan['folds']} folds.",
        "",
        "| Class | Beats learned from | Se % | +P % | F1 % | 95 % over records | range over cuts | one network alone |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, beats in entry["beats"].items():
        if not splits:
            lines.append(f"| {name} | {beats:,} | - | - | - | - | - | - |")
            continue
        of_split = [split["gross"][name] for split in splits]
        rates = [_percent(mean(one[rate] or 0 for one in of_split)) for rate in ("se", "ppv", "f1")]
        ends = [end for one in of_split for end in one["interval"]["f1"] if end is not None]
        alone = [f1 or 0 for split in splits for f1 in split["single"][name]]
        spread = _range(one["f1"] or 0 for one in of_split)
        interval = _range(ends) if ends else "-"
        lines.append(f"| {name} | {beats:,} | {' | '.join(rates)} | {interval} | {spread} | {_range(alone)} |")
    if splits:
        lines += ["", *_more(splits)]
    return "\n".join(lines)


def _more(splits: list[dict[str, Any]]) -> list[str]:
    """What the pooled figures do not say."""
    ece = _range(split["calibration"]["ece"] for split in splits)
    lines = [f"- Calibration (ECE, 15 bins; temperature from the other folds): {ece} %."]
    if "gross_without" in splits[0]:
        for name in ("S", "V"):
            record = splits[0]["gross_without"][name]["record"]
            f1 = _range(split["gross_without"][name]["f1"] for split in splits)
            lines.append(f"- {name} without record {record}, which has most of them: F1 {f1} %.")
    for name in ("S", "V"):
        f1s = {
            r: mean(s["records"][r][name] for s in splits)
            for r, of in splits[0]["records"].items()
            if of[name] is not None
        }
        worst = ", ".join(f"{record} {_percent(f1s[record])}" for record in sorted(f1s, key=lambda r: f1s[r])[:WORST])
        middle = sorted(f1s.values())[len(f1s) // 2]
        lines.append(f"- {name} by record: median F1 {_percent(middle)} %; worst: {worst}.")
    return lines


def _percent(rate: float) -> str:
    return f"{100 * rate:.1f}"


def _range(rates: Iterable[float]) -> str:
    """Least and most, or the one value if there is but one."""
    ends = [_percent(end(values)) for values in [list(rates)] for end in (min, max)]
    return ends[0] if ends[0] == ends[1] else " - ".join(ends)


def fill(card: Path, log: dict[str, Any]) -> None:
    """Put the figures into a card, between its marks."""
    text = card.read_text(encoding="utf-8")
    head, tail = text.split(BEGIN)[0], text.split(END)[1]
    card.write_text(f"{head}{BEGIN}\n\n{figures(log)}\n\n{END}{tail}", encoding="utf-8")
