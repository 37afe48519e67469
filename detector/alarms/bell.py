"""What sounds at a bed, and the pause of it."""

from math import isfinite
from typing import Final

from detector.alarms.lifecycle import BedAlarms
from stream.alarms import AudioPause, Bell, Priority

LONGEST_PAUSE: Final = 600.0
"""Seconds; a pause that was asked for longer is this long."""

QUIETED: Final[Priority] = "medium"
"""What a pause silences while nothing sounds: high priority breaks through."""


class BedBell:
    """The bell of one bed.

    Parameters
    ----------
    told
        How it was told last.
    """

    def __init__(self, told: Bell):
        self.told = told
        self.paused: Priority | None = told.paused
        self.until = told.until
        self.by = told.by

    def pause(self, request: AudioPause, alarms: BedAlarms, now: float) -> None:
        """Begin a pause for what sounds now, or end it. A pause that lasts is made longer, never shallower."""
        if not isfinite(request.seconds) or request.seconds <= 0:
            self.paused, self.until, self.by = None, 0.0, request.by
            return
        loud = alarms.sounding(self.paused)
        if loud is not None:
            self.paused = loud.priority
        elif self.paused is None:
            self.paused = QUIETED
        self.until, self.by = now + min(request.seconds, LONGEST_PAUSE), request.by

    def ring(self, alarms: BedAlarms, now: float) -> list[Bell]:
        """What sounds now, if that is not what was told."""
        if self.paused is not None and now >= self.until:
            self.paused, self.until, self.by = None, 0.0, ""
        alarm = alarms.sounding(self.paused)
        bell = Bell(
            bed=self.told.bed,
            sounds=alarm.priority if alarm else None,
            alarm=alarm.id if alarm else "",
            paused=self.paused,
            until=self.until,
            by=self.by,
        )
        if bell == self.told:
            return []
        self.told = bell
        return [bell]
