"""The patient's own beats: the usual one, and the families of alike ones, and how far from them this beat is.

Shapes are compared after length normalization, in units of the lead's usual QRS height. A beat is compared with the
*usual beat*, a running mean of those alike and not early; with the beat before; and with the *families*: up to
:data:`FAMILIES` shapes that were seen, each with how often, and how early and how long before the next its beats came
(ectopic beats of one focus look alike). Measures are taken over the leads that are there, least and most, so they do
not depend on the leads' order or number.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.rows import Floats, Indices, Rows
from detector.segmentation import LENGTH, amplitude, likeness, normalize_length, width

LEADS: Final = 2
"""Leads the model reads; a bed with one has the second all zero."""

QRS: Final = slice(30, 53)
P: Final = slice(0, 31)
P_WAVE: Final = slice(12, 31)
T: Final = slice(55, LENGTH)
"""Parts of a beat after length normalization (8 ms a sample, R at 40)."""

SHAPE_NAMES: Final = (
    "qrs_like_least",  # likeness (correlation) to the usual beat, over the leads: of QRS,
    "qrs_like_most",
    "qrs_aligned_least",  # of QRS where it fits best within 24 ms,
    "qrs_aligned_most",
    "p_like_least",  # of what is before QRS, of what is behind
    "p_like_most",
    "t_like_least",
    "t_like_most",
    "p_apart_least",  # root mean square distance from the usual beat, in QRS heights
    "p_apart_most",
    "qrs_apart_least",
    "qrs_apart_most",
    "p_height",  # peak-to-peak before QRS, in QRS heights; and its logarithm to the usual
    "p_height_usual",
    "height_first",  # logarithm of QRS height to the usual: first and last lead
    "height_last",
    "half_width",  # widest lead, in 100 ms, at half and quarter of the QRS height
    "quarter_width",
    "before_qrs_like",  # likeness to the beat before, of QRS (least) and of what is before it (most)
    "before_p_like",
    "family_share",  # of the beat's family: share of the beats, how early and how long before the next they came,
    "family_early",
    "family_after",
    "family_like",  # likeness to it, whether it is the most frequent
    "family_first",
    "first_like",  # likeness to the most frequent family, and its share
    "first_share",
    "qrs_like_odd",  # likeness of QRS and P, distance of QRS, width, distance of P: in units of their own scatter
    "p_like_odd",
    "qrs_apart_odd",
    "width_odd",
    "p_apart_odd",
)
"""What is told of a beat's shape."""

ODD_NAMES: Final = ("qrs_like_least", "p_like_least", "qrs_apart_most", "half_width", "p_apart_least")
ODD_MEMORY: Final = 1 / 200
ODD_LEAST: Final = 0.02

ALIKE: Final = 0.9
EARLY: Final = 0.85
USUAL_MEMORY: Final = 0.1
STRANGE_MEMORY: Final = 0.01
"""Beats less like the usual one than ``ALIKE``, or earlier than ``EARLY`` of the median RR, enter it with the strange
memory: they may be ectopic, or the usual beat may have changed for good."""

LEARNED: Final = 8
"""Beats from which the usual one is learned evenly."""

FAMILIES: Final = 8
NUMBERS: Final = 1 << 15
FAMILY_MEMORY: Final = 1 / 200
FAMILY_LEARN: Final = (0.1, 1 / 30)
"""Families kept; after how many their numbers begin anew; share with which a beat enters the
frequencies; least shares with which it enters the shape of its family, and its times."""

SHIFT: Final = 10
"""Samples (80 ms) by which R may be moved so that the QRS lies as the usual one does."""

BETTER: Final = 0.1
"""By how much likeness must gain from that."""

FLAT: Final = 0.05
"""A lead less tall than this share of the tallest is not there; nor is one that moves less than this share of its usual
QRS height all through a beat: it is off. Such a beat is read like one of a bed that has but the other leads."""


class ShapeMemory(Rows):
    """Running shapes of the beats of each bed.

    Parameters
    ----------
    beds, leads
        How many; of the leads the first :data:`LEADS` are read.
    """

    beats: NDArray[np.int64]  # how many so far
    height: Floats  # per lead, usual QRS height
    usual: Floats  # per lead, the usual beat
    last: Floats  # per lead, the beat before
    family: Floats  # QRS of each family over all leads, mean 0 on each, length 1
    share: Floats  # of each family: share of the last beats, 0: none yet
    size: NDArray[np.int64]  # beats that entered
    number: NDArray[np.int64]  # of each family: the how manyth of the bed it is
    born: NDArray[np.int64]  # families so far
    own: NDArray[np.int64]  # number of the family the last beat is of, -1: none yet
    times: Floats  # mean of the two figures given with its beats
    odd_mean: Floats  # running mean and mean absolute deviation of the measures in ODD_NAMES
    odd_scatter: Floats

    def __init__(self, beds: int, leads: int):
        self.read: Final = min(leads, LEADS)
        super().__init__(beds)

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        qrs = self.read * (QRS.stop - QRS.start)
        return {
            "beats": np.zeros(beds, np.int64),
            "height": np.zeros((beds, self.read), np.float32),
            "usual": np.zeros((beds, self.read, LENGTH), np.float32),
            "last": np.zeros((beds, self.read, LENGTH), np.float32),
            "family": np.zeros((beds, FAMILIES, qrs), np.float32),
            "share": np.zeros((beds, FAMILIES), np.float32),
            "size": np.zeros((beds, FAMILIES), np.int64),
            "number": np.zeros((beds, FAMILIES), np.int64),
            "born": np.zeros(beds, np.int64),
            "own": np.full(beds, -1, np.int64),
            "times": np.zeros((beds, FAMILIES, 2), np.float32),
            "odd_mean": np.zeros((beds, len(ODD_NAMES)), np.float32),
            "odd_scatter": np.full((beds, len(ODD_NAMES)), 0.1, np.float32),
        }

    def shift(self, beds: Indices, cut: Floats) -> NDArray[np.int64]:
        """By how much to move R so that QRS lies on the usual one; 0 for other shapes, and while little is known.

        In a complex with two peaks of like height (rSr', QS with a notch) now one, now the other is the taller.

        Parameters
        ----------
        beds
            Rows.
        cut
            Waves around R in physical units, ``(beds, leads, n)``.

        Returns
        -------
        shift
            In samples of ``cut``.
        """
        step = cut.shape[-1] // LENGTH
        scaled, usual = normalize_length(cut[:, : self.read]), self.usual[beds]
        weight = self.height[beds]
        weight = weight / np.maximum(weight.sum(-1, keepdims=True), 1e-9)
        lags = np.arange(-SHIFT, SHIFT + 1)
        like = np.stack(
            [(likeness(scaled[..., QRS.start + k : QRS.stop + k], usual[..., QRS]) * weight).sum(-1) for k in lags]
        )
        best = like.argmax(0)
        most = like[best, np.arange(len(beds))]
        move = (most > ALIKE) & (most > like[SHIFT] + BETTER) & (self.beats[beds] >= LEARNED)
        return np.where(move, lags[best] * step, 0)

    def take(self, beds: Indices, cut: Floats, times: Floats) -> tuple[Floats, Floats]:
        """Set beats against what came before, then learn from them.

        Parameters
        ----------
        beds
            Rows, each at most once.
        cut
            Waves around R in physical units, ``(beds, leads, n)``.
        times
            Logarithms of RR before and after to the median RR, ``(beds, 2)``.

        Returns
        -------
        wave
            ``(beds, LENGTH, 2 * LEADS)``: the leads, then the usual beat as it was before.
        figures
            ``(beds, len(SHAPE_NAMES))``.
        """
        cut = cut[:, : self.read]
        first = (self.beats[beds] == 0)[:, None]
        tall = amplitude(cut)
        height = np.where(first, tall, self.height[beds])
        level = np.median(cut, axis=-1, keepdims=True)
        scaled = np.clip(normalize_length((cut - level) / np.maximum(height, 1e-3)[..., None]), -5, 5)
        usual = np.where(first[..., None], scaled, self.usual[beds])
        there = height >= FLAT * height.max(-1, keepdims=True)
        off = np.ptp(cut, axis=-1) < FLAT * height
        off &= (there & ~off).any(-1, keepdims=True)  # not if none were left
        there &= ~off

        figures = self._against_usual(scaled, usual, there)
        figures |= self._sizes(cut, tall, height, there, off)
        last = np.where(first[..., None], scaled, self.last[beds])
        figures["before_qrs_like"] = _least(likeness(scaled[..., QRS], last[..., QRS]), there)
        figures["before_p_like"] = _most(likeness(scaled[..., P], last[..., P]), there)
        figures |= self._families(beds, scaled * there[..., None], times, off)
        figures |= self._odd(beds, np.stack([figures[name] for name in ODD_NAMES], axis=-1))
        self._learn_usual(beds, scaled, tall, figures["qrs_like_least"], times[:, 0], off)

        wave = np.zeros((len(beds), LENGTH, 2 * LEADS), np.float32)
        wave[..., : self.read] = scaled.transpose(0, 2, 1)
        wave[..., LEADS : LEADS + self.read] = usual.transpose(0, 2, 1)
        if off.any():
            wave = _without(wave, off)
        stacked = np.stack([figures[name] for name in SHAPE_NAMES], axis=-1)
        return wave, np.clip(stacked, -5, 5).astype(np.float32)

    def _against_usual(self, scaled: Floats, usual: Floats, there: NDArray[np.bool_]) -> dict[str, Floats]:
        aligned = np.stack(
            [likeness(scaled[..., QRS.start + k : QRS.stop + k], usual[..., QRS]) for k in range(-3, 4)]
        ).max(0)
        of_lead = {
            "qrs_like": likeness(scaled[..., QRS], usual[..., QRS]),
            "qrs_aligned": aligned,
            "p_like": likeness(scaled[..., P], usual[..., P]),
            "t_like": likeness(scaled[..., T], usual[..., T]),
            "p_apart": _apart(scaled[..., P], usual[..., P]),
            "qrs_apart": _apart(scaled[..., QRS], usual[..., QRS]),
        }
        figures = {f"{name}_least": _least(values, there) for name, values in of_lead.items()}
        figures |= {f"{name}_most": _most(values, there) for name, values in of_lead.items()}
        p, was = (_most(np.ptp(x[..., P_WAVE], axis=-1), there) for x in (scaled, usual))
        return figures | {"p_height": p, "p_height_usual": _log(p, was)}

    def _sizes(
        self, cut: Floats, tall: Floats, height: Floats, there: NDArray[np.bool_], off: NDArray[np.bool_]
    ) -> dict[str, Floats]:
        size, row = _log(tall, height), np.arange(len(cut))
        return {
            "height_first": size[row, off.argmin(-1)],
            "height_last": size[row, self.read - 1 - off[:, ::-1].argmin(-1)],
            "half_width": _most(width(cut, 0.5) / np.float32(100), there),
            "quarter_width": _most(width(cut, 0.25) / np.float32(100), there),
        }

    def _families(self, beds: Indices, scaled: Floats, times: Floats, off: NDArray[np.bool_]) -> dict[str, Floats]:
        """Measure against the families; enter the beat into its own, or begin one in place of the rarest.

        With a lead off, likeness is that of the others, and the family's shape stays as it is.
        """
        row = np.arange(len(beds))
        qrs = scaled[..., QRS] - scaled[..., QRS].mean(-1, keepdims=True)
        qrs = qrs.reshape(len(beds), -1)
        qrs = qrs / np.maximum(np.sqrt((qrs * qrs).sum(-1, keepdims=True)), 1e-6)
        share = self.share[beds]
        less: NDArray[np.bool_] = np.any(off, axis=-1)
        family = self.family[beds]
        if less.any():
            family[less] = _of_leads(family[less], ~off[less])
        like = np.where(share > 0, (family * qrs[:, None]).sum(-1), -1)
        best = like.argmax(-1)
        sure = like[row, best]
        known = sure >= ALIKE
        own = np.where(known, best, share.argmin(-1))
        self.born[beds] += ~known
        self.number[beds, own] = np.where(known, self.number[beds, own], self.born[beds] % NUMBERS)
        self.own[beds] = self.number[beds, own]
        figures = {
            "family_share": np.where(known, share[row, own], 0),
            "family_early": np.where(known, self.times[beds, own, 0], 0),
            "family_after": np.where(known, self.times[beds, own, 1], 0),
            "family_like": np.where(self.beats[beds] > 0, sure, 1),
        }
        was = known[:, None]
        size = np.where(known, self.size[beds, own], 0) + 1
        shape_memory, time_memory = (np.maximum(least, 1 / size)[:, None].astype(np.float32) for least in FAMILY_LEARN)
        shape = np.where(was, self.family[beds, own] + shape_memory * (qrs - self.family[beds, own]), qrs)
        shape = shape / np.maximum(np.sqrt((shape * shape).sum(-1, keepdims=True)), 1e-6)
        self.family[beds, own] = np.where(was & less[:, None], self.family[beds, own], shape)
        self.times[beds, own] = np.where(
            was, self.times[beds, own] + time_memory * (times - self.times[beds, own]), times
        )
        self.size[beds, own] = size
        share = share * np.float32(1 - FAMILY_MEMORY)
        share[row, own] = np.where(known, share[row, own], 0) + np.float32(FAMILY_MEMORY)
        self.share[beds] = share
        most = share.argmax(-1)
        return figures | {
            "family_first": (most == own).astype(np.float32),
            "first_like": np.where(less, like[row, most], (self.family[beds, most] * qrs).sum(-1)),
            "first_share": share[row, most],
        }

    def _odd(self, beds: Indices, values: Floats) -> dict[str, Floats]:
        """Distance of measures from their running mean, in units of their running mean deviation, a fifth of it."""
        first = (self.beats[beds] == 0)[:, None]
        mean, scatter = np.where(first, values, self.odd_mean[beds]), self.odd_scatter[beds]
        away = np.asarray(np.clip((values - mean) / (scatter + ODD_LEAST), -10, 10) / 5, np.float32)
        memory = np.maximum(ODD_MEMORY, 1 / (self.beats[beds] + 2)).astype(np.float32)[:, None]
        self.odd_scatter[beds] = scatter + memory * (np.abs(values - mean) - scatter)
        self.odd_mean[beds] = mean + memory * (values - mean)
        names = ("qrs_like_odd", "p_like_odd", "qrs_apart_odd", "width_odd", "p_apart_odd")
        return {name: away[:, k] for k, name in enumerate(names)}

    def _learn_usual(
        self, beds: Indices, scaled: Floats, tall: Floats, like: Floats, before: Floats, off: NDArray[np.bool_]
    ) -> None:
        early = before < np.float32(np.log(EARLY))
        count = self.beats[beds]
        memory = np.where((like > ALIKE) & ~early, USUAL_MEMORY, STRANGE_MEMORY)
        memory = np.maximum(memory, 1 / (count + 1) * ((count < LEARNED) & ~early)).astype(np.float32)[:, None]
        memory = np.where((count == 0)[:, None], np.float32(1), memory)
        memory = np.where(off, np.float32(0), memory)  # nothing is learned of a lead that is off
        self.height[beds] += memory * (tall - self.height[beds])
        self.usual[beds] += memory[..., None] * (scaled - self.usual[beds])
        self.last[beds] = np.where(off[..., None], self.last[beds], scaled)
        self.beats[beds] = count + 1


def _without(wave: Floats, off: NDArray[np.bool_]) -> Floats:
    """What the model reads of beats, without leads that are off."""
    gone = np.zeros((len(off), LEADS), np.bool_)
    gone[:, : off.shape[1]] = off
    return np.where(np.concatenate([gone, gone], axis=1)[:, None], np.float32(0), wave)


def _of_leads(family: Floats, there: NDArray[np.bool_]) -> Floats:
    """Families of shape ``(n, FAMILIES, leads * QRS)`` over the leads that are there alone, each of length 1 again."""
    part = family * np.repeat(there, family.shape[-1] // there.shape[-1], axis=-1)[:, None]
    return np.asarray(part / np.maximum(np.sqrt((part * part).sum(-1, keepdims=True)), 1e-6), np.float32)


def _least(values: Floats, there: NDArray[np.bool_]) -> Floats:
    """Least over the leads that are there."""
    return np.where(there, values, np.float32(np.inf)).min(-1)


def _most(values: Floats, there: NDArray[np.bool_]) -> Floats:
    """Most over the leads that are there."""
    return np.where(there, values, np.float32(-np.inf)).max(-1)


def _apart(a: Floats, b: Floats) -> Floats:
    """Root mean square distance over the last axis."""
    away = a - b
    return np.asarray(np.sqrt((away * away).mean(-1)), np.float32)


def _log(value: Floats, to: Floats) -> Floats:
    """Logarithm of a ratio of sizes, within -2 and 2; 0 where the other is nothing."""
    ratio = np.where(to > 1e-6, value / np.maximum(to, 1e-6), 1)
    return np.asarray(np.clip(np.log(np.maximum(ratio, 1e-3)), -2, 2), np.float32)
