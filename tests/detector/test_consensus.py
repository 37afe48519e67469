"""What was said of a family's last beats, and what it makes of this one."""

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.consensus import KEPT, LAST, Consensus
from detector.rows import Floats
from stream.messages import AAMI

V = AAMI.index("V")
SURE_V, SURE_N, UNSURE = (0.02, 0.02, 0.96, 0.0, 0.0), (0.96, 0.02, 0.02, 0.0, 0.0), (0.4, 0.2, 0.4, 0.0, 0.0)


def said(*beats: tuple[float, ...]) -> Floats:
    return np.array(beats, np.float32)


def family(*numbers: int) -> NDArray[np.int64]:
    return np.array(numbers, np.int64)


@pytest.mark.parametrize(("others", "label"), [(SURE_V, "V"), (SURE_N, "N")])
def test_a_doubtful_beat_is_called_what_others_of_its_shape_were(others: tuple[float, ...], label: str) -> None:
    settled = Consensus().settle(["a"] * 11, family(*[1] * 11), said(*[others] * 10, UNSURE))
    assert AAMI[settled[-1].argmax()] == label
    assert settled.sum(-1) == pytest.approx(1, abs=2e-4)
    assert settled[-1, 0] / settled[-1, 1] == pytest.approx(2, rel=0.01)  # of rhythm nothing is said
    np.testing.assert_allclose(settled[:10], said(*[others] * 10), atol=1e-3)  # they are of one mind


def test_others_of_the_family_do_not_outvote_a_beat_the_model_is_sure_of() -> None:
    settled = Consensus().settle(["a"] * 31, family(*[1] * 31), said(*[UNSURE] * 30, SURE_V))
    assert settled[-1, V] > 0.75


def test_the_first_of_a_shape_and_other_shapes_and_beds_are_as_the_model_said() -> None:
    consensus = Consensus()
    consensus.settle(["a"] * 10, family(*[1] * 10), said(*[SURE_V] * 10))
    for bed, number in (("a", 2), ("b", 1)):
        np.testing.assert_array_equal(consensus.settle([bed], family(number), said(UNSURE)), said(UNSURE))
    consensus.forget("a")
    consensus.forget("c")  # never heard of
    np.testing.assert_array_equal(consensus.settle(["a"], family(1), said(UNSURE)), said(UNSURE))


def test_neither_company_nor_how_beats_were_cut_into_calls_matters() -> None:
    rng = np.random.default_rng(0)
    chances = rng.dirichlet(np.full(5, 0.3), 300).astype(np.float32)
    beds, shapes = rng.choice(["a", "b", "c"], 300), rng.integers(0, 4, 300)
    together = Consensus().settle(beds.tolist(), shapes, chances)
    alone, by_one = Consensus(), Consensus()
    mine = beds == "b"
    np.testing.assert_array_equal(alone.settle(["b"] * int(mine.sum()), shapes[mine], chances[mine]), together[mine])
    singly = [by_one.settle([beds[k]], shapes[[k]], chances[[k]]) for k in range(300)]
    np.testing.assert_array_equal(np.concatenate(singly), together)


def test_a_family_changes_its_mind() -> None:
    consensus = Consensus()
    consensus.settle(["a"] * 500, family(*[1] * 500), said(*[SURE_N] * 500))
    consensus.settle(["a"] * 3 * LAST, family(*[1] * 3 * LAST), said(*[SURE_V] * 3 * LAST))
    assert consensus.settle(["a"], family(1), said(UNSURE))[0].argmax() == V


def test_families_not_seen_for_long_are_forgotten() -> None:
    consensus = Consensus()
    consensus.settle(["a"] * 10, family(*[0] * 10), said(*[SURE_V] * 10))
    consensus.settle(["a"] * KEPT, np.arange(1, KEPT + 1), said(*[SURE_N] * KEPT))
    np.testing.assert_array_equal(consensus.settle(["a"], family(0), said(UNSURE)), said(UNSURE))


def test_what_is_no_number_or_sure_stays_so() -> None:
    nothing, all_v = (0.0,) * 5, (0.0, 0.0, 1.0, 0.0, 0.0)
    settled = Consensus().settle(["a"] * 3, family(1, 1, 1), said(nothing, all_v, SURE_N))
    np.testing.assert_array_equal(settled[:2], said(nothing, all_v))
    assert np.isfinite(settled).all()
