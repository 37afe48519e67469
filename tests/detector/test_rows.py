"""State as arrays over beds."""

import numpy as np
import pytest

from detector.rows import Ring, Rows


class Counts(Rows):
    count: np.ndarray

    def fresh(self, beds: int) -> dict[str, np.ndarray]:
        return {"count": np.full(beds, -1)}


def test_rows_grow_and_are_reset_by_themselves() -> None:
    counts = Counts(2)
    counts.count[:] = 5
    counts.grow(2)
    assert counts.count.tolist() == [5, 5, -1, -1]
    counts.count[:] = 7
    counts.reset(np.array([1, 3]))
    assert counts.count.tolist() == [7, -1, 7, -1]


def test_a_kind_of_rows_must_say_what_is_fresh() -> None:
    with pytest.raises(TypeError, match="fresh"):
        Rows(1)


def test_a_ring_keeps_the_last_samples_of_each_bed_where_they_were_written() -> None:
    ring = Ring(3, 2, 10)
    for start in range(0, 28, 4):
        numbers = np.arange(start, start + 4, dtype=np.float32)
        ring.write(np.array([2, 0]), np.array([start, start + 3]), np.stack([[numbers, -numbers], [numbers, -numbers]]))
    np.testing.assert_array_equal(ring.read(np.array([2]), np.array([18]), 10)[0, 0], np.arange(18, 28))
    np.testing.assert_array_equal(ring.read(np.array([0]), np.array([22]), 9)[0, 1], -np.arange(19, 28))
    assert not ring.values[1].any()


def test_after_stop_the_last_sample_stands() -> None:
    ring = Ring(1, 1, 8)
    ring.write(np.array([0]), np.array([0]), np.arange(6, dtype=np.float32)[None, None])
    got = ring.read(np.array([0]), np.array([3]), 5, stop=np.array([5]))
    assert got[0, 0].tolist() == [3, 4, 4, 4, 4]


def test_samples_can_be_read_some_apart() -> None:
    ring = Ring(2, 1, 10)
    ring.write(np.array([1]), np.array([8]), np.arange(8, 18, dtype=np.float32)[None, None])
    got = ring.read(np.array([1]), np.array([8]), 4, every=3)
    assert got[0, 0].tolist() == [8, 11, 14, 17]


def test_a_ring_grows_and_forgets() -> None:
    ring = Ring(1, 1, 4)
    ring.write(np.array([0]), np.array([0]), np.ones((1, 1, 4), np.float32))
    ring.grow(1)
    assert ring.values[:, :, 0].tolist() == [[1] * 4, [0] * 4]
    ring.reset(np.array([0]))
    assert not ring.values.any()
