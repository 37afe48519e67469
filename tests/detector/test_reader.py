"""What the detector answers to what it hears."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from beds import simulate

from detector.conditioning import FS
from detector.reader import Reader
from detector.reasons import GROUPS
from detector.segmentation import AFTER, BEFORE
from stream.messages import (
    AAMI,
    Beat,
    Close,
    CutBeat,
    Explain,
    Explanation,
    Lead,
    Message,
    Numerics,
    Open,
    Status,
    Wave,
    pack,
    unpack_floats,
)

GAIN = 200.0
LEADS = (Lead(name="II", gain=GAIN), Lead(name="V1", gain=GAIN))
BIGEMINY = "{sinus: {rate: 75}, seconds: 10}, {pvc: {rate: 80, every: 4}, seconds: 300}"


@pytest.fixture(scope="module")
def ecg() -> np.ndarray:
    """40 s of one bed at 360 Hz: sinus rhythm, then every fourth beat ventricular."""
    return np.rint(simulate(BIGEMINY, 40, fs=360)[0] * GAIN).astype(np.int16)


@pytest.fixture
def reader(classifiers) -> Reader:
    return Reader(classifiers["stream"], classifiers["row"])


def opened(bed: str = "a", stream: str = "1", **fields: Any) -> Open:
    return Open(**({"bed": bed, "stream": stream, "fs": 360.0, "leads": LEADS, "epoch": 1.7e9} | fields))


def waves(ecg: np.ndarray, bed: str = "a", stream: str = "1", first: int = 0, step: int = 360) -> Iterator[Wave]:
    for at in range(0, ecg.shape[1], step):
        yield Wave(bed=bed, stream=stream, start=first + at, samples=pack(ecg[:, at : at + step]))


def closed(bed: str = "a", stream: str = "1", sample: int = 0) -> Close:
    return Close(bed=bed, stream=stream, sample=sample)


def played(reader: Reader, *messages: Message) -> list[Message]:
    """What is said to messages that come one by one."""
    return [said for message in messages for said in reader.take([message])]


def only(kind: type[Any], said: list[Message], bed: str = "a") -> list[Any]:
    return [message for message in said if type(message) is kind and message.bed == bed]


def test_beats_are_named_and_numbered(reader, ecg) -> None:
    said = played(reader, opened(), *waves(ecg), closed())
    beats = only(Beat, said)
    truth = simulate(BIGEMINY, 40, fs=360)
    assert np.abs(np.array([b.sample for b in beats]) - truth[1]).max() <= 0.012 * 360
    assert [b.label for b in beats] == ["V" if symbol == "V" else "N" for symbol in truth[2]]
    assert {b.stream for b in beats} == {"1"}
    for beat, before in zip(beats[1:], beats, strict=False):
        assert beat.rr == pytest.approx((beat.sample - before.sample) / 360, abs=0.006)
        assert sum(beat.probabilities) == pytest.approx(1, abs=3e-4)
        assert beat.probabilities[AAMI.index(beat.label)] == max(beat.probabilities)
    assert beats[0].rr is None
    assert beats[-1].hr == pytest.approx(80, abs=3)


def test_events_do_not_depend_on_pace_or_on_neighbours(reader, classifiers, ecg) -> None:
    """Beats, probabilities and all, whatever the blocks and frames, alone or among others."""
    alone = only(Beat, played(reader, opened(), *waves(ecg), closed()))
    ward = Reader(classifiers["stream"], classifiers["row"])
    others = {f"{n}": np.roll(ecg, 97 * n, axis=1)[:, : 12 * 360] for n in range(64)}
    mine = list(waves(ecg, step=801))
    theirs = [list(waves(other, bed=name, step=350)) for name, other in others.items()]
    said = ward.take([opened(), *(opened(name) for name in others)])
    for turn in range(max(len(mine), len(theirs[0]))):
        said += ward.take([*mine[turn : turn + 1], *(w for their in theirs for w in their[turn : turn + 1])])
    said += ward.take([closed()])
    assert only(Beat, said) == alone
    fast = Reader(classifiers["stream"], classifiers["row"])
    assert only(Beat, fast.take([opened(), *waves(ecg, step=20 * 360), closed()])) == alone


def test_each_abnormal_beat_is_explained_at_once(reader, ecg) -> None:
    said = played(reader, opened(first=7000), *waves(ecg, first=7000), closed())
    odd = {b.sample: b for b in only(Beat, said) if b.label != "N"}
    told = only(Explanation, said)
    assert [e.sample for e in told] == list(odd)
    assert len(told) >= 5
    for explanation in told:
        beat = odd[explanation.sample]
        assert explanation.label == beat.label
        assert explanation.confidence == max(beat.probabilities)
        assert explanation.leads == ("II", "V1")
        assert explanation.fs == FS
        wave, heat = unpack_floats(explanation.wave, 2), unpack_floats(explanation.heat, 2)
        assert wave.shape == heat.shape == (2, BEFORE + AFTER)
        assert 0 <= heat.min() <= heat.max() <= 1
        time = explanation.start / 360 + np.arange(BEFORE + AFTER) / FS
        peak = np.abs(wave[0] - np.median(wave[0])).argmax()
        assert time[peak] == pytest.approx(explanation.sample / 360, abs=0.0055)
        assert time[heat.max(axis=0).argmax()] == pytest.approx(explanation.sample / 360, abs=0.25)
        assert {reason.name for reason in explanation.reasons} <= set(GROUPS)
        assert explanation.reasons[0].share > 0


def test_an_explanation_tells_what_is_usual_and_what_was_measured(reader, ecg) -> None:
    said = played(reader, opened(), *waves(ecg), closed())
    odd = {b.sample: b for b in only(Beat, said)}
    told = only(Explanation, said)
    for explanation in told:
        beat, facts = odd[explanation.sample], explanation.facts
        assert explanation.probabilities == beat.probabilities
        wave, usual = unpack_floats(explanation.wave, 2), unpack_floats(explanation.usual, 2)
        assert usual.shape == wave.shape
        assert usual[0].argmax() == pytest.approx(BEFORE, abs=1)
        assert np.ptp(usual[0]) < np.ptp(wave[0])  # the ventricular beats of the simulator are taller
        assert facts.rr == pytest.approx(beat.rr / 0.76, rel=0.06)
        assert facts.qrs >= facts.qrs_usual + 20
        assert facts.p in ("other", "none")


def test_the_first_beat_of_a_bed_has_no_usual_one(reader, ecg) -> None:
    first = only(Beat, played(reader, opened(), *waves(ecg[:, : 10 * 360])))[0]
    (told,) = reader.take([Explain(bed="a", stream="1", sample=first.sample)])
    assert told.usual == b""
    assert told.facts.likeness is None
    assert told.facts.qrs > 60


def test_any_beat_that_is_remembered_is_explained_on_request(reader, ecg) -> None:
    said = played(reader, opened(), *waves(ecg))
    beats = only(Beat, said)
    for beat in (beats[0], beats[-1]):
        (told,) = reader.take([Explain(bed="a", stream="1", sample=beat.sample)])
        assert (told.sample, told.label, told.confidence) == (beat.sample, beat.label, max(beat.probabilities))
    at_once = next(e for e in only(Explanation, said))
    assert reader.take([Explain(bed="a", stream="1", sample=at_once.sample)]) == [at_once]
    for request in (
        Explain(bed="a", stream="1", sample=beats[0].sample + 1),
        Explain(bed="a", stream="2", sample=beats[0].sample),
        Explain(bed="b", stream="1", sample=beats[0].sample),
    ):
        assert reader.take([request]) == []


def test_a_beat_of_the_stream_before_is_still_explained_as_it_was(reader, ecg) -> None:
    beat = only(Beat, played(reader, opened(), *waves(ecg)))[3]
    reader.take([opened(stream="2", leads=(Lead(name="V5"),))])
    (told,) = reader.take([Explain(bed="a", stream="1", sample=beat.sample)])
    assert told.leads == ("II", "V1")


def test_old_beats_are_forgotten(classifiers, ecg) -> None:
    reader = Reader(classifiers["stream"], classifiers["row"], remembered=10)  # of each of eight beds, one has all
    first, *_, last = only(Beat, played(reader, opened(), *waves(ecg)))
    asked = [Explain(bed="a", stream="1", sample=beat.sample) for beat in (first, last)]
    assert len(reader.take(asked)) == 2
    for number in (2, 3, 4):
        played(reader, opened(stream=f"{number}"), *waves(ecg, stream=f"{number}", step=3600))
    assert reader.take(asked) == []


def test_an_open_restated_goes_on_as_it_was(reader, classifiers, ecg) -> None:
    plain = only(Beat, played(reader, opened(), *waves(ecg), closed()))
    again = Reader(classifiers["stream"], classifiers["row"])
    blocks = list(waves(ecg))
    said = played(again, opened(), *blocks[:20], opened(first=20 * 360, epoch=1.8e9), *blocks[20:], closed())
    assert only(Beat, said) == plain


def test_a_new_stream_forgets_the_old_one_and_tells_its_last_beats(reader, classifiers, ecg) -> None:
    plain = only(Beat, played(reader, opened(), *waves(ecg), closed()))
    again = Reader(classifiers["stream"], classifiers["row"])
    said = played(again, opened(), *waves(ecg), opened(stream="2"), *waves(ecg, stream="2"), closed(stream="2"))
    beats = only(Beat, said)
    assert [b for b in beats if b.stream == "1"] == plain
    assert [(b.sample, b.probabilities, b.rr, b.hr) for b in beats if b.stream == "2"] == [
        (b.sample, b.probabilities, b.rr, b.hr) for b in plain
    ]


def test_a_new_stream_may_be_of_another_make(reader, ecg) -> None:
    said = played(reader, opened(), *waves(ecg[:, :7200]))
    said = played(reader, opened(stream="2", leads=LEADS[:1], fs=250.0), *waves(ecg[:1], stream="2"))
    assert len([b for b in only(Beat, said) if b.stream == "2"]) > 20
    last = only(Beat, said)[-1]
    (explanation,) = only(Explanation, reader.take([Explain(bed="a", stream="2", sample=last.sample)]))
    assert explanation.leads == (LEADS[0].name,)


def test_a_stream_restated_in_another_make_begins_anew(reader, classifiers, ecg) -> None:
    """The hub refuses it, but a hub started anew does not know what the stream was."""
    one_lead = opened(leads=LEADS[:1])
    said = played(reader, opened(), *waves(ecg[:, :7200]), one_lead, *waves(ecg[:1]), closed())
    alone = Reader(classifiers["stream"], classifiers["row"])
    plain = only(Beat, played(alone, one_lead, *waves(ecg[:1]), closed()))
    assert only(Beat, said)[-len(plain) :] == plain


def test_what_is_not_of_an_open_stream_is_left(reader, ecg) -> None:
    (wave, *_) = waves(ecg)
    assert played(reader, wave, closed(), Status(component="x", state="ready")) == []
    assert played(reader, opened(), *waves(ecg, stream="2"), *waves(ecg, bed="b")) == []
    said = played(reader, closed(stream="2"), *waves(ecg))
    assert only(Beat, said)  # a close of another stream closes nothing


def test_numbers_come_once_a_second(reader, ecg) -> None:
    numbers = only(Numerics, played(reader, opened(), *waves(ecg, step=90)))
    assert [n.sample // 360 for n in numbers] == list(range(1, 40))
    assert numbers[0].hr is None
    assert numbers[-1].hr == pytest.approx(80, abs=3)


def row(number: int, values: np.ndarray, truth: str | None = "N", bed: str = "csv") -> CutBeat:
    samples = pack(values.astype(np.float32))
    return CutBeat(bed=bed, stream="r", row=number, start=187 * number, samples=samples, truth=truth)


def test_beats_already_cut_are_named_row_by_row(reader) -> None:
    rng = np.random.default_rng(0)
    made = [(187, "N"), (187, None), (216, "V"), (1, "Q")]
    rows = [row(k, rng.random(n), truth) for k, (n, truth) in enumerate(made)]
    start = opened("csv", "r", fs=125.0, leads=(Lead(name="II"),), form="beats")
    beats = only(Beat, said := played(reader, start, *rows), "csv")
    assert [(b.row, b.sample, b.truth) for b in beats] == [(r.row, r.start, r.truth) for r in rows]
    assert all(b.rr is None and b.hr is None for b in beats)
    for explanation in only(Explanation, said, "csv"):
        source = rows[explanation.row]
        assert (explanation.start, explanation.fs, explanation.truth) == (source.start, 125.0, source.truth)
        assert explanation.wave == source.samples
        assert len(explanation.heat) == len(source.samples)
        assert explanation.reasons == ()
        assert (explanation.usual, explanation.facts) == (b"", None)
        assert explanation.probabilities == beats[explanation.row].probabilities
    asked = reader.take([Explain(bed="csv", stream="r", sample=187)])
    assert [e.row for e in asked] == [1]
    other = opened("other", "r", fs=125.0, leads=(Lead(name="II"),), form="beats")
    together = reader.take([other, *(row(r.row, unpack_floats(r.samples)[0], bed="other") for r in rows)])
    assert [b.probabilities for b in only(Beat, together, "other")] == [b.probabilities for b in beats]
    assert reader.take([Close(bed="csv", stream="r", sample=999), rows[0]]) == []


@pytest.mark.parametrize("values", [[np.nan] * 187, [0.0] * 187, [np.inf, -np.inf, 1.0], [3e38, -3e38]])
def test_rows_that_are_no_beats_still_get_numbers(reader, values) -> None:
    said = reader.take([opened("csv", "r", fs=125.0, form="beats"), row(0, np.array(values))])
    (beat,) = only(Beat, said, "csv")
    assert np.isfinite(beat.probabilities).all()


def test_waves_in_a_stream_of_rows_are_left(reader, ecg) -> None:
    assert played(reader, opened(form="beats"), *waves(ecg)) == []
    assert played(reader, opened(stream="2"), row(0, np.ones(187), bed="a")) == []


def test_a_renewed_reader_goes_on_with_the_streams_it_knows(reader, ecg) -> None:
    blocks = list(waves(ecg))
    half = len(blocks) // 2
    before = [m for m in played(reader, opened(), *blocks[:half]) if isinstance(m, Beat)]
    after = [m for m in played(reader.renewed(), *blocks[half:]) if isinstance(m, Beat)]
    assert before
    assert len(after) > 5
    assert min(beat.sample for beat in after) >= blocks[half].start
