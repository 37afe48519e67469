"""What of a beat decided, in the terms of those who read ECGs: RR before and after, rhythm, P wave, QRS, T wave.

The inputs of the model are many and alike. Here they are told by what they are measured of, and what each group spoke
for the class is summed up. The beat is set against the patient's own usual one: as usual in shape, coming when it was
expected, in a regular rhythm.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector.beats import NOW, NOW_NAMES, RHYTHM, RHYTHM_NAMES, STEPS, Beats
from detector.rhythm import RR_NAMES
from detector.rows import Floats
from detector.segmentation import AFTER, BEFORE, LENGTH, normalize_length, width
from detector.shape import LEADS, QRS
from stream.explanation import Reason

GROUPS: Final = ("rr_before", "rr_after", "rhythm", "p_wave", "qrs", "qrs_width", "t_wave")
"""RR before, RR after, the beats before and how regular they came; the wave before QRS, QRS, its width, the wave
behind."""

LEAST: Final = 0.03
"""Smaller shares are left out."""

UNCHANGED: Final = ("rr_after_known", "first_share")
"""What is told to the model but is the same for the usual beat: whether there is a beat after, and its own share."""


def group_of(name: str) -> str:
    """The group that a measure belongs to, by its name in :data:`~detector.beats.NOW_NAMES`."""
    if name in RR_NAMES:
        after = name == "rr_pair" or name.startswith("rr_after")
        return "rr_after" if after else "rr_before" if name.startswith("rr_before") else "rhythm"
    if "width" in name:
        return "qrs_width"
    if "p" in name.split("_"):
        return "p_wave"
    return "t_wave" if name.startswith("t_") else "qrs"


def usual_inputs(inputs: Sequence[Floats]) -> list[Floats]:
    """What a model's inputs would be for the usual beat.

    For the inputs of a stream (``wave``, ``rhythm``, ``now`` as in :class:`~detector.beats.Beats`) these are the
    patient's usual beat, at its time, after beats of its kind. Where nothing is known of whom a beat is from, for it
    comes alone or is the first, it is set against its own level.
    """
    if len(inputs) == 1:
        level = inputs[0].mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
        return [np.broadcast_to(level, inputs[0].shape)]
    wave, rhythm, now = inputs
    template = wave[..., LEADS:]
    first = (wave[..., :LEADS] == template).all(axis=(1, 2), keepdims=True)
    widths = _widths(template)
    there = rhythm.any(axis=-1, keepdims=True)  # beats of the past; before the first all is zero
    past = np.where(there, _usual(rhythm, RHYTHM_NAMES, widths[:, None]), 0)
    shape = np.concatenate([np.where(first, 0, template), template], axis=-1)
    return [shape, past, _usual(now, NOW_NAMES, widths)]


def members() -> list[Floats]:
    """Which inputs are of which group: 1 where they are, of shape ``(len(GROUPS), ...)`` for each input of a stream."""
    wave = np.zeros((len(GROUPS), LENGTH, 2 * LEADS), np.float32)
    for group, part in (("p_wave", slice(0, QRS.start)), ("qrs", QRS), ("t_wave", slice(QRS.stop, None))):
        wave[GROUPS.index(group), part] = 1
    rhythm = np.zeros((len(GROUPS), STEPS, RHYTHM), np.float32)
    rhythm[GROUPS.index("rhythm"), :-1] = 1
    rhythm[_groups(RHYTHM_NAMES), -1, np.arange(RHYTHM)] = 1  # the last step is this beat
    now = np.zeros((len(GROUPS), NOW), np.float32)
    now[_groups(NOW_NAMES), np.arange(NOW)] = 1
    return [wave, rhythm, now]


def shares(attributions: Sequence[Floats]) -> Floats:
    """Sum up what each group spoke for the class, as a share of all that was said for and against it.

    Parameters
    ----------
    attributions
        Of ``wave``, ``rhythm`` and ``now``, as :func:`detector.explain.attributions` tells them.

    Returns
    -------
    shares : array of shape ``(beats, len(GROUPS))``
        Below 0 where a group spoke against the class. Their sizes sum up to 1, or are all 0.
    """
    beats = len(attributions[0])
    parts = zip(attributions, MEMBERS, strict=True)
    total = sum(spoke.reshape(beats, -1) @ mine.reshape(len(GROUPS), -1).T for spoke, mine in parts)
    return np.asarray(total / np.maximum(np.abs(total).sum(axis=-1, keepdims=True), 1e-9), np.float32)


def values(beats: Beats) -> Floats:
    """Tell what there was to say of each group: shape ``(beats, len(GROUPS))``, NaN where nothing is known.

    RR to the patient's usual; the mean step from RR to RR, to the RR; likeness (correlation) of P, QRS and T to those
    of the usual beat, in the lead least alike, P (which not all leads show) most; the width of QRS at half its height
    in ms.
    """
    column = dict(zip(NOW_NAMES, beats.now.T, strict=True))
    after = np.where(column["rr_after_known"] > 0, np.exp(column["rr_after"]), np.nan)
    told = {
        "rr_before": np.where(np.isnan(beats.rr), np.nan, np.exp(column["rr_before"])),
        "rr_after": after,
        "rhythm": column["irregular_8"],
        "p_wave": column["p_like_most"],
        "qrs": column["qrs_like_least"],
        "qrs_width": 100 * column["half_width"],
        "t_wave": column["t_like_least"],
    }
    return np.stack([told[group] for group in GROUPS], axis=-1).astype(np.float32)


def reasons(beats: Beats, attributions: Sequence[Floats]) -> list[tuple[Reason, ...]]:
    """Reasons for the class of each beat, the weightiest first; those under :data:`LEAST` are left out."""
    told: list[tuple[Reason, ...]] = []
    for share, value in zip(shares(attributions).tolist(), values(beats).tolist(), strict=True):
        order = sorted(range(len(GROUPS)), key=lambda k: -abs(share[k]))
        told.append(
            tuple(
                Reason(
                    name=GROUPS[k],
                    share=round(share[k], 3),
                    value=None if np.isnan(value[k]) else round(value[k], 3),
                )
                for k in order
                if abs(share[k]) >= LEAST
            )
        )
    return told


def _groups(names: Sequence[str]) -> NDArray[np.intp]:
    return np.array([GROUPS.index(group_of(name)) for name in names])


def _widths(template: Floats) -> Floats:
    """Width of the usual QRS as the model is told it, at half and quarter height: ``(beats, 2)``."""
    whole = normalize_length(template.transpose(0, 2, 1), BEFORE + AFTER)
    there = np.ptp(template, axis=1) > 0
    at = [np.where(there, width(whole, share), 0).max(axis=-1) / 100 for share in (0.5, 0.25)]
    return np.stack(at, axis=-1).astype(np.float32)


def _usual(measures: Floats, names: Sequence[str], widths: Floats) -> Floats:
    """What measures ``(..., len(names))`` would be for the usual beat; mostly 0, for they are ratios to it."""
    column = {name: measures[..., k] for k, name in enumerate(names)}
    usual = dict.fromkeys(names, np.zeros(measures.shape[:-1], np.float32))
    usual |= {name: np.ones_like(usual[name]) for name in names if _is_likeness(name)}
    usual |= {name: column[name] for name in UNCHANGED if name in column}
    wide = {"half_width": widths[..., 0], "quarter_width": widths[..., 1]}
    usual |= {name: np.broadcast_to(wide[name], usual[name].shape) for name in wide if name in column}
    if "rr_before_rank" in column:
        usual["rr_before_rank"] = np.full_like(usual["rr_before_rank"], 0.5)
        usual["rr_before_absolute"] = column["rr_before_absolute"] - column["rr_before"]
    if "p_height" in column:
        usual["family_share"] = column["first_share"]
        usual["p_height"] = column["p_height"] * np.exp(-column["p_height_usual"])
    return np.stack([usual[name] for name in names], axis=-1).astype(np.float32)


def _is_likeness(name: str) -> bool:
    words = name.split("_")
    return name == "family_first" or (words[-1] != "odd" and ("like" in words or "aligned" in words))


MEMBERS: Final = members()
