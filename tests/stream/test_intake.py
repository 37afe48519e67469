"""What a client may say, and what it is told when it may not."""

import math

import msgspec
import pytest

from stream.arrangement import Arrangement
from stream.checks import MAX_REASONS, Refused, check_subscribe
from stream.explanation import Facts, Reason
from stream.intake import Intake
from stream.messages import (
    MAX_WAVE,
    Acknowledge,
    Alarm,
    AudioPause,
    Beat,
    Bell,
    Close,
    Control,
    CutBeat,
    Explain,
    Explanation,
    Gap,
    Lead,
    Limits,
    Message,
    Problem,
    Quality,
    Reference,
    Rhythm,
    SetLimits,
    Status,
    Subscribe,
    Subscribed,
    Verdict,
    Wave,
    Welcome,
)

LEAD = Lead(name="II")


@pytest.fixture
def intake() -> Intake:
    return Intake()


def refusal(intake: Intake, message: Message, client: str = "source") -> str:
    """The text that the client gets for one message that is refused."""
    accepted, (problem,) = intake.take(client, [message])
    assert accepted == []
    assert problem == Problem(text=problem.text, bed=getattr(message, "bed", None))
    return problem.text


def accepted(intake: Intake, *messages: Message, client: str = "source") -> list[Message]:
    taken, problems = intake.take(client, messages)
    assert problems == []
    return taken


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"bed": ""}, "expected a bed name of 1 to 64 printable characters, got ''"),
        ({"bed": "x" * 65}, "expected a bed name of 1 to 64 printable characters"),
        ({"bed": "a\nb"}, r"printable characters, got 'a\nb'"),
        ({"bed": "  "}, "got '  '"),
        ({"stream": ""}, "expected a stream name"),
        ({"fs": 0.0}, "expected fs of 50 to 10000 Hz, got 0"),
        ({"fs": 1e6}, "got 1e+06"),
        ({"fs": math.nan}, "got nan"),
        ({"leads": ()}, "expected 1 to 12 leads, got 0"),
        ({"leads": (LEAD,) * 13}, "expected 1 to 12 leads, got 13"),
        ({"leads": (Lead(name=""),)}, "expected a lead name"),
        ({"leads": (Lead(name="II", gain=0.0),)}, "expected a finite gain above 0 of lead 'II', got 0"),
        ({"leads": (LEAD, Lead(name="V", gain=-1.0))}, "of lead 'V', got -1"),
        ({"leads": (Lead(name="II", gain=math.inf),)}, "got inf"),
        ({"leads": (Lead(name="II", baseline=2**40),)}, "expected a baseline"),
        ({"epoch": math.nan}, "expected epoch in UTC seconds, got nan"),
        ({"epoch": 1.7e12}, "expected epoch in UTC seconds, got 1.7e+12"),
        ({"first": -1}, "expected first sample 0 or later, got -1"),
        ({"speed": -1.0}, "expected speed 0 or above, got -1"),
    ],
)
def test_refuses_an_open_that_makes_no_sense(intake, opened, fields, told):
    assert told in refusal(intake, opened(**fields))
    assert intake.beds == {}


def test_takes_every_sane_open(intake, opened):
    for bed, fs, leads in (("7", 50.0, 1), ("ICU – 7ä", 10_000.0, 12), ("x" * 64, 360.0, 2)):
        message = opened(bed, fs=fs, leads=(LEAD,) * leads)
        assert accepted(intake, message) == [message]


def test_waves_pass_in_order(intake, opened, wave):
    messages = [opened(first=100), wave(100), wave(150, 1), wave(151)]
    assert accepted(intake, *messages) == messages


def test_what_is_left_out_is_told_before_what_follows(intake, opened, wave):
    accepted(intake, opened(first=100))
    gap = Gap(bed="1", stream="a", start=100, stop=150, reason="missing")
    assert accepted(intake, wave(150), wave(200)) == [gap, wave(150), wave(200)]


def test_what_comes_too_late_is_dropped(intake, opened, wave):
    accepted(intake, opened(), wave(0))
    assert refusal(intake, wave(49)) == "expected sample 50 or later of stream 'a', got 49; dropped"
    assert refusal(intake, wave(-5)).endswith("got -5; dropped")
    assert accepted(intake, wave(50)) == [wave(50)]


@pytest.mark.parametrize("size", [0, 2, 5, MAX_WAVE + 4])
def test_a_wave_must_be_whole_samples_of_all_leads(intake, opened, size):
    accepted(intake, opened())
    text = refusal(intake, Wave(bed="1", stream="a", start=0, samples=bytes(size)))
    assert text == (f"expected a multiple of 4 bytes of samples (2 bytes, 2 leads), 4 to {MAX_WAVE}, got {size}")


def test_one_bad_message_does_not_disturb_its_neighbours(intake, opened, wave):
    messages = [opened("1"), opened("2", fs=0.0), wave(0), wave(0, bed="2"), opened("3"), wave(0, bed="3")]
    taken, problems = intake.take("source", messages)
    assert [message.bed for message in taken] == ["1", "1", "3", "3"]
    assert [problem.bed for problem in problems] == ["2", "2"]


def test_a_wave_needs_its_stream_open(intake, opened, wave):
    assert refusal(intake, wave(0)) == "expected an open message for bed '1' first; it has no stream"
    accepted(intake, opened())
    assert refusal(intake, wave(0, stream="b")) == "expected stream 'a' of bed '1', got 'b'"
    assert refusal(intake, wave(0), client="other") == "bed '1' in use: another client feeds it"
    accepted(intake, Close(bed="1", stream="a", sample=0))
    assert "no stream" in refusal(intake, wave(0))


def test_a_bed_is_fed_by_one(intake, opened, wave):
    accepted(intake, opened())
    assert "bed '1' in use" in refusal(intake, opened(stream="b"), client="other")
    assert "bed '1' in use" in refusal(intake, Close(bed="1", stream="a", sample=0), client="other")
    assert accepted(intake, wave(0)) == [wave(0)]
    accepted(intake, Close(bed="1", stream="a", sample=50))
    assert accepted(intake, opened(stream="b"), client="other") == [opened(stream="b")]


def test_a_source_that_came_back_before_its_loss_was_noticed_goes_on(intake, opened, wave):
    accepted(intake, opened(), wave(0), client="old connection")
    assert accepted(intake, opened(), wave(50), client="new one") == [opened(), wave(50)]
    assert "in use" in refusal(intake, wave(100), client="old connection")
    assert intake.leave("old connection") == []
    assert accepted(intake, wave(100), client="new one") == [wave(100)]


def test_a_new_stream_begins_anew_and_the_old_one_is_over(intake, opened, wave):
    accepted(intake, opened(), wave(0), opened(stream="b", first=0))
    assert accepted(intake, wave(0, stream="b")) == [wave(0, stream="b")]
    assert "expected stream 'b'" in refusal(intake, wave(50))


def test_a_stream_restated_goes_on(intake, opened, wave):
    accepted(intake, opened(), wave(0))
    assert accepted(intake, opened(speed=2.0), wave(50)) == [opened(speed=2.0), wave(50)]
    assert refusal(intake, opened(fs=360.0)) == (
        "expected wave at 250 Hz of 2 leads as stream 'a' began with, got wave at 360 Hz of 2 leads; open a new stream"
    )


def test_a_client_that_leaves_is_told_and_its_beds_wait_for_it(intake, opened, wave):
    accepted(intake, opened("1"), opened("2"), wave(0), Status(component="detector", state="ready"))
    accepted(intake, opened("3"), client="other")
    lost = intake.leave("source")
    assert [(status.component, status.bed, status.state) for status in lost] == [
        ("source", "1", "lost"),
        ("source", "2", "lost"),
        ("detector", None, "lost"),
    ]
    assert intake.leave("source") == []
    assert not intake.owns("source")
    # It comes back on another connection: the same stream goes on, and what was lost meanwhile shows.
    restated, ready, gap, _ = accepted(intake, opened("1"), wave(100), client="again")
    assert restated == opened("1")
    assert (ready.component, ready.bed, ready.state) == ("source", "1", "ready")
    assert (gap.start, gap.stop, gap.reason) == (50, 100, "missing")
    # Another stream on a lost bed is fine too, and so is to close it for good.
    assert [type(m) for m in accepted(intake, opened("2", "b"), client="third")] == [type(restated), Status]


def test_a_bed_whose_source_is_away_can_be_closed_by_anyone(intake, opened):
    accepted(intake, opened())
    intake.leave("source")
    close = Close(bed="1", stream="a", sample=0)
    assert accepted(intake, close, client="other") == [close]
    assert intake.beds == {}


@pytest.mark.parametrize("word", ["stopped", "error"])
def test_a_part_that_has_said_why_it_goes_is_not_lost(intake, word):
    accepted(intake, Status(component="detector", state="ready"), Status(component="detector", state=word))
    assert intake.leave("source") == []
    again = Status(component="detector", state="error"), Status(component="detector", state="ready")
    accepted(intake, *again)
    assert [status.state for status in intake.leave("source")] == ["lost"]


def test_a_part_has_a_name(intake):
    assert "expected a component name" in refusal(intake, Status(component="", state="ready"))


def test_cut_beats_are_for_streams_of_beats(intake, opened, wave):
    def row(size: int) -> CutBeat:
        return CutBeat(bed="1", stream="a", row=0, start=0, samples=bytes(size))

    accepted(intake, opened(form="beats"))
    assert accepted(intake, row(4 * 187)) == [row(4 * 187)]
    assert "got 7 bytes in form 'beats'" in refusal(intake, row(7))
    assert "got 0 bytes" in refusal(intake, row(0))
    assert "expected cut beats in a stream of form 'beats', got a wave" in refusal(intake, wave(0))
    accepted(intake, opened(stream="b"))
    assert "expected stream 'b'" in refusal(intake, row(8))
    accepted(intake, opened(stream="a"))
    assert "got 8 bytes in form 'wave'" in refusal(intake, row(8))


def test_a_source_may_tell_its_own_gap(intake, opened, wave):
    def gap(start: int, stop: int) -> Gap:
        return Gap(bed="1", stream="a", start=start, stop=stop)

    accepted(intake, opened(), wave(0))
    assert accepted(intake, gap(50, 80), wave(80)) == [gap(50, 80), wave(80)]
    # Told too late or too short: what is really left out is told.
    assert accepted(intake, gap(140, 150), wave(150)) == [gap(130, 150), wave(150)]
    assert "expected a gap from sample 200 or later, got 100" in refusal(intake, gap(100, 300))
    assert "expected a gap that stops after it starts" in refusal(intake, gap(300, 300))
    # Only who feeds a bed can say that samples are not coming.
    assert "expected a gap in a stream that this client feeds" in refusal(intake, gap(200, 300), client="detector")
    assert accepted(intake, wave(200)) == [wave(200)]


def test_findings_come_from_anyone_but_references_from_the_source(intake, opened):
    beat = Beat(bed="9", stream="x", sample=1, label="N", probabilities=())
    assert accepted(intake, beat, client="detector") == [beat]
    accepted(intake, opened())
    mark = Reference(bed="1", stream="a", sample=1, symbol="N")
    assert accepted(intake, mark) == [mark]
    assert "in use" in refusal(intake, mark, client="other")


def test_a_beat_is_of_one_of_the_classes(intake):
    beat = Beat(bed="9", stream="x", sample=1, label="PVC", probabilities=())
    assert refusal(intake, beat) == "expected a label among N S V F Q, got 'PVC'"


def explained(*reasons: Reason) -> Explanation:
    return Explanation(
        bed="9", stream="x", sample=1, label="V", confidence=1.0, leads=("II",), fs=250.0, start=0.0, wave=b"",
        heat=b"", reasons=reasons,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("reasons", "told"),
    [
        ([Reason(name="qrs", share=0.05)] * (MAX_REASONS + 1), "expected 16 reasons at most, got 17"),
        ([Reason(name="", share=1.0)], "expected a reason name of 1 to 64 printable characters, got ''"),
        ([Reason(name="qrs", share=math.nan)], "expected finite numbers in reason 'qrs', got nan"),
        ([Reason(name="qrs", share=1.0, value=math.inf)], "expected finite numbers in reason 'qrs', got 1, inf"),
    ],
)
def test_reasons_are_few_and_can_be_shown(intake, reasons, told):
    assert refusal(intake, explained(*reasons)).startswith(told)
    fine = explained(*reasons[1:])
    assert accepted(intake, fine) == [fine]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"probabilities": (0.5, 0.5)}, "expected 5 finite probabilities or none, got (0.5, 0.5)"),
        ({"probabilities": (0.5, 0.5, 0, 0, math.nan)}, "expected 5 finite probabilities or none"),
        ({"facts": Facts(qrs=math.inf)}, "expected a finite number as 'qrs' in the facts of a beat, got inf"),
    ],
)
def test_what_was_measured_are_numbers(intake, more, told):
    assert refusal(intake, msgspec.structs.replace(explained(), **more)).startswith(told)
    fine = msgspec.structs.replace(explained(), probabilities=(1, 0, 0, 0, 0), facts=Facts(qrs=148.0, p="none"))
    assert accepted(intake, fine) == [fine]


@pytest.mark.parametrize(
    "request_",
    [Control(bed="1", action="pause"), Explain(bed="1", stream="a", sample=5)],
    ids=["control", "explain"],
)
def test_a_request_needs_its_bed(intake, opened, request_):
    assert refusal(intake, request_) == "expected a bed that has an open stream, got '1'"
    accepted(intake, opened())
    assert accepted(intake, request_, client="screen") == [request_]


@pytest.mark.parametrize("message", [Welcome(session="s", seq=1), Subscribed(session="s", seq=1), Problem(text="no")])
def test_what_the_hub_says_nobody_else_says(intake, message):
    assert refusal(intake, message).endswith("is for the hub to say")


def test_a_subscriber_asks_for_kinds_that_exist():
    check_subscribe(Subscribe(kinds=("wave", "beat")))
    with pytest.raises(Refused, match=r"expected kinds among open, wave, .*; got 'waves'"):
        check_subscribe(Subscribe(kinds=("wave", "waves")))


# ------------------------------------------------------------------------------------------ words of monitoring


def an_alarm(**fields) -> Alarm:
    fields = {"id": "a/asystole/5", "name": "asystole", "state": "active", "text": "Asystole"} | fields
    return Alarm(bed="1", stream="a", priority="high", onset=5, announced=9, **fields)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (an_alarm(name=""), "expected 1 to 64 printable characters as name of an alarm, got ''"),
        (an_alarm(id=""), "expected 1 to 200 printable characters as id of an alarm, got ''"),
        (an_alarm(text="a\nb"), "as text of an alarm"),
        (an_alarm(text="x" * 201), "expected 0 to 200 printable characters"),
        (an_alarm(by="x" * 65), "expected 0 to 64 printable characters as name of a person"),
        (an_alarm(revision=0), "expected revision 1 or above of an alarm, got 0"),
        (an_alarm(beats=(1,) * 257), "expected 256 beats of an alarm at most, got 257"),
        (Bell(bed=" "), "expected a bed name"),
        (Bell(bed="1", until=math.nan), "expected until in UTC seconds, got nan"),
        (Rhythm(bed="1", stream="a", sample=1, text="\x00"), "as rhythm"),
        (Quality(bed="1", stream="", sample=1, leads=("good",)), "expected a stream name"),
        (Quality(bed="1", stream="a", sample=1, leads=()), "expected the quality of 1 to 12 leads, got 0"),
        (Limits(bed="1", preset="horse"), "expected a preset among adult, paediatric, af, got 'horse'"),
        (SetLimits(bed="1", values={"hr_high": math.nan}), "expected hr_high of 40 to 300 1/min, got nan"),
        (
            SetLimits(bed="1", values={"hr_low": 130.0}),
            "expected heart rate low (hr_low) below heart rate high (hr_high)",
        ),
        (SetLimits(bed="1", values={"tempo": 1.0}), "got 'tempo'"),
        (SetLimits(bed="1", off=("asystole",)), "Asystole cannot be switched off"),
        (SetLimits(bed="1", off=("couplet",) * 100), "alarms at most that are off, got 100"),
        (Acknowledge(bed="1"), "expected a bed that is known here, got '1'"),
        (AudioPause(bed="1"), "expected a bed that is known here"),
        (AudioPause(bed="1", seconds=math.inf), "expected an audio pause of 0 to 3600 s, got inf"),
        (AudioPause(bed="1", seconds=-1.0), "got -1"),
        (Verdict(bed="1", alarm="x", verdict="true"), "expected a bed that is known here"),
        (Verdict(bed="1", alarm="x", verdict="true", comment="x" * 2001), "as comment"),
    ],
)
def test_refuses_words_of_monitoring_that_make_no_sense(intake, message, told):
    assert told in refusal(intake, message)


def test_an_alarm_is_never_refused_for_its_name_or_its_bed(intake):
    said = [an_alarm(name="something_new"), an_alarm(id="b", state="ended", ended=20)]
    assert accepted(intake, *said) == said


def test_limits_may_be_set_before_the_bed_comes(intake):
    assert len(accepted(intake, SetLimits(bed="1", preset="af"), Limits(bed="2", preset="af"))) == 2


def test_people_may_speak_of_a_bed_that_is_closed(intake, opened):
    accepted(intake, opened(), Close(bed="1", stream="a", sample=0))
    said = [
        Acknowledge(bed="1", alarm="x", by="Kim"),
        AudioPause(bed="1", seconds=0.0),
        Verdict(bed="1", alarm="x", verdict="uncertain", comment="two\nlines"),
    ]
    assert accepted(intake, *said, client="screen") == said


def test_takes_in_silently_what_is_known(intake):
    beat = Beat(bed="1", stream="a", sample=5, label="N", probabilities=())
    told = [beat, an_alarm(revision=2), Limits(bed="1"), Rhythm(bed="1", stream="a", sample=5, text="Sinus rhythm")]
    assert accepted(intake, *told) == told
    assert accepted(intake, *told, an_alarm(revision=1), client="another detector") == []


def test_streams_of_before_a_restart_wait_for_their_sources(intake, opened, wave):
    lost = intake.restore([opened("1"), opened("2"), opened("3")])
    assert [(status.bed, status.state) for status in lost] == [("1", "lost"), ("2", "lost"), ("3", "lost")]
    assert "in use" in refusal(intake, wave(0))
    accepted(intake, opened("1"), opened("2", "b"))
    assert accepted(intake, wave(500)) == [wave(500)]  # nobody knows what was lost
    assert accepted(intake, wave(600)) == [Gap(bed="1", stream="a", start=550, stop=600), wave(600)]
    gone = intake.abandon()
    assert [(closed.bed, closed.stream, closed.reason) for closed in gone] == [("3", "a", "lost")]
    assert set(intake.beds) == {"1", "2"}
    assert intake.abandon() == []


def test_after_a_restart_a_gap_may_come_first(intake, opened):
    intake.restore([opened()])
    gap = Gap(bed="1", stream="a", start=70, stop=90)
    assert accepted(intake, opened(), gap)[-1] == gap
    assert "from sample 90 or later" in refusal(intake, gap)


@pytest.mark.parametrize("seconds", [-1.0, math.nan, 3601.0])
def test_refuses_a_history_that_makes_no_sense(seconds):
    with pytest.raises(Refused, match="expected a history of 0 to 3600 s"):
        check_subscribe(Subscribe(history=seconds))


def test_beds_may_be_arranged_by_anybody_so_that_none_is_taken_for_another(intake, opened):
    accepted(intake, opened("7"))
    fine = Arrangement(order=("9", "8"), names={"8": "Window", "9": "Door"}, by="Kim")
    assert accepted(intake, fine) == [fine]
    for wrong, text in (
        (Arrangement(names={"8": "Window", "9": "Window"}), "got 'Window', which is another bed's"),
        (Arrangement(names={"8": "9", "9": "8"}), "got '9', which is another bed's"),
        (Arrangement(order=("1",), names={"8": "1"}), "got '1', which is another bed's"),
        (Arrangement(names={"8": "7"}), "got '7', which is another bed's"),  # bed 7 is there
        (Arrangement(names={"8": ""}), "expected a bed name of 1 to 64 printable characters, got ''"),
        (Arrangement(order=("a", "b", "a")), "expected each bed once"),
        (Arrangement(order=tuple(map(str, range(1001)))), "expected 1000 beds at most in an arrangement, got 1001"),
        (Arrangement(by="x" * 65), "name of a person"),
    ):
        assert text in refusal(intake, wrong)


@pytest.mark.parametrize("count", [-1, 10_001])
def test_refuses_to_tell_more_of_the_past_than_can_be_of_use(count):
    with pytest.raises(Refused, match="expected 0 to 10000 as last"):
        check_subscribe(Subscribe(last=count))
