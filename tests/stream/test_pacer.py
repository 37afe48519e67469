import math
from itertools import pairwise

import pytest

from stream.pacer import BLOCK_SECONDS, LATE, TICK, Pacer


def pacer(*, fs: float = 250.0, speed: float = 1.0, first: int = 0, stop: int | None = None, most: int = 25,
          step: float | None = None, now: float = 100.0) -> Pacer:  # fmt: skip
    return Pacer(fs=fs, step=step or BLOCK_SECONDS * fs, first=first, stop=stop, most=most, speed=speed, now=now)


def play(pace: Pacer, now: float, until: float) -> list[tuple[float, int, int]]:
    """Ask for blocks exactly when they are said to be due."""
    blocks = []
    while not pace.done and (wait := pace.wait(now)) is not None and now + wait <= until:
        now += wait
        start, stop = pace.take(now)
        assert start < stop, "a block was said to be due"
        blocks.append((now, start, stop))
    return blocks


def test_a_block_is_due_when_its_last_sample_has_happened() -> None:
    pace = pacer()
    assert pace.wait(100.0) == pytest.approx(0.2)
    assert pace.take(100.19) == (0, 0)
    assert pace.take(100.2) == (0, 50)
    assert pace.wait(100.2) == pytest.approx(0.2)
    assert pace.take(100.3) == (50, 50)


@pytest.mark.parametrize("fs", [128.0, 62.5, 257.3, 360.0])
def test_cuts_are_where_they_are_whatever_the_speed(fs: float) -> None:
    step = BLOCK_SECONDS * fs
    cuts = {7 + round(k * step) for k in range(2000)} | {7 + 9999}
    for speed in (0, 0.1, 1, 3, 10, 77):
        blocks = play(pacer(fs=fs, speed=speed, first=7, stop=7 + 9999), 100.0, math.inf)
        assert blocks[0][1] == 7
        assert blocks[-1][2] == 7 + 9999
        assert all(before[2] == after[1] for before, after in pairwise(blocks))
        assert {stop for _, _, stop in blocks} <= cuts


def test_no_drift_when_every_wait_is_too_long() -> None:
    pace = pacer(fs=257.3)
    now, late = 100.0, 0.0
    while now < 160.0:
        now += (pace.wait(now) or 0.0) + 0.013
        _, stop = pace.take(now)
        late = max(late, now - (100.0 + stop / 257.3))
    assert late < 0.014


@pytest.mark.parametrize("speed", [0.1, 1.0, 2.0, 10.0, 50.0])
def test_speed(speed: float) -> None:
    blocks = play(pacer(speed=speed), 100.0, 130.0)
    assert blocks[-1][2] == pytest.approx(30 * speed * 250, abs=250 * max(0.2, speed * 2 * TICK))
    gaps = [after[0] - before[0] for before, after in pairwise(blocks)]
    assert min(gaps) >= TICK - 1e-6


def test_as_fast_as_possible_never_waits_and_takes_large_blocks() -> None:
    pace = pacer(speed=0, stop=3000)
    assert pace.wait(100.0) == 0
    assert [pace.take(100.0) for _ in range(4)] == [(0, 1250), (1250, 2500), (2500, 3000), (3000, 3000)]
    assert pace.done


def test_a_little_late_is_caught_up_on_cuts() -> None:
    pace = pacer()
    assert not pace.rebase(101.09)
    assert pace.take(101.09) == (0, 250)
    assert pace.wait(101.09) == pytest.approx(0.11)


def test_after_an_outage_play_goes_on_from_where_it_was() -> None:
    pace = pacer()
    assert pace.take(100.2) == (0, 50)
    back = 100.4 + LATE + 1
    assert pace.rebase(back)
    assert pace.take(back) == (50, 50)
    assert pace.wait(back) == pytest.approx(0.2)
    assert pace.clock(back) == 50


def test_pause_keeps_the_phase() -> None:
    pace = pacer()
    pace.take(100.2)
    pace.pause(100.3)
    pace.pause(101.0)
    assert pace.wait(500.0) is None
    assert pace.take(500.0) == (50, 50)
    assert not pace.rebase(500.0)
    pace.resume(500.0)
    pace.resume(500.05)
    assert pace.clock(500.0) == pytest.approx(75)
    assert pace.wait(500.0) == pytest.approx(0.1)


def test_change_of_speed_keeps_the_place() -> None:
    pace = pacer()
    pace.take(100.2)
    pace.set_speed(0.5, 100.3)
    assert pace.wait(100.3) == pytest.approx(0.2)
    assert pace.take(100.5) == (50, 100)
    pace.set_speed(0, 100.5)
    assert pace.take(100.5) == (100, 100 + 25 * 50)
    pace.set_speed(1, 100.6)
    assert pace.wait(100.6) == pytest.approx(0.2)


def test_rows_are_cut_whole() -> None:
    pace = pacer(fs=125.0, step=187.0, stop=3 * 187)
    assert [block[1:] for block in play(pace, 100.0, 200.0)] == [(0, 187), (187, 374), (374, 561)]
