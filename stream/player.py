"""Plays one source: time and commands in, messages out. No sockets, no clock of its own, no sleeping."""

import logging
import math
import secrets
from collections.abc import Sequence
from typing import Literal

from stream.errors import SourceError
from stream.messages import Close, Control, Message, Open, Status
from stream.pacer import SLOWEST, Pacer
from stream.reels import Source, thread

log = logging.getLogger(__name__)


class Player:
    """Plays one source as one or more beds.

    Parameters
    ----------
    source
        What to play.
    beds
        A name for each of its beds.
    speed
        Stream seconds per wall second, from 0.1; 0 is as fast as possible.
    loop
        Whether to begin again at the end, as a new stream.
    start, stop
        Play from and to these times in seconds of the record; ``stop`` None is its end.

    Attributes
    ----------
    ended
        Whether the source came to its end, or failed.
    streams
        The present stream of each bed.

    Raises
    ------
    SourceError
        If the speed or times make no sense for this source.
    """

    def __init__(
        self,
        source: Source,
        beds: Sequence[str],
        *,
        speed: float = 1.0,
        loop: bool = False,
        start: float = 0.0,
        stop: float | None = None,
    ) -> None:
        self.reel = thread(source)
        self.beds = tuple(beds)
        self.ended = False
        self.streams: tuple[str, ...] = ()
        _check_speed(speed)
        self._speed = speed
        self._notes = []
        if not self.reel.seekable:
            self._notes = [what for what, asked in (("loop", loop), ("begin later", start > 0)) if asked]
            loop, start = False, 0.0
        self._loop = loop
        if not (math.isfinite(start) and math.isfinite(stop or 0.0)):
            raise SourceError(f"expected times in seconds to play from and to, got {start} and {stop}")
        length = self.reel.length
        self._first = self.reel.place(start)
        ends = [end for end in (length, None if stop is None else self.reel.place(stop)) if end is not None]
        self._stop = min(ends) if ends else None
        if not 0 <= self._first < (math.inf if self._stop is None else self._stop):
            lasts = "is endless" if length is None else f"lasts {length / self.reel.fs:g} s"
            to = "the end" if stop is None else f"{stop:g} s"
            raise SourceError(f"{self.reel.titles[0]} {lasts}: expected a stretch within, got {start:g} s to {to}")
        self._pacer = self._pace(self._first, 0.0)
        self._epoch = 0.0

    def begin(self, now: float, wall: float) -> list[Message]:
        """Open the beds' streams; ``now`` is of a clock that only rises, ``wall`` UTC, both in seconds."""
        refusals = [self._refuse(f"cannot {what}: the source has no past to go back to") for what in self._notes]
        return [*self._begin(self._first, now, wall), *(word for words in refusals for word in words)]

    def step(self, now: float, wall: float) -> list[Message]:
        """Give what is due: samples and marks, and what follows from the end or the failure of the source."""
        out: list[Message] = []
        if self.ended:
            return out
        if self._pacer.rebase(now):
            out += self.restate(now, wall)
        start, stop = self._pacer.take(now)
        if start < stop:
            try:
                out += self.reel.messages(start, stop, self.beds, self.streams, wall)
            except SourceError as error:
                log.error("source failed", extra={"beds": ",".join(self.beds), "reason": str(error)})
                self._pacer.position = start
                return [*out, *self._status("error", str(error)), *self.close("error")]
        if self._pacer.done:
            out += self._begin(self._first, now, wall) if self._loop else self.close("end")
        return out

    def wait(self, now: float) -> float | None:
        """Tell the seconds until :meth:`step` has something to give; None while paused."""
        return self._pacer.wait(now)

    def steer(self, control: Control, now: float, wall: float) -> list[Message]:
        """Follow a command, or say why not; it is for all beds of the source."""
        match control.action:
            case "pause":
                self._pacer.pause(now)
                return self.restate(now, wall)  # so that who comes later knows where it stands
            case "resume":
                self._pacer.resume(now)
                return [*self.restate(now, wall), *self._status("ready")]
            case "speed":
                try:
                    _check_speed(control.value)
                except SourceError as error:
                    return self._refuse(str(error))
                self._pacer.set_speed(control.value, now)
                self._speed = control.value
                return self.restate(now, wall)
            case "seek":
                return self._seek(control.value, now, wall)
            case "stop":
                return self.close("stopped")

    def restate(self, now: float, wall: float) -> list[Message]:
        """Open the same streams again; in real time, ``epoch`` moves so that the present sample is now."""
        if self._speed == 1:
            self._epoch = wall - self._pacer.clock(now) / self.reel.fs
        return self._opens()

    def close(self, reason: str) -> list[Message]:
        """End the beds' streams."""
        self.ended = True
        at = self._pacer.position
        return [
            Close(bed=bed, stream=stream, sample=at, reason=reason)
            for bed, stream in zip(self.beds, self.streams, strict=True)
        ]

    def _begin(self, first: int, now: float, wall: float) -> list[Message]:
        """Open new streams that begin at sample ``first``, now."""
        paused = self._pacer.paused
        self._pacer = self._pace(first, now)
        self.streams = tuple(secrets.token_hex(8) for _ in self.beds)
        self._epoch = wall - first / self.reel.fs
        if paused:
            self._pacer.pause(now)
        return self._opens()

    def _seek(self, seconds: float, now: float, wall: float) -> list[Message]:
        if not self.reel.seekable:
            return self._refuse("cannot seek: the source has no past to go back to")
        end = math.inf if self._stop is None else self._stop
        if not (math.isfinite(seconds) and 0 <= (first := self.reel.place(seconds)) < end):
            return self._refuse(f"cannot seek to {seconds:g} s: expected 0 to {end / self.reel.fs:g} s")
        return self._begin(first, now, wall)

    def _pace(self, first: int, now: float) -> Pacer:
        return Pacer(
            fs=self.reel.fs,
            step=self.reel.step,
            first=first,
            stop=self._stop,
            most=self.reel.most,
            speed=self._speed,
            now=now,
        )

    def _opens(self) -> list[Message]:
        """Open the streams; with word that they are paused, if they are: by itself an Open promises samples."""
        opens: list[Message] = [
            Open(
                bed=bed,
                stream=stream,
                fs=self.reel.fs,
                leads=leads,
                epoch=self._epoch,
                form=self.reel.form,
                first=self._pacer.position,
                title=title,
                speed=self._speed,
                length=self._stop if self.reel.seekable else None,
            )
            for bed, stream, leads, title in zip(
                self.beds, self.streams, self.reel.leads, self.reel.titles, strict=True
            )
        ]
        return [*opens, *self._status("paused")] if self._pacer.paused else opens

    def _status(self, state: Literal["ready", "paused", "error"], detail: str = "") -> list[Message]:
        return [Status(component="source", state=state, bed=bed, detail=detail) for bed in self.beds]

    def _refuse(self, why: str) -> list[Message]:
        log.warning("refused", extra={"beds": ",".join(self.beds), "reason": why})
        return self._status("paused" if self._pacer.paused else "ready", why)


def _check_speed(speed: float) -> None:
    if not (speed == 0 or (math.isfinite(speed) and speed >= SLOWEST)):
        raise SourceError(f"expected a speed of {SLOWEST:g} or more, or 0 for as fast as possible; got {speed:g}")
