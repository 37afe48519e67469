import numpy as np
import pytest
from numpy.typing import NDArray

from stream.errors import SourceError
from stream.messages import Close, Control, CutBeat, Lead, Message, Open, Reference, Status, Wave, unpack_wave
from stream.player import Player
from stream.sources import Mark
from stream.sources.beats_csv import BeatsCsv

WALL = 1_700_000_000.0


class Counting:
    """A source whose samples number themselves, each bed and lead shifted by a thousand."""

    def __init__(self, *, beds: int = 1, length: int | None = 2500, seekable: bool = True, breaks_at: int = 0):
        self.titles = [f"counting {bed}" for bed in range(beds)]
        self.leads = [(Lead(name="I"), Lead(name="II"))] * beds
        self.fs = 250.0
        self.length = length
        self.seekable = seekable
        self.breaks_at = breaks_at

    def read(self, start: int, stop: int) -> NDArray[np.int16]:
        if self.breaks_at and stop > self.breaks_at:
            raise SourceError(f"disk: cannot read samples {start} to {stop}")
        rows = 1000 * np.arange(2 * len(self.titles)).reshape(-1, 2, 1)
        return ((rows + np.arange(start, stop)) % 30_000).astype(np.int16)

    def marks(self, start: int, stop: int) -> list[Mark]:
        beds = range(len(self.titles))
        return [Mark(bed, at, "N", str(at)) for at in range(start, stop) if at % 200 == 0 for bed in beds]


def kinds(messages: list[Message]) -> list[str]:
    return [type(message).__name__ for message in messages]


def say(player: Player, action: str, value: float = 0.0, *, now: float, wall: float = WALL) -> list[Message]:
    return player.steer(Control(bed=player.beds[0], action=action, value=value), now, wall)


def test_one_bed_from_open_to_close() -> None:
    player = Player(Counting(length=120), ["a"])
    (opened,) = player.begin(10.0, WALL)
    assert isinstance(opened, Open)
    assert (opened.bed, opened.fs, opened.first, opened.epoch, opened.speed) == ("a", 250.0, 0, WALL, 1.0)
    assert (opened.title, opened.form) == ("counting 0", "wave")
    assert player.step(10.1, WALL + 0.1) == []
    wave, mark = player.step(10.2, WALL + 0.2)
    assert isinstance(wave, Wave)
    assert (wave.stream, wave.start, wave.sent) == (opened.stream, 0, WALL + 0.2)
    np.testing.assert_array_equal(unpack_wave(wave.samples, 2), Counting().read(0, 50)[0])
    assert mark == Reference(bed="a", stream=opened.stream, sample=0, symbol="N", aux="0")
    assert kinds(player.step(10.4, WALL)) == ["Wave"]
    wave, close = player.step(10.48, WALL)
    assert close == Close(bed="a", stream=opened.stream, sample=120)
    assert player.ended


def test_many_beds_go_together_each_with_its_marks() -> None:
    player = Player(Counting(beds=3), ["a", "b", "c"])
    opens = player.begin(0.0, WALL)
    assert len({opened.stream for opened in opens}) == 3
    block = player.step(0.2, WALL)
    assert kinds(block) == ["Wave", "Reference"] * 3
    assert [message.bed for message in block] == ["a", "a", "b", "b", "c", "c"]
    np.testing.assert_array_equal(unpack_wave(block[4].samples, 2), Counting(beds=3).read(0, 50)[2])


def test_from_and_to_keep_the_record_s_sample_numbers() -> None:
    player = Player(Counting(length=2500), ["a"], start=2.0, stop=2.3, speed=0)
    (opened,) = player.begin(0.0, WALL)
    assert (opened.first, opened.epoch) == (500, WALL - 2.0)
    wave, close = player.step(0.0, WALL)
    assert (wave.start, close.sample) == (500, 575)


def test_a_loop_is_a_new_stream() -> None:
    player = Player(Counting(length=50), ["a"], loop=True, start=0.04)
    (first,) = player.begin(0.0, WALL)
    wave, second = player.step(0.16, WALL + 0.16)
    assert isinstance(second, Open)
    assert (wave.stream, wave.start) == (first.stream, 10)
    assert second.stream != first.stream
    assert (second.first, second.epoch) == (10, WALL + 0.16 - 0.04)
    assert player.step(0.32, WALL)[0].stream == second.stream


def test_a_seek_is_a_new_stream_and_keeps_a_pause() -> None:
    player = Player(Counting(), ["a"])
    (first,) = player.begin(0.0, WALL)
    say(player, "pause", now=0.1)
    second, still = say(player, "seek", 4.0, now=0.2)
    assert (second.first, second.stream != first.stream) == (1000, True)
    assert still == Status(component="source", state="paused", bed="a")
    assert say(player, "speed", 2.0, now=0.2)[-1] == still
    assert player.wait(0.3) is None
    say(player, "resume", now=1.0)
    assert player.step(1.2, WALL)[0].start == 1000
    for beyond in (10.0, -1.0, float("nan")):
        (refusal,) = say(player, "seek", beyond, now=2.0)
        assert isinstance(refusal, Status)
        assert refusal.detail.endswith("expected 0 to 10 s")


def test_pause_and_resume_move_the_epoch() -> None:
    player = Player(Counting(), ["a"])
    (opened,) = player.begin(0.0, WALL)
    player.step(0.2, WALL + 0.2)
    stood, still = say(player, "pause", now=0.3, wall=WALL + 0.3)
    assert (stood.stream, stood.first) == (opened.stream, 50)
    assert still == Status(component="source", state="paused", bed="a")
    assert player.step(50.0, WALL + 50) == []
    restated, ready = say(player, "resume", now=60.3, wall=WALL + 60.3)
    assert ready == Status(component="source", state="ready", bed="a")
    assert restated.stream == opened.stream
    assert restated.epoch == pytest.approx(WALL + 60)
    assert player.step(60.4, WALL)[0].start == 50


def test_a_stop_closes_the_beds_where_they_are() -> None:
    player = Player(Counting(), ["a"], loop=True)
    (opened,) = player.begin(0.0, WALL)
    player.step(0.2, WALL + 0.2)
    assert say(player, "stop", now=0.3) == [Close(bed="a", stream=opened.stream, sample=50, reason="stopped")]
    assert player.ended


def test_where_a_source_ends_is_told_if_one_can_go_there() -> None:
    assert Player(Counting(), ["a"]).begin(0.0, WALL)[0].length == 2500
    assert Player(Counting(), ["a"], stop=4.0).begin(0.0, WALL)[0].length == 1000
    assert Player(Counting(seekable=False), ["a"]).begin(0.0, WALL)[0].length is None


def test_an_outage_moves_the_epoch_too() -> None:
    player = Player(Counting(), ["a"])
    (opened,) = player.begin(0.0, WALL)
    player.step(0.2, WALL + 0.2)
    (restated,) = player.step(30.0, WALL + 30)
    assert isinstance(restated, Open)
    assert restated.stream == opened.stream
    assert restated.epoch == pytest.approx(WALL + 30 - 0.2)


def test_change_of_speed() -> None:
    player = Player(Counting(), ["a"])
    (opened,) = player.begin(0.0, WALL)
    (restated,) = say(player, "speed", 10.0, now=0.0)
    assert (restated.stream, restated.speed, restated.epoch) == (opened.stream, 10.0, WALL)
    assert player.step(0.04, WALL)[0].start == 0
    assert player.wait(0.04) == pytest.approx(0.04)
    for wrong in (0.01, -1.0, float("inf"), float("nan")):
        (refusal,) = say(player, "speed", wrong, now=0.05)
        assert "expected a speed of 0.1 or more, or 0" in refusal.detail
    assert player.wait(0.04) == pytest.approx(0.04)


def test_a_source_that_cannot_go_back_says_so() -> None:
    player = Player(Counting(length=None, seekable=False), ["a"], loop=True, start=5.0)
    opened, *refusals = player.begin(0.0, WALL)
    assert opened.first == 0
    assert [refusal.detail for refusal in refusals] == [
        "cannot loop: the source has no past to go back to",
        "cannot begin later: the source has no past to go back to",
    ]
    (refusal,) = say(player, "seek", 1.0, now=0.0)
    assert refusal.state == "ready"
    assert refusal.detail.startswith("cannot seek")
    assert player.step(0.2, WALL)[0].start == 0


def test_a_source_that_fails_says_so_and_closes() -> None:
    player = Player(Counting(beds=2, breaks_at=60), ["a", "b"])
    player.begin(0.0, WALL)
    player.step(0.2, WALL)
    out = player.step(0.4, WALL)
    assert kinds(out) == ["Status", "Status", "Close", "Close"]
    assert (out[0].state, out[0].bed, out[0].detail) == ("error", "a", "disk: cannot read samples 50 to 100")
    assert (out[3].bed, out[3].sample, out[3].reason) == ("b", 50, "error")
    assert player.ended


def test_rows_of_a_csv_file() -> None:
    beats = np.random.default_rng(0).random((4, 187)).astype(np.float32)
    player = Player(BeatsCsv("x.csv", beats, ("N", "S", "V", "F"), fs=125.0, label_column=""), ["a"], start=2.9)
    (opened,) = player.begin(0.0, WALL)
    assert (opened.form, opened.first, opened.title, len(opened.leads)) == ("beats", 187, "x.csv", 1)
    assert player.wait(0.0) == pytest.approx(187 / 125)
    (beat,) = player.step(187 / 125, WALL)
    assert isinstance(beat, CutBeat)
    assert (beat.row, beat.start, beat.truth) == (1, 187, "S")
    assert np.frombuffer(beat.samples, "<f4").tobytes() == beats[1].tobytes()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"start": 10.0}, "counting 0 lasts 10 s: expected a stretch within, got 10 s to the end"),
        ({"start": 3.0, "stop": 2.0}, "got 3 s to 2 s"),
        ({"start": -1.0}, "got -1 s to the end"),
        ({"start": float("nan")}, "expected times in seconds"),
        ({"speed": 0.05}, "expected a speed of 0.1 or more"),
    ],
)
def test_what_cannot_be_played(options: dict[str, float], says: str) -> None:
    with pytest.raises(SourceError, match=says):
        Player(Counting(), ["a"], **options)
