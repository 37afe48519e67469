"""The simulator's script: a small YAML file that says, bed by bed, which rhythm is played for how long.

``docs/simulator.md`` shows every step and key. Whatever the file gets wrong is refused in one line that names
the file, the bed, the step, what was expected and what came.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from stream.errors import SourceError
from stream.messages import FS_RANGE, MAX_LEADS
from stream.sources.morphology import LEADS
from stream.sources.noise import NOISES
from stream.sources.place import Place
from stream.sources.step import Step, read_height, read_noise, read_step

SHIPPED: Final = Path(__file__).resolve().parent.parent / "scenarios"
"""The folder of the scenarios that come with the package, known by name alone."""


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
    here = Place(source)
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


def _script(here: Place, top: Place, content: object, number: int, leads: tuple[str, ...]) -> Script:
    bed = here.mapping(content, ("name", "title", "steps", "noise", "amplitude", "loop"))
    name = here.text(bed, "name", f"Bed {number}")
    here = top.inside(f"bed {name!r}")
    noise = read_noise(here, bed.get("noise"), (0.0,) * len(NOISES))
    steps = bed.get("steps")
    if not isinstance(steps, list) or not steps:
        here.refuse("steps", "a list of at least one step", steps)
    loop = here.flag(bed, "loop", True)
    height = read_height(here, bed, 1.0)
    read = tuple(
        read_step(here.inside(f"step {count}"), step, noise, height, leads) for count, step in enumerate(steps, 1)
    )
    rate = f" {read[0].rate:g}" if read[0].rate else ""
    return Script(
        name=name,
        title=here.text(bed, "title", f"{read[0].rhythm}{rate}"),
        steps=read,
        amplitude=height,
        loop=loop,
    )
