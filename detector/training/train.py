"""Learning the shipped models from records: ``cardiovision train``."""

import hashlib
import json
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from detector.checksums import enter
from detector.model import MEMBER, ensemble
from detector.rows import Floats
from detector.training.crossval import cross_validate, folds
from detector.training.dataset import Examples, records, row_examples, stream_examples
from detector.training.disturb import AnnotatedSource, disturbed
from detector.training.fit import Kind, fit, logits
from stream.errors import SourceError
from stream.messages import AAMI
from stream.sources.wfdb import WfdbSource, open_record

WORK: Final = "work"
"""Folder beside the models for what is kept of a training that may be cut short."""

HARD: Final = "+"
"""What the names of disturbed records begin with."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train.

    Attributes
    ----------
    epochs
        Times that all beats but normal ones are seen.
    members
        Networks of an ensemble.
    folds, splits
        Into how many patient-wise folds the records are cut to tell how models trained so do on patients they have
        not seen, and how often they are cut anew; ``folds`` 0: not told.
    seed
        For everything random.
    """

    epochs: int = 6
    members: int = 3
    folds: int = 5
    splits: int = 1
    seed: int = 0


def train(
    folders: Sequence[Path],
    out: Path,
    plan: Plan,
    *,
    noise: Path | None = None,
    kinds: Sequence[Kind] = ("stream", "row"),
) -> dict[str, Any]:
    """Rebuild the shipped models.

    Every network that was trained is kept in ``out/work``, so a training that was cut short goes on from there when
    it is begun again with the same plan.

    Parameters
    ----------
    folders
        Of WFDB records with beat annotations.
    out
        Folder for ``stream.keras``, ``row.keras``, ``checksums.json``, ``training.json`` (figures) and
        ``training.log.jsonl`` (a line for each network trained, and for each split scored).
    plan
        How to train.
    noise
        Folder of WFDB records of noise, such as the MIT-BIH Noise Stress Test Database's bw, em and ma: the records
        are then learned from with noise too.
    kinds
        Which models.

    Returns
    -------
    figures
        What was done and scored, as in ``training.json``.
    """
    sources = records(folders)
    noises = _noises(noise) if noise else []
    out.mkdir(parents=True, exist_ok=True)
    register = out / "training.json"
    figures: dict[str, Any] = json.loads(register.read_text()) if register.exists() else {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        for kind in kinds:
            examples, hard = _examples(kind, sources, noises, progress)
            run = _Run(kind, plan, examples, hard, out, progress)
            entry: dict[str, Any] = {
                "records": sorted(sources),
                "plan": asdict(plan),
                "noise": [Path(n.titles[0]).name for n in noises],
            }
            entry["beats"] = {c: int((examples.label == k).sum()) for k, c in enumerate(AAMI)}
            if plan.folds:
                entry["cuts"] = [run.score(split, sources) for split in range(plan.splits)]
            heat = float(np.mean([one["temperature"] for one in entry["cuts"]])) if plan.folds else 1.0
            entry["temperature"] = heat
            save(run.final(heat), out)
            figures[kind] = entry
            register.write_text(json.dumps(figures, indent=1) + "\n")
    return figures


@dataclass(frozen=True)
class _Run:
    """Training of one kind: the beats, those of disturbed records too, and where networks are kept."""

    kind: Kind
    plan: Plan
    examples: Examples
    hard: Examples
    out: Path
    progress: Progress

    def score(self, split: int, sources: Mapping[str, AnnotatedSource]) -> dict[str, Any]:
        """Figures of one way to cut the records into folds."""
        held = folds(self.examples.record, self.plan.folds, self.plan.seed + split)

        def logits_of(k: int, m: int) -> Floats:
            seed = self.plan.seed + 1000 * split + 100 * k + m
            title = f"split {split + 1}, fold {k + 1} of {len(held)}, network {m + 1} of {self.plan.members}"
            return logits(self.network(~held[k], seed, title), self.examples[held[k]])

        scored = cross_validate(self.kind, self.examples, sources, held, self.plan.members, logits_of)
        f1 = {name: round(scored["gross"][name]["f1"] or 0, 4) for name in AAMI}
        self.tell({"split": split + 1, "f1": f1, "ece": scored["calibration"]["ece"], "single": scored["single"]})
        return scored

    def final(self, heat: float) -> Any:
        """The ensemble that has learned from all records."""
        model = ensemble(self.kind, self.plan.members, heat)
        everything = np.ones(len(self.examples), np.bool_)
        for m in range(self.plan.members):
            network = self.network(everything, self.plan.seed + 99_000 + m, f"all records, network {m + 1}")
            model.get_layer(f"member_{m}").set_weights(network.get_weights())
        return model

    def network(self, which: NDArray[np.bool_], seed: int, title: str) -> Any:
        """A network that has learned from some of the beats, and those of the same records when disturbed."""
        names = np.unique(self.examples.record[which])
        known = repr((self.kind, self.plan.epochs, seed, names.tolist(), len(self.examples), len(self.hard)))
        kept = self.out / WORK / f"{self.kind}-{hashlib.sha256(known.encode()).hexdigest()[:16]}.weights.h5"
        if kept.exists():
            network = MEMBER[self.kind]()
            network.load_weights(kept)
            return network
        hard = np.isin(self.hard.record, [HARD + name for name in names])
        task = self.progress.add_task(f"{self.kind}: {title}", total=self.plan.epochs)
        losses: list[float] = []

        def report(_epoch: int, loss: float) -> None:
            losses.append(round(loss, 4))
            self.progress.advance(task)

        begin = time.monotonic()
        learned = Examples.join([self.examples[which], self.hard[hard]])
        network = fit(self.kind, learned, epochs=self.plan.epochs, seed=seed, report=report)
        kept.parent.mkdir(exist_ok=True)
        half = kept.with_name("half-" + kept.name)
        network.save_weights(half)
        half.rename(kept)
        self.progress.remove_task(task)
        self.tell({"network": title, "seed": seed, "loss": losses, "seconds": round(time.monotonic() - begin, 1)})
        return network

    def tell(self, line: dict[str, Any]) -> None:
        """Say it on the terminal, and write it into the log."""
        whole = {"kind": self.kind, **line}
        self.progress.console.log(" ".join(f"{name} {value}" for name, value in whole.items()), highlight=False)
        with (self.out / "training.log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(whole) + "\n")


def _noises(folder: Path) -> list[WfdbSource]:
    headers = sorted(folder.glob("*.hea"))
    if not headers:
        raise SourceError(f"{folder}: expected WFDB records of noise in this folder, found none")
    return [open_record(header.with_suffix("")) for header in headers]


def _examples(
    kind: Kind, sources: Mapping[str, WfdbSource], noises: Sequence[WfdbSource], progress: Progress
) -> tuple[Examples, Examples]:
    """Beats of the records, and of the records disturbed (none of beats that come alone)."""
    if kind == "row":
        task = progress.add_task("row: cutting records", total=len(sources))
        parts = []
        for name, source in sources.items():
            parts.append(row_examples(name, source, _by_chance(name)))
            progress.advance(task)
        rows = Examples.join(parts)
        return rows, rows[np.zeros(len(rows), np.bool_)]
    harder = {HARD + name: disturbed(source, noises, _by_chance(name)) for name, source in sources.items()}
    seconds = sum(source.length / source.fs for source in sources.values())
    task = progress.add_task("stream: reading records (s)", total=2 * round(seconds))

    def advance(more: float) -> None:
        progress.advance(task, more)

    return stream_examples(sources, advance), stream_examples(harder, advance)


def _by_chance(name: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(name.encode()))


def save(model: Any, folder: Path) -> Path:
    """Write a model and enter its checksum beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{model.name}.keras"
    model.save(path)
    enter(path)
    return path
