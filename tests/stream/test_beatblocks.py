"""Many beats as one block: all of it comes back, in few bytes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.beatblocks import pack_beats, unpack_beats
from stream.errors import JournalError
from stream.messages import AAMI, Beat


def beat(sample: int, **fields) -> Beat:
    fields = {"label": "N", "probabilities": (0.97, 0.01, 0.01, 0.005, 0.005), "rr": 0.8, "hr": 75.0} | fields
    return Beat(bed="1", stream="a", sample=sample, **fields)


parts = st.integers(0, 10_000).map(lambda n: n / 10_000)
beats = st.builds(
    beat,
    st.integers(-(2**53) + 1, 2**53 - 1),
    label=st.sampled_from(AAMI),
    probabilities=st.one_of(st.just(()), st.tuples(parts, parts, parts, parts, parts)),
    rr=st.one_of(st.none(), st.integers(0, 20_000).map(lambda n: n / 1000)),
    hr=st.one_of(st.none(), st.integers(0, 4000).map(lambda n: n / 10)),
    row=st.one_of(st.none(), st.integers(0, 2**40)),
    truth=st.one_of(st.none(), st.sampled_from(AAMI)),
)


@given(st.lists(beats, max_size=40, unique_by=lambda beat: beat.sample))
def test_all_comes_back_in_order_of_samples(some):
    assert unpack_beats(pack_beats(some), "1", "a") == sorted(some, key=lambda beat: beat.sample)


@pytest.mark.parametrize("number", [math.nan, math.inf, -1.0, 1e300])
def test_numbers_that_make_no_sense_are_left_out(number):
    (read,) = unpack_beats(pack_beats([beat(5, rr=number, hr=number)]), "1", "a")
    assert (read.rr, read.hr) == (None, None)


def test_a_block_is_much_smaller_than_its_beats_on_the_wire():
    some = [
        beat(250 * i + (i * 7919) % 31, rr=0.9 + (i * 7919 % 211) / 1000, hr=60 + (i * 104729 % 97) / 10)
        for i in range(128)
    ]
    assert len(pack_beats(some)) < 12 * len(some)


@pytest.mark.parametrize("block", [b"", b"\x07", b"\x01junk", pack_beats([beat(1), beat(2)])[:-3]])
def test_what_is_no_block_is_told(block):
    with pytest.raises(JournalError, match="expected a block of beats"):
        unpack_beats(block, "1", "a")
