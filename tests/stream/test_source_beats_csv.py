from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stream.errors import SourceError
from stream.sources.beats_csv import BeatsCsv, is_label_column, read_beats


def padded_beats(rows: int, width: int, seed: int = 0) -> np.ndarray:
    """Beats as in the public heartbeat files: scaled to 0..1, zeros after a length that varies."""
    rng = np.random.default_rng(seed)
    beats = rng.random((rows, width)).astype(np.float32)
    for beat in beats:
        beat[rng.integers(width // 2, width - 5) :] = 0
        beat[0] = 1
    return beats


def write(folder: Path, table: np.ndarray, **options: str) -> Path:
    path = folder / "beats.csv"
    np.savetxt(path, table, **({"delimiter": ",", "fmt": "%.18e"} | options))
    return path


def text(folder: Path, *lines: str) -> Path:
    path = folder / "beats.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def with_labels(beats: np.ndarray, labels: list[int]) -> np.ndarray:
    return np.column_stack([beats, labels])


@pytest.mark.parametrize("width", [187, 216, 100])
def test_labels_in_the_last_column(tmp_path: Path, width: int) -> None:
    beats = padded_beats(7, width)
    got = read_beats(write(tmp_path, with_labels(beats, [0, 1, 2, 3, 4, 0, 0])))
    np.testing.assert_array_equal(got.samples, beats)  # bit for bit, padding kept
    assert got.samples.dtype == np.float32
    assert got.labels == ("N", "S", "V", "F", "Q", "N", "N")
    assert got.describe() == f"7 rows of {width} samples, labels in the last column: N 3, S 1, V 1, F 1, Q 1"


@pytest.mark.parametrize("width", [187, 216, 100])
def test_without_labels_the_last_column_is_kept_even_all_zero(tmp_path: Path, width: int) -> None:
    beats = padded_beats(7, width)
    assert not beats[:, -1].any()
    got = read_beats(write(tmp_path, beats))
    np.testing.assert_array_equal(got.samples, beats)
    assert got.labels is None
    assert got.describe() == f"7 rows of {width} samples, no labels"


@pytest.mark.parametrize("shuffled", [False, True])
def test_row_numbers_as_pandas_writes_them_are_no_samples(tmp_path: Path, shuffled: bool) -> None:
    beats = padded_beats(7, 187)
    frame = pd.DataFrame(with_labels(beats, [0, 1, 2, 3, 4, 0, 0]))
    if shuffled:
        frame = frame.iloc[[3, 1, 4, 0, 6, 2, 5]]
    frame.to_csv(tmp_path / "beats.csv")
    got = read_beats(tmp_path / "beats.csv")
    np.testing.assert_allclose(got.samples, beats[frame.index], rtol=1e-6)
    assert "".join(got.labels or ()) == "".join("NSVFQNN"[row] for row in frame.index)
    assert got.describe().startswith(
        "7 rows of 187 samples, row numbers in column 1 left out, labels in the last column"
    )


def test_row_numbers_without_a_header_are_told_by_counting(tmp_path: Path) -> None:
    beats = padded_beats(5, 40)
    for first in (0, 1):
        got = read_beats(write(tmp_path, np.column_stack([np.arange(first, first + 5), beats])))
        assert got.numbered
        np.testing.assert_array_equal(got.samples, beats)
    assert not read_beats(write(tmp_path, np.column_stack([[0, 1, 2, 3, 5], beats]))).numbered
    assert not read_beats(write(tmp_path, np.column_stack([[0, 1], beats[:2]]))).numbered  # scaled samples may be so


@pytest.mark.parametrize("width", [187, 216])
def test_one_class_only_is_a_label_beside_a_known_width(tmp_path: Path, width: int) -> None:
    got = read_beats(write(tmp_path, with_labels(padded_beats(3, width), [0, 0, 0])))
    assert (got.width, got.labels) == (width, ("N", "N", "N"))


def test_the_whole_column_decides(tmp_path: Path) -> None:
    beats = padded_beats(50, 188)
    beats[48, 187] = 0.5  # 188 samples: one of them at the end is no padding
    got = read_beats(write(tmp_path, beats))
    assert (got.width, got.labels) == (188, None)


@pytest.mark.parametrize(
    ("last", "before", "yes"),
    [
        ([0, 0, 0], [0, 0, 0], False),  # padding
        ([2, 0, 4], [0, 0, 0], True),
        ([1, 0, 1], [0.9, 0, 0.8], False),  # scaled samples that end at their maximum
        ([1, 0, 1], [0, 0, 0], True),  # no sample jumps from 0 to 1
        ([0.5, 0, 1], [0, 0, 0], False),
        ([1, 7, 2], [0.5, 0, 0.2], True),  # labels, one of them wrong: a fault, not a sample
        ([1, 7, 2], [3, 0, 2], False),  # raw samples
        ([900, 1010, 1], [0.5, 0.1, 0.2], False),
    ],
)
def test_other_widths_are_decided_by_values(last: list[float], before: list[float], yes: bool) -> None:
    others = np.column_stack([np.ones((3, 9)), before]).astype(np.float32)
    assert is_label_column(np.array(last, dtype=np.float32), others) is yes


def test_letters_are_labels_whatever_the_width(tmp_path: Path) -> None:
    got = read_beats(text(tmp_path, "0.1,0.2,N", "0.3,0.4,v", '0.5,0.6,"Q"'))
    assert got.labels == ("N", "V", "Q")
    assert got.width == 2


def test_header_quotes_and_byte_order_mark(tmp_path: Path) -> None:
    got = read_beats(text(tmp_path, '\ufeff"a","b","c","class"', '"0.1","0.2","0","0"', '"0.3","0.4","0","0"'))
    assert (got.width, got.labels) == (3, ("N", "N"))  # named so, though all zero
    assert got.label_column == "the last column (class)"


@pytest.mark.parametrize("names", ["0,1,2,3,4", "0,1,2,3,label", "1,2,3,4,5"])
def test_counted_columns_are_a_header(tmp_path: Path, names: str) -> None:
    got = read_beats(text(tmp_path, names, "0.1,0.2,0.3,0.4,2", "0.1,0.2,0.3,0.4,0"))
    assert (got.rows, got.labels) == (2, ("V", "N"))


def test_semicolons_with_decimal_commas_and_tabs(tmp_path: Path) -> None:
    expected = np.array([[0.25, -1.5], [3, 1e-3]], dtype=np.float32)
    for separator, point in ((";", ","), (";", "."), ("\t", "."), ("\t", ",")):
        lines = [line.replace(".", point).replace("|", separator) for line in ("0.25|-1.5|S", "3|1e-3|V")]
        got = read_beats(text(tmp_path, *lines))
        np.testing.assert_array_equal(got.samples, expected)
        assert got.labels == ("S", "V")


def test_label_column_can_be_said(tmp_path: Path) -> None:
    path = text(tmp_path, "a,kind,b", "0.5,2,0", "0.25,0,0")
    got = read_beats(path, label_column="Kind")
    assert got.labels == ("V", "N")
    assert got.label_column == "column 2 (kind)"
    np.testing.assert_array_equal(got.samples, np.array([[0.5, 0], [0.25, 0]], dtype=np.float32))
    assert read_beats(path, label_column="none").width == 3
    assert read_beats(path, label_column="last").labels == ("N", "N")
    with pytest.raises(SourceError, match=r"expected a column among a \.\.\. b for labels, got 'x'"):
        read_beats(path, label_column="x")
    with pytest.raises(SourceError, match="expected a header that names it for labels, got 'x'"):
        read_beats(text(tmp_path, "0.5,0.1,2"), label_column="x")


def test_a_public_file_taken_without_labels_keeps_188_columns(tmp_path: Path) -> None:
    path = write(tmp_path, with_labels(padded_beats(2, 187), [1, 2]))
    assert read_beats(path, label_column="none").width == 188


def test_rows_of_the_source(tmp_path: Path) -> None:
    beats = padded_beats(5, 187)
    source = read_beats(write(tmp_path, with_labels(beats, [0, 1, 2, 3, 4])), fs=250.0)
    assert (source.title, source.fs, source.rows) == ("beats.csv", 250.0, 5)
    (samples, label), (_, other) = source.beats(1, 3)
    assert (label, other) == ("S", "V")
    np.testing.assert_array_equal(samples, beats[1])
    assert BeatsCsv("t", beats, None, fs=125.0, label_column=None).beats(4, 5)[0][1] is None


GOOD = "0.1,0.2,0.3,2"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([""], "expected rows of beats, the file is empty"),
        (["a,b,c,label"], "expected rows of beats, found only a header"),
        ([GOOD, "0.1,oops,0.3,0"], "row 2, column 2: expected a number, got 'oops'"),
        ([GOOD, "", "0.1,,0.3,0"], "row 3, column 2: expected a number, got ''"),
        (["a,b,c,label", GOOD, "0.1,nan,0.3,0"], "row 3, column 2: expected a number, got 'nan'"),
        ([GOOD, "0.1,inf,0.3,0"], "row 2, column 2: expected a number, got 'inf'"),
        ([GOOD, "0.1,1e99,0.3,0"], "row 2, column 2: expected a number, got '1e99'"),
        ([GOOD, "0.1,0.2,0.3"], "row 2: expected 4 columns, got 3"),
        ([GOOD, GOOD, GOOD + ",1"], "row 3: expected 4 columns, got 5"),
        ([GOOD, GOOD, "0.1,0.2,0.3,5"], r"row 3, column 4: expected a label \(0-4 or N S V F Q\), got '5'"),
        (["0.1,0.2,N", "0.1,0.2,X"], r"row 2, column 3: expected a label .*, got 'X'"),
        (["a,b,label", "0.1,0.2,0.5"], r"row 2, column 3: expected a label .*, got '0.5'"),
        ([GOOD, '"0.1","0.2","0.3 mV","1"'], "row 2, column 3: expected a number, got '0.3 mV'"),
        ([GOOD, "True,0.2,0.3,1"], "row 2, column 1: expected a number, got 'True'"),
        (["a,b,c", GOOD], "row 2: expected 3 columns, got 4"),
        (["0.5"], "separated by comma, semicolon or tab; got 1 column"),
        (["0.5 0.6 0.7", "0.4 0.5 0.6"], "separated by comma, semicolon or tab; got 1 column"),
        (["0.1,0.2,Normal"], r"row 1, column 3: expected a number, or a label \(0-4 or N S V F Q\), got 'Normal'"),
        (["0.5,N"], "expected rows of at least 2 samples, got 2 columns"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, lines: list[str], says: str) -> None:
    with pytest.raises(SourceError, match=says) as caught:
        read_beats(text(tmp_path, *lines))
    assert "\n" not in str(caught.value)


def test_labels_outside_in_a_public_file(tmp_path: Path) -> None:
    path = write(tmp_path, with_labels(padded_beats(4, 187), [0, 1, 9, 2]))
    with pytest.raises(SourceError, match=r"row 3, column 188: expected a label .*, got '9"):
        read_beats(path)


def test_files_that_are_no_text_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "beats.csv"
    path.write_bytes(b"\xff\xfe0\x00,\x001\x00")
    with pytest.raises(SourceError, match="expected a CSV file in UTF-8, got something else; save it as CSV UTF-8"):
        read_beats(path)
    with pytest.raises(SourceError, match="No such file"):
        read_beats(tmp_path / "gone.csv")
    with pytest.raises(SourceError, match="expected a sampling rate of 50 to 10000 Hz, got 1 Hz"):
        read_beats(path, fs=1)
