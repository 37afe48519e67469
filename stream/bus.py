"""The seam under the hub: what is published comes out at every subscriber that asked for it.

:class:`Bus` is what the hub needs. :class:`MemoryBus` is the one that needs no set-up; a distributed engine
would be another, filling the same outboxes.
"""

import secrets
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final, Protocol

import msgspec

from stream.history import KEPT_SECONDS, History
from stream.messages import KINDS, Close, Event, Message, Numerics, Open, Subscribe, Subscribed, Wave
from stream.outbox import Letter, Outbox
from stream.present import Present
from stream.visit import Visit

KEPT_BYTES: Final = 32 << 20
"""How much of the past is kept for those who come back, in bytes of MessagePack; in memory it is up to six times as
much."""

_ROUTES: Final = 100_000  # remembered routes; more than beds times kinds of any ward


class Bus(Protocol):
    """Carries accepted messages from publishers to subscribers.

    Attributes
    ----------
    session
        Names the run of sequence numbers; new when an earlier ``seq`` means nothing any more.
    seq
        The sequence number of the latest event.
    """

    @property
    def session(self) -> str: ...  # noqa: D102
    @property
    def seq(self) -> int: ...  # noqa: D102

    def publish(self, messages: Iterable[Message]) -> None:
        """Stamp the events among ``messages`` and put all into the outboxes that asked for them.

        A :class:`Wave` may only come while its bed's stream is open.
        """
        ...

    def subscribe(self, outbox: Outbox, request: Subscribe) -> None:
        """Fill ``outbox`` from now on: first what was missed, then :class:`Subscribed`, then what is live.

        An outbox subscribed before starts anew; what still waited in it is left out.
        """
        ...

    def unsubscribe(self, outbox: Outbox) -> None:
        """Fill ``outbox`` no more; nothing happens if it was not subscribed."""
        ...

    def note(self, visit: Visit) -> None:
        """Keep that a program came or went; nothing happens where nothing is kept."""
        ...


class MemoryBus:
    """The bus within one process: a ring of recent events, how things are now, and the last minute of waves.

    Parameters
    ----------
    kept_bytes
        How much of the past is kept, in bytes; the oldest events are forgotten first.
    kept_seconds
        How much of each bed's waves is kept, in stream time.
    session, seq
        What to go on with, if there was a hub before this one; a new session if None.
    """

    def __init__(
        self,
        kept_bytes: int = KEPT_BYTES,
        *,
        kept_seconds: float = KEPT_SECONDS,
        session: str | None = None,
        seq: int = 0,
    ) -> None:
        self.session = session or secrets.token_hex(8)
        self.seq = seq
        self._kept_bytes = kept_bytes
        self._ring: deque[Letter] = deque()
        self._ring_bytes = 0
        self._forgetful = False  # whether it has had to let go of anything
        self._present: Present[Letter] = Present()
        self._numerics: dict[str, Letter] = {}  # the latest of each bed
        self._history = History(kept_seconds)
        self._leads: dict[str, int] = {}
        self._subscribers: dict[Outbox, Filter] = {}
        self._routes: dict[tuple[type[Message], str | None], tuple[Outbox, ...]] = {}

    def restore(self, events: Iterable[Event]) -> None:
        """Take over how things were, from the hub before this one; nothing is published."""
        for event in events:
            self._place(event, Letter(event))

    def publish(self, messages: Iterable[Message]) -> None:
        """See :meth:`Bus.publish`."""
        self.deliver([self.stamp(message) for message in messages])

    def stamp(self, message: Message) -> Message:
        """Give an event its number, which makes it the latest: it must be delivered before others are stamped."""
        if isinstance(message, Event):
            self.seq += 1
            return msgspec.structs.replace(message, seq=self.seq)
        return message

    def deliver(self, messages: Iterable[Message]) -> None:
        """Put what is stamped into the outboxes that asked for it, and remember it."""
        for message in messages:
            bed: str | None = getattr(message, "bed", None)
            route = self._routes.get((type(message), bed))
            if route is None:
                route = self._route(type(message), bed)
            if isinstance(message, Wave):
                stop = message.start + len(message.samples) // (2 * self._leads[message.bed])
                self._history.keep(message, stop)
                if not route:
                    continue
                letter = Letter(message, stop)
            else:
                letter = Letter(message)
                if isinstance(message, Event):
                    self._keep(message, letter)
                elif isinstance(message, Numerics):
                    self._numerics[message.bed] = letter
            for outbox in route:
                outbox.put(letter)

    def reaches(self, request: Subscribe) -> bool:
        """Whether memory holds all events that were asked for, or as many of the latest as are to be kept at hand."""
        if self.resumes(request):
            return request.since is not None and request.since >= self.first - 1
        return self._forgetful or self.first == 1 or len(self._recent(Filter(request), request.last)) == request.last

    def resumes(self, request: Subscribe) -> bool:
        """Whether a subscriber comes back, rather than being new to this session."""
        return request.since is not None and request.session == self.session

    def subscribe(
        self,
        outbox: Outbox,
        request: Subscribe,
        earlier: tuple[Sequence[Event], int] | None = None,
    ) -> None:
        """See :meth:`Bus.subscribe`.

        ``earlier`` are the events asked for that are before those in memory, from elsewhere, and how many of them
        are no longer kept; None: there is no elsewhere.
        """
        self.unsubscribe(outbox)
        wanted = Filter(request)
        missed = 0
        past = sorted(self._present.items.values(), key=lambda letter: letter.seq)
        if self.resumes(request):
            assert request.since is not None
            before, missed = earlier or ((), max(0, self.first - 1 - request.since))
            first = before[0].seq if before else self.first
            # How a bed is may have been said before all that is kept.
            past = [letter for letter in past if request.since < letter.seq < first]
            past += map(Letter, before)
            past += islice(self._ring, max(0, request.since + 1 - self.first), None)
        else:
            recent = [*map(Letter, earlier[0] if earlier else ()), *self._recent(wanted, request.last)]
            recent = recent[max(0, len(recent) - request.last) :]
            first = recent[0].seq if recent else self.seq + 1
            past = [letter for letter in past if letter.seq < first]
            past.sort(key=lambda letter: not isinstance(letter.message, Open))  # what else is said, is said of these
            past += recent
            past += self._numerics.values()
        past = [letter for letter in past if wanted.wants(letter.message)]
        if request.history > 0 and wanted.passes(Wave, None):
            past += [Letter(wave, stop) for wave, stop in self._history.waves(wanted.beds, request.history)]
        past.append(Letter(Subscribed(session=self.session, seq=self.seq, missed=missed)))
        outbox.begin(past, request.waves)
        self._subscribers[outbox] = wanted
        self._routes.clear()

    def unsubscribe(self, outbox: Outbox) -> None:
        """See :meth:`Bus.unsubscribe`."""
        if self._subscribers.pop(outbox, None) is not None:
            self._routes.clear()

    def note(self, visit: Visit) -> None:
        """See :meth:`Bus.note`; nothing is kept."""

    @property
    def first(self) -> int:
        """Number of the first event in memory, or of the next if there is none."""
        return self._ring[0].seq if self._ring else self.seq + 1

    def _recent(self, wanted: "Filter", count: int) -> list[Letter]:
        """The latest events in memory that are wanted, ``count`` at most, in order."""
        found = islice((letter for letter in reversed(self._ring) if wanted.wants(letter.message)), count)
        return list(found)[::-1]

    def _route(self, kind: type[Message], bed: str | None) -> tuple[Outbox, ...]:
        """Find who wants messages of a kind and bed, and remember it."""
        if len(self._routes) >= _ROUTES:
            self._routes.clear()
        route = tuple(outbox for outbox, wanted in self._subscribers.items() if wanted.passes(kind, bed))
        self._routes[kind, bed] = route
        return route

    def _keep(self, event: Event, letter: Letter) -> None:
        """Remember an event: in the ring, and as how things are."""
        self._ring.append(letter)
        self._ring_bytes += letter.size
        while self._ring_bytes > self._kept_bytes:
            self._ring_bytes -= self._ring.popleft().size
            self._forgetful = True
        self._place(event, letter)

    def _place(self, event: Event, letter: Letter) -> None:
        self._present.take(event, letter)
        if isinstance(event, Open):
            self._leads[event.bed] = len(event.leads)
            self._history.open(event)
        elif isinstance(event, Close):
            self._leads.pop(event.bed, None)
            self._numerics.pop(event.bed, None)
            self._history.close(event.bed)


class Filter:
    """What a subscriber asked for."""

    def __init__(self, request: Subscribe) -> None:
        self.beds = None if request.beds is None else frozenset(request.beds)
        self._kinds = None if request.kinds is None else {KINDS.get(kind) for kind in request.kinds}

    def passes(self, kind: type[Message], bed: str | None) -> bool:
        """Whether messages of this kind and bed were asked for; what is of no bed is of all beds."""
        return (self._kinds is None or kind in self._kinds) and (self.beds is None or bed is None or bed in self.beds)

    def wants(self, message: Message) -> bool:
        """Whether a message was asked for."""
        return self.passes(type(message), getattr(message, "bed", None))
