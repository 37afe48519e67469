"""Noise added to records: how much, where, and what is said when it cannot be."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import wfdb
from numpy.typing import NDArray

from detector.physical import Scale
from detector.training.noise import noise_power, noisy, signal_power
from stream.errors import SourceError
from stream.messages import MISSING
from stream.sources.wfdb import WfdbSource, open_record

FS = 100
QRS = 500
"""Height of the pulses that stand for QRS, in digital steps (200 a mV)."""


def record(
    folder: Path, name: str, leads: NDArray[np.int64], fs: float = FS, beats: list[int] | None = None, symbol: str = "N"
) -> WfdbSource:
    """Write a record of some leads, with beats, and open it."""
    wfdb.wrsamp(
        name,
        fs=fs,
        units=["mV"] * len(leads),
        sig_name=[f"lead {k}" for k in range(len(leads))],
        d_signal=leads.T,
        fmt=["16"] * len(leads),
        adc_gain=[200.0] * len(leads),
        baseline=[0] * len(leads),
        write_dir=str(folder),
    )
    if beats:
        wfdb.wrann(name, "atr", np.array(beats), [symbol] * len(beats), fs=fs, write_dir=str(folder))
    return open_record(folder / name)


def pulses(seconds: int, height: int = QRS, fs: int = FS) -> tuple[NDArray[np.int64], list[int]]:
    """A pulse each second."""
    lead = np.zeros(seconds * fs, np.int64)
    beats = list(range(fs // 2, seconds * fs, fs))
    lead[beats] = height
    return lead, beats


def square(seconds: int, size: int, fs: int = FS) -> NDArray[np.int64]:
    """A square wave whose RMS is its size: up, down, up, down ..."""
    return np.resize([size, -size], seconds * fs).astype(np.int64)


@pytest.fixture
def clean(tmp_path: Path) -> WfdbSource:
    """Sixteen minutes of pulses, 2.5 and 1 mV high."""
    one, beats = pulses(960)
    return record(tmp_path, "clean", np.stack([one, pulses(960, 200)[0]]), beats=beats)


@pytest.fixture
def hiss(tmp_path: Path) -> WfdbSource:
    """Noise of 0.25 mV RMS, 100 s long."""
    return record(tmp_path, "hiss", square(100, 50)[None])


def test_signal_and_noise_are_measured_as_by_hand(clean: WfdbSource, hiss: WfdbSource) -> None:
    np.testing.assert_allclose(signal_power(clean), [2.5**2 / 8, 1 / 8], rtol=1e-6)
    np.testing.assert_allclose(noise_power(hiss), [0.25**2], rtol=1e-6)


def test_the_largest_and_smallest_twentieth_do_not_count(tmp_path: Path) -> None:
    lead, beats = pulses(400)
    lead[beats[:5]], lead[beats[5:10]] = 5000, 1
    lead[beats[300:]] = 5000  # only 300 are measured, of which 15 are dropped on each side
    np.testing.assert_allclose(signal_power(record(tmp_path, "r", lead[None], beats=beats)), 2.5**2 / 8, rtol=1e-6)
    noise = square(400, 50)
    noise[: 15 * FS] = square(15, 5000)
    noise[300 * FS :] = 0
    np.testing.assert_allclose(noise_power(record(tmp_path, "n", noise[None])), 0.25**2, rtol=1e-6)


@pytest.mark.parametrize("snr", [12.0, 6.0, 0.0, -6.0])
def test_the_ratio_is_the_one_asked_for_in_each_lead(clean: WfdbSource, hiss: WfdbSource, snr: float) -> None:
    source = noisy(clean, hiss, snr)
    start, stop = 310 * FS, 400 * FS
    added = source.read(start, stop)[0].astype(float) - clean.read(start, stop)[0]
    power = (added / 200).var(axis=1)
    np.testing.assert_allclose(10 * np.log10(signal_power(clean) / power), snr, atol=0.25)  # whole steps


def test_it_is_clean_for_five_minutes_and_then_noisy_every_other_two(clean: WfdbSource, hiss: WfdbSource) -> None:
    source = noisy(clean, hiss, 6)
    added = source.read(0, source.length)[0].astype(int) - clean.read(0, clean.length)[0]
    moves = np.abs(np.diff(added[0], append=added[0, -1])) > 10
    noisy_seconds = np.flatnonzero(moves.reshape(-1, FS).mean(1) > 0.9)
    np.testing.assert_array_equal(noisy_seconds, [*range(300, 420), *range(540, 660), *range(780, 900)])
    assert not added[:, : 300 * FS].any()


def test_no_step_where_noise_begins_or_ends_or_begins_again(tmp_path: Path) -> None:
    lead, beats = pulses(700)
    clean = record(tmp_path, "c", lead[None], beats=beats)
    slope = 4 * np.arange(50 * FS)  # from 0 to 100 mV in 50 s, then again
    source = noisy(clean, record(tmp_path, "n", slope[None]), 30)
    added = source.read(0, source.length)[0].astype(int) - clean.read(0, clean.length)[0]
    assert set(np.diff(added[0])) == {0, 1}
    assert added[0, 420 * FS] == added[0, 540 * FS] > 1000
    assert added[0, 659 * FS] > 1.9 * added[0, 540 * FS]


def test_however_it_is_cut(clean: WfdbSource, hiss: WfdbSource) -> None:
    source = noisy(clean, hiss, 0)
    whole = source.read(290 * FS, 560 * FS)
    cuts = [290 * FS, 300 * FS - 1, 300 * FS, 300 * FS + 1, 420 * FS, 555 * FS, 560 * FS]
    parts = [source.read(a, b) for a, b in pairwise(cuts)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=2), whole)


def test_noise_of_another_rate_is_resampled(clean: WfdbSource, tmp_path: Path) -> None:
    time = np.arange(100 * 360) / 360
    hum = record(tmp_path, "hum", np.rint(200 * np.sin(2 * np.pi * 5 * time)).astype(np.int64)[None], fs=360)
    source = noisy(clean, hum, 0)
    start, stop = 310 * FS, 350 * FS
    added = source.read(start, stop)[0, 0].astype(float) - clean.read(start, stop)[0, 0]
    power = np.abs(np.fft.rfft(added - added.mean())) ** 2
    assert np.fft.rfftfreq(len(added), 1 / FS)[power.argmax()] == pytest.approx(5)
    assert power.max() / power.sum() > 0.99
    assert 10 * np.log10(signal_power(clean)[0] / (added / 200).var()) == pytest.approx(0, abs=0.1)


def test_leads_beyond_those_of_the_noise_take_them_again(tmp_path: Path) -> None:
    lead, beats = pulses(400)
    clean = record(tmp_path, "c", np.stack([lead, lead, lead]), beats=beats)
    noise = record(tmp_path, "n", np.stack([square(60, 50), np.repeat(square(30, 50), 2)]))
    added = noisy(clean, noise, 6).read(310 * FS, 320 * FS)[0].astype(int) - clean.read(310 * FS, 320 * FS)[0]
    np.testing.assert_array_equal(added[0], added[2])
    assert (added[0] != added[1]).any()


def test_missing_samples_stay_missing_and_clipped_ones_are_not(tmp_path: Path, hiss: WfdbSource) -> None:
    lead, beats = pulses(400)
    lead[310 * FS : 311 * FS] = MISSING
    lead[320 * FS : 321 * FS] = -32760
    source = noisy(record(tmp_path, "r", lead[None], beats=beats), hiss, -10)
    assert (source.read(310 * FS, 311 * FS) == MISSING).all()
    assert (source.read(311 * FS, 312 * FS) != MISSING).all()
    loud = source.read(320 * FS, 321 * FS)
    assert loud.min() == -32767
    assert loud.max() < -30000


def test_all_else_is_the_record_s(clean: WfdbSource, hiss: WfdbSource) -> None:
    source = noisy(clean, hiss, 6)
    assert (source.leads, source.fs, source.length, source.seekable) == (clean.leads, clean.fs, clean.length, True)
    assert source.marks(0, source.length) == clean.marks(0, clean.length)
    assert "hiss at 6 dB" in source.titles[0]


@pytest.mark.parametrize("symbol", ["V", "+"])
def test_without_a_normal_beat_there_is_no_ratio(tmp_path: Path, hiss: WfdbSource, symbol: str) -> None:
    lead, beats = pulses(60)
    with pytest.raises(SourceError, match="expected normal beats in its reference annotations, found none"):
        noisy(record(tmp_path, "r", lead[None], beats=beats, symbol=symbol), hiss, 6)


def test_flat_leads_and_no_noise_are_refused(tmp_path: Path, clean: WfdbSource) -> None:
    lead, beats = pulses(60)
    flat = record(tmp_path, "flat", np.stack([lead, 0 * lead]), beats=beats)
    with pytest.raises(SourceError, match="lead 1 is flat"):
        noisy(flat, clean, 6)
    with pytest.raises(SourceError, match="lead 0 is flat"):
        noisy(clean, record(tmp_path, "none", np.zeros((1, 1000), np.int64)), 6)
    with pytest.raises(SourceError, match="a second of noise or more"):
        noisy(clean, record(tmp_path, "short", np.ones((1, 50), np.int64)), 6)


@pytest.mark.records
@pytest.mark.parametrize(("name", "snr"), [("118", 6.0), ("119", -6.0)])
def test_records_of_the_noise_stress_test(data: Path, name: str, snr: float) -> None:
    clean, em = open_record(data / "mitdb" / name), open_record(data / "nstdb" / "em")
    source = noisy(clean, em, snr)
    start, stop = round(300 * clean.fs), round(420 * clean.fs)
    scale = Scale(clean.leads[0])
    added = scale(source.read(start, stop)[0]) - scale(clean.read(start, stop)[0])
    given = Scale(em.leads[0])(em.read(start, stop)[0])  # noise and record run together
    normal = [mark.sample for mark in clean.marks(0, clean.length) if mark.symbol in "NLR"][:300]
    whole = scale(clean.read(0, clean.length)[0])
    for lead in range(2):
        heights = np.sort([np.ptp(whole[lead, at - 18 : at + 19]) for at in normal])
        rms = np.sort([second.std() for second in Scale(em.leads[0])(em.read(0, 300 * 360)[0])[lead].reshape(300, 360)])
        drop = len(heights) // 20
        factor = np.sqrt(
            (heights[drop : len(heights) - drop].mean() ** 2 / 8) / (rms[15:-15].mean() ** 2 * 10 ** (snr / 10))
        )
        np.testing.assert_allclose(added[lead], factor * (given[lead] - given[lead, 0]), atol=0.006)
    assert not (source.read(0, start) != clean.read(0, start)).any()
