"""What is known of a bed beyond its conditions: what goes on from stream to stream."""

from dataclasses import dataclass, field

from detector.alarms.bell import BedBell
from detector.alarms.lifecycle import BedAlarms
from stream.limits import PRESETS
from stream.messages import Bell, Limits, SetLimits


@dataclass(slots=True)
class Bed:
    """What goes on from stream to stream."""

    name: str
    limits: Limits
    bell: BedBell
    alarms: BedAlarms = field(default_factory=BedAlarms)
    row: int | None = None
    absent: float | None = None  # UTC seconds since which it has alarms, adopted, but no stream
    stream: str = ""
    latest: dict[str, int] = field(default_factory=dict)  # sample until which there was an alarm of each kind

    def values(self) -> dict[str, float]:
        """Every limit."""
        return {**PRESETS[self.limits.preset][0], **self.limits.values}

    @property
    def off(self) -> set[str]:
        """Kinds that are switched off."""
        return {*self.limits.off, *PRESETS[self.limits.preset][1]}

    @classmethod
    def of_name(cls, name: str) -> "Bed":
        """A bed of which nothing is known yet."""
        return cls(name, Limits(bed=name), BedBell(Bell(bed=name)))

    def set_limits(self, request: SetLimits) -> None:
        """Take limits over that nothing is wrong with."""
        usual = PRESETS[request.preset][0]
        own = {name: float(value) for name, value in request.values.items() if value != usual[name]}
        off = tuple(sorted({*request.off}))
        self.limits = Limits(bed=self.name, preset=request.preset, values=own, off=off, by=request.by)
