"""Who came to the hub and went, as the journal keeps it; not a word on the wire."""

import msgspec


class Visit(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="connection"):
    """A program that connects, says its name, or goes.

    Attributes
    ----------
    what
        ``connected``, ``named`` or ``disconnected``.
    client
        Number of the connection, as in the hub's log.
    address
        From where.
    name
        What it calls itself, if it has said so.
    """

    what: str
    client: int
    address: str
    name: str = ""
