"""How things are now: what a newcomer must be told, and what outlives a restart of the hub.

Pure. The bus and the journal each hold a :class:`Present`, so both agree on what is over.
"""

from typing import Generic, TypeAlias, TypeVar

from stream.messages import Alarm, Arrangement, Bell, Close, Event, Limits, Open, Quality, Rhythm, Status

T = TypeVar("T")

Slot: TypeAlias = tuple[str, str, str]
"""What there is one of: kind, bed (empty: of none), and an alarm's id or a component's name."""


class Present(Generic[T]):
    """The latest of each slot: streams, alarms not ended, bells, limits, rhythms, qualities, parts, the arrangement.

    Attributes
    ----------
    items
        What stands for each slot, as it was given to :meth:`take`.
    """

    def __init__(self) -> None:
        self.items: dict[Slot, T] = {}
        self._streams: dict[str, str] = {}

    def take(self, event: Event, item: T) -> list[tuple[Slot, T | None]]:
        """Put ``item``, which stands for ``event``, where it belongs; return what changed (None: it is over)."""
        changes: list[tuple[Slot, T | None]] = [(slot, None) for slot in self._over(event)]
        slot = self._slot(event)
        if slot is not None:
            over = isinstance(event, Alarm) and event.state == "ended"
            over = over or (isinstance(event, Status) and event.state == "stopped")
            changes.append((slot, None if over else item))
        for place, now in changes:
            self.items.pop(place, None)  # so that the order is that of the latest words
            if now is not None:
                self.items[place] = now
        return changes

    def _over(self, event: Event) -> list[Slot]:
        """Note which stream a bed has; return what is over when one begins or ends."""
        match event:
            case Open():
                before = self._streams.get(event.bed)
                self._streams[event.bed] = event.stream
                return (
                    [] if before in (None, event.stream) else [(kind, event.bed, "") for kind in ("rhythm", "quality")]
                )
            case Close():
                self._streams.pop(event.bed, None)
                gone: list[Slot] = [(kind, event.bed, "") for kind in ("open", "rhythm", "quality")]
                return [*gone, ("status", event.bed, "source")]
        return []

    def _slot(self, event: Event) -> Slot | None:
        """Where an event belongs; None: nowhere, or it is of a stream that is over."""
        match event:
            case Open() | Bell() | Limits():
                return (str(event.__struct_config__.tag), event.bed, "")
            case Rhythm() | Quality() if self._streams.get(event.bed) == event.stream:
                return (str(event.__struct_config__.tag), event.bed, "")
            case Alarm():
                return ("alarm", event.bed, event.id)
            case Arrangement():
                return ("arrangement", "", "")
            case Status() if event.bed is None or (event.component == "source" and event.bed in self._streams):
                return ("status", event.bed or "", event.component)
        return None
