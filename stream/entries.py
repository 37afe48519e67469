"""What goes into the journal, and what comes out of it for a hub that starts again."""

import secrets
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from stream.known import Known
from stream.messages import Acknowledge, Arrangement, AudioPause, Event, Message, SetLimits, Verdict
from stream.visit import Visit

Kept: TypeAlias = Message | Visit

AUDITED: Final = (Acknowledge, AudioPause, SetLimits, Verdict, Arrangement, Visit)
"""What people and programs do."""


@dataclass(slots=True, frozen=True)
class Entry:
    """What is to be written: when it was taken in (UTC seconds), and an id by which it is known if written again."""

    what: Kept
    at: float
    id: str = field(default_factory=lambda: secrets.token_hex(8))


@dataclass(slots=True, frozen=True)
class Past:
    """What a hub begins with: the session and number to go on with, how things are, what is known."""

    session: str
    seq: int
    present: tuple[Event, ...]
    known: Known
