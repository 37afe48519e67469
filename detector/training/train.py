"""Learning the shipped weights from records: ``cardiovision train``."""

import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

import keras
import numpy as np
from numpy.typing import NDArray

from detector.beats import LEADS
from detector.model import row_model, stream_model
from detector.rows import Floats
from detector.training.dataset import Examples
from stream.messages import AAMI

log = logging.getLogger(__name__)

Kind = Literal["stream", "row"]
BUILD: Final[dict[Kind, Callable[[], Any]]] = {"stream": stream_model, "row": row_model}

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
    """One epoch's view of the beats of a stream: leads swapped or lost, gain and baseline changed, noise added.

    Beats that come alone are shifted a little and get noise.
    """
    if "row" in inputs:
        row = inputs["row"].copy()
        row += rng.normal(0, 1, row.shape).astype(np.float32) * rng.uniform(0, 0.03, (len(row), 1, 1)).astype(
            np.float32
        )
        return {"row": np.where(inputs["row"] == 0, 0, row)}
    wave = inputs["wave"].copy()
    n = len(wave)
    order = np.arange(2 * LEADS)
    swap = rng.random(n) < 0.3
    wave[swap] = wave[swap][..., order.reshape(2, LEADS)[:, ::-1].reshape(-1)]
    lost = rng.random(n) < 0.3
    wave[np.ix_(lost, np.arange(wave.shape[1]), [1, LEADS + 1])] = 0
    gain = np.exp(rng.normal(0, 0.1, (n, 1, LEADS))).astype(np.float32)
    wave *= np.concatenate([gain, gain], axis=-1)
    drift = np.linspace(-1, 1, wave.shape[1], dtype=np.float32)[None, :, None]
    flat = wave.std(axis=1, keepdims=True) > 0
    wave[..., :LEADS] += flat[..., :LEADS] * drift * rng.normal(0, 0.1, (n, 1, LEADS)).astype(np.float32)
    level = np.exp(rng.uniform(np.log(0.005), np.log(0.15), (n, 1, LEADS))).astype(np.float32)
    noise = rng.normal(0, 1, (n, wave.shape[1], LEADS)).astype(np.float32) * level
    wave[..., :LEADS] += flat[..., :LEADS] * noise
    return {**inputs, "wave": wave}


def fit(
    kind: Kind, examples: Examples, *, epochs: int, seed: int, report: Callable[[int, float], None]
) -> Any:
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
    steps = len(examples) // BATCH
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
            inputs, target[order], sample_weight=weight[order], batch_size=BATCH, shuffle=False, verbose=0
        )
        report(epoch + 1, float(history.history["loss"][-1]))
    return model


def predict(model: Any, examples: Examples) -> Floats:
    """Probabilities of N S V F Q, shape ``(beats, 5)``."""
    return np.asarray(model.predict(examples.inputs, batch_size=1024, verbose=0), np.float32)


def scores(label: NDArray[np.int8], called: NDArray[np.intp]) -> dict[str, dict[str, float]]:
    """Se, +P and F1 of each class over beats that were found."""
    out: dict[str, dict[str, float]] = {}
    for k, name in enumerate(AAMI):
        right = int(((label == k) & (called == k)).sum())
        se = right / max(int((label == k).sum()), 1)
        ppv = right / max(int((called == k).sum()), 1)
        out[name] = {"se": se, "ppv": ppv, "f1": 2 * se * ppv / max(se + ppv, 1e-9)}
    return out


def save(model: Any, folder: Path) -> Path:
    """Write a model and enter its checksum beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{model.name}.keras"
    model.save(path, include_optimizer=False) if model.optimizer is None else _bare(model).save(path)
    register = folder / "checksums.json"
    known = json.loads(register.read_text()) if register.exists() else {}
    known[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    register.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")
    return path


def _bare(model: Any) -> Any:
    """The model without its optimizer."""
    bare = BUILD[model.name]()
    bare.set_weights(model.get_weights())
    return bare
