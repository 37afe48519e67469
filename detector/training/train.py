"""Learning the shipped weights from records: ``cardiovision train``."""

import hashlib
import json
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import keras
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from detector.beats import LEADS
from detector.model import row_model, stream_model
from detector.rows import Floats
from detector.training.dataset import Examples, records, row_examples, stream_examples
from stream.messages import AAMI
from stream.sources.wfdb import WfdbSource

Kind = Literal["stream", "row"]
BUILD: Final[dict[Kind, Callable[[], Any]]] = {"stream": stream_model, "row": row_model}

PACED: Final = ("mitdb/102", "mitdb/104", "mitdb/107", "mitdb/217")
"""Records of patients with a pacemaker, which EC57 leaves out of scores; they are learned from."""

BATCH: Final = 256
RATE: Final = 2e-3
"""Learning rate of Adam, let down to nothing along a cosine."""

SMOOTHING: Final = 0.02
"""Label smoothing: references have errors too."""


def class_weights(label: NDArray[np.int8]) -> Floats:
    """Mild weights against imbalance: the fourth root of how much rarer than N a class is, at most 4.

    Strong ones cost more in false calls than they find (docs: evaluation).
    """
    count = np.bincount(label, minlength=len(AAMI)).astype(np.float64)
    weight = (count.max() / np.maximum(count, 1)) ** 0.25
    return np.minimum(weight, 4).astype(np.float32)


def folds(record: NDArray[np.str_], count: int, seed: int) -> list[NDArray[np.bool_]]:
    """Patient-wise folds: for each, which beats are held out. Each record's beats are all in one fold.

    Records 201 and 202 of MIT-BIH are one patient's; only one of them is in the development half.
    """
    names = np.unique(record)
    np.random.default_rng(seed).shuffle(names)
    return [np.isin(record, names[k::count]) for k in range(count)]


def augment(inputs: dict[str, Floats], rng: np.random.Generator) -> dict[str, Floats]:
    """One epoch's view of the beats of a stream.

    Leads are swapped, lost or turned upside down, gain and baseline changed, noise added.

    Beats that come alone get noise.
    """
    if "row" in inputs:
        row = inputs["row"].copy()
        row += rng.normal(0, 1, row.shape).astype(np.float32) * rng.uniform(0, 0.03, (len(row), 1, 1)).astype(
            np.float32
        )
        return {"row": np.where(inputs["row"] == 0, 0, row)}
    wave, now = inputs["wave"].copy(), inputs["now"].copy()
    n = len(wave)
    measures = now[:, 6:].reshape(n, LEADS, -1)
    swap = rng.random(n) < 0.3
    wave[swap] = wave[swap].reshape(-1, wave.shape[1], 2, LEADS)[..., ::-1].reshape(-1, *wave.shape[1:])
    measures[swap] = measures[swap][:, ::-1]
    lost = rng.random(n) < 0.3
    wave[lost, :, 1::LEADS] = 0
    measures[lost, 1:] = 0
    gain = np.exp(rng.normal(0, 0.1, (n, 1, LEADS))) * np.where(rng.random((n, 1, LEADS)) < 0.15, -1, 1)
    wave *= np.concatenate([gain, gain], axis=-1).astype(np.float32)
    drift = np.linspace(-1, 1, wave.shape[1], dtype=np.float32)[None, :, None]
    there = wave[..., :LEADS].std(axis=1, keepdims=True) > 0
    wave[..., :LEADS] += there * drift * rng.normal(0, 0.1, (n, 1, LEADS)).astype(np.float32)
    level = np.exp(rng.uniform(np.log(0.005), np.log(0.15), (n, 1, LEADS))).astype(np.float32)
    wave[..., :LEADS] += there * level * rng.normal(0, 1, (n, wave.shape[1], LEADS)).astype(np.float32)
    return {"wave": wave, "rhythm": inputs["rhythm"], "now": now}


def fit(kind: Kind, examples: Examples, *, epochs: int, seed: int, report: Callable[[int, float], None]) -> Any:
    """Train one model.

    Parameters
    ----------
    kind
        Which.
    examples
        What it learns from, all of it.
    epochs, seed
        How long; for weights, order and augmentation.
    report
        Called after each epoch with its number and loss.

    Returns
    -------
    model : keras.Model
    """
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    model = BUILD[kind]()
    steps = max(len(examples) // BATCH, 1)
    rate = keras.optimizers.schedules.CosineDecay(RATE, steps * epochs)
    model.compile(
        optimizer=keras.optimizers.Adam(rate, clipnorm=1.0),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=SMOOTHING),
    )
    target = np.eye(len(AAMI), dtype=np.float32)[examples.label]
    weight = class_weights(examples.label)[examples.label]
    for epoch in range(epochs):
        order = rng.permutation(len(examples))[: steps * BATCH]
        inputs = augment({k: v[order] for k, v in examples.inputs.items()}, rng)
        history = model.fit(
            _feed(model, inputs),
            target[order],
            sample_weight=weight[order],
            batch_size=BATCH,
            shuffle=False,
            verbose=0,
        )
        report(epoch + 1, float(history.history["loss"][-1]))
    return model


def _feed(model: Any, inputs: dict[str, Floats]) -> Any:
    """Inputs in the model's order; a single one bare."""
    values = [inputs[i.name] for i in model.inputs]
    return values if len(values) > 1 else values[0]


def predict(model: Any, examples: Examples) -> Floats:
    """Probabilities of N S V F Q, shape ``(beats, 5)``."""
    return np.asarray(model.predict(_feed(model, examples.inputs), batch_size=1024, verbose=0), np.float32)


def scores(label: NDArray[np.int8], called: NDArray[np.intp]) -> dict[str, dict[str, float]]:
    """Se, +P and F1 of each class over beats that were found."""
    out: dict[str, dict[str, float]] = {}
    for k, name in enumerate(AAMI):
        right = int(((label == k) & (called == k)).sum())
        se = right / max(int((label == k).sum()), 1)
        ppv = right / max(int((called == k).sum()), 1)
        out[name] = {"se": se, "ppv": ppv, "f1": 2 * se * ppv / max(se + ppv, 1e-9)}
    return out


def train(
    folders: Sequence[Path],
    out: Path,
    *,
    epochs: int,
    seed: int,
    check_folds: int,
    kinds: Sequence[Kind] = ("stream", "row"),
) -> dict[str, object]:
    """Rebuild the shipped models.

    Parameters
    ----------
    folders
        Of WFDB records with beat annotations.
    out
        Folder for ``stream.keras``, ``row.keras``, ``checksums.json`` and ``training.json``.
    epochs, seed
        How long; for everything random.
    check_folds
        Into how many patient-wise folds to cut the records, to tell first how models trained so do on patients
        they have not seen; 0 for not at all.
    kinds
        Which models.

    Returns
    -------
    log
        What was done and scored, as written to ``training.json``.
    """
    sources = records(folders)
    register = out / "training.json"
    log: dict[str, object] = json.loads(register.read_text()) if register.exists() else {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        for kind in kinds:
            examples = _examples(kind, sources, progress)
            entry: dict[str, object] = {
                "records": sorted(sources),
                "beats": {c: int((examples.label == k).sum()) for k, c in enumerate(AAMI)},
                "epochs": epochs,
                "seed": seed,
            }
            held = folds(examples.record, check_folds, seed) if check_folds else []
            if held:
                entry["folds"] = check_folds
                entry["scores"] = _check(kind, examples, held, epochs, seed, progress)
            task = progress.add_task(f"{kind}: all records", total=epochs)
            model = fit(kind, examples, epochs=epochs, seed=seed, report=lambda *_, task=task: progress.advance(task))
            save(model, out)
            log[kind] = entry
            register.write_text(json.dumps(log, indent=2) + "\n")
    return log


def _examples(kind: Kind, sources: dict[str, WfdbSource], progress: Progress) -> Examples:
    seconds = sum(source.length / source.fs for source in sources.values())
    if kind == "stream":
        task = progress.add_task("stream: reading records (s)", total=round(seconds))
        return stream_examples(sources, lambda more: progress.advance(task, more))
    task = progress.add_task("row: cutting records", total=len(sources))
    parts = []
    for name, source in sources.items():
        parts.append(row_examples(name, source, np.random.default_rng(zlib.crc32(name.encode()))))
        progress.advance(task)
    return Examples.join(parts)


def _check(
    kind: Kind, examples: Examples, held: list[NDArray[np.bool_]], epochs: int, seed: int, progress: Progress
) -> dict[str, dict[str, float]]:
    """Scores over all folds, each predicted by a model that has not seen its patients; paced records left out."""
    said = np.zeros((len(examples), len(AAMI)), np.float32)
    for k, out in enumerate(held):
        task = progress.add_task(f"{kind}: fold {k + 1} of {len(held)}", total=epochs)
        model = fit(
            kind, examples[~out], epochs=epochs, seed=seed + k, report=lambda *_, task=task: progress.advance(task)
        )
        said[out] = predict(model, examples[out])
        progress.console.log(f"{kind}: fold {k + 1}", _f1(scores(examples.label[out], said[out].argmax(-1))))
    scored = ~np.isin(examples.record, PACED)
    return scores(examples.label[scored], said[scored].argmax(-1))


def _f1(scored: dict[str, dict[str, float]]) -> str:
    """F1 of all classes in a line."""
    return "  ".join(f"{name} {100 * score['f1']:.1f}" for name, score in scored.items())


def save(model: Any, folder: Path) -> Path:
    """Write a model and enter its checksum beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{model.name}.keras"
    bare = BUILD[model.name]()  # without its optimizer
    bare.set_weights(model.get_weights())
    bare.save(path)
    register = folder / "checksums.json"
    known = json.loads(register.read_text()) if register.exists() else {}
    known[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    register.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")
    return path
