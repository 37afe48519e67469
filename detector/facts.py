"""What a cardiologist would measure of a beat, whatever the model made of it: how early, how wide, its P, its shape.

Computed for the beats that are explained, of what was kept of them.
"""

from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from detector.beats import NOW_NAMES, Beats
from detector.conditioning import FS
from detector.delineation import milliseconds, qrs_ends
from detector.rows import Floats
from detector.segmentation import BEFORE, LENGTH, normalize_length
from detector.shape import LEADS
from stream.explanation import Facts

Stands: TypeAlias = Literal["usual", "other", "none"]
"""What stands where the usual P wave does."""

P_BEGIN: Final = BEFORE - int(0.24 * FS)
P_END: Final = BEFORE - int(0.06 * FS)
"""Samples of a cut beat between which a P wave is looked for: from 240 ms to 60 ms before R, but not within QRS."""

P_GUARD: Final = int(0.012 * FS)
"""Samples that the search for P stays clear of QRS."""

P_LEAST: Final = 0.03
P_SHARE: Final = 0.03
"""The usual beat has a P wave if it is as high as this, in mV, and as this share of QRS, in some lead."""

P_LIKE: Final = 0.7
"""Correlation from which a wave is the usual P."""

P_SIZE: Final = 0.5
"""Less of the usual P than this share is none."""

P_FEWEST: Final = 20
"""With fewer samples (80 ms) free of QRS nothing is said of P."""


def usual_wave(beats: Beats) -> Floats:
    """The patient's usual beat as it was before each of these, at its place and in its units.

    The model is told of it in units of the usual QRS height of each lead, which is found again by comparing the beat as
    the model sees it with the beat as it came; both are measured from the beat's own median level.

    Returns
    -------
    usual : array of shape ``(beats, min(leads, LEADS), n)``
        In the units of ``beats.cut``; NaN where none is known: of the first beat, and of a lead that is flat now.
    """
    leads = min(beats.cut.shape[1], LEADS)
    cut = beats.cut[:, :leads]
    seen, usual = (  # as they lie in the cut, so that a sum does not depend on the company
        np.ascontiguousarray(beats.wave[..., first : first + leads].transpose(0, 2, 1)) for first in (0, LEADS)
    )
    level = np.median(cut, axis=-1, keepdims=True)
    came = normalize_length(cut - level)
    fits = np.abs(seen) < 5  # beyond, it was cut off
    power = (seen * seen * fits).sum(-1)
    height = np.where(power > 1e-6, (came * seen * fits).sum(-1) / np.maximum(power, 1e-6), np.nan)
    first = (seen == usual).all(axis=(1, 2))
    height[first] = np.nan
    return np.asarray(level + _longer(usual * height[..., None], cut.shape[-1]), np.float32)


def facts(beats: Beats, usual: Floats) -> list[Facts]:
    """Measure beats against what is usual, as :func:`usual_wave` tells it."""
    leads = usual.shape[1]
    on = (beats.wave[..., :leads] != 0).any(axis=1)  # what the model was not shown of a lead is not measured either
    cut = np.where(on[..., None], beats.cut[:, :leads], np.float32(0))
    known: NDArray[np.bool_] = np.asarray(np.isfinite(usual).all(axis=-1))  # by lead
    template = np.where(known[..., None], usual, 0)
    any_known = known.any(-1)
    onset, end = qrs_ends(cut)
    usual_onset, usual_end = qrs_ends(template)
    column = dict(zip(NOW_NAMES, beats.now.T, strict=True))
    after = np.where(column["rr_after_known"] > 0, np.exp(column["rr_after"]), np.nan)
    before = np.where(np.isnan(beats.rr), np.nan, np.exp(column["rr_before"]))
    told = zip(
        before.tolist(),
        after.tolist(),
        np.where(np.isnan(before), np.nan, column["irregular_8"]).tolist(),
        milliseconds(onset, end).tolist(),
        np.where(any_known, milliseconds(usual_onset, usual_end), np.nan).tolist(),
        ((onset - BEFORE) * (1000 / FS)).tolist(),
        np.where(any_known, column["qrs_like_least"], np.nan).tolist(),
        p_waves(cut, template, known, np.minimum(onset, usual_onset)),
        strict=True,
    )
    return [
        Facts(
            rr=_round(rr, 3),
            rr_after=_round(rr_after, 3),
            irregular=_round(irregular, 3),
            qrs=_round(qrs, 0),
            qrs_usual=_round(qrs_usual, 0),
            qrs_onset=None if np.isnan(qrs) else _round(begin, 0),
            likeness=_round(likeness, 3),
            p=p,
        )
        for rr, rr_after, irregular, qrs, qrs_usual, begin, likeness, p in told
    ]


def p_waves(cut: Floats, usual: Floats, known: NDArray[np.bool_], onset: NDArray[np.intp]) -> list[Stands | None]:
    """Whether a P wave stands where the usual one does.

    The wave before QRS, less a straight line (what the T wave before leaves there), is compared with that of the usual
    beat, over the leads that are known, each as tall as it is.

    Parameters
    ----------
    cut, usual
        The beats and what is usual, ``(beats, leads, n)``, in mV.
    known
        Of which leads the usual beat is known, ``(beats, leads)``.
    onset
        Where the earlier QRS of both begins, ``(beats,)``.

    Returns
    -------
    p : list of ``usual``, ``other``, ``none`` or None
        ``other``: something stands there that is not like the usual P. None: the usual beat has no P wave, or QRS
        begins too early to tell.
    """
    until = np.minimum(onset - P_GUARD, P_END).tolist()
    told: list[Stands | None] = []
    for beat, template, leads, stop in zip(cut, usual, known, until, strict=True):
        if stop - P_BEGIN < P_FEWEST or not leads.any():
            told.append(None)
            continue
        here, there = (_level(wave[leads, P_BEGIN:stop]) for wave in (beat, template))
        height, tall = np.ptp(there, axis=-1), np.ptp(template[leads], axis=-1)
        if not ((height >= P_LEAST) & (height >= P_SHARE * tall)).any():
            told.append(None)
            continue
        together, power, mine = float((here * there).sum()), float((there**2).sum()), float((here**2).sum())
        if mine < P_SIZE**2 * power:
            told.append("none")
        else:
            alike = together >= P_LIKE * np.sqrt(mine * power) and together >= P_SIZE * power
            told.append("usual" if alike else "other")
    return told


def _level(wave: Floats) -> Floats:
    """A wave ``(leads, n)`` less its straight line of least squares."""
    time = np.linspace(-1, 1, wave.shape[-1], dtype=np.float32)
    slope = (wave @ time) / (time @ time)
    return np.asarray(wave - wave.mean(-1, keepdims=True) - slope[:, None] * time, np.float32)


def _longer(wave: Floats, n: int) -> Floats:
    """Bring a wave of :data:`~detector.segmentation.LENGTH` means back to ``n`` samples, each in its place."""
    place = (np.arange(n) + 0.5) * LENGTH / n - 0.5
    left = np.clip(np.floor(place).astype(np.intp), 0, LENGTH - 2)
    share = (np.clip(place, 0, LENGTH - 1) - left).astype(np.float32)
    return np.asarray(wave[..., left] * (1 - share) + wave[..., left + 1] * share, np.float32)


def _round(value: float, digits: int) -> float | None:
    return None if np.isnan(value) else round(value, digits)
