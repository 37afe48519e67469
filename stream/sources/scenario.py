"""The simulator's script: a small YAML file that says, bed by bed, which rhythm is played for how long.

``docs/simulator.md`` shows every step and key. Whatever the file gets wrong is refused in one line that names
the file, the bed, the step, what was expected and what came.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, NoReturn, TypeAlias

import yaml

from stream.errors import SourceError
from stream.messages import FS_RANGE, MAX_LEADS
from stream.sources.morphology import LEADS
from stream.sources.noise import NOISES

SHIPPED: Final = Path(__file__).resolve().parent.parent / "scenarios"
"""The folder of the scenarios that come with the package, known by name alone."""

Rhythm: TypeAlias = Literal[
    "sinus", "pvc", "couplets", "bigeminy", "trigeminy", "pac", "af", "vt", "vf", "asystole", "pause"
]
Focus: TypeAlias = Literal["right", "left"]

_ANY: Final = float("inf")
_RATE: Final = (20.0, 220.0, None)  # lowest, highest, value if left out (None: must be said)
_VARIABILITY: Final = (0.0, 0.1, 0.015)
_RHYTHMS: Final[dict[Rhythm, dict[str, tuple[float, float, float | None]]]] = {
    "sinus": {"rate": _RATE, "variability": _VARIABILITY},
    "pvc": {"rate": _RATE, "variability": _VARIABILITY, "every": (2, 1000, 6)},
    "couplets": {"rate": _RATE, "variability": _VARIABILITY, "every": (3, 1000, 8)},
    "bigeminy": {"rate": _RATE, "variability": _VARIABILITY},
    "trigeminy": {"rate": _RATE, "variability": _VARIABILITY},
    "pac": {"rate": _RATE, "variability": _VARIABILITY, "every": (2, 1000, 6)},
    "af": {"rate": _RATE, "variability": (0.05, 0.5, 0.22), "amplitude": (0.0, 0.5, 0.06)},
    "vt": {"rate": (100, 300, None), "beats": (1, 10_000, 0)},
    "vf": {"amplitude": (0.01, 3.0, 0.35)},
    "asystole": {},
    "pause": {},
}
_FOCUS: Final[dict[Rhythm, Focus]] = {
    "pvc": "right", "couplets": "right", "bigeminy": "right", "trigeminy": "right", "vt": "left",
}  # fmt: skip
_EVERY: Final[dict[Rhythm, int]] = {"bigeminy": 2, "trigeminy": 3}
_STEP_KEYS: Final = ("seconds", "noise", "leads_off", "leads_saturated")


@dataclass(frozen=True)
class Step:
    """One rhythm for some time; rates per minute, amplitudes and noise in mV, leads by their number.

    ``variability`` is the standard deviation of the RR interval as a fraction of its mean (less in a quick
    sinus rhythm), ``every`` counts the beats from one ectopic (or couplet) to the next, ``focus`` is the
    ventricle that ectopics come from.
    """

    rhythm: Rhythm
    seconds: float
    rate: float = 0.0
    variability: float = 0.0
    every: int = 0
    amplitude: float = 0.0
    focus: Focus = "right"
    noise: tuple[float, ...] = (0.0,) * len(NOISES)
    off: tuple[int, ...] = ()
    saturated: tuple[int, ...] = ()


@dataclass(frozen=True)
class Script:
    """What one bed plays: its steps, for ever or once, and the height of its beats (1: textbook)."""

    name: str
    title: str
    steps: tuple[Step, ...]
    amplitude: float = 1.0
    loop: bool = True

    @property
    def seconds(self) -> float:
        """How long the steps take together."""
        return sum(step.seconds for step in self.steps)


@dataclass(frozen=True)
class Scenario:
    """A whole scenario file: what all its beds share, and each bed's script."""

    source: str
    fs: float
    leads: tuple[str, ...]
    mains_hz: float
    scripts: tuple[Script, ...]


def load_scenario(path_or_name: str | Path) -> Scenario:
    """Read a scenario from a file, or one that is shipped by its name (``ward``).

    Raises
    ------
    SourceError
        If there is no such file, it is not YAML, or says something that cannot be played.
    """
    path = Path(path_or_name)
    shipped = SHIPPED / f"{path_or_name}.yaml"
    if not path.is_file() and shipped.is_file():
        path = shipped
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join(sorted(file.stem for file in SHIPPED.glob("*.yaml")))
        reason = getattr(error, "strerror", None) or "not text in UTF-8"
        raise SourceError(
            f"{path_or_name}: expected a scenario file or a shipped scenario ({known}); {reason}"
        ) from None
    return parse_scenario(text, path.name)


def parse_scenario(text: str, source: str = "scenario") -> Scenario:
    """Read a scenario from YAML text; ``source`` names it in errors.

    Raises
    ------
    SourceError
        If it is not YAML, or says something that cannot be played.
    """
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SourceError(f"{source}: expected YAML, but {' '.join(str(error).split())}") from None
    here = _Place(source)
    top = here.mapping(content, ("fs", "leads", "mains_hz", "beds"))
    fs = here.number(top, "fs", *FS_RANGE, 250.0)
    leads = here.names(top.get("leads", ["II", "V1"]), "leads", LEADS)
    if not 1 <= len(leads) <= MAX_LEADS:
        here.refuse("leads", f"1 to {MAX_LEADS} leads", top["leads"])
    mains_hz = here.number(top, "mains_hz", 40.0, 70.0, 50.0)
    beds = top.get("beds")
    if not isinstance(beds, list) or not beds:
        here.refuse("beds", "a list of at least one bed", beds)
    scripts: list[Script] = []
    for number, bed in enumerate(beds, 1):
        script = _script(here.inside(f"bed {number}"), here, bed, number, leads)
        if script.name in (other.name for other in scripts):
            here.refuse(f"bed {number}: name", "a name of its own", script.name)
        if mains_hz >= fs / 2 and any(step.noise[NOISES.index("mains")] for step in script.steps):
            here.refuse("fs", f"more than twice mains_hz ({mains_hz:g}) to carry noise of the mains", fs)
        scripts.append(script)
    return Scenario(source, fs, leads, mains_hz, tuple(scripts))


def _script(here: "_Place", top: "_Place", content: object, number: int, leads: tuple[str, ...]) -> Script:
    bed = here.mapping(content, ("name", "title", "steps", "noise", "amplitude", "loop"))
    name = here.text(bed, "name", f"Bed {number}")
    here = top.inside(f"bed {name!r}")
    noise = here.noise(bed.get("noise"), (0.0,) * len(NOISES))
    steps = bed.get("steps")
    if not isinstance(steps, list) or not steps:
        here.refuse("steps", "a list of at least one step", steps)
    loop = bed.get("loop", True)
    if not isinstance(loop, bool):
        here.refuse("loop", "true or false", loop)
    read = tuple(_step(here, step, count, noise, leads) for count, step in enumerate(steps, 1))
    rate = f" {read[0].rate:g}" if read[0].rate else ""
    return Script(
        name=name,
        title=here.text(bed, "title", f"{read[0].rhythm}{rate}"),
        steps=read,
        amplitude=here.number(bed, "amplitude", 0.05, 10.0, 1.0),
        loop=loop,
    )


def _step(bed: "_Place", content: object, number: int, noise: tuple[float, ...], leads: tuple[str, ...]) -> Step:
    here = bed.inside(f"step {number}")
    step = here.mapping(content, (*_RHYTHMS, *_STEP_KEYS))
    named = [rhythm for rhythm in _RHYTHMS if rhythm in step]
    if len(named) != 1:
        here.refuse("rhythm", f"one of {', '.join(_RHYTHMS)}", named, came=" and ".join(named) or "none of them")
    rhythm = named[0]
    here = bed.inside(f"step {number} ({rhythm})")
    known = _RHYTHMS[rhythm]
    given = here.mapping(step[rhythm] or {}, (*known, *(("focus",) if rhythm in _FOCUS else ())))
    values = {key: here.number(given, key, *known[key]) for key in known}
    beats = here.whole(values, "beats")
    if beats and "seconds" in step:
        here.refuse("seconds", "either seconds or beats", None, came="both")
    seconds = 60.0 * beats / values["rate"] if beats else here.number(step, "seconds", 0.1, 86_400.0, None)
    focus = given.get("focus", _FOCUS.get(rhythm, "right"))
    if focus not in ("right", "left"):
        here.refuse("focus", "right or left", focus)
    return Step(
        rhythm=rhythm,
        seconds=seconds,
        rate=values.get("rate", 0.0),
        variability=values.get("variability", 0.0),
        every=here.whole(values, "every") or _EVERY.get(rhythm, 0),
        amplitude=values.get("amplitude", 0.0),
        focus=focus,
        noise=here.noise(step.get("noise"), noise),
        off=here.leads(step, "leads_off", leads),
        saturated=here.leads(step, "leads_saturated", leads),
    )


@dataclass(frozen=True)
class _Place:
    """Where in the file we are, and the few kinds of value that stand there."""

    path: str

    def inside(self, name: str) -> "_Place":
        return _Place(f"{self.path}, {name}")

    def refuse(self, what: str, expected: str, got: object, *, came: str = "") -> NoReturn:
        """Refuse the value ``got``, or what ``came`` says in words."""
        came = came or ("nothing" if got is None else repr(got))
        raise SourceError(f"{self.path}: {what}: expected {expected}, got {came}")

    def mapping(self, value: object, known: Iterable[str]) -> Mapping[str, Any]:
        known = tuple(known)
        listed = ", ".join(known) or "none"
        if not isinstance(value, dict):
            raise SourceError(f"{self.path}: expected keys and values (known: {listed}), got {value!r}")
        unknown = ", ".join(repr(key) for key in value if key not in known)
        if unknown:
            raise SourceError(f"{self.path}: expected only known keys ({listed}), got {unknown}")
        return value

    def number(self, values: Mapping[str, Any], key: str, low: float, high: float, default: float | None) -> float:
        value = values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not (low <= value <= high):
            if value is not None and value == default and key not in values:
                return float(value)  # a default may lie outside, to say "not given"
            self.refuse(key, f"a number from {low:g} to {high:g}", value)
        return float(value)

    def whole(self, values: Mapping[str, float], key: str) -> int:
        value = values.get(key, 0.0)
        if value != int(value):
            self.refuse(key, "a whole number", value)
        return int(value)

    def text(self, values: Mapping[str, Any], key: str, default: str) -> str:
        value = values.get(key, default)
        if not isinstance(value, str) or not value.strip():
            self.refuse(key, "a text (in quotes if YAML reads it otherwise)", value)
        return value

    def names(self, value: object, key: str, known: Iterable[str]) -> tuple[str, ...]:
        known = tuple(known)
        fit = isinstance(value, list) and all(name in known for name in value)
        if not fit or len(set(value)) != len(value):  # type: ignore[arg-type, call-overload]
            self.refuse(key, f"a list of different leads of {', '.join(known)}", value)
        return tuple(value)  # type: ignore[arg-type]

    def leads(self, values: Mapping[str, Any], key: str, leads: tuple[str, ...]) -> tuple[int, ...]:
        """Numbers of the leads listed, or of all."""
        value = values.get(key, [])
        return tuple(map(leads.index, leads if value == "all" else self.names(value, key, leads)))

    def noise(self, value: object, base: tuple[float, ...]) -> tuple[float, ...]:
        """Levels in the order of NOISES: those given, over those of ``base``."""
        here = self.inside("noise")
        levels = here.mapping(value or {}, NOISES)
        both = zip(NOISES, base, strict=True)
        return tuple(here.number(levels, kind, 0.0, 20.0, old) for kind, old in both)
