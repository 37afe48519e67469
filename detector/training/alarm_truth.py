"""What a monitor should have alarmed at in an annotated record.

Rhythm annotations say where the ventricles fibrillate or flutter, where the heart stands still, and where the atria
fibrillate. All that follows from beats comes from the alarm engine itself, given the reference beats in place of those
it finds: the rules are the same, only the reading differs. So a record is scored for what was read and not for which
rules were chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from detector.alarms.engine import AlarmEngine
from detector.conditioning import FS
from detector.training.labels import LABEL_MAPS
from stream.messages import AAMI, Alarm, Message
from stream.sources import Mark

FLUTTER: Final = ("(VF", "(VFL", "(VFIB")
STANDSTILL: Final = ("(ASYS",)
TACHYCARDIA: Final = ("(VT",)
AF: Final = ("(AFIB",)
ATRIAL_FLUTTER: Final = ("(AFL",)
"""Rhythm annotations as the PhysioNet databases write them."""

UNSURE: Final = ("(NOISE",)

OVERDUE: Final = 1.6
"""Seconds after which a beat is told without the next."""


@dataclass(frozen=True, slots=True)
class Episode:
    """Something that is so from ``start`` to ``stop``, sample indices."""

    name: str
    start: int
    stop: int


def rhythms(marks: Sequence[Mark], length: int) -> list[Episode]:
    """Stretches of each annotated rhythm; ``[`` to ``]`` is written ``(VF`` too.

    Parameters
    ----------
    marks
        Annotations in order of time.
    length
        Samples of the record.
    """
    episodes: list[Episode] = []
    begun: tuple[str, int] | None = None
    flutter: int | None = None
    for mark in marks:
        if mark.symbol == "+" and mark.aux.startswith("("):
            if begun:
                episodes.append(Episode(*begun, mark.sample))
            begun = (mark.aux.strip("\0 "), mark.sample)
        elif mark.symbol == "[" and flutter is None:
            flutter = mark.sample
        elif mark.symbol == "]" and flutter is not None:
            episodes.append(Episode("(VF", flutter, mark.sample))
            flutter = None
    if begun:
        episodes.append(Episode(*begun, length))
    if flutter is not None:
        episodes.append(Episode("(VF", flutter, length))
    return [one for one in episodes if one.stop > one.start]


def joined(episodes: Sequence[Episode], names: Sequence[str], called: str, gap: int = 0) -> list[Episode]:
    """Episodes of some rhythms under one name; those that overlap, or lie ``gap`` samples apart at most, are one."""
    some = sorted((one.start, one.stop) for one in episodes if one.name in names)
    out: list[Episode] = []
    for start, stop in some:
        if out and start <= out[-1].stop + gap:
            out[-1] = Episode(called, out[-1].start, max(stop, out[-1].stop))
        else:
            out.append(Episode(called, start, stop))
    return out


def beat_alarms(marks: Sequence[Mark], fs: float, length: int) -> list[Alarm]:
    """What the alarm engine says to the reference beats, a clean signal supposed.

    Where the reference says flutter, the wave is taken to show it.
    """
    code = {symbol: AAMI.index(name) for symbol, name in LABEL_MAPS["aami"].items()}
    beats = [(mark.sample, code[mark.symbol]) for mark in marks if mark.symbol in code]
    r = np.rint(np.array([sample for sample, _ in beats], float) * FS / fs).astype(np.int64)
    label = np.array([one for _, one in beats], np.int8)
    following = np.append(r[1:], np.iinfo(np.int64).max)
    told = np.minimum(following, r + round(OVERDUE * FS))
    after = np.where(following - r <= 3 * FS, (following - r) / FS, np.nan).astype(np.float32)
    seconds = int(length / fs)
    shaking = np.zeros(seconds + 1, np.float32)
    for one in joined(rhythms(marks, length), FLUTTER, "vf"):
        shaking[int(one.start / fs) : int(one.stop / fs) + 1] = 1
    last = np.concatenate([[0], r]) / FS
    engine = AlarmEngine(1)
    said: list[Message] = list(engine.open(0, "r", "r", fs, 0))
    lively = 0.0
    for second in range(1, seconds + 1):
        at = second * round(FS)
        due = (told <= at) & (told > at - FS)
        n = int(due.sum())
        engine.beats([0] * n, told[due], r[due], label[due], after[due], label[due])
        lively = (
            second if shaking[second] else max(lively, float(last[np.searchsorted(last, second, side="right") - 1]))
        )
        still = second - lively
        said += engine.tick([0], [at], [[0]], [True], [shaking[second]], [0.0], [still], [0.0], now=float(second))
    said += engine.close(0, seconds * round(FS), now=float(seconds))
    latest = {alarm.id: alarm for alarm in said if isinstance(alarm, Alarm)}
    return list(latest.values())
