"""Alarms that run, as arrays: what conditions are compared with each second, so that only changes need any work."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector.alarms.conditions import Conditions
from detector.alarms.kinds import KINDS, NAMES, STEPS
from detector.alarms.lifecycle import Happening, Running
from detector.rows import Floats, Indices, Rows

NEVER: Final = np.iinfo(np.int64).max
_STEP: Final = np.array([STEPS.get(name, np.inf) for name in NAMES], np.float32)


class Shown(Rows):
    """What is running of each bed and kind: arrays ``(beds, KINDS)``, samples at :data:`~detector.conditioning.FS`."""

    running: NDArray[np.bool_]  # the condition held when last looked at
    value: Floats  # as it was told
    fades: NDArray[np.int64]  # sample at which a fading alarm ends
    again: NDArray[np.int64]  # sample from which the kind may be announced again
    adopted: NDArray[np.int64]  # sample until which an adopted alarm waits for its condition

    def fresh(self, beds: int) -> dict[str, NDArray[Any]]:  # noqa: D102
        return {
            "running": np.zeros((beds, KINDS), np.bool_),
            "value": np.zeros((beds, KINDS), np.float32),
            "fades": np.full((beds, KINDS), NEVER, np.int64),
            "again": np.zeros((beds, KINDS), np.int64),
            "adopted": np.zeros((beds, KINDS), np.int64),
        }

    def follow(self, row: int, kind: int, running: Running | None, fades: int) -> None:
        """Keep true to an alarm; if it fades, it ends at sample ``fades``."""
        self.running[row, kind] = running is not None and running.state in ("active", "acknowledged")
        self.fades[row, kind] = fades if running is not None and running.state == "fading" else NEVER

    def adopt(self, row: int, kind: int, until: int) -> None:
        """Let an alarm that was told by another detector wait for its condition, until a sample."""
        self.value[row, kind] = np.nan  # nobody knows
        self.adopted[row, kind] = until

    def happenings(
        self, rows: Indices, time: NDArray[np.int64], conditions: Conditions, loud: NDArray[np.bool_]
    ) -> dict[Happening, NDArray[np.bool_]]:
        """What happens to which alarms of some beds now, in order: ``(len(rows), KINDS)`` each.

        Parameters
        ----------
        rows, time
            Beds, and samples until which they were read.
        conditions
            As of now.
        loud
            Whether anything may be told of each bed.
        """
        at, may = time[:, None], loud[:, None]
        allowed = conditions.may_be_told(rows) & may
        running, fades = self.running[rows], self.fades[rows]
        value = conditions.value[rows]
        self.adopted[rows] = np.where(allowed, 0, self.adopted[rows])
        self.value[rows] = told = np.where(np.isnan(self.value[rows]) & allowed, value, self.value[rows])
        begin = allowed & ~running & conditions.present[rows] & ((at >= self.again[rows]) | (fades < NEVER))
        return {
            "over": running & ~allowed & (at >= self.adopted[rows]) & may,
            "elapse": (at >= fades) & ~begin & may,
            "begin": begin,
            "worsen": running & allowed & ((value - told) * np.sign(_STEP) >= np.abs(_STEP)),
        }
