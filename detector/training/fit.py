"""Training one network of an ensemble."""

from collections.abc import Callable
from typing import Any, Final, Literal

import keras
import numpy as np
from numpy.typing import NDArray

from detector.model import MEMBER
from detector.rows import Floats
from detector.training.augment import Inputs, sustained, vary, vary_rows
from detector.training.dataset import Examples
from detector.training.scores import NOTHING
from stream.messages import AAMI

Kind = Literal["stream", "row"]

PACED: Final = ("mitdb/102", "mitdb/104", "mitdb/107", "mitdb/217")
"""Records of patients with a pacemaker, which EC57 leaves out of scores; they are learned from."""

BATCH: Final[dict[Kind, int]] = {"stream": 512, "row": 256}
RATE: Final = 3e-3
"""Learning rate of Adam, let down to nothing along a cosine."""

DRAWN: Final = 40_000
"""Normal beats drawn anew for each epoch; each counts for as many as it stands for. All others are seen every epoch."""

SUSTAINED: Final = 1000
"""Beats of each half that :func:`~detector.training.augment.sustained` makes in an epoch."""

PACED_WEIGHT: Final = 0.05
"""What a paced beat counts in the loss: thousands of them are four patients', and what is told by them of Q holds for
few others."""


def fit(kind: Kind, examples: Examples, *, epochs: int, seed: int, report: Callable[[int, float], None]) -> Any:
    """Train one network.

    Parameters
    ----------
    kind
        Which.
    examples
        What it learns from, all of it. Beats that the reference does not have are Q to it: unclassifiable.
    epochs, seed
        How long; for weights, order and augmentation.
    report
        Called after each epoch with its number and loss.

    Returns
    -------
    network : keras.Model
        Its output are logits.
    """
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    network = MEMBER[kind]()
    normal = np.flatnonzero(examples.label == 0)
    others = np.flatnonzero(examples.label != 0)
    drawn = min(len(normal), DRAWN)
    size = drawn + len(others) + (2 * SUSTAINED if kind == "stream" else 0)
    batch = min(BATCH[kind], size)
    rate = keras.optimizers.schedules.CosineDecay(RATE, size // batch * epochs)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    network.compile(optimizer=keras.optimizers.Adam(rate, clipnorm=1.0), loss=loss)
    for epoch in range(epochs):
        chosen = np.concatenate([rng.choice(normal, drawn, replace=False), others])
        inputs: Inputs = {name: values[chosen] for name, values in examples.inputs.items()}
        label = np.where(examples.label[chosen] == NOTHING, AAMI.index("Q"), examples.label[chosen])
        weight = _weights(label, np.isin(examples.record[chosen], PACED), len(normal) / max(drawn, 1))
        if kind == "stream":
            more, of = sustained(examples.inputs, examples.label, SUSTAINED, rng)
            inputs = {name: np.concatenate([values, more[name]]) for name, values in inputs.items()}
            label, weight = np.concatenate([label, of]), np.concatenate([weight, np.ones(len(of), np.float32)])
        order = rng.permutation(len(label))[: max(len(label) // batch, 1) * batch]
        inputs = {name: values[order] for name, values in inputs.items()}
        history = network.fit(
            feed(network, vary(inputs, rng) if kind == "stream" else vary_rows(inputs, rng)),
            np.eye(len(AAMI), dtype=np.float32)[label[order]],
            sample_weight=weight[order],
            batch_size=batch,
            shuffle=False,
            verbose=0,
        )
        report(epoch + 1, float(history.history["loss"][-1]))
    return network


def _weights(label: NDArray[np.int8], paced: NDArray[np.bool_], stands_for: float) -> Floats:
    """What each beat counts. No class counts more for being rare: that costs more in false calls than it finds."""
    weight = np.where(label == 0, stands_for, 1.0)
    return np.asarray(np.where(paced & (label == AAMI.index("Q")), PACED_WEIGHT, weight), np.float32)


def feed(model: Any, inputs: Inputs) -> Any:
    """Inputs in the model's order; a single one bare."""
    values = [inputs[i.name] for i in model.inputs]
    return values if len(values) > 1 else values[0]


def logits(network: Any, examples: Examples) -> Floats:
    """A network's logits of N S V F Q, shape ``(beats, 5)``."""
    return np.asarray(network.predict(feed(network, examples.inputs), batch_size=2048, verbose=0), np.float32)
