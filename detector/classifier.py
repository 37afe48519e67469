"""A model at work: compiled once, fed the beats of all beds together.

It is compiled for any number of beats, so nothing is compiled anew while running; but only few sizes are used, the
last batch being filled up. Of these it was seen, and tests see, that what is said of a beat is the same in all, to the
last bit: it does not depend on how many others came with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import tensorflow as tf

from detector.beats import Beats
from detector.explain import attributions, heat_of
from detector.model import check, shipped
from detector.reasons import usual_inputs
from detector.rows import Floats
from detector.segmentation import normalize_length
from detector.shape import LEADS


@dataclass(frozen=True, slots=True)
class Batches:
    """Sizes of calls: multiples of ``step`` up to ``most``."""

    step: int
    most: int

    def __call__(self, total: int) -> list[tuple[int, int]]:
        """Where calls for ``total`` beats begin, and their sizes."""
        parts = [(start, min(self.most, total - start)) for start in range(0, total, self.most)]
        return [(start, -(-count // self.step) * self.step) for start, count in parts]


NAMED: Final = Batches(16, 256)
EXPLAINED: Final = Batches(4, 32)
"""Beats named and explained in one call. Part of a call's time does not depend on their number: 16 beats are named in
4 ms, 256 in 16. Live, two or three wait in a ward of ten beds, and 250 in one of a thousand."""


class Classifier:
    """Names beats, and shows which part of the wave made it so.

    Parameters
    ----------
    model
        A Keras model: the shipped stream model, or one that takes a beat a row.
    name
        What to call it in messages.

    Raises
    ------
    ModelError
        If beats cannot be given to the model.
    """

    def __init__(self, model: Any, name: str):
        check(model, name)
        self.name: Final = name
        self.model: Final = model
        self.alone: Final = len(model.inputs) == 1
        """Whether the model takes a beat a row, without rhythm."""
        self._shapes: Final = [tuple(i.shape[1:]) for i in model.inputs]
        self.forward: Final = self._compile(self._probabilities, self._shapes)
        """The model as it was compiled: inputs to probabilities."""
        self._explain: Final = self._compile(self._attributions, [*self._shapes, *self._shapes, (5,)])

    def probabilities(self, inputs: Sequence[Floats]) -> Floats:
        """Probabilities of N S V F Q: shape ``(beats, 5)``, rounded to 4 digits; 0 where the model gives no number."""
        (said,) = _batched(self.forward, NAMED, inputs)
        return np.asarray(np.round(np.nan_to_num(said, posinf=0, neginf=0), 4), np.float32)

    def attributions(self, inputs: Sequence[Floats], label: Sequence[int]) -> list[Floats]:
        """How much each number of the inputs spoke for the class ``label``, against the usual beat.

        Shaped as the inputs, in units of log odds; 0 where the model gives no number.
        """
        target = np.eye(5, dtype=np.float32)[np.asarray(label, np.intp)]
        told = _batched(self._explain, EXPLAINED, [*inputs, *usual_inputs(inputs), target])
        return [np.nan_to_num(part, posinf=0, neginf=0) for part in told]

    def heat(self, inputs: Sequence[Floats], label: Sequence[int]) -> Floats:
        """How much each sample of the wave spoke for the class ``label``: shape as the first input, 0 to 1."""
        return heat_of(self.attributions(inputs, label)[0])

    def of_stream(self, beats: Beats) -> list[Floats]:
        """The model's inputs for beats of a stream.

        A model that takes a beat a row gets the first lead around R (0.32 s before to 0.48 s after), brought to its
        length and scaled to 0..1.
        """
        if not self.alone:
            return [beats.wave, beats.rhythm, beats.now]
        return self.of_rows(list(beats.cut[:, 0]))

    def of_rows(self, rows: Sequence[Floats]) -> list[Floats]:
        """Inputs of a model that takes a beat a row: each brought to its length and scaled to 0..1.

        What is no number, or beyond 1e30, counts as 0.
        """
        clean = [np.where(np.abs(row) < 1e30, row, 0) for row in rows]
        out = np.stack([normalize_length(row, self._shapes[0][0]) for row in clean])
        low, high = out.min(-1, keepdims=True), out.max(-1, keepdims=True)
        out = (out - low) / np.maximum(high - low, 1e-9)
        return [out.reshape(len(out), *self._shapes[0]).astype(np.float32)]

    def lead_heat(self, heat: Floats, leads: int) -> Floats:
        """Heat by lead of the input: ``(beats, leads, n)`` with as many leads as were read."""
        if self.alone:
            return heat.reshape(len(heat), 1, -1)
        return np.ascontiguousarray(heat[..., : min(leads, LEADS)].transpose(0, 2, 1))

    def _probabilities(self, *inputs: Any) -> list[Any]:
        return [self.model(list(inputs) if len(inputs) > 1 else inputs[0], training=False)]

    def _attributions(self, *given: Any) -> list[Any]:
        count = len(self._shapes)
        return attributions(self.model, list(given[:count]), list(given[count:-1]), given[-1])

    @staticmethod
    def _compile(function: Any, shapes: Sequence[tuple[int, ...]]) -> Any:
        return tf.function(function).get_concrete_function(
            *(tf.TensorSpec((None, *shape), tf.float32) for shape in shapes)
        )


def shipped_classifiers() -> Mapping[str, Classifier]:
    """The shipped models, compiled: ``stream`` and ``row``."""
    return {name: Classifier(shipped(name), name) for name in ("stream", "row")}


def _batched(function: Any, batches: Batches, inputs: Sequence[Floats]) -> list[Floats]:
    """Call a compiled function, which returns a list, on any number of rows."""
    total = len(inputs[0])
    told: list[list[Floats]] = [[] for _ in function.structured_outputs]
    for start, size in batches(total):
        part = [np.asarray(x[start : start + size], np.float32) for x in inputs]
        missing = size - len(part[0])
        if missing:
            part = [np.pad(x, [(0, missing)] + [(0, 0)] * (x.ndim - 1)) for x in part]
        for out, tensor in zip(told, function(*map(tf.constant, part)), strict=True):
            out.append(tensor.numpy()[: size - missing])
    if not total:
        return [np.zeros((0, *tensor.shape[1:]), np.float32) for tensor in function.structured_outputs]
    return [np.concatenate(out) for out in told]
