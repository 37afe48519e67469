"""The words of explanation: what in a beat made the model say what it said, what was measured of it, and how to ask."""

from typing import Literal

import msgspec

from stream.base import Event, Index, Message


class Reason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one side of a beat had to say for its class.

    Attributes
    ----------
    name
        ``rr_before``, ``rr_after``, ``rhythm`` (the beats before), ``p_wave`` (what is before QRS), ``qrs`` (its
        shape), ``qrs_width``, ``t_wave`` (what is behind).
    share
        Its share of all that spoke for the class and against it; below 0 if it spoke against.
    value
        What there was to see, where there is a number for it: of ``rr_before`` and ``rr_after`` the ratio to the
        patient's usual RR; of ``rhythm`` the mean step from RR to RR, as a share of it; of ``p_wave``, ``qrs`` and
        ``t_wave`` the likeness to those of the patient's usual beat, 1 being the same; of ``qrs_width`` ms at half
        the height.
    """

    name: str
    share: float
    value: float | None = None


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was measured of a beat, whatever the model made of it; None where it cannot be told.

    Attributes
    ----------
    rr, rr_after
        RR before and after, as ratios to the patient's usual RR (the median of the last 32).
    irregular
        Mean step from RR to RR over the 8 before this beat, as a share of the RR.
    qrs, qrs_usual
        Duration of QRS in ms, from its earliest begin to its latest end in the leads that are read; that of the
        patient's usual beat.
    qrs_onset
        Where QRS begins, in ms from R; mostly below 0.
    likeness
        Correlation of QRS with that of the usual beat, in the lead least alike; 1 is the same.
    p
        What stands where the usual P wave does: ``usual``, ``other`` (something unlike it) or ``none``. None too where
        the patient's usual beat has no P wave.
    """

    rr: float | None = None
    rr_after: float | None = None
    irregular: float | None = None
    qrs: float | None = None
    qrs_usual: float | None = None
    qrs_onset: float | None = None
    likeness: float | None = None
    p: Literal["usual", "other", "none"] | None = None


class Explanation(Event, frozen=True, kw_only=True, tag="explanation"):
    """What in a beat made the model say what it said.

    Attributes
    ----------
    wave, heat
        The wave in physical units, and how much each sample spoke for the class, 0 to 1: little-endian float32 of
        shape ``(leads, n)``, ``n`` samples at rate ``fs`` beginning at (fractional) sample index ``start`` of the
        stream.
    reasons
        What decided, the weightiest first; small ones are left out. None for a beat that came already cut: nothing
        is known of its rhythm or of what is usual for the patient.
    probabilities
        Of N, S, V, F, Q, in this order.
    usual
        The patient's usual beat as it was before this one: as ``wave``, in its units and at its times, NaN in a lead
        of which it is not known. Empty where none is known: for the first beat, and for one that came already cut.
    facts
        What was measured; None for a beat that came already cut.
    """

    bed: str
    stream: str
    sample: Index
    label: str
    confidence: float
    leads: tuple[str, ...]
    fs: float
    start: float
    wave: bytes
    heat: bytes
    reasons: tuple[Reason, ...] = ()
    row: Index | None = None
    truth: str | None = None
    probabilities: tuple[float, ...] = ()
    usual: bytes = b""
    facts: Facts | None = None


class Explain(Message, frozen=True, kw_only=True, tag="explain"):
    """Asks the detector to explain the beat at ``sample``; it answers with an :class:`Explanation`.

    Of a beat that it no longer remembers, or never found, it says nothing.
    """

    bed: str
    stream: str
    sample: Index
