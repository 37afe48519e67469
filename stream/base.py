"""The ground of the words on the wire: what every message is. :mod:`stream.messages` has them all."""

from typing import Annotated, TypeAlias

import msgspec

Index: TypeAlias = Annotated[int, msgspec.Meta(ge=1 - 2**53, le=2**53 - 1)]
"""A number of a sample, a row or an event: what JSON carries exactly in every language."""


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """What all messages share: being a map tagged with its ``kind``."""


class Event(Message, frozen=True, kw_only=True):
    """A message that is never dropped; ``seq`` is stamped by the hub, rising by one."""

    seq: Index = 0
