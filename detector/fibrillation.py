"""Do the ventricles fibrillate? The wave of the last seconds, measured lead by lead and weighed by a small net.

A fibrillating heart has no beats to count; it is told by the wave. The net is asked about measures of each lead's last
seconds (:mod:`detector.waveform`), and about how they differ from those usual in this lead of this patient
(:class:`Familiar`): a patient whose QRS are tiny, or wide and fast, looks much like fibrillation to one who has never
seen him well. Learned from records by :mod:`detector.training.fibrillation`.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.checksums import MODELS
from detector.rows import Floats, Indices, Rows
from detector.smallnet import SmallNet
from detector.waveform import MEASURES, WINDOW  # noqa: F401 - the window belongs to the rule of decision

CLASSES: Final = ("other", "tachycardia", "fibrillation", "noise")
"""What the net tells apart: any other rhythm, standstill too; rapid ventricular tachycardia; ventricular fibrillation
and flutter; noise that hides the heart."""

OTHER: Final = CLASSES.index("other")

COMPARED: Final = tuple(
    name for name in MEASURES if name not in ("half", "late", "late crest", "late far", "late still")
)
"""Measures that are compared with the usual."""

INPUTS: Final = (*MEASURES, *(f"{name}, to the usual" for name in COMPARED), "familiar")
"""What the net is asked about."""

MEMORY: Final = 120.0
FAMILIAR: Final = 30.0
"""Seconds over which the usual is learned; and after which it counts fully."""

_COMPARED: Final = np.array([MEASURES.index(name) for name in COMPARED])


class Familiar(Rows):
    """What is usual in each lead of some beds.

    A second counts by how likely it is that the heart neither fibrillates nor is hidden, as the net says with what is
    usual so far: so fibrillation hardly becomes familiar however long it lasts, and a bed that begins in it stays
    unfamiliar.

    Parameters
    ----------
    beds, leads
        How many.
    """

    usual: Floats  # measures that are compared, (beds, leads, len(COMPARED))
    weight: Floats  # seconds it was learned from, (beds, leads)

    def __init__(self, beds: int, leads: int):
        self.leads: Final = leads
        super().__init__(beds)

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        return {
            "usual": np.zeros((beds, self.leads, len(COMPARED)), np.float32),
            "weight": np.zeros((beds, self.leads), np.float32),
        }

    def beside(self, beds: Indices, measures: Floats) -> Floats:
        """Measures of some beds, shape ``(len(MEASURES), len(beds), leads)``, to :data:`INPUTS`, shaped likewise."""
        known = np.minimum(self.weight[beds] / np.float32(FAMILIAR), 1)
        apart = (measures[_COMPARED] - self.usual[beds].transpose(2, 0, 1)) * known
        return np.concatenate([measures, apart, known[None]])

    def learn(self, beds: Indices, measures: Floats, share: Floats) -> None:
        """Learn from a second of some beds, as far as it counts: ``share`` from 0 to 1, ``(len(beds), leads)``."""
        weight = self.weight[beds] + share
        self.weight[beds] = weight = np.minimum(weight, np.float32(MEMORY))
        step = np.where(share > 0, share / np.maximum(weight, np.float32(1e-6)), 0)
        usual = self.usual[beds]
        self.usual[beds] = usual + step[..., None] * (measures[_COMPARED].transpose(1, 2, 0) - usual)


class Net(SmallNet):
    """The net of :data:`INPUTS`; one number comes out for each of :data:`CLASSES`."""

    __slots__ = ()
    SHIPPED = MODELS / "fibrillation.npz"
    NAME = "fibrillation net"
    INPUTS = len(INPUTS)
    OUTPUTS = (len(CLASSES),)

    def __call__(self, inputs: Floats) -> Floats:
        """Logits of :data:`CLASSES` of ``(inputs, n)``: shape ``(len(CLASSES), n)``."""
        return weighed(self.out, self.hidden(inputs)) + self.level[:, None]

    def hidden(self, inputs: Floats) -> Floats:
        """Units of the hidden layer for ``(inputs, n)``, shape ``(hidden, n)``."""
        bounded = np.clip(inputs, self.low[:, None], self.high[:, None])
        return np.maximum(weighed(self.weights, bounded) + self.bias[:, None], 0)


def weighed(weights: Floats, amounts: Floats) -> Floats:
    """Sums of ``amounts``, ``(m, n)``, with weights ``(m, k)``: a matrix product of shape ``(k, n)``.

    The sums in a product of fractions are rounded in an order that depends on the array's shape, so what is said of a
    bed would depend on its company. Whole numbers below 2^53 add up exactly in any order: weights are rounded to
    multiples of 2^-20 and amounts of 2^-14, so sums up to 2^19 are exact.
    """
    whole = np.rint(np.multiply(weights.T, 2.0**20, dtype=np.float64)) @ np.rint(amounts * 2.0**14).astype(np.float64)
    return (whole * 2.0**-34).astype(np.float32)


def together(logits: Floats, readable: NDArray[np.bool_]) -> Floats:
    """Probability of each class from all leads of a bed that can be read.

    What a lead says is its logits; those of several are averaged: fibrillation shows in all leads, noise in some.

    Parameters
    ----------
    logits
        Shape ``(len(CLASSES), beds, leads)``.
    readable
        Which leads count, ``(beds, leads)``.

    Returns
    -------
    probability
        Shape ``(len(CLASSES), beds)``; 0 where no lead can be read.
    """
    count = np.maximum(readable.sum(1), 1).astype(np.float32)
    mean = np.zeros(logits.shape[:2], np.float32)
    for lead in range(readable.shape[1]):  # not a sum over the axis: its order would depend on the array's shape
        mean += np.where(readable[:, lead], logits[..., lead], 0)
    mean /= count
    odds = np.exp(mean - mean.max(0))
    total = odds[0].copy()
    for part in odds[1:]:
        total += part
    return np.where(readable.any(1), odds / total, 0).astype(np.float32)


SHOCKABLE: Final = 0.84
"""From this probability of fibrillation and tachycardia together on, a window is one to be shocked: how the net is
compared with those of defibrillators. Alarms do not use it."""

BEGINS: Final = 0.5
ENDS: Final = 0.3
HOLD: Final = 3
"""Fibrillation is announced once its probability has reached ``BEGINS`` for ``HOLD`` seconds in a row, and is over once
it has been below ``ENDS`` as long. Chosen on patients left out: with 2 s an episode more of 63 is found, but as they
are divided svdb 865 (small QRS on flutter waves) has false alarms; with 4 s two episodes more are missed."""


def follow(
    probability: Floats, fibrillates: NDArray[np.bool_], seconds: NDArray[np.int64], begins: float = BEGINS
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """The rule of decision, one second on, elementwise over beds.

    Parameters
    ----------
    probability
        That the ventricles fibrillate, of the second just over.
    fibrillates
        Whether fibrillation was announced.
    seconds
        For how many seconds the probability has spoken for the contrary.
    begins
        Probability that it takes.

    Returns
    -------
    fibrillates, seconds
        The same now.
    """
    contrary = np.where(fibrillates, probability < ENDS, probability >= begins)
    seconds = np.where(contrary, seconds + 1, 0)
    turn = seconds >= HOLD
    return fibrillates ^ turn, np.where(turn, 0, seconds)
