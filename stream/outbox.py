"""What waits for one subscriber: in order, bounded, honest about what it had to leave out.

Pure: nothing here knows a socket or a clock. The hub hands in letters and takes out what to send.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, Literal

from stream.messages import Encoding, Event, Gap, Message, Numerics, Wave, encode

WAVES_LIMIT: Final = 4 << 20
"""Most bytes of waves waiting for one subscriber."""

EVENTS_LIMIT: Final = 16 << 20
"""Most bytes of live events waiting for one subscriber."""


class Letter:
    """A message on its way to many: encoded at most once in each encoding, however many receive it.

    Attributes
    ----------
    message
        What is sent.
    size
        Its length in MessagePack, in bytes: what it counts for in every queue.
    seq
        Its sequence number; 0 for what is not an event.
    stop
        For a :class:`Wave`, one past its last sample.
    """

    __slots__ = ("_json", "_packed", "message", "seq", "size", "stop")

    def __init__(self, message: Message, stop: int = 0) -> None:
        self.message = message
        self.stop = stop
        self.seq = message.seq if isinstance(message, Event) else 0
        self._packed = encode(message)
        self._json: bytes | None = None
        self.size = len(self._packed)

    def encoded(self, encoding: Encoding) -> bytes:
        """Return the message as ``encoding`` writes it."""
        if encoding == "msgpack":
            return self._packed
        if self._json is None:
            self._json = encode(self.message, "json")
        return self._json


class _Lost:
    """A stretch of one bed's waves that was dropped; keeps its place in the order until told as a Gap."""

    __slots__ = ("bed", "start", "stop", "stream")

    size: Final = 128  # what a Gap counts for; its names are short

    def __init__(self, bed: str, stream: str, start: int, stop: int) -> None:
        self.bed, self.stream, self.start, self.stop = bed, stream, start, stop

    def encoded(self, encoding: Encoding) -> bytes:
        gap = Gap(bed=self.bed, stream=self.stream, start=self.start, stop=self.stop, reason="slow")
        return encode(gap, encoding)


class Outbox:
    """The bounded queue of one subscriber.

    Waves and numerics beyond ``waves_limit`` push out the oldest ones; the samples lost so are told with a
    :class:`~stream.messages.Gap` in the place of the first that was dropped, contiguous stretches as one.
    Anything else is never dropped: beyond ``events_limit`` the outbox is ``overflowed`` and its owner must
    close the subscriber, which can resume.

    With ``waves="all"`` nothing at all is dropped: at ``waves_limit`` the outbox is ``full`` and its owner
    must hold back the sources until it is not.

    Parameters
    ----------
    encoding
        How this subscriber reads.
    notify
        Called when something waits after nothing did, and when the outbox becomes full or overflowed.
    waves_limit, events_limit
        In bytes of MessagePack.
    """

    def __init__(
        self,
        encoding: Encoding = "msgpack",
        notify: Callable[[], None] = lambda: None,
        *,
        waves_limit: int = WAVES_LIMIT,
        events_limit: int = EVENTS_LIMIT,
    ) -> None:
        self.encoding: Encoding = encoding
        self.waves: Literal["latest", "all"] = "latest"
        self.wave_bytes = 0
        self.event_bytes = 0
        self._notify = notify
        self._waves_limit = waves_limit
        self._events_limit = events_limit
        self._kept: deque[Letter] = deque()  # of the past, shared with the bus; sent before the queue
        self._queue: dict[int, Letter | _Lost] = {}  # by order of arrival; a dict so that any can be dropped
        self._order = 0
        self._waves: deque[int] = deque()  # the keys of the waves in the queue
        self._lost: dict[str, _Lost] = {}  # the latest loss of each bed that is still in the queue
        self._closed = False

    def __len__(self) -> int:
        return len(self._kept) + len(self._queue)

    @property
    def full(self) -> bool:
        """Whether sources must be held back for this subscriber."""
        return self.waves == "all" and self.wave_bytes + self.event_bytes >= self._waves_limit

    @property
    def overflowed(self) -> bool:
        """Whether more events wait than may; this subscriber must be closed."""
        return self.event_bytes > self._events_limit

    @property
    def next_seq(self) -> int | None:
        """Sequence number of the first event that still waits, if any does."""
        waiting = (*self._kept, *self._queue.values())
        return next((item.seq for item in waiting if isinstance(item, Letter) and item.seq), None)

    def begin(self, letters: Iterable[Letter], waves: Literal["latest", "all"] = "latest") -> None:
        """Start anew with ``letters`` of the past; what still waited is left out.

        They are sent before all that is put, and do not count against the limits: the bus keeps them anyhow.
        """
        self._forget()
        self._kept = deque(letters)
        self.waves = waves
        self._notify()

    def put(self, letter: Letter) -> None:
        """Add a message."""
        if self._closed:
            return
        self._order += 1
        self._queue[self._order] = letter
        if isinstance(letter.message, Wave | Numerics):
            self._waves.append(self._order)
            self.wave_bytes += letter.size
            if self.wave_bytes > self._waves_limit and self.waves == "latest":
                self._shed()
        else:
            self.event_bytes += letter.size
        if len(self._queue) == 1 or self.full or self.overflowed:
            self._notify()

    def _shed(self) -> None:
        """Drop the oldest waves until the rest is within the limit."""
        while self.wave_bytes > self._waves_limit:
            key = self._waves.popleft()
            letter = self._queue[key]
            assert isinstance(letter, Letter)
            self.wave_bytes -= letter.size
            wave = letter.message
            lost = self._lost.get(wave.bed) if isinstance(wave, Wave) else None
            if not isinstance(wave, Wave):
                del self._queue[key]
            elif lost and lost.stream == wave.stream and lost.stop == wave.start:
                lost.stop = letter.stop
                del self._queue[key]
            else:
                lost = _Lost(wave.bed, wave.stream, wave.start, letter.stop)
                self._queue[key] = self._lost[wave.bed] = lost
                self.event_bytes += lost.size

    def take(self, limit: int = 1 << 18) -> list[bytes]:
        """Remove and return what waits, encoded: in order, about ``limit`` bytes at most (one at least)."""
        parts: list[bytes] = []
        room = limit
        while self._kept and room > 0:
            kept = self._kept.popleft()
            room -= kept.size
            parts.append(kept.encoded(self.encoding))
        if self.wave_bytes + self.event_bytes <= room:
            parts.extend([item.encoded(self.encoding) for item in self._queue.values()])
            self._forget()
            return parts
        taken: list[int] = []
        for key, item in self._queue.items():
            if room <= 0:
                break
            room -= item.size
            taken.append(key)
            parts.append(item.encoded(self.encoding))
        self._remove(taken)
        return parts

    def _remove(self, keys: list[int]) -> None:
        for key in keys:
            item = self._queue.pop(key)
            if self._waves and self._waves[0] == key:
                self._waves.popleft()
                self.wave_bytes -= item.size
            else:
                self.event_bytes -= item.size
            if isinstance(item, _Lost) and self._lost.get(item.bed) is item:
                del self._lost[item.bed]

    def _forget(self) -> None:
        self._queue.clear()
        self._waves.clear()
        self._lost.clear()
        self.wave_bytes = self.event_bytes = 0

    def close(self) -> None:
        """Forget what waits and take no more."""
        self._closed = True
        self._kept.clear()
        self._forget()
