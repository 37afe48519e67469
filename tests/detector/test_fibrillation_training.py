"""What is learned from, and how alarms of fibrillation and standstill are scored, on hand-made cases."""

import numpy as np
import pytest

from detector.fibrillation import INPUTS, OTHER
from detector.training import fibrillation as training
from detector.training.fibrillation import Played, Score, beginner, learn, play, score, turns
from detector.training.fibrillation_beds import FIBRILLATION, TACHYCARDIA, UNKNOWN, Bed, beds, record
from detector.waveform import WINDOW
from stream.messages import Lead
from stream.sources import Mark


class Annotated:
    """A flat record of one lead at 100 Hz, annotated."""

    titles, fs, seekable = ("hand-made",), 100, True

    def __init__(self, seconds: int, marks: list[tuple[float, str, str]]) -> None:
        self.length = seconds * 100
        self.leads = ((Lead(name="II", gain=200.0),),)
        self._marks = [Mark(0, round(100 * at), symbol, aux) for at, symbol, aux in marks]

    def read(self, start: int, stop: int) -> np.ndarray:
        return np.zeros((1, 1, stop - start), np.int16)

    def marks(self, start: int, stop: int) -> list[Mark]:
        return self._marks


def test_seconds_are_named_by_the_window_before_them() -> None:
    bed = record(
        "vfdb/1",
        Annotated(60, [(0, "+", "(N"), (20, "+", "(VF"), (30, "+", "(NOISE"), (40, "+", "(ASYS"), (50, "+", "(VT")]),
    )
    expected = np.full(60, UNKNOWN)
    expected[3:20], expected[23:30] = OTHER, FIBRILLATION
    expected[43:50], expected[53:60] = OTHER, TACHYCARDIA
    np.testing.assert_array_equal(bed.label, expected)
    assert bed.fibrillation == ((20, 30),)
    assert bed.standstill == ((40, 50),)


def test_where_beats_are_annotated_silence_and_rapid_rhythms_are_unknown() -> None:
    beats = [(at, "N", "") for at in np.arange(0.5, 20, 1)]
    rapid = [(at, "N", "") for at in np.arange(40, 50, 0.33)]
    bed = record("cudb/1", Annotated(60, [*beats, *rapid, (52, "[", ""), (60, "]", "")]))
    assert set(bed.label[4:19]) == {OTHER}
    assert set(bed.label[24:39]) == {UNKNOWN}
    assert set(bed.label[43:50]) == {UNKNOWN}
    assert set(bed.label[55:]) == {FIBRILLATION}


def played(chance: list[float], still: list[float], **what: object) -> Played:
    """A bed of which that was told."""
    count = len(chance)
    bed = Bed(
        "vfdb/1", np.zeros((1, 250 * count), np.float32), what.pop("label", np.full(count, UNKNOWN, np.int8)), **what
    )
    signs = {"fibrillation": np.array(chance), "still": np.array(still), "tachycardia": np.zeros(count)}
    return Played(bed, np.zeros((count, len(INPUTS), 1), np.float32), signs)


def test_windows_alarms_and_delays_are_counted() -> None:
    label = np.array([UNKNOWN] * 3 + [OTHER] * 7 + [UNKNOWN] * 3 + [FIBRILLATION] * 7, np.int8)
    chance = [0.0] * 9 + [1.0] + [0.0] * 4 + [1.0] * 6
    one = score(played(chance, [0.0] * 20, label=label, fibrillation=((10, 20),)))
    assert (one.shocked, one.to_shock, one.not_shocked, one.not_to_shock) == (6, 7, 6, 7)
    assert (one.episodes, one.announced, one.false_fibrillation) == (1, 1, 0)
    assert one.delays == (7.0,)


def test_false_alarms_and_missed_ones() -> None:
    chance = [0.0] * 5 + [1.0] * 5 + [0.0] * 40
    one = score(played(chance, [0.0] * 50, fibrillation=((30, 45),)))
    assert (one.episodes, one.announced, one.false_fibrillation) == (1, 0, 1)
    short = score(played(chance, [0.0] * 50, fibrillation=((30, 32),)))
    assert short.episodes == 0


def test_standstill() -> None:
    still = [0.0] * 10 + [float(k) for k in range(1, 8)] + [0.0] * 13
    there = score(played([0.0] * 30, still, standstill=((9, 17),)))
    assert (there.standstills, there.found_standstills, there.false_standstill) == (1, 1, 0)
    nowhere = score(played([0.0] * 30, still))
    assert (nowhere.standstills, nowhere.false_standstill) == (0, 1)


def test_scores_add_up() -> None:
    one = Score(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11.0, (1.0,))
    both = one + one
    assert (both.to_shock, both.hours, both.delays) == (4, 22.0, (1.0, 1.0))
    assert "Se 50.0 % of 2" in str(one)


def test_patients_are_left_out_once_and_folders_spread() -> None:
    names = [f"{folder}/{k}" for folder in ("vfdb", "svdb") for k in range(8)]
    turn = turns(names * 2, 4, seed=0)
    assert set(turn) == set(names)
    for folder in ("vfdb", "svdb"):
        counts = np.bincount([k for name, k in turn.items() if name.startswith(folder)])
        assert counts.tolist() == [2, 2, 2, 2]


def test_a_net_learns_to_tell_simulated_fibrillation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "EPOCHS", 40)
    monkeypatch.setattr(training, "BATCH", 256)
    simulated = list(beds({}, [], np.random.default_rng(0), lambda: None))
    known, new = simulated[::2], simulated[1::2]
    net = learn(list(play(beginner(), known)), seed=0)
    right = total = 0
    for one in play(net, new):
        fibrillates = one.bed.label == FIBRILLATION
        right += int(((one.signs["fibrillation"] > 0.5) == fibrillates)[one.bed.label >= 0].sum())
        total += int((one.bed.label >= 0).sum())
        assert len(one.inputs) == len(one.bed.label) >= 10 * WINDOW
    assert right / total > 0.9
