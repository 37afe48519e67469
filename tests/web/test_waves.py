"""What is kept of a bed's waves and beats: read from a real archive and journal, told in the words of the feed."""

from pathlib import Path

import numpy as np
import pytest
from past import EPOCH, FS, beat, opened, write_archive, write_journal

from stream.errors import CardioVisionError
from stream.messages import AAMI, Beat, Open, Wave, unpack_wave
from web.settings import Settings
from web.trend import POINTS, count_hours, thin
from web.waves import LONGEST_WAVES, kept_trend, kept_waves

FEED = "ws://127.0.0.1:8765"
FIRST = 5000


def samples() -> np.ndarray:
    """Sixty seconds of two leads whose samples number themselves."""
    numbers = np.arange(round(60 * FS))
    return np.stack([numbers, -numbers])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A minute of waves from sample 5000 on, and beats each 200 samples, every tenth a V."""
    beats = [beat(at, "V" if n % 10 == 9 else "N", rr=0.8, hr=75.0) for n, at in enumerate(range(FIRST, 15_000, 200))]
    journal = write_journal(tmp_path / "journal.sqlite", [(EPOCH, word) for word in (opened(), *beats)])
    return Settings(FEED, journal, write_archive(tmp_path, FIRST, samples()))


def columns(told) -> tuple[np.ndarray, ...]:
    return tuple(np.frombuffer(data, kind) for data, kind in zip(
        (told.times, told.rr, told.hr, told.labels), ("<f8", "<f4", "<f4", "u1"), strict=True
    ))  # fmt: skip


def test_waves_and_their_beats_come_as_the_feed_told_them(settings: Settings) -> None:
    begin = EPOCH + (FIRST + 1000) / FS
    stream, wave, *beats = kept_waves(settings, "1", begin, begin + 4)
    assert isinstance(stream, Open)
    assert (stream.stream, stream.first) == ("a", 6000)
    assert isinstance(wave, Wave)
    assert wave.start == 6000
    np.testing.assert_array_equal(unpack_wave(wave.samples, 2), samples()[:, 1000:2000])
    assert [(one.sample, one.label) for one in beats if isinstance(one, Beat)] == [
        (6000, "N"), (6200, "N"), (6400, "N"), (6600, "N"), (6800, "V")
    ]  # fmt: skip
    assert beats[0].probabilities[0] == pytest.approx(0.96)


def test_without_a_journal_the_beats_are_the_records_own(settings: Settings) -> None:
    told = kept_waves(Settings(FEED, None, settings.archive), "1", EPOCH, EPOCH + 60)
    assert [(one.sample, one.label) for one in told if isinstance(one, Beat)] == [(5500, "N"), (5700, "V")]


@pytest.mark.parametrize(
    ("bed", "begin", "length", "expected"),
    [
        ("1", EPOCH + 1000, 10, "nothing is kept of bed '1'"),
        ("2", EPOCH, 10, "there are: 1"),
        ("1", EPOCH, LONGEST_WAVES + 1, "at most 120 s"),
        ("1", EPOCH, 0, "expected a period"),
        ("1", float("nan"), 10, "expected a period"),
        ("1", -1e10, 10, "nothing is kept"),
        ("1", 1e18, 1e3, "expected a period"),
    ],
)
def test_what_cannot_be_had_is_said(settings: Settings, bed: str, begin: float, length: float, expected: str) -> None:
    with pytest.raises(CardioVisionError, match=expected):
        kept_waves(settings, bed, begin, begin + length)


def test_a_screen_that_knows_of_no_past_says_what_it_lacks() -> None:
    with pytest.raises(CardioVisionError, match="--folder"):
        kept_waves(Settings(FEED), "1", EPOCH, EPOCH + 10)
    with pytest.raises(CardioVisionError, match="--journal"):
        kept_trend(Settings(FEED), "1", EPOCH, EPOCH + 10, 0)
    for offset in (1e9, float("nan")):
        with pytest.raises(CardioVisionError, match="time zone"):
            kept_trend(Settings(FEED), "1", EPOCH, EPOCH + 10, offset)


def test_a_trend_has_the_beats_of_its_period_and_counts_them_by_hour(settings: Settings) -> None:
    told = kept_trend(settings, "1", EPOCH + 24, EPOCH + 3600, 0)
    times, rr, hr, labels = columns(told)
    assert times[0] == EPOCH + 24
    assert told.last == times[-1] == EPOCH + 14_800 / FS
    assert told.total == 45
    np.testing.assert_allclose(rr, 0.8, rtol=1e-6)
    np.testing.assert_allclose(hr, 75)
    assert (labels == AAMI.index("V")).sum() == 5
    assert told.hours == [(EPOCH - EPOCH % 3600, [40, 0, 5, 0, 0])]


def test_hours_are_those_of_the_viewers_clocks() -> None:
    times = np.array([0.0, 1799.0, 1801.0, 3601.0])
    labels = np.array([0, 2, 2, 4], np.uint8)
    assert count_hours(times, labels) == [(0.0, [1, 0, 2, 0, 0]), (3600.0, [0, 0, 0, 0, 1])]
    assert count_hours(times, labels, 1800.0) == [(-1800.0, [1, 0, 1, 0, 0]), (1800.0, [0, 0, 1, 0, 1])]


def test_hours_of_beats_are_thinned_to_what_a_picture_shows() -> None:
    rng = np.random.default_rng(3)
    rr = rng.uniform(0.6, 0.9, 40_000).astype(np.float32)
    times = np.cumsum(rr, dtype=np.float64)
    labels = np.zeros(len(rr), np.uint8)
    ectopic = rng.choice(len(rr), 40, replace=False)
    labels[ectopic] = 2
    rr[::997] = np.nan
    chosen = thin(times, rr, labels, (times[-1] - times[0]) / POINTS)
    assert len(chosen) <= 2 * (POINTS + 1) + len(ectopic)
    assert set(ectopic[np.isfinite(rr[ectopic])]) <= set(chosen)  # two of them in one stretch: both are told
    assert np.nanmin(rr[chosen]) == np.nanmin(rr)
    assert np.nanmax(rr[chosen]) == np.nanmax(rr)
    assert (np.diff(chosen) > 0).all()


@pytest.mark.parametrize("rr", [[], [np.nan], [np.nan, np.nan], [0.8, np.nan]])
def test_thinning_takes_beats_without_rr(rr: list[float]) -> None:
    times = np.arange(len(rr), dtype=float)
    chosen = thin(times, np.array(rr, np.float32), np.zeros(len(rr), np.uint8), 100.0)
    assert len(chosen) == (len(rr) > 0)
