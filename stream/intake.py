"""What a client may say: every message is checked here before it goes on the bus.

Pure: clients are any hashable things, messages go in, accepted messages and problems come out.
"""

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stream.messages import (
    AAMI,
    FS_RANGE,
    KINDS,
    MAX_LEADS,
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
    Reason,
    Reference,
    Status,
    Subscribe,
    Subscribed,
    Wave,
    Welcome,
)

MAX_REASONS: Final = 16
"""Most reasons in an explanation."""

MAX_NAME: Final = 64
"""Most characters in the name of a bed, stream, lead or component."""

LAST_EPOCH: Final = 253_402_300_800.0
"""The end of the year 9999, in UTC seconds: later, calendars do not go."""


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
        The sample that must come next.
    owner
        The client that feeds it; None while that is away.
    """

    opened: Open
    step: int
    next: int
    owner: Hashable | None


class Refused(Exception):
    """A message that is not accepted; the text says what was expected and what came."""


class Intake:
    """Checks what clients publish, and knows which of them feeds which bed.

    Each bed is fed by one client at a time, the one that opened its stream last. Samples of a stream come in
    order; a stretch left out is told with a :class:`~stream.messages.Gap` before the samples that follow it.
    """

    def __init__(self) -> None:
        self.beds: dict[str, Bed] = {}
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
        if message.start < bed.next:
            raise Refused(f"expected a gap from sample {bed.next} or later, got {message.start}; dropped")
        self._skip(bed, message.stop, accepted)
        bed.next = message.stop

    def _finding(self, client: Hashable, message: Beat | Explanation, accepted: list[Message]) -> None:
        if message.label not in AAMI:
            raise Refused(f"expected a label among {' '.join(AAMI)}, got {message.label[:80]!r}")
        if isinstance(message, Explanation):
            check_reasons(message.reasons)
        accepted.append(message)

    def _status(self, client: Hashable, message: Status, accepted: list[Message]) -> None:
        check_name("component", message.component)
        if message.bed is None:
            parts = self._parts.setdefault(client, set())
            if message.state == "stopped":
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
        Control: _control,
        Explain: _control,
        Welcome: _hubs_own,
        Subscribed: _hubs_own,
        Problem: _hubs_own,
        Hello: _hubs_own,  # said to the hub, not through it
        Subscribe: _hubs_own,
    }


def check_open(message: Open) -> None:
    """Check the particulars of a stream.

    Raises
    ------
    Refused
        If they make no sense; the text names what was expected and what came.
    """
    check_name("bed", message.bed)
    check_name("stream", message.stream)
    low, high = FS_RANGE
    if not low <= message.fs <= high:
        raise Refused(f"expected fs of {low:g} to {high:g} Hz, got {message.fs:g}")
    if not 1 <= len(message.leads) <= MAX_LEADS:
        raise Refused(f"expected 1 to {MAX_LEADS} leads, got {len(message.leads)}")
    for lead in message.leads:
        check_name("lead", lead.name)
        if not (math.isfinite(lead.gain) and lead.gain > 0):
            raise Refused(f"expected a finite gain above 0 of lead {lead.name!r}, got {lead.gain:g}")
        if abs(lead.baseline) > 2**31:
            raise Refused(f"expected a baseline of at most 32 bits of lead {lead.name!r}, got {lead.baseline}")
    if not abs(message.epoch) < LAST_EPOCH:
        raise Refused(f"expected epoch in UTC seconds, got {message.epoch:g}")
    if message.first < 0:
        raise Refused(f"expected first sample 0 or later, got {message.first}")
    if not (math.isfinite(message.speed) and message.speed >= 0):
        raise Refused(f"expected speed 0 or above, got {message.speed:g}")


def check_name(what: str, name: str) -> None:
    """Check that a name can be shown: 1 to 64 printable characters, not all spaces.

    Raises
    ------
    Refused
        If it cannot.
    """
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable() or name.isspace():
        raise Refused(f"expected a {what} name of 1 to {MAX_NAME} printable characters, got {name[:80]!r}")


def check_reasons(reasons: Sequence[Reason]) -> None:
    """Check what an explanation gives as reasons.

    Raises
    ------
    Refused
        If they are too many, or one cannot be shown.
    """
    if len(reasons) > MAX_REASONS:
        raise Refused(f"expected {MAX_REASONS} reasons at most, got {len(reasons)}")
    for reason in reasons:
        check_name("reason", reason.name)
        if not (math.isfinite(reason.share) and math.isfinite(reason.value or 0)):
            raise Refused(f"expected finite numbers in reason {reason.name!r}, got {reason.share:g}, {reason.value}")


def check_subscribe(request: Subscribe) -> None:
    """Check what a subscriber asks for.

    Raises
    ------
    Refused
        If it asks for kinds that do not exist.
    """
    unknown = [kind for kind in request.kinds or () if kind not in KINDS]
    if unknown:
        raise Refused(f"expected kinds among {', '.join(KINDS)}; got {unknown[0][:80]!r}")


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
