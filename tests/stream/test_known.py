"""What was told before is known; what is new is not."""

import pytest

from stream.known import BEATS, Known
from stream.messages import Alarm, Beat, Bell, Limits, Quality, Rhythm


def beat(sample: int, stream: str = "a") -> Beat:
    return Beat(bed="1", stream=stream, sample=sample, label="N", probabilities=())


def alarm(revision: int, name: str = "a/asystole/5", **fields) -> Alarm:
    fields = {"state": "active", "text": "Asystole"} | fields
    return Alarm(
        bed="1",
        stream="a",
        id=name,
        name="asystole",
        priority="high",
        onset=5,
        announced=9,
        revision=revision,
        **fields,
    )


def rhythm(sample: int, text: str = "Sinus rhythm", stream: str = "a") -> Rhythm:
    return Rhythm(bed="1", stream=stream, sample=sample, text=text)


@pytest.fixture
def known() -> Known:
    return Known()


def test_a_beat_is_news_once(known):
    assert [known.news(beat(sample)) for sample in (100, 300, 100, 300, 500)] == [True, True, False, False, True]
    assert known.news(beat(100, stream="b"))


def test_a_beat_that_was_lost_between_two_others_is_news(known):
    assert all(known.news(beat(sample)) for sample in (100, 500, 300, 10))
    assert not any(known.news(beat(sample)) for sample in (10, 100, 300, 500))
    assert known.last_beat("1", "a") == 500


def test_the_last_minute_at_the_fastest_rate_is_remembered_and_what_is_older_counts_as_known(known):
    samples = range(0, 5 * BEATS * 50, 50)
    assert all(known.news(beat(sample)) for sample in samples)
    assert not any(known.news(beat(sample)) for sample in samples)
    assert known.news(beat(samples[-1] - 25))  # one that was missing, of the last minute


def test_an_alarm_is_news_when_its_revision_is_later(known):
    told = [known.news(alarm(revision)) for revision in (1, 1, 3, 2, 3, 4)]
    assert told == [True, False, True, False, False, True]
    assert known.news(alarm(1, "a/asystole/99"))


def test_an_alarm_stays_known_after_its_end(known):
    known.restore([alarm(1), alarm(2, state="ended", ended=20)])
    assert not known.news(alarm(1))
    assert not known.news(alarm(2, state="ended", ended=20))


def test_words_that_are_the_latest_or_older_are_known(known):
    assert known.news(rhythm(100))
    assert known.news(rhythm(500, "Bigeminy"))
    assert not known.news(rhythm(500, "Bigeminy"))
    assert not known.news(rhythm(100))
    assert known.news(rhythm(0, stream="b"))  # another stream begins
    assert known.news(Quality(bed="1", stream="b", sample=0, leads=("good",)))
    assert not known.news(Quality(bed="1", stream="b", sample=0, leads=("good",), seq=9))


def test_bell_and_limits_are_known_while_they_are_the_same(known):
    for first, other in (
        (Bell(bed="1"), Bell(bed="1", sounds="high")),
        (Limits(bed="1"), Limits(bed="1", preset="af")),
    ):
        assert [known.news(x) for x in (first, first, other, first)] == [True, False, True, True]


def test_knows_the_beds_of_which_something_was_told(known):
    assert not known.has("1")
    known.news(beat(1))
    assert known.has("1")
    assert known.last_beat("2", "a") is None
