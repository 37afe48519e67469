"""Records made harder: their leads in another order or but one, and noise."""

from pathlib import Path

import numpy as np
import pytest
import wfdb
from numpy.typing import NDArray

from detector.training.disturb import SNR, ChosenLeads, disturbed
from detector.training.noise import CLEAN_SECONDS, noise_power, signal_power
from stream.sources.wfdb import WfdbSource, open_record

FS = 50
SECONDS = 460


def record(folder: Path, name: str, leads: NDArray[np.int64], symbol: str = "N") -> WfdbSource:
    """Write a record whose leads are called a, b ..., with a beat a second, and open it."""
    wfdb.wrsamp(
        name,
        fs=FS,
        units=["mV"] * len(leads),
        sig_name=list("abc"[: len(leads)]),
        d_signal=leads.T,
        fmt=["16"] * len(leads),
        adc_gain=[100.0 * (k + 1) for k in range(len(leads))],
        baseline=[0] * len(leads),
        write_dir=str(folder),
    )
    beats = np.arange(FS // 2, leads.shape[1], FS)
    wfdb.wrann(name, "atr", beats, [symbol] * len(beats), fs=FS, write_dir=str(folder))
    return open_record(folder / name)


def pulses(leads: int) -> NDArray[np.int64]:
    """A pulse a second, each lead's of its own height."""
    out = np.zeros((leads, SECONDS * FS), np.int64)
    out[:, FS // 2 :: FS] = 500 * (np.arange(leads) + 1)[:, None]
    return out


@pytest.fixture
def source(tmp_path: Path) -> WfdbSource:
    return record(tmp_path, "r", pulses(2))


@pytest.fixture
def noises(tmp_path: Path) -> list[WfdbSource]:
    """Slow noise and fast noise."""
    rng = np.random.default_rng(0)
    slow = np.repeat(rng.integers(-50, 50, (1, 20 * 100)), FS // 10, axis=1)
    return [record(tmp_path, "slow", slow), record(tmp_path, "fast", rng.integers(-80, 80, (1, 200 * FS)))]


@pytest.mark.parametrize("which", [[0], [2], [1, 0], [2, 0, 1]])
def test_chosen_leads_are_those_of_the_record(tmp_path: Path, which: list[int]) -> None:
    source = record(tmp_path, "r", pulses(3))
    chosen = ChosenLeads(source, which)
    np.testing.assert_array_equal(chosen.read(10, 200), source.read(10, 200)[:, which])
    assert chosen.read(10, 200).dtype == np.int16
    assert chosen.leads == [tuple(source.leads[0][k] for k in which)]
    assert [lead.name for lead in chosen.leads[0]] == ["abc"[k] for k in which]
    assert (chosen.fs, chosen.length, chosen.seekable, chosen.titles) == (FS, SECONDS * FS, True, source.titles)
    assert chosen.marks(0, 20 * FS) == source.marks(0, 20 * FS) != []


def test_without_noise_the_leads_alone_are_disturbed(source: WfdbSource) -> None:
    whole = source.read(0, source.length)[0]
    orders = []
    for seed in range(100):
        hard = disturbed(source, [], np.random.default_rng(seed))
        names = "".join(lead.name for lead in hard.leads[0])
        np.testing.assert_array_equal(hard.read(0, hard.length)[0], whole[["ab".index(name) for name in names]])
        assert hard.marks(0, hard.length) == source.marks(0, source.length)
        orders.append(names)
    assert set(orders) == {"a", "b", "ab", "ba"}
    assert 30 < sum(len(names) == 1 for names in orders) < 70


def test_noise_is_one_of_those_given_at_one_of_the_ratios(source: WfdbSource, noises: list[WfdbSource]) -> None:
    whole, power = source.read(0, source.length)[0], signal_power(source)
    ratios, kinds = set(), set()
    for seed in range(30):
        hard = disturbed(source, noises, np.random.default_rng(seed))
        for row, lead in zip(hard.read(0, hard.length)[0], hard.leads[0], strict=True):
            k = "ab".index(lead.name)
            added = (row.astype(float) - whole[k]) / lead.gain
            begin = round(CLEAN_SECONDS * FS)
            assert not added[:begin].any()
            second = added[begin + FS : begin + 100 * FS].reshape(-1, FS).std(axis=1)
            snr = 10 * np.log10(power[k] / np.mean(second) ** 2)
            ratios.add(min(SNR, key=lambda one, snr=snr: abs(one - snr)))
            assert min(abs(one - snr) for one in SNR) < 1.5
            kinds.add(bool((np.diff(added[begin : begin + 100 * FS]) == 0).mean() > 0.5))
        assert hard.marks(0, hard.length) == source.marks(0, source.length)
    assert ratios == set(SNR)
    assert kinds == {True, False}
    assert (noise_power(noises[0]) > 0).all()


def test_the_same_chance_disturbs_the_same_way(source: WfdbSource, noises: list[WfdbSource]) -> None:
    first, again = (disturbed(source, noises, np.random.default_rng(5)) for _ in range(2))
    assert first.leads == again.leads
    np.testing.assert_array_equal(first.read(0, first.length), again.read(0, again.length))


def test_a_record_without_normal_beats_gets_no_noise(tmp_path: Path, noises: list[WfdbSource]) -> None:
    paced = record(tmp_path, "paced", pulses(1), symbol="/")
    hard = disturbed(paced, noises, np.random.default_rng(0))
    np.testing.assert_array_equal(hard.read(0, hard.length), paced.read(0, paced.length))


def test_one_lead_stays_one(tmp_path: Path) -> None:
    single = record(tmp_path, "s", pulses(1))
    for seed in range(10):
        assert disturbed(single, [], np.random.default_rng(seed)).leads == [single.leads[0]]
