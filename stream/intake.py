"""What a client may say: every message is checked here before it goes on the bus.

Pure: clients are any hashable things, messages go in, accepted messages and problems come out.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stream.alarms import Acknowledge, Alarm, AudioPause, Bell, Limits, Quality, Rhythm, SetLimits, Verdict
from stream.arrangement import Arrangement
from stream.checks import Refused, check_arrangement, check_explanation, check_monitoring, check_name, check_open
from stream.known import Known
from stream.messages import (
    AAMI,
    MAX_WAVE,
    Beat,
    Close,
    Control,
    CutBeat,
    Explain,
    Explanation,
    Gap,
    Hello,
    Message,
    Open,
    Problem,
    Reference,
    Status,
    Subscribe,
    Subscribed,
    Wave,
    Welcome,
)


@dataclass(slots=True)
class Bed:
    """A bed whose stream is open.

    Attributes
    ----------
    opened
        What its source said of it.
    step
        Bytes of one sample of all leads.
    next
        The sample that must come next; None, after a restart of the hub, if that is not known.
    owner
        The client that feeds it; None while that is away.
    """

    opened: Open
    step: int
    next: int | None
    owner: Hashable | None


class Intake:
    """Checks what clients publish, and knows which of them feeds which bed.

    Each bed is fed by one client at a time, the one that opened its stream last. Samples of a stream come in
    order; a stretch left out is told with a :class:`~stream.messages.Gap` before the samples that follow it.
    What is known already (:mod:`stream.known`) is taken in silently, and is not accepted twice.

    Parameters
    ----------
    known
        What was told before this hub; nothing if None.
    """

    def __init__(self, known: Known | None = None) -> None:
        self.beds: dict[str, Bed] = {}
        self._known = known or Known()
        self._parts: dict[Hashable, set[str]] = {}  # components each client has spoken for

    def take(self, client: Hashable, messages: Sequence[Message]) -> tuple[list[Message], list[Problem]]:
        """Return the messages to publish, and what is to be told to ``client`` of those refused."""
        accepted: list[Message] = []
        problems: list[Problem] = []
        for message in messages:
            try:
                if type(message) is Wave:
                    self._wave(client, message, accepted)
                else:
                    self._check.get(type(message), Intake._other)(self, client, message, accepted)
            except Refused as refusal:
                problems.append(Problem(text=str(refusal), bed=getattr(message, "bed", None)))
        return accepted, problems

    def owns(self, client: Hashable) -> bool:
        """Whether ``client`` feeds a bed."""
        return any(bed.owner is client for bed in self.beds.values())

    def leave(self, client: Hashable) -> list[Message]:
        """Forget a client whose connection ended; return the loss of all that it fed or spoke for."""
        lost: list[Message] = []
        for name, bed in self.beds.items():
            if bed.owner is client:
                bed.owner = None
                lost.append(Status(component="source", state="lost", bed=name, detail="connection ended"))
        for part in sorted(self._parts.pop(client, ())):
            lost.append(Status(component=part, state="lost", detail="connection ended"))
        return lost

    def restore(self, opens: Iterable[Open]) -> list[Message]:
        """Take over streams that were open before a restart; return that their sources are away."""
        lost: list[Message] = []
        for opened in opens:
            self.beds[opened.bed] = Bed(opened, 2 * len(opened.leads), None, None)
            self._known.news(opened)
            lost.append(Status(component="source", state="lost", bed=opened.bed, detail="the hub was restarted"))
        return lost

    def abandon(self) -> list[Message]:
        """Close the streams taken over whose sources have not come back; return what is to be published."""
        gone = [bed.opened for bed in self.beds.values() if bed.owner is None and bed.next is None]
        for opened in gone:
            del self.beds[opened.bed]
        return [
            Close(
                bed=opened.bed,
                stream=opened.stream,
                sample=(self._known.last_beat(opened.bed, opened.stream) or opened.first) + 1,
                reason="lost",
            )
            for opened in gone
        ]

    def _wave(self, client: Hashable, wave: Wave, accepted: list[Message]) -> None:
        bed = self.beds.get(wave.bed)
        if bed is None or bed.owner is not client or bed.opened.stream != wave.stream:
            raise self._not_open(client, wave.bed, wave.stream)
        size = len(wave.samples)
        count, rest = divmod(size, bed.step)
        if rest or not 0 < size <= MAX_WAVE or bed.opened.form != "wave":
            raise _bad_wave(bed, size)
        if wave.start != bed.next:
            self._skip(bed, wave.start, accepted)
        bed.next = wave.start + count
        accepted.append(wave)

    def _skip(self, bed: Bed, start: int, accepted: list[Message]) -> None:
        """Accept that samples up to ``start`` are left out."""
        opened = bed.opened
        if bed.next is None:
            return
        if start < bed.next:
            raise Refused(f"expected sample {bed.next} or later of stream {opened.stream!r}, got {start}; dropped")
        accepted.append(Gap(bed=opened.bed, stream=opened.stream, start=bed.next, stop=start, reason="missing"))

    def _fed(self, client: Hashable, message: Any) -> Bed:
        """Find the open stream that the message is of, fed by this client."""
        bed = self.beds.get(message.bed)
        if bed is None or bed.owner is not client or bed.opened.stream != message.stream:
            raise self._not_open(client, message.bed, message.stream)
        return bed

    def _not_open(self, client: Hashable, name: str, stream: str) -> Refused:
        bed = self.beds.get(name)
        if bed is None:
            return Refused(f"expected an open message for bed {name!r} first; it has no stream")
        if bed.owner is not client:
            return Refused(f"bed {name!r} in use: another client feeds it")
        return Refused(f"expected stream {bed.opened.stream!r} of bed {name!r}, got {stream!r}")

    def _open(self, client: Hashable, message: Open, accepted: list[Message]) -> None:
        check_open(message)
        bed = self.beds.get(message.bed)
        was_lost = bed is not None and bed.owner is None
        if bed is not None and bed.opened.stream == message.stream:
            # Said again, perhaps by a source that came back before the end of its old connection was noticed.
            if _shape(message) != _shape(bed.opened):
                raise Refused(
                    f"expected {_shape(bed.opened)} as stream {message.stream!r} began with, "
                    f"got {_shape(message)}; open a new stream"
                )
            bed.opened, bed.owner = message, client
        elif bed is not None and bed.owner not in (None, client):
            raise Refused(f"bed {message.bed!r} in use: another client feeds it; choose another name")
        else:
            self.beds[message.bed] = Bed(message, 2 * len(message.leads), message.first, client)
        self._known.news(message)
        accepted.append(message)
        if was_lost:
            accepted.append(Status(component="source", state="ready", bed=message.bed, detail="source is back"))

    def _close(self, client: Hashable, message: Close, accepted: list[Message]) -> None:
        bed = self.beds.get(message.bed)
        # A bed whose source is away may be closed by anyone: its source may never come back.
        if bed is None or bed.owner not in (None, client) or bed.opened.stream != message.stream:
            raise self._not_open(client, message.bed, message.stream)
        del self.beds[message.bed]
        accepted.append(message)

    def _cut_beat(self, client: Hashable, message: CutBeat, accepted: list[Message]) -> None:
        form = self._fed(client, message).opened.form
        size = len(message.samples)
        if form != "beats" or size == 0 or size % 4 or size > MAX_WAVE:
            raise Refused(
                f"expected a cut beat of 4 bytes a sample, {MAX_WAVE} at most, in a stream of form 'beats', "
                f"got {size} bytes in form {form!r}"
            )
        accepted.append(message)

    def _reference(self, client: Hashable, message: Reference, accepted: list[Message]) -> None:
        self._fed(client, message)
        accepted.append(message)

    def _gap(self, client: Hashable, message: Gap, accepted: list[Message]) -> None:
        if message.stop <= message.start:
            raise Refused(f"expected a gap that stops after it starts, got {message.start} to {message.stop}")
        bed = self.beds.get(message.bed)
        if bed is None or bed.owner is not client or bed.opened.stream != message.stream:
            raise Refused(f"expected a gap in a stream that this client feeds, got one of bed {message.bed!r}; dropped")
        if bed.next is not None and message.start < bed.next:
            raise Refused(f"expected a gap from sample {bed.next} or later, got {message.start}; dropped")
        if bed.next is None:
            accepted.append(message)
        else:
            self._skip(bed, message.stop, accepted)
        bed.next = message.stop

    def _finding(self, client: Hashable, message: Beat | Explanation, accepted: list[Message]) -> None:
        if message.label not in AAMI:
            raise Refused(f"expected a label among {' '.join(AAMI)}, got {message.label[:80]!r}")
        if isinstance(message, Explanation):
            check_explanation(message)
        elif not self._known.news(message):
            return
        accepted.append(message)

    def _told(self, client: Hashable, message: Message, accepted: list[Message]) -> None:
        check_monitoring(message)
        if self._known.news(message):
            accepted.append(message)

    def _said_of(self, client: Hashable, message: Any, accepted: list[Message]) -> None:
        """Take in what a person says of a bed, which must have had a stream or an alarm once."""
        check_monitoring(message)
        if not self._known.has(message.bed):
            raise Refused(f"expected a bed that is known here, got {message.bed!r}")
        accepted.append(message)

    def _set_limits(self, client: Hashable, message: SetLimits, accepted: list[Message]) -> None:
        check_monitoring(message)  # the bed may come later
        accepted.append(message)

    def _arrangement(self, client: Hashable, message: Arrangement, accepted: list[Message]) -> None:
        check_arrangement(message, self._known.has)
        accepted.append(message)

    def _status(self, client: Hashable, message: Status, accepted: list[Message]) -> None:
        check_name("component", message.component)
        if message.bed is None:
            parts = self._parts.setdefault(client, set())
            if message.state in ("stopped", "error"):  # whoever goes after that has said more than that it is gone
                parts.discard(message.component)
            else:
                parts.add(message.component)
        accepted.append(message)

    def _control(self, client: Hashable, message: Control | Explain, accepted: list[Message]) -> None:
        if message.bed not in self.beds:
            raise Refused(f"expected a bed that has an open stream, got {message.bed!r}")
        accepted.append(message)

    def _hubs_own(self, client: Hashable, message: Message, accepted: list[Message]) -> None:
        raise Refused(f"{message.__struct_config__.tag!r} is for the hub to say")

    def _other(self, client: Hashable, message: Message, accepted: list[Message]) -> None:
        accepted.append(message)

    _check: Final[dict[type[Message], Callable[..., None]]] = {
        Open: _open,
        Close: _close,
        CutBeat: _cut_beat,
        Reference: _reference,
        Gap: _gap,
        Beat: _finding,
        Explanation: _finding,
        Status: _status,
        Alarm: _told,
        Bell: _told,
        Rhythm: _told,
        Quality: _told,
        Limits: _told,
        Verdict: _said_of,
        Arrangement: _arrangement,
        Acknowledge: _said_of,
        AudioPause: _said_of,
        SetLimits: _set_limits,
        Control: _control,
        Explain: _control,
        Welcome: _hubs_own,
        Subscribed: _hubs_own,
        Problem: _hubs_own,
        Hello: _hubs_own,  # said to the hub, not through it
        Subscribe: _hubs_own,
    }


def _shape(message: Open) -> str:
    """Name what may not change within a stream."""
    return f"{message.form} at {message.fs:g} Hz of {len(message.leads)} leads"


def _bad_wave(bed: Bed, size: int) -> Refused:
    if bed.opened.form != "wave":
        return Refused(f"expected cut beats in a stream of form {bed.opened.form!r}, got a wave")
    return Refused(
        f"expected a multiple of {bed.step} bytes of samples (2 bytes, {bed.step // 2} leads), "
        f"{bed.step} to {MAX_WAVE}, got {size}"
    )
