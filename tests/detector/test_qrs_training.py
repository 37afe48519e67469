"""Learning to tell QRS from other peaks."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from detector.conditioning import FS
from detector.judge import MEASURES, Judge
from detector.training.dataset import records
from detector.training.hearts import CHANGES, LEADS, Heart, hearts, simulated
from detector.training.labels import Beats
from detector.training.qrs import Judged, beginner, cross_validate, learn, play, score, train


@pytest.fixture(scope="module")
def beds(annotated: Path) -> list[Heart]:
    """Two records of a minute and a half, and their changed copies."""
    return list(islice(hearts(records([annotated]), [], np.random.default_rng(0)), 8))


def test_each_record_comes_as_it_is_by_lead_and_changed(beds: list[Heart], annotated: Path) -> None:
    assert [heart.scored for heart in beds] == [True, False, False, False] * 2
    assert [heart.patient for heart in beds] == ["sim/a"] * 4 + ["sim/b"] * 4
    assert [heart.samples.shape[0] for heart in beds] == [LEADS] * 8
    for lead in range(LEADS):
        np.testing.assert_array_equal(beds[1 + lead].samples, beds[0].samples[[lead, lead]])
    again = list(islice(hearts(records([annotated]), [], np.random.default_rng(0)), 8))
    np.testing.assert_array_equal(again[3].samples, beds[3].samples)
    assert (beds[3].samples != beds[0].samples).any()


def test_unpaced_records_come_with_noise_too(annotated: Path) -> None:
    sources = records([annotated])
    noise = next(iter(sources.values()))
    first = list(islice(hearts(sources, [noise], np.random.default_rng(0)), 5))
    assert [heart.patient for heart in first] == ["sim/a"] * 5
    assert not first[-1].scored


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("seed", [0, 1])
def test_in_a_changed_copy_the_beats_are_where_it_says(beds: list[Heart], change, seed: int) -> None:
    heart = beds[0]
    samples, beats = change(heart.samples, heart.beats, np.random.default_rng(seed))
    assert samples.shape[0] == LEADS
    assert samples.shape[1] <= heart.samples.shape[1]
    assert len(beats.samples) == len(beats.classes) > 30
    assert beats.samples.max() < samples.shape[1]
    away = np.abs(samples - np.median(samples, axis=1, keepdims=True)).max(0)
    at_beats = [away[max(0, at - 10) : at + 11].max() for at in beats.samples]
    assert np.median(at_beats) > 3 * np.median(away)


def test_simulated_hearts_are_of_all_rates() -> None:
    few = list(islice(simulated(), 3))
    rates = [60 * FS / np.diff(heart.beats.samples).mean() for heart in few]
    np.testing.assert_allclose(rates, [20, 22, 25], rtol=0.05)


def test_peaks_are_named_by_the_reference_but_in_flutter(beds: list[Heart]) -> None:
    heart = beds[0]
    [(_, found, judged)] = play(beginner(), [heart])
    assert judged.measures.shape == (len(judged.qrs), len(MEASURES))
    assert abs(judged.qrs.sum() - len(heart.beats.samples)) <= 3
    assert abs(len(found) - len(heart.beats.samples)) < 10
    flutter = ((30 * int(FS), 60 * int(FS)),)
    other = Heart("x", heart.samples, Beats(heart.beats.samples, heart.beats.classes, flutter), 1.0)
    [(_, _, less)] = play(beginner(), [other])
    assert 0.5 < len(less.qrs) / len(judged.qrs) < 0.8


def test_beds_played_together_are_as_alone(beds: list[Heart]) -> None:
    together = {id(heart): found for heart, found, _ in play(beginner(), beds)}
    for heart in beds:
        [(_, alone, _)] = play(beginner(), [heart])
        np.testing.assert_array_equal(together[id(heart)], alone)


def test_what_can_be_told_apart_is_learned_the_same_each_time() -> None:
    rng = np.random.default_rng(0)
    qrs = rng.random(20_000) < 0.5
    measures = rng.normal(5, 2, (20_000, len(MEASURES))).astype(np.float32)
    measures[:, 3] += 8 * qrs
    judged = [Judged("a", measures[:9000], qrs[:9000], 1.0), Judged("b", measures[9000:], qrs[9000:], 0.3)]
    judge = learn(judged, seed=0)
    assert ((judge(measures.T) > 0) == qrs).mean() > 0.9
    again = learn(judged, seed=0)
    np.testing.assert_allclose(again.weights, judge.weights, atol=1e-5)


def test_rounds_of_playing_and_learning_give_a_net_that_finds_beats(beds: list[Heart]) -> None:
    said: list[str] = []
    judge, judged = train([*beds, *islice(simulated(), 30)], said.append)
    assert isinstance(judge, Judge)
    assert len(said) == 3
    assert {one.patient for one in judged} >= {"sim/a", "sim/b"}
    scored = score([(heart, found) for heart, found, _ in play(judge, beds) if heart.scored], learning=5)
    assert scored.gross["QRS"].f1 > 0.9
    left_out = cross_validate(beds, judged, folds=2, learning=5)
    assert {one.record for one in left_out.records} == {"sim/a", "sim/b"}
    assert left_out.gross["QRS"].f1 > 0.8
