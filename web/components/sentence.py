"""What a person would say of a beat that was explained: "Ventricular, 97 %: early by 34 %, wide 148 ms ..."."""

from dataclasses import dataclass
from typing import Final

from stream.explanation import Facts
from stream.messages import AAMI, Explanation
from web.words import CLASSES

EARLY: Final = 0.88
LATE: Final = 1.15
"""RR before, as ratios to the usual, up to and from which a beat is early and late."""

PAUSE: Final = 1.2
"""RR after from which a pause follows."""

WIDE: Final = 120.0
NARROW: Final = 110.0
"""QRS durations in ms: wide from the one, narrow below the other (Surawicz et al. 2009, J Am Coll Cardiol 53:976: of
adults normal are 110 ms and less, bundle branch block is complete from 120 ms)."""

WIDER: Final = 20.0
"""A QRS is as wide as usual within less than this many ms."""

ALIKE: Final = 0.9
UNLIKE: Final = 0.75
"""Likeness (correlation) to the usual QRS from which a beat is like it, and below which it is not."""

IRREGULAR: Final = 0.12
"""Mean step from RR to RR, as a share of it, from which a rhythm is irregular."""

UNSURE: Final = 0.2
"""The second most probable class is named from this probability on."""

SPACE: Final = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Told:
    """Something seen, in words, and the classes that it speaks against."""

    words: str
    against: str = ""


def sentence(explanation: Explanation) -> str:
    """Say class, how sure, and what was measured, in the words of those who read ECGs.

    What does not fit the class is said last, behind "called V though". Nothing is left out for being against it.

    Returns
    -------
    str
        One line of plain text: ``Ventricular, 97 %: early by 34 %, wide 148 ms, no P before it, unlike its usual shape
        (41 %)``.
    """
    label = explanation.label
    if explanation.row is not None:
        return f"{head(explanation)}: {_of_row(explanation)}"
    facts = explanation.facts or Facts()
    seen = observations(facts, rhythm=label in "NS")
    if facts.rr is None and facts.likeness is None:
        seen.append(Told("nothing is known yet of what is usual here"))
    said = ", ".join(one.words for one in seen if label not in one.against)
    though = _listed([one.words for one in seen if label in one.against])
    told = "; ".join(part for part in (said, though and f"called {label} though {though}") if part)
    return f"{head(explanation)}: {told}"


def head(explanation: Explanation) -> str:
    """Name class and probability, and the next one if that is close: ``Ventricular, 58 % (Fusion 37 %)``."""
    text = f"{CLASSES.get(explanation.label, explanation.label)}, {sure(explanation.confidence)}"
    others = [(p, label) for label, p in zip(AAMI, explanation.probabilities, strict=False)]
    p, label = max((pair for pair in others if pair[1] != explanation.label), default=(0.0, ""))
    return f"{text} ({CLASSES[label]} {_percent(p)})" if p >= UNSURE else text


def observations(facts: Facts, *, rhythm: bool = True) -> list[Told]:
    """Tell what was measured, in the order of looking: time, ``rhythm`` if wanted, width, P wave, shape, pause."""
    told = (
        _time(facts),
        _rhythm(facts) if rhythm else None,
        _width(facts),
        _p_wave(facts),
        _shape(facts),
        _after(facts),
    )
    return [one for one in told if one is not None]


def _time(facts: Facts) -> Told | None:
    if facts.rr is None:
        return None
    if facts.rr <= EARLY:
        irregular = facts.irregular is not None and facts.irregular >= IRREGULAR
        return Told(f"early by {_percent(1 - facts.rr)}", against="" if irregular else "N")
    if facts.rr >= LATE:
        return Told(f"late by {_percent(facts.rr - 1)}")
    return Told("on time", against="S")


def _rhythm(facts: Facts) -> Told | None:
    if facts.irregular is None or facts.irregular < IRREGULAR:
        return None
    return Told(f"in an irregular rhythm (±{_percent(facts.irregular)})")


def _width(facts: Facts) -> Told | None:
    if facts.qrs is None:
        return None
    usual = facts.qrs if facts.qrs_usual is None else facts.qrs_usual
    more = facts.qrs - usual
    size = f"{facts.qrs:.0f}{SPACE}ms"
    usually = f" (usually {usual:.0f}{SPACE}ms)"
    if facts.qrs >= WIDE:
        if facts.qrs_usual is not None and abs(more) < WIDER:
            return Told(f"wide {size} as usual")
        return Told(f"wide {size}{usually if usual >= WIDE and more else ''}", against="N" if more >= WIDER else "")
    if more >= WIDER:
        return Told(f"QRS {size}{usually}")
    return Told(f"narrow {size}", against="V") if facts.qrs < NARROW else Told(f"QRS {size}")


def _p_wave(facts: Facts) -> Told | None:
    match facts.p:
        case "usual":
            return Told("its usual P before it")
        case "none":
            return Told("no P before it")
        case "other":
            return Told("no usual P before it")
        case _:
            return None


def _shape(facts: Facts) -> Told | None:
    if facts.likeness is None:
        return None
    share = _percent(max(facts.likeness, 0.0))
    if facts.likeness >= ALIKE:
        return Told(f"like its usual shape ({share})", against="VF")
    if facts.likeness < UNLIKE:
        return Told(f"unlike its usual shape ({share})", against="N")
    return Told(f"partly like its usual shape ({share})")


def _after(facts: Facts) -> Told | None:
    if facts.rr_after is None or facts.rr_after < PAUSE or facts.rr is None or facts.rr > EARLY:
        return None
    return Told("a pause behind it")


def _of_row(explanation: Explanation) -> str:
    text = "by its shape alone, for a row has no rhythm and no usual beat beside it"
    if explanation.truth is None:
        return text
    if explanation.truth == explanation.label:
        return f"{text}; the file says {explanation.truth} too"
    return f"{text}; the file says {explanation.truth}"


def _listed(words: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def sure(p: float) -> str:
    """A probability; none is certain."""
    return f">99{SPACE}%" if p >= 0.995 else _percent(p)


def _percent(share: float) -> str:
    return f"{100 * share:.0f}{SPACE}%"
