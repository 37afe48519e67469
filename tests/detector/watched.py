"""Watching synthetic and real beds second by second."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from beds import complexes
from numpy.typing import NDArray

from detector.conditioning import Resampler, bridge
from detector.physical import Scale
from detector.rows import Ring
from detector.signs import Signs, SignsTracker
from stream.sources.wfdb import open_record

FS = 250


def heart(seconds: float, *, rate: float = 60, height: float = 1.0, noise: float = 0.01, seed: int = 0, **shape: float):
    """Sinus rhythm in two leads, with T waves, some amplifier noise and wander; (2, n)."""
    r = np.arange(0.5, seconds + 1, 60 / rate)
    lead = height * complexes(r, seconds, **shape)
    return (np.stack([lead, 0.7 * lead]) + line(seconds, noise=noise, seed=seed)).astype(np.float32)


def line(seconds: float, *, noise: float = 0.01, wander: float = 0.05, seed: int = 0) -> NDArray[np.float32]:
    """What an amplifier shows of a heart that stands still: wander of some tens of microvolts and a little noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * FS)) / FS
    drift = wander * np.stack([np.sin(2 * np.pi * 0.23 * time + phase) for phase in rng.uniform(0, 6, 2)])
    return (drift + rng.normal(0, noise, drift.shape)).astype(np.float32)


def watch(samples: NDArray[np.float32], tracker: SignsTracker | None = None) -> Signs:
    """What is told of one bed."""
    tracker = tracker or SignsTracker(1, len(samples))
    count = samples.shape[1] // FS * FS
    return join(tracker.take(np.zeros(1, np.intp), samples[None, :, :count], np.zeros(1, np.int64)))


def watch_all(beds: Sequence[NDArray[np.float32]]) -> list[Signs]:
    """What is told of several beds, watched together as long as the shortest."""
    count = min(bed.shape[1] for bed in beds) // FS * FS
    samples = np.stack([bed[:, :count] for bed in beds])
    rows = np.arange(len(beds))
    told = join(SignsTracker(len(beds), samples.shape[1]).take(rows, samples, np.zeros_like(rows)))
    return [of(told, row) for row in rows.tolist()]


def join(told: Sequence[Signs]) -> Signs:
    """All that was told, one after the other."""
    return Signs(*(np.concatenate([getattr(part, name) for part in told]) for name in Signs.__slots__))


def of(signs: Signs, bed: int) -> Signs:
    """What was told of one bed, as if it were bed 0."""
    mine = signs.bed == bed
    parts = {name: getattr(signs, name)[mine] for name in Signs.__slots__}
    return Signs(**{**parts, "bed": np.zeros_like(parts["bed"])})


def same(a: Signs, b: Signs) -> None:
    """Both say the very same, to the last bit."""
    for name in Signs.__slots__:
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


def read(data: Path, record: str, begin: float = 0, end: float | None = None) -> NDArray[np.float32]:
    """A stretch of a record as a bank gives it to a tracker: in mV at 250 Hz; s from begin to end."""
    source = open_record(data / record)
    stop = source.length if end is None else round(end * source.fs)
    start = round(begin * source.fs)
    values, _ = bridge(Scale(source.leads[0])(source.read(start, stop)[0]), np.zeros(len(source.leads[0]), np.float32))
    resample = Resampler(source.fs)
    ring = Ring(1, len(values), values.shape[1])
    ring.write(np.array([0]), np.array([0]), values[None])
    count = int(resample.ready(np.array([values.shape[1]]))[0])
    return np.concatenate(list(_pieces(resample, ring, count)), axis=1)


def _pieces(resample: Resampler, ring: Ring, count: int) -> Iterator[NDArray[np.float32]]:
    for begin in range(0, count, 10 * FS):
        part = np.zeros(1, np.intp), np.array([begin]), min(10 * FS, count - begin)
        yield resample(ring, *part)[0]
