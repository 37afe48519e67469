"""One step of a script: which rhythm, for how long, with what noise and which leads; and its reading from YAML."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from stream.limits import ALARMS
from stream.sources.noise import NOISES
from stream.sources.place import Place

Rhythm: TypeAlias = Literal[
    "sinus", "pvc", "couplets", "bigeminy", "trigeminy", "pac", "svt", "af", "block", "tall_t", "paced",
    "ivr", "vt", "flutter", "vf", "asystole", "pause",
]  # fmt: skip
Focus: TypeAlias = Literal["right", "left", "both"]

_Range: TypeAlias = tuple[float, float, float | None]  # lowest, highest, value if left out (None: must be said)

_RATE: Final[_Range] = (20, 220, None)
_VARIABILITY: Final[_Range] = (0.0, 0.2, 0.015)
_COUPLING: Final[_Range] = (0.25, 0.7, 0.62)
_BEATS: Final[_Range] = (1, 10_000, 0)
_SINUS: Final[Mapping[str, _Range]] = {"rate": _RATE, "variability": _VARIABILITY}
RHYTHMS: Final[Mapping[Rhythm, Mapping[str, _Range]]] = {
    "sinus": _SINUS,
    "pvc": {**_SINUS, "every": (2, 1000, 6), "coupling": _COUPLING},
    "couplets": {**_SINUS, "every": (3, 1000, 8), "coupling": _COUPLING},
    "bigeminy": {**_SINUS, "coupling": _COUPLING},
    "trigeminy": {**_SINUS, "coupling": _COUPLING},
    "pac": {**_SINUS, "every": (2, 1000, 6)},
    "svt": {"rate": (100, 300, None), "beats": _BEATS},
    "af": {"rate": _RATE, "variability": (0.05, 0.5, 0.22), "amplitude": (0.0, 0.5, 0.06)},
    "block": {**_SINUS, "every": (2, 1000, 4)},
    "tall_t": _SINUS,
    "paced": {"rate": _RATE, "spike": (-700, 700, 5.0), "width": (0.1, 2.0, 0.5), "every": (1, 1000, 0)},
    "ivr": {"rate": (15, 130, None), "beats": _BEATS},
    "vt": {"rate": (100, 300, None), "beats": _BEATS},
    "flutter": {"rate": (180, 350, 280)},
    "vf": {"amplitude": (0.01, 3.0, 0.35)},
    "asystole": {},
    "pause": {"rr": (0.5, 60.0, 0)},
}
"""The keys of each rhythm and their ranges."""

_FOCUS: Final[Mapping[Rhythm, Focus]] = {
    "pvc": "right", "couplets": "right", "bigeminy": "right", "trigeminy": "right", "ivr": "left", "vt": "left",
}  # fmt: skip
_EVERY: Final[Mapping[Rhythm, int]] = {"bigeminy": 2, "trigeminy": 3}
_STEP_KEYS: Final = ("seconds", "amplitude", "noise", "leads_off", "leads_saturated", "stopped", "expect", "allow")
_SOON: Final = 600.0  # seconds: the longest that an expected alarm may take


@dataclass(frozen=True)
class Step:
    """One rhythm for some time; rates per minute, amplitudes and noise in mV, leads by their number.

    Attributes
    ----------
    rate, to
        The rate goes evenly from the one to the other.
    variability
        Standard deviation of the RR interval as a fraction of its mean (less in a quick sinus rhythm).
    every
        Beats from one ectopic (couplet, beat not conducted, pulse not followed) to the next.
    coupling
        Time from a normal beat to the premature ventricular one after it, as a fraction of RR.
    amplitude
        Root mean square of fibrillation.
    focus
        The ventricle that ectopics come from; ``both`` in turn.
    spike, width
        Pacing pulses: height (mV) and duration (ms).
    rr
        Of a pause: seconds from the last beat to the next (0: as long as the step lasts).
    height
        Height of the beats; 1 is a textbook's.
    off, saturated
        Leads without contact, and at the end of their range.
    stopped
        Whether the source sends nothing meanwhile.
    expect
        Alarms that must be announced, each (or one of each group) within so many seconds from the step's begin.
    allow
        Alarms that may be announced too.
    """

    rhythm: Rhythm
    seconds: float
    rate: float = 0.0
    to: float = 0.0
    variability: float = 0.0
    every: int = 0
    coupling: float = 0.0
    amplitude: float = 0.0
    focus: Focus = "right"
    spike: float = 0.0
    width: float = 0.0
    rr: float = 0.0
    height: float = 1.0
    noise: tuple[float, ...] = (0.0,) * len(NOISES)
    off: tuple[int, ...] = ()
    saturated: tuple[int, ...] = ()
    stopped: bool = False
    expect: tuple[tuple[tuple[str, ...], float], ...] = ()
    allow: tuple[str, ...] = ()

    def rate_at(self, seconds: float) -> float:
        """Rate (1/min) so many seconds after the step began."""
        if self.to == self.rate:
            return self.rate
        return self.rate + (self.to - self.rate) * min(max(seconds / self.seconds, 0.0), 1.0)


def read_step(here: Place, content: object, noise: tuple[float, ...], height: float, leads: tuple[str, ...]) -> Step:
    """Read a step; ``noise`` and ``height`` are the bed's, for when it says nothing of them.

    Raises
    ------
    SourceError
        If it says something that cannot be played.
    """
    step = here.mapping(content, (*RHYTHMS, *_STEP_KEYS))
    named = [rhythm for rhythm in RHYTHMS if rhythm in step]
    if len(named) != 1:
        here.refuse("rhythm", f"one of {', '.join(RHYTHMS)}", named, came=" and ".join(named) or "none of them")
    rhythm = named[0]
    here = Place(f"{here.path} ({rhythm})")
    known = RHYTHMS[rhythm]
    given = here.mapping(step[rhythm] or {}, (*known, *(("focus",) if rhythm in _FOCUS else ())))
    rate, to = _rates(here, given, known)
    values = {key: here.number(given, key, *known[key]) for key in known if key != "rate"}
    beats = here.whole(values, "beats")
    by_itself = 60.0 * beats / rate if beats else values.get("rr", 0.0)
    if by_itself and "seconds" in step:
        here.refuse("seconds", f"either seconds or {'beats' if beats else 'rr'}", None, came="both")
    focus = given.get("focus", _FOCUS.get(rhythm, "right"))
    if focus not in ("right", "left", "both"):
        here.refuse("focus", "right, left or both", focus)
    return Step(
        rhythm=rhythm,
        seconds=by_itself or here.number(step, "seconds", 0.1, 86_400.0, None),
        rate=rate,
        to=to,
        variability=values.get("variability", 0.0),
        every=here.whole(values, "every") or _EVERY.get(rhythm, 0),
        coupling=values.get("coupling", 0.0),
        amplitude=values.get("amplitude", 0.0),
        focus=focus,
        spike=values.get("spike", 0.0),
        width=values.get("width", 0.0),
        rr=values.get("rr", 0.0),
        height=read_height(here, step, height),
        noise=read_noise(here, step.get("noise"), noise),
        off=_leads(here, step, "leads_off", leads),
        saturated=_leads(here, step, "leads_saturated", leads),
        stopped=here.flag(step, "stopped", False),
        expect=_expected(here.inside("expect"), step.get("expect")),
        allow=here.names(step.get("allow", []), "allow", ALARMS, "alarms"),
    )


def read_height(here: Place, values: Mapping[str, Any], default: float) -> float:
    """Height of beats of a bed or a step."""
    return here.number(values, "amplitude", 0.05, 10.0, default)


def read_noise(here: Place, value: object, base: tuple[float, ...]) -> tuple[float, ...]:
    """Levels in the order of :data:`~stream.sources.noise.NOISES`: those given, over those of ``base``."""
    here = here.inside("noise")
    levels = here.mapping(value or {}, NOISES)
    both = zip(NOISES, base, strict=True)
    return tuple(here.number(levels, kind, 0.0, 20.0, old) for kind, old in both)


def _rates(here: Place, given: Mapping[str, Any], known: Mapping[str, _Range]) -> tuple[float, float]:
    """A rate from begin to end: one number, or for rhythms that may change theirs, a list of two."""
    if "rate" not in known:
        return 0.0, 0.0
    value = given.get("rate")
    if isinstance(value, list) and len(value) == 2 and "beats" not in known:
        first, last = (here.number({"rate": each}, "rate", *known["rate"]) for each in value)
        return first, last
    rate = here.number(given, "rate", *known["rate"])
    return rate, rate


def _expected(here: Place, value: Any) -> tuple[tuple[tuple[str, ...], float], ...]:
    """Alarms and seconds: ``asystole: 8``, or one of several, ``asystole or pause: 8``."""
    if not isinstance(value, dict):
        value = here.mapping(value or {}, ALARMS)
    names = {key: tuple(str(key).split(" or ")) for key in value}
    here.mapping(dict.fromkeys(name for group in names.values() for name in group), ALARMS)
    return tuple((names[key], here.number(value, key, 0.0, _SOON, None)) for key in value)


def _leads(here: Place, values: Mapping[str, Any], key: str, leads: tuple[str, ...]) -> tuple[int, ...]:
    """Numbers of the leads listed, or of all."""
    value = values.get(key, [])
    return tuple(map(leads.index, leads if value == "all" else here.names(value, key, leads)))
