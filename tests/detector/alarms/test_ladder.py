"""What can still be told, by how good the leads are."""

import numpy as np

from detector.alarms.ladder import LEAD_STATES, Analysis, Ladder
from detector.quality import LeadState

ROW = np.array([0])


def take(ladder: Ladder, lead: tuple[int, ...], usable: bool = True, noisy: float = 0.0) -> bool:
    told = ladder.take(ROW, np.array([lead], np.int8), np.array([usable]), np.array([noisy], np.float32))
    return bool(told[0])


def test_the_words_are_those_of_the_leads() -> None:
    assert [state.name.lower() for state in LeadState] == list(LEAD_STATES)


def test_a_state_is_told_once_it_has_settled() -> None:
    ladder = Ladder(1)
    assert take(ladder, (0, 0))
    assert ladder.states(0) == ("good", "good")
    assert not take(ladder, (0, 1))
    assert not take(ladder, (0, 0))
    assert not take(ladder, (0, 1))
    assert take(ladder, (0, 1))
    assert ladder.states(0) == ("good", "noisy")


def test_noise_leaves_the_lethal_then_nothing() -> None:
    ladder = Ladder(1)
    take(ladder, (0, 0))
    for _ in range(3):
        assert ladder.analysis[0] == Analysis.FULL
        take(ladder, (1, 1))
    assert ladder.analysis[0] == Analysis.LETHAL
    take(ladder, (1, 1), noisy=0.66)
    assert ladder.analysis[0] == Analysis.LETHAL
    take(ladder, (1, 1), noisy=0.67)
    assert ladder.analysis[0] == Analysis.SUSPENDED
    take(ladder, (0, 0), noisy=0.6)
    assert ladder.analysis[0] == Analysis.SUSPENDED
    take(ladder, (0, 0), noisy=0.4)
    assert ladder.analysis[0] == Analysis.FULL


def test_mains_hum_is_no_noise_and_one_clear_lead_is_enough() -> None:
    ladder = Ladder(1)
    for _ in range(10):
        take(ladder, (2, 1))
    assert ladder.analysis[0] == Analysis.FULL


def test_without_any_lead() -> None:
    ladder = Ladder(1)
    for _ in range(5):
        take(ladder, (5, 5), usable=False, noisy=1.0)
    assert ladder.analysis[0] == Analysis.OFF
    assert (ladder.usable[0], ladder.unusable[0]) == (0, 5)
