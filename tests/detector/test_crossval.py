"""How models do on patients they have not seen: folds, temperature, and figures worked out by hand."""

from pathlib import Path

import numpy as np
import pytest
import wfdb
from numpy.typing import NDArray
from scipy.special import softmax

from detector.training.crossval import TEMPERATURES, cross_validate, folds, temperature
from detector.training.dataset import Examples, records
from detector.training.scores import NOTHING
from stream.messages import AAMI
from stream.sources.wfdb import WfdbSource

FS = 100
BEATS = 400
"""One a second, the first half a second after the begin; 300 of them are within the learning period."""


def write(folder: Path, name: str, symbols: str) -> None:
    """Write a flat record of a beat a second."""
    wfdb.wrsamp(
        name,
        fs=FS,
        units=["mV"],
        sig_name=["II"],
        d_signal=np.zeros((len(symbols) * FS, 1), np.int64),
        fmt=["16"],
        adc_gain=[200.0],
        baseline=[0],
        write_dir=str(folder),
    )
    wfdb.wrann(name, "atr", np.arange(len(symbols)) * FS + FS // 2, list(symbols), fs=FS, write_dir=str(folder))


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, WfdbSource]:
    """Records 1 and 2 of 400 beats, and 102, which is paced; in a folder called mitdb.

    The last hundred of record 1 are 80 N, 10 S, 10 V; of record 2 all N.
    """
    folder = tmp_path / "mitdb"
    folder.mkdir()
    write(folder, "1", "N" * 300 + "N" * 80 + "A" * 10 + "V" * 10)
    write(folder, "2", "N" * BEATS)
    write(folder, "102", "/" * BEATS)
    return records([folder])


def examples(name: str, label: str, without: int | None = None, extra: int | None = None) -> Examples:
    """A record's beats as they were found: one of them not, and one where there is none."""
    sample = np.arange(len(label)) * FS + FS // 2
    classes = np.array([AAMI.index(one) for one in label], np.int8)
    if without is not None:
        sample, classes = np.delete(sample, without), np.delete(classes, without)
    if extra is not None:
        at = extra + 1 if without is None or without > extra else extra
        sample, classes = np.insert(sample, at, extra * FS + FS), np.insert(classes, at, NOTHING)
    row, family = np.zeros((len(sample), 3, 1), np.float32), np.arange(len(sample))
    return Examples({"row": row}, classes, np.full(len(sample), name), sample, family)


def sure(said: str, by: float = 5.0) -> NDArray[np.float32]:
    """Logits that speak for one class each."""
    return by * np.eye(len(AAMI), dtype=np.float32)[[AAMI.index(one) for one in said]]


def test_folds_hold_each_patient_out_once_and_whole() -> None:
    record = np.repeat([f"db/{k}" for k in range(11)], 7)
    held = folds(record, 3, seed=0)
    assert (np.sum(held, axis=0) == 1).all()
    for out in held:
        assert 3 <= len(set(record[out])) <= 4
        assert not set(record[out]) & set(record[~out])
    np.testing.assert_array_equal(held, folds(record, 3, seed=0))
    assert not np.array_equal(held, folds(record, 3, seed=1))


@pytest.mark.parametrize("truth", [0.5, 1.0, 3.0])
def test_a_known_temperature_is_found(truth: float) -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 2, (20_000, len(AAMI)))
    label = np.array([rng.choice(len(AAMI), p=p) for p in softmax(honest, axis=1)], np.int8)
    assert temperature((truth * honest).astype(np.float32), label) == pytest.approx(truth, rel=0.04)


def test_a_temperature_stays_within_bounds() -> None:
    label = np.zeros(50, np.int8)
    always, never = sure("N" * 50), sure("V" * 50)
    assert temperature(always, label) == pytest.approx(TEMPERATURES[0], rel=0.01)
    assert temperature(never, label) == pytest.approx(TEMPERATURES[1], rel=0.01)


def test_figures_of_a_stream_are_those_of_ec57(sources: dict[str, WfdbSource]) -> None:
    # Of record 1: beat 399 (V) was not found, one was found between beats 350 and 351.
    one = examples("mitdb/1", "N" * 380 + "S" * 10 + "V" * 10, without=399, extra=350)
    two, paced = examples("mitdb/2", "N" * BEATS), examples("mitdb/102", "Q" * BEATS)
    beats = Examples.join([one, two, paced])
    # The first five minutes are all wrong, and do not count. Then: of N one is V, and what is no beat is V; of S four
    # are N; of the nine V that were found seven are V, one N, one S.
    said_1 = "V" * 300 + "V" + "N" * 50 + "V" + "N" * 29 + "SSSSSSNNNN" + "VVVVVVVNS"
    said_2 = "S" * 300 + "N" * 99 + "S"
    said = [sure(said_1), sure(said_2), sure("V" * BEATS)]
    held = [beats.record == name for name in ("mitdb/1", "mitdb/2", "mitdb/102")]
    asked = []

    def logits_of(fold: int, network: int) -> NDArray[np.float32]:
        asked.append((fold, network))
        # The first network says it, the second, half as sure, says N always: together they say it.
        return said[fold] if network == 0 else 0.5 * sure("N" * len(said[fold]))

    figures = cross_validate("stream", beats, sources, held, 2, logits_of)
    assert sorted(asked) == [(k, m) for k in range(3) for m in range(2)]
    assert list(figures["records"]) == ["mitdb/1", "mitdb/2"]
    gross = figures["gross"]
    assert (gross["QRS"]["found"], gross["QRS"]["missed"], gross["QRS"]["false"]) == (199, 1, 1)
    v, s = gross["V"], gross["S"]
    assert (v["found"], v["missed"], v["right"], v["false"]) == (7, 3, 7, 2)
    assert (v["se"], v["ppv"]) == pytest.approx((7 / 10, 7 / 9))
    assert v["f1"] == pytest.approx(2 * 7 / (10 + 9))
    assert (s["found"], s["missed"], s["right"], s["false"]) == (6, 4, 6, 2)
    assert gross["N"]["found"] == 79 + 99
    assert gross["N"]["false"] == 4 + 1
    confusion = np.array(figures["confusion"])
    assert confusion[AAMI.index("V")].tolist() == [1, 1, 7, 0, 0, 1]
    assert confusion[NOTHING].tolist() == [0, 0, 1, 0, 0, 0]
    assert figures["records"]["mitdb/1"]["V"] == pytest.approx(2 * 7 / 19)
    assert figures["records"]["mitdb/2"]["V"] is None
    assert figures["gross_without"]["V"]["record"] == "mitdb/1"
    assert figures["gross_without"]["S"]["false"] == 1
    # Each network alone: the first says the same, the second knows N alone.
    assert figures["single"]["V"] == pytest.approx([2 * 7 / 19, 0])
    assert figures["single"]["N"][1] == pytest.approx(2 * 180 / (180 + 200))
    assert sum(bin_["beats"] for bin_ in figures["calibration"]["bins"]) == 199  # found, annotated, not paced, after


def test_figures_of_beats_alone_are_of_all_beats(sources: dict[str, WfdbSource]) -> None:
    one, two = examples("mitdb/1", "N" * 6 + "S" * 2 + "V" * 2), examples("mitdb/2", "N" * 10)
    beats = Examples.join([one, two, examples("mitdb/102", "Q" * 10)])
    held = folds(beats.record, 3, seed=0)
    said = sure("NNNNNVSSVN" + "NNNNNNNNNS" + "Q" * 10)
    figures = cross_validate("row", beats, sources, held, 1, lambda k, _: said[held[k]])
    v, s = figures["gross"]["V"], figures["gross"]["S"]
    assert (v["found"], v["missed"], v["right"], v["false"]) == (1, 1, 1, 1)
    assert (s["se"], s["ppv"]) == pytest.approx((1, 2 / 3))
    assert v["interval"]["f1"][0] <= v["f1"] <= v["interval"]["f1"][1]
    assert np.sum(figures["confusion"]) == 20
    assert figures["records"] == {
        "mitdb/1": {"N": pytest.approx(10 / 12), "S": 1, "V": 0.5, "F": None, "Q": None},
        "mitdb/2": {"N": pytest.approx(18 / 19), "S": None, "V": None, "F": None, "Q": None},
    }
    assert figures["single"]["V"] == [0.5]


def test_each_fold_s_probabilities_are_made_honest_by_the_others(sources: dict[str, WfdbSource]) -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 2, (6000, len(AAMI))).astype(np.float32)
    label = np.array([rng.choice(len(AAMI), p=p) for p in softmax(honest.astype(float), axis=1)], np.int8)
    record = np.repeat(["mitdb/1", "mitdb/2"], 3000)
    nothing = np.zeros(6000, np.int64)
    beats = Examples({"row": np.zeros((6000, 3, 1), np.float32)}, label, record, nothing, nothing)
    held = [record == "mitdb/1", record == "mitdb/2"]

    def logits_of(times: float) -> dict:
        return cross_validate("row", beats, sources, held, 1, lambda k, _: times * honest[held[k]])

    for times in (1.0, 3.0):
        figures = logits_of(times)
        assert figures["temperature"] == pytest.approx(times, rel=0.05)
        assert figures["calibration"]["ece"] < 0.03
    # A fold that is three times as sure as the other is told too sure by the other's temperature.
    uneven = cross_validate("row", beats, sources, held, 1, lambda k, _: (1.0, 3.0)[k] * honest[held[k]])
    assert uneven["calibration"]["ece"] > 0.1
