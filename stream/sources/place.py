"""Reading of values from a YAML file: each is checked, and refused in one line that names its place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from stream.errors import SourceError


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file we are (``my.yaml, bed 'Bed 1', step 2``), and the few kinds of value that stand there.

    All that reads raises :class:`~stream.errors.SourceError` if what it finds does not fit.
    """

    path: str

    def inside(self, name: str) -> "Place":
        """A place within this one."""
        return Place(f"{self.path}, {name}")

    def refuse(self, what: str, expected: str, got: object, *, came: str = "") -> NoReturn:
        """Refuse the value ``got``, or what ``came`` says in words."""
        came = came or ("nothing" if got is None else repr(got))
        raise SourceError(f"{self.path}: {what}: expected {expected}, got {came}")

    def mapping(self, value: object, known: Iterable[str]) -> Mapping[str, Any]:
        """Keys, all of them ``known``, and their values."""
        known = tuple(known)
        listed = ", ".join(known) or "none"
        if not isinstance(value, dict):
            raise SourceError(f"{self.path}: expected keys and values (known: {listed}), got {value!r}")
        unknown = ", ".join(repr(key) for key in value if key not in known)
        if unknown:
            raise SourceError(f"{self.path}: expected only known keys ({listed}), got {unknown}")
        return value

    def number(self, values: Mapping[str, Any], key: str, low: float, high: float, default: float | None) -> float:
        """A number within a range; ``default`` (which may lie outside, to say "not given") if there is none."""
        if key not in values and default is not None:
            return float(default)
        value = values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not (low <= value <= high):
            self.refuse(key, f"a number from {low:g} to {high:g}", value)
        return float(value)

    def whole(self, values: Mapping[str, float], key: str) -> int:
        """A whole number, 0 if it is not there."""
        value = values.get(key, 0.0)
        if value != int(value):
            self.refuse(key, "a whole number", value)
        return int(value)

    def flag(self, values: Mapping[str, Any], key: str, default: bool) -> bool:
        """Yes or no."""
        value = values.get(key, default)
        if not isinstance(value, bool):
            self.refuse(key, "true or false", value)
        return value

    def text(self, values: Mapping[str, Any], key: str, default: str) -> str:
        """A text that is not empty."""
        value = values.get(key, default)
        if not isinstance(value, str) or not value.strip():
            self.refuse(key, "a text (in quotes if YAML reads it otherwise)", value)
        return value

    def names(self, value: object, key: str, known: Iterable[str], what: str = "leads") -> tuple[str, ...]:
        """A list of different names among those known, which are names of ``what``."""
        known = tuple(known)
        fit = isinstance(value, list) and all(name in known for name in value)
        if not fit or len(set(value)) != len(value):  # type: ignore[arg-type, call-overload]
            self.refuse(key, f"a list of different {what} of {', '.join(known)}", value)
        return tuple(value)  # type: ignore[arg-type]
