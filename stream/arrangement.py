"""The arrangement of a ward: in which order its beds stand, and what they are called on every screen."""

from collections.abc import Callable

import msgspec

from stream.base import Event


class Arrangement(Event, frozen=True, kw_only=True, tag="arrangement"):
    """How the beds of the ward are arranged from now on; the last word counts.

    Attributes
    ----------
    order
        Names of beds, the first first; the hub's other beds come after these, by name. It may name beds that are not
        there now.
    names
        What beds are called in the place of their own names, which stay the same on the feed and in all records.
    by
        Who arranged them.
    """

    order: tuple[str, ...] = ()
    names: dict[str, str] = msgspec.field(default_factory=dict)
    by: str = ""


def taken_name(arrangement: Arrangement, is_bed: Callable[[str], bool]) -> str | None:
    """A name by which two beds would be called; None if there is none.

    Nobody may take one bed for another: so none is called as another is called, or by another's own name.
    """
    beds = {*arrangement.order, *arrangement.names}
    called: set[str] = set()
    for bed, name in arrangement.names.items():
        if name in called or (name != bed and (name in beds or is_bed(name))):
            return name
        called.add(name)
    return None
