"""A file of beats for a first visitor: cut from the simulator's hearts the way the public heartbeat files are.

One beat a row: 187 samples at 125 Hz from R on for 1.2 RR, scaled to 0..1, zeros after it, and its class 0 to 4 (N S V
F Q) in the last column (after Kachuee, Fazeli and Sarrafzadeh 2018, IEEE ICHI).
"""

import functools
import io
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stream.messages import AAMI
from stream.sources.scenario import parse_scenario
from stream.sources.simulator import Simulator

FS: Final = 125
WIDTH: Final = 187
LONGEST: Final = 1.2
"""How far a beat reaches, in RR."""

SCENARIO: Final = """
fs: 125
leads: [II]
beds:
  - steps: [{pvc: {rate: 70, every: 6, focus: both}, seconds: 60}]
  - steps: [{pac: {rate: 64, every: 5}, seconds: 60}]
  - steps: [{sinus: {rate: 92}, seconds: 12}, {vt: {rate: 170, beats: 5}}]
    noise: {muscle: 0.04}
  - steps: [{af: {rate: 88}, seconds: 60}]
  - steps: [{paced: {rate: 60, spike: 0}, seconds: 60}]
"""

SECONDS: Final = 50  # within what the simulator remembers
CLASS: Final = {"N": "N", "A": "S", "V": "V", "/": "Q"}


@functools.cache
def example_csv() -> str:
    """Write some three hundred simulated beats, N S V and Q, always the same, in the order of a ward's morning."""
    simulator = Simulator(parse_scenario(SCENARIO, "example"), seed=1)
    samples = simulator.read(0, SECONDS * FS)
    marks = [mark for mark in simulator.marks(0, SECONDS * FS) if mark.symbol in CLASS]
    rows = io.StringIO()
    for bed in range(len(simulator.beds)):
        beats = [mark for mark in marks if mark.bed == bed]
        rr = float(np.median(np.diff([mark.sample for mark in beats])))
        for beat in beats:
            row = cut(samples[bed, 0], beat.sample, min(round(LONGEST * rr), WIDTH))
            if row is not None:
                label = AAMI.index(CLASS[beat.symbol])
                rows.write(",".join(f"{value:.4f}" for value in row.tolist()) + f",{label}\n")
    return rows.getvalue()


def cut(wave: NDArray[np.int16], r: int, length: int) -> NDArray[np.float64] | None:
    """Cut ``length`` samples from R on, scaled to 0..1, zeros up to :data:`WIDTH`; None beyond the wave's end."""
    beat = wave[r : r + length].astype(np.float64)
    if len(beat) < length or np.ptp(beat) == 0:
        return None
    return np.pad((beat - beat.min()) / np.ptp(beat), (0, WIDTH - length))
