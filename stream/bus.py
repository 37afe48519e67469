"""The seam under the hub: what is published comes out at every subscriber that asked for it.

:class:`Bus` is what the hub needs. :class:`MemoryBus` is the one that needs no set-up; a distributed engine
would be another, filling the same outboxes.
"""

import secrets
from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Final, Protocol

import msgspec

from stream.messages import KINDS, Close, Event, Message, Open, Status, Subscribe, Subscribed, Wave
from stream.outbox import Letter, Outbox

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


class MemoryBus:
    """The bus within one process: a ring of recent events, and the present state of each bed.

    Parameters
    ----------
    kept_bytes
        How much of the past is kept, in bytes; the oldest events are forgotten first.
    """

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self.session = secrets.token_hex(8)
        self.seq = 0
        self._kept_bytes = kept_bytes
        self._ring: deque[Letter] = deque()
        self._ring_bytes = 0
        self._opens: dict[str, Letter] = {}
        self._status: dict[tuple[str, str | None], Letter] = {}
        self._leads: dict[str, int] = {}
        self._subscribers: dict[Outbox, _Filter] = {}
        self._routes: dict[tuple[type[Message], str | None], tuple[Outbox, ...]] = {}

    def publish(self, messages: Iterable[Message]) -> None:
        """See :meth:`Bus.publish`."""
        for message in messages:
            bed: str | None = getattr(message, "bed", None)
            route = self._routes.get((type(message), bed))
            if route is None:
                route = self._route(type(message), bed)
            if isinstance(message, Wave):
                if not route:
                    continue
                letter = Letter(message, message.start + len(message.samples) // (2 * self._leads[message.bed]))
            elif isinstance(message, Event):
                self.seq += 1
                letter = Letter(msgspec.structs.replace(message, seq=self.seq))
                self._keep(letter)
            else:
                letter = Letter(message)
            for outbox in route:
                outbox.put(letter)

    def subscribe(self, outbox: Outbox, request: Subscribe) -> None:
        """See :meth:`Bus.subscribe`."""
        self.unsubscribe(outbox)
        wanted = _Filter(request)
        missed = 0
        past = self._present()
        if request.since is not None and request.session == self.session:
            first = self._ring[0].seq if self._ring else self.seq + 1
            missed = max(0, first - 1 - request.since)
            # A bed's state may be older than the ring.
            past = [letter for letter in past if request.since < letter.seq < first]
            past += islice(self._ring, max(0, request.since + 1 - first), None)
        past = [x for x in past if wanted.passes(type(x.message), getattr(x.message, "bed", None))]
        past.append(Letter(Subscribed(session=self.session, seq=self.seq, missed=missed)))
        outbox.begin(past, request.waves)
        self._subscribers[outbox] = wanted
        self._routes.clear()

    def unsubscribe(self, outbox: Outbox) -> None:
        """See :meth:`Bus.unsubscribe`."""
        if self._subscribers.pop(outbox, None) is not None:
            self._routes.clear()

    def _route(self, kind: type[Message], bed: str | None) -> tuple[Outbox, ...]:
        """Find who wants messages of a kind and bed, and remember it."""
        if len(self._routes) >= _ROUTES:
            self._routes.clear()
        route = tuple(outbox for outbox, wanted in self._subscribers.items() if wanted.passes(kind, bed))
        self._routes[kind, bed] = route
        return route

    def _present(self) -> list[Letter]:
        """Return what a newcomer must know: the open stream of each bed, and how each part is."""
        return sorted((*self._opens.values(), *self._status.values()), key=lambda letter: letter.seq)

    def _keep(self, letter: Letter) -> None:
        """Remember an event: in the ring, and in the state of its bed."""
        self._ring.append(letter)
        self._ring_bytes += letter.size
        while self._ring_bytes > self._kept_bytes:
            self._ring_bytes -= self._ring.popleft().size
        event = letter.message
        if isinstance(event, Open):
            self._opens[event.bed] = letter
            self._leads[event.bed] = len(event.leads)
        elif isinstance(event, Close):
            self._opens.pop(event.bed, None)
            self._leads.pop(event.bed, None)
            self._status.pop(("source", event.bed), None)
        elif isinstance(event, Status):
            key = (event.component, event.bed)
            self._status.pop(key, None)
            of_bed = event.component == "source" and event.bed in self._opens
            if event.state != "stopped" and (of_bed or event.bed is None):
                self._status[key] = letter


class _Filter:
    """What a subscriber asked for."""

    def __init__(self, request: Subscribe) -> None:
        self._beds = None if request.beds is None else frozenset(request.beds)
        self._kinds = None if request.kinds is None else {KINDS.get(kind) for kind in request.kinds}

    def passes(self, kind: type[Message], bed: str | None) -> bool:
        """Whether messages of this kind and bed were asked for; what is of no bed is of all beds."""
        return (self._kinds is None or kind in self._kinds) and (self._beds is None or bed is None or bed in self._beds)
