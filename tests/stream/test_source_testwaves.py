"""The test waves are what their names say: measured on their samples."""

import numpy as np
import pytest

from stream.errors import SourceError
from stream.sources import WaveSource
from stream.sources.testwaves import FS, GAIN, ONSET, RANGE, SECONDS, Reads, all_waves, pulses, train, triangle

WAVES = {wave.name: wave for wave in all_waves()}


def stretch(name: str, begin: float, end: float) -> np.ndarray:
    """Samples in mV as a bed would get them."""
    return WAVES[name].read(round(begin * FS), round(end * FS))[0, 0] / GAIN


def test_each_is_a_source_of_its_own_name() -> None:
    assert len(WAVES) == len(all_waves())
    for wave in WAVES.values():
        source: WaveSource = wave
        assert source.titles == (wave.name,)
        assert source.length == SECONDS * FS
        assert source.read(0, 10).shape == (1, 1, 10)
        assert [mark.sample for mark in source.marks(0, source.length)] == np.rint(wave.beats * FS).tolist()
        assert wave.reads or wave.alarms
        with pytest.raises(SourceError, match=r"expected a stretch within 30000 samples, got 29999 to 30001"):
            source.read(29_999, 30_001)


@pytest.mark.parametrize(("height", "width"), [(0.5, 40), (5, 120), (-5, 70)])
def test_qrs_have_height_and_width(height: float, width: float) -> None:
    lead = stretch(f"QRS {height:g} mV {width:g} ms", 1.5, 2.0)  # one beat
    assert lead[np.abs(lead).argmax()] == pytest.approx(height, rel=0.1)
    assert np.count_nonzero(lead) / FS == pytest.approx(width / 1000, abs=0.004)


def test_tall_t_has_height_width_and_qt() -> None:
    lead = stretch("T 1.2 mV at 40", 2.4, 3.2)
    r = int(lead[:100].argmax())
    tee = np.flatnonzero(lead[r + 26 :] > 0.01) + r + 26
    assert lead[r] == pytest.approx(1.0, abs=0.05)
    assert lead[tee].max() == pytest.approx(1.2, abs=0.01)
    assert len(tee) / FS == pytest.approx(0.18, abs=0.006)
    assert (tee[-1] - r) / FS + 0.05 == pytest.approx(0.35, abs=0.006)


@pytest.mark.parametrize(("name", "rate"), [("rate 30", 30), ("rate 300", 300), ("80 to 40", 40), ("80 to 120", 120)])
def test_rates_are_what_they_are_called(name: str, rate: float) -> None:
    late = WAVES[name].beats[WAVES[name].beats > ONSET]
    assert 60 / np.diff(late).mean() == pytest.approx(rate, rel=0.01)


@pytest.mark.parametrize("family", ["3a", "3b", "3c", "3d"])
def test_irregular_rhythms_have_their_mean_rate(family: str) -> None:
    wave = next(wave for name, wave in WAVES.items() if name.startswith(family))
    assert 60 / np.diff(wave.beats).mean() == pytest.approx(wave.reads[0].rate, rel=0.02)


@pytest.mark.parametrize(("name", "height", "rate"), [("4a", 1.0, 206), ("4b", 2.0, 195)])
def test_tachycardias_have_height_and_rate_and_follow_triangles(name: str, height: float, rate: float) -> None:
    for size, factor in (("half", 0.5), ("full", 1.0), ("double", 2.0)):
        lead = stretch(f"{name} {size} size", ONSET, SECONDS)
        assert np.ptp(lead) == pytest.approx(factor * height, rel=0.1)
        power = np.abs(np.fft.rfft(lead - lead.mean()))
        assert 60 * np.fft.rfftfreq(len(lead), 1 / FS)[power.argmax()] == pytest.approx(rate, abs=2)
        assert np.ptp(stretch(f"{name} {size} size", 0, ONSET - 1)) == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize("height", [2.0, -20.0])
@pytest.mark.parametrize("width", [0.1, 2.0])
def test_pulses_keep_their_area_wherever_they_fall(height: float, width: float) -> None:
    for at in (1.0, 1.0007, 1.0019):
        lead = pulses(np.array([at]), height, width)
        assert lead.sum() / FS * 1000 == pytest.approx(height * width)
        assert np.count_nonzero(np.round(lead, 6)) <= 2


def test_a_tail_is_small_opposite_and_dies_away() -> None:
    lead = pulses(np.array([1.0]), 20.0, 2.0, 0.025)
    after = lead[round(1.0 * FS) + 2 :]
    assert after[0] == pytest.approx(-0.5)
    assert after[round(0.05 * FS)] == pytest.approx(-0.5 / np.e, rel=0.01)
    assert pulses(np.array([1.0]), -700.0, 2.0, 0.25).max() == pytest.approx(2.0)


def test_what_is_too_high_is_cut_off() -> None:
    assert np.abs(stretch("paced 700 mV 2 ms", 0, SECONDS)).max() == RANGE


def test_a_shape_is_put_at_each_beat() -> None:
    lead = train(np.array([0.01, 30.0, 59.99]), triangle(2.0, 0.1))
    assert lead[15_000] == 2.0
    assert (lead[0], lead[-1]) == (pytest.approx(1.6), pytest.approx(1.68))


def test_rates_are_held_to_the_standards_tolerance() -> None:
    assert [Reads(0, 1, 80).tolerates(rate) for rate in (72, 88, 71.9, 88.1, None)] == [True, True, False, False, False]
    assert [Reads(0, 1, 30).tolerates(rate) for rate in (25, 35, 36)] == [True, True, False]
    assert [Reads(0, 1, None).tolerates(rate) for rate in (None, 30)] == [True, False]
