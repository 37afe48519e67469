"""What training makes of beats anew in each epoch, so that the model sees no beat twice.

Waves are changed as they differ from bed to bed (:func:`vary`), and tachycardias are made that go on for longer than
any record has them (:func:`sustained`).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector.beats import NOW_NAMES, RHYTHM_NAMES
from detector.rhythm import AFTER_NAMES
from detector.rows import Floats
from detector.segmentation import AFTER, BEFORE, LENGTH
from detector.shape import LEADS, SHAPE_NAMES
from stream.messages import AAMI

Inputs = dict[str, Floats]

RATE: Final = LENGTH * 250 / (BEFORE + AFTER)
"""Samples in a second of a beat after length normalization."""

UNKNOWN: Final = 0.1
"""Share of beats whose next is taken as not known, as it is at R + 0.45 s or when it is overdue."""

CAUGHT_UP: Final = (
    "rr_before",
    "rr_before_mean",
    "rr_before_three",
    "rr_before_eight",
    "rr_before_deviation",
    "rr_after",
    "rr_pair",
)
"""Figures that come to nothing as a tachycardia goes on and becomes what is usual."""

BECOME_USUAL: Final = tuple(
    name for name in SHAPE_NAMES if name.endswith(("_least", "_most", "_like", "_odd", "_usual"))
)
FAMILY_NAMES: Final = ("family_share", "family_early", "family_after", "family_first", "first_share")
"""Figures that then are as those of a normal beat."""

QUICKER: Final = (0.25, 0.9)
"""Logarithms of how much faster than the basic rhythm the tachycardias are that are made."""


def column(name: str) -> int:
    """Where a figure is in the input ``now``."""
    return NOW_NAMES.index(name)


def vary(inputs: Inputs, rng: np.random.Generator) -> Inputs:
    """One epoch's view of beats of a stream: the same arrays, changed by chance.

    Leads are swapped, lost or turned upside down; gain, baseline and width change, noise is added; the beat after is
    forgotten.
    """
    wave, now = inputs["wave"].copy(), inputs["now"].copy()
    n = len(wave)
    swap = (rng.random(n) < 0.3) & (wave[..., 1].std(axis=1) > 0)
    wave[swap] = wave[swap][..., [1, 0, 3, 2]]
    first, last = column("height_first"), column("height_last")
    now[swap, first], now[swap, last] = inputs["now"][swap, last], inputs["now"][swap, first]
    lost = (rng.random(n) < 0.2) & (wave[..., 0].std(axis=1) > 0)
    wave[lost, :, 1::LEADS] = 0
    gain = np.exp(rng.normal(0, 0.1, (n, 1, LEADS))) * np.where(rng.random((n, 1, LEADS)) < 0.15, -1, 1)
    wave *= np.concatenate([gain, gain], axis=-1).astype(np.float32)
    wave = _stretch(wave, np.exp(rng.normal(0, 0.03, n)), about=BEFORE * LENGTH / (BEFORE + AFTER))
    there = wave[..., :LEADS].std(axis=1, keepdims=True) > 0
    drift = np.linspace(-1, 1, LENGTH, dtype=np.float32)[None, :, None]
    wave[..., :LEADS] += there * drift * rng.normal(0, 0.1, (n, 1, LEADS)).astype(np.float32)
    level = np.exp(rng.uniform(np.log(0.005), np.log(0.1), (n, 1, LEADS))).astype(np.float32)
    wave[..., :LEADS] += there * level * rng.standard_normal((n, LENGTH, LEADS), dtype=np.float32)
    forgotten = rng.random(n) < UNKNOWN
    for name in AFTER_NAMES:
        now[forgotten, column(name)] = 0
    return {"wave": wave, "rhythm": inputs["rhythm"], "now": now}


def vary_rows(inputs: Inputs, rng: np.random.Generator) -> Inputs:
    """One epoch's view of beats that come alone: width, baseline and noise change, but for the padding."""
    n = len(inputs["row"])
    row = _stretch(inputs["row"], np.exp(rng.normal(0, 0.08, n)), about=0)
    drift = np.linspace(-1, 1, row.shape[1], dtype=np.float32)[None, :, None]
    level = rng.uniform(0, 0.03, (n, 1, 1)).astype(np.float32)
    noise = level * rng.standard_normal(row.shape, dtype=np.float32)
    noise += drift * rng.normal(0, 0.05, (n, 1, 1)).astype(np.float32)
    return {"row": np.where(row == 0, 0, row + noise)}


def sustained(
    inputs: Inputs, label: NDArray[np.int8], count: int, rng: np.random.Generator
) -> tuple[Inputs, NDArray[np.int8]]:
    """Beats of supraventricular tachycardias that go on: what records hold too few of to learn from.

    A regular rhythm that is far faster than the patient's basic rhythm, which follows all gradual changes, began
    abruptly; with narrow usual QRS it is supraventricular. Half are made from runs of S beats, by letting the running
    figures and the usual beat catch up; half from normal beats of a steady rhythm, by bringing them nearer together:
    the wave of the neighbours comes into the beat's window.

    Parameters
    ----------
    inputs, label
        Of the beats to make them from, in order of time.
    count
        How many to make of each half.

    Returns
    -------
    inputs, label
        Of those made; none if there is nothing to make them from.
    """
    basic = inputs["now"][:, column("rr_before_basic")]
    early = (label == AAMI.index("S")) & (basic < -0.2)
    runs = early.copy()
    runs[:2] = False
    runs[2:] &= early[1:-1] & early[:-2]
    steady = (label == AAMI.index("N")) & (np.abs(basic) < 0.1)
    steady &= inputs["now"][:, column("irregular_median")] < 0.05
    steady &= np.abs(inputs["now"][:, column("rr_after_before")]) < 0.1
    if not steady.any():
        return {k: v[:0] for k, v in inputs.items()}, label[:0]
    normal = {k: v[rng.choice(np.flatnonzero(steady), count)] for k, v in inputs.items()}
    made = [_quicker(normal, rng)]
    if runs.any():
        made.append(_went_on({k: v[rng.choice(np.flatnonzero(runs), count)] for k, v in inputs.items()}, normal, rng))
    out = {k: np.concatenate([part[k] for part in made]) for k in inputs}
    return out, np.full(len(out["now"]), AAMI.index("S"), np.int8)


def _went_on(inputs: Inputs, normal: Inputs, rng: np.random.Generator) -> Inputs:
    """Beats of a run as they would be told hundreds of beats later: as usual as ``normal`` beats are among theirs."""
    now, rhythm, wave = inputs["now"].copy(), inputs["rhythm"].copy(), inputs["wave"].copy()
    n = len(now)
    left = rng.uniform(0, 0.2, (n, 1)).astype(np.float32)
    now[:, [column(name) for name in CAUGHT_UP]] *= left
    now[:, column("rr_before_rank")] = rng.uniform(0, 1, n)
    now[:, column("rr_after_before")] *= left[:, 0]
    now[:, column("irregular_median")] = now[:, column("scatter")] = rng.uniform(0.003, 0.02, n)
    now[:, column("irregular_8")] = now[:, column("irregular_64")] = rng.uniform(0.003, 0.05, n)
    basic = now[:, column("rr_before_basic")] * rng.uniform(0.5, 1, n).astype(np.float32)
    now[:, column("rr_before_basic")] = now[:, column("eight_basic")] = now[:, column("rr_after_basic")] = basic
    now[:, column("longest_basic")] = basic + np.float32(0.02)
    now[:, column("early_share")] = 1
    rhythm[..., RHYTHM_NAMES.index("rr_before")] *= left
    rhythm[..., RHYTHM_NAMES.index("rr_before_basic")] = basic[:, None] + rng.normal(0, 0.01, rhythm.shape[:2])
    for name in (*BECOME_USUAL, *FAMILY_NAMES):
        now[:, column(name)] = normal["now"][:, column(name)]
    for name in (name for name in RHYTHM_NAMES if name in BECOME_USUAL):
        rhythm[..., RHYTHM_NAMES.index(name)] = normal["rhythm"][..., RHYTHM_NAMES.index(name)]
    wave[..., LEADS:] = wave[..., :LEADS] + normal["wave"][..., LEADS:] - normal["wave"][..., :LEADS]
    return {"wave": wave, "rhythm": rhythm, "now": now}


def _quicker(inputs: Inputs, rng: np.random.Generator) -> Inputs:
    """Beats of a steady rhythm brought so near together as in a tachycardia; of half, the usual beat too."""
    now, rhythm, wave = inputs["now"].copy(), inputs["rhythm"].copy(), inputs["wave"].copy()
    n = len(now)
    by = rng.uniform(*QUICKER, n).astype(np.float32)
    near = ("rr_before_basic", "rr_before_absolute", "eight_basic", "longest_basic")
    now[:, [column(name) for name in near]] -= by[:, None]
    now[:, column("rr_after_basic")] -= by * now[:, column("rr_after_known")]
    now[:, column("early_share")] = 1
    rhythm[..., RHYTHM_NAMES.index("rr_before_basic")] -= by[:, None]
    rr = np.maximum(0.8 * np.exp(now[:, column("rr_before_absolute")]), 0.25)[:, None]
    time = (np.arange(LENGTH) - BEFORE * LENGTH / (BEFORE + AFTER))[None] / RATE
    own = np.where(time < -0.07, time + rr, np.where(time > rr - 0.07, time - rr, time))
    at = np.clip(np.rint((own - time[0, 0]) * RATE).astype(np.intp), 0, LENGTH - 1)
    quick = np.take_along_axis(wave, at[..., None], axis=1)
    usual = rng.random(n) < 0.5
    wave[..., :LEADS] = quick[..., :LEADS]
    wave[usual, :, LEADS:] = quick[usual, :, LEADS:]
    for name in ("p_like_least", "p_like_most"):  # P lies in the T wave before, or is another
        now[~usual, column(name)] = np.minimum(now[~usual, column(name)], rng.uniform(-0.5, 1, (~usual).sum()))
    return {"wave": wave, "rhythm": rhythm, "now": now}


def _stretch(wave: Floats, factor: NDArray[np.float64], about: float) -> Floats:
    """Make each beat wider by its factor, about a sample that stays in its place, by linear interpolation."""
    length = wave.shape[1]
    at = np.clip((np.arange(length) - about)[None] / factor[:, None] + about, 0, length - 1)
    left = np.minimum(at.astype(np.intp), length - 2)
    share = (at - left).astype(np.float32)[..., None]
    row = np.arange(len(wave))[:, None]
    return np.asarray(wave[row, left] * (1 - share) + wave[row, left + 1] * share, np.float32)
