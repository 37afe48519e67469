"""What limits the trust in the screen is said while it is true, and only then; run by Node."""

from collections.abc import Callable
from typing import Any

import pytest

IMPORTS = 'import { Beds } from "./beds.js";\nimport { notices } from "./honesty.js";'
BEDS = """
const beds = new Beds(10);
const lead = { name: "II" };
const hear = (now, ...messages) => beds.take(messages, now);
const open = (bed, more) => ({ kind: "open", bed, stream: "1", fs: 250, leads: [lead], epoch: 0, ...more });
const of = (kind, bed, more) => ({ kind, bed, stream: "1", ...more });
const wave = (bed, start, late = 0) =>
  of("wave", bed, { start, samples: new Uint8Array(500), sent: Date.now() / 1000 - late });
const status = (component, state, more) => ({ kind: "status", component, state, ...more });
hear(0, open("a"), open("b"), status("detector", "ready"));
"""


@pytest.fixture
def said(told: Callable[[str, str], Any]) -> Callable[[str], list[str]]:
    return lambda code: told(IMPORTS, f"{BEDS}{code}; return notices(beds, 1000);")


def test_nothing_is_said_while_all_is_well(said) -> None:
    assert said("hear(0, wave('a', 0, 0.2), of('numerics', 'a', { sample: 125, hr: 70 }))") == []


@pytest.mark.parametrize("state", ["starting", "lost", "error"])
def test_without_a_detector_nothing_is_read(said, state: str) -> None:
    (words,) = said(f"hear(0, status('detector', '{state}'))")
    assert "detector" in words.lower()


def test_a_detector_that_has_failed_is_told_with_its_reason(said) -> None:
    failed = "hear(0, status('detector', 'error', { detail: 'model missing: no model file at mine.keras' }));"
    (words,) = said(failed)
    assert words.endswith("no beats, rates or alarms (model missing: no model file at mine.keras)")
    assert said(f"{failed} hear(0, status('detector', 'ready', {{ detail: 'mine.keras' }}))") == []


def test_waves_that_come_late_are_told_with_the_worst_of_them(said) -> None:
    late = "for (let i = 0; i < 50; i++) hear(0, wave('{bed}', 250 * i, {late}));"
    one = late.format(bed="a", late=3.4)
    assert said(one) == ["a: waves come 3.4 s late"]
    assert said(one + late.format(bed="b", late=5.2)) == ["2 beds: waves come up to 5.2 s late"]
    assert said(one + "hear(0, of('close', 'a', {}))") == []
    assert said(one + late.format(bed="a", late=0.1)) == []


def test_dropped_waves_are_told_for_a_while_and_samples_a_source_left_out_are_not(said) -> None:
    gap = "hear({at}, of('gap', '{bed}', {{ start: 0, stop: 100, reason: '{reason}' }}));"
    assert said(gap.format(at=900, bed="a", reason="slow")) == ["a: waves dropped, this browser is too slow"]
    assert said(gap.format(at=-10_000, bed="a", reason="slow")) == []
    assert said(gap.format(at=900, bed="a", reason="missing")) == []


def test_a_detector_that_lags_is_told_in_seconds_of_the_wall(said) -> None:
    lag = "hear(0, open('c', {{ speed: {speed} }}), wave('c', 2250), of('numerics', 'c', {{ sample: 1500, hr: 70 }}))"
    assert said(lag.format(speed=1)) == ["The detector is 4.0 s behind"]
    assert said(lag.format(speed=50)) == []
    assert said(lag.format(speed=0)) == []


def test_a_source_and_parts_of_the_service_say_what_is_wrong_with_them(said) -> None:
    assert said("hear(0, status('source', 'error', { bed: 'b', detail: 'disk is gone' }))") == ["b: disk is gone"]
    assert said("hear(0, status('journal', 'error', { detail: 'cannot keep records: full' }))") == [
        "Journal: cannot keep records: full"
    ]
    assert said("hear(0, status('keeper', 'lost'))") == ["Keeper of waves: has stopped"]
    assert said("hear(0, status('keeper', 'lost'), status('keeper', 'ready'))") == []
