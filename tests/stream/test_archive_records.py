"""What is written as WFDB, read by the wfdb package."""

from pathlib import Path

import numpy as np
import pytest
import wfdb
from hypothesis import given
from hypothesis import strategies as st

from stream.archive.folder import read_header, read_record
from stream.archive.records import CODES, COMMENT, Excerpt, Note, Notes, files
from stream.errors import SourceError
from stream.messages import MISSING, Lead, Open

LEADS = (Lead(name="MLII", gain=200.0, baseline=1024), Lead(name="V1 (µ)", units="uV", gain=0.25, baseline=-7))


def opened(**fields: object) -> Open:
    return Open(**({"bed": "1", "stream": "a", "fs": 360.0, "leads": LEADS, "epoch": 1.7e9 + 1 / 3} | fields))


def written(folder: Path, excerpt: Excerpt, name: str = "r") -> Path:
    for file, data in files(name, excerpt).items():
        (folder / file).write_bytes(data)
    return folder / name


def numbers(n: int = 1000, leads: int = 2) -> np.ndarray:
    return np.random.default_rng(0).integers(-32768, 32768, (leads, n)).astype(np.int16)


def test_wfdb_reads_it_bit_for_bit_with_its_time_and_scale(tmp_path: Path) -> None:
    samples = numbers()
    path = written(tmp_path, Excerpt(opened(), 7200, samples))
    record = wfdb.rdrecord(str(path), physical=False, return_res=16)
    np.testing.assert_array_equal(record.d_signal.T, samples)
    assert (record.fs, record.adc_gain, record.baseline) == (360, [200.0, 0.25], [1024, -7])
    assert (record.units, record.sig_name) == (["mV", "uV"], ["MLII", "V1 (?)"])
    assert (record.base_counter, record.counter_freq) == (7200, 360)
    assert record.base_datetime.isoformat() == "2023-11-14T22:13:40.333333"
    assert [number % 2**16 for number in record.checksum] == record.calc_checksum()  # in the file they are signed
    assert record.init_value == samples[:, 0].tolist()


def test_missing_samples_are_missing_to_wfdb(tmp_path: Path) -> None:
    samples = numbers()
    samples[:, 100:200] = MISSING
    record = wfdb.rdrecord(str(written(tmp_path, Excerpt(opened(), 0, samples))))
    assert np.isnan(record.p_signal[100:200]).all()
    assert np.isnan(record.p_signal).sum() == (samples == MISSING).sum()
    np.testing.assert_allclose(Excerpt(opened(), 0, samples).physical().T, record.p_signal)


def test_what_is_read_back_is_what_was_written(tmp_path: Path) -> None:
    notes = (Note(510, "N"), Note(510, COMMENT, "asystole: No QRS"), Note(900, "+", "(AFIB"), Note(1499, "V"))
    excerpt = Excerpt(opened(bed="Zimmer 7 / ✚", title="#1"), 500, numbers(), notes)
    path = written(tmp_path, excerpt)
    back = read_record(path)
    np.testing.assert_array_equal(back.samples, excerpt.samples)
    assert (back.opened, back.first, back.notes) == (excerpt.opened, 500, notes)
    part = read_record(path, 510, 1499)
    np.testing.assert_array_equal(part.samples, excerpt.samples[:, 10:999])
    assert (part.first, part.notes) == (510, notes[:3])


@pytest.mark.parametrize(("epoch", "fs"), [(-5e10, 250.0), (0.0, 128.0), (2.5e11, 1000 / 3), (-2.5e11, 50.0)])
def test_any_time_and_rate_can_be_written(tmp_path: Path, epoch: float, fs: float) -> None:
    path = written(tmp_path, Excerpt(opened(epoch=epoch, fs=fs), 3, numbers()))
    assert wfdb.rdrecord(str(path), physical=False).sig_len == 1000
    assert read_header(path).opened == opened(epoch=epoch, fs=fs)


def test_names_and_units_that_wfdb_cannot_write_do_not_spoil_the_header(tmp_path: Path) -> None:
    leads = (Lead(name="a # b", units="m V\t"), Lead(name=" ", units="", gain=1e-5, baseline=2**31))
    path = written(tmp_path, Excerpt(opened(leads=leads), 0, numbers()))
    record = wfdb.rdheader(str(path))
    assert (record.n_sig, record.sig_len, record.adc_gain[1], record.baseline[1]) == (2, 1000, 1e-5, 2**31)
    assert read_header(path).opened.leads == leads


def test_a_record_of_others_is_told(tmp_path: Path) -> None:
    wfdb.wrsamp("x", fs=250, units=["mV"], sig_name=["II"], p_signal=np.eye(10, 1), write_dir=str(tmp_path))
    with pytest.raises(SourceError, match="expected a record kept by `cardiovision keep`"):
        read_header(tmp_path / "x")
    with pytest.raises(SourceError, match=r"none\.hea: cannot read it"):
        read_header(tmp_path / "none")


note = st.tuples(st.integers(0, 3_000_000), st.sampled_from(sorted(CODES)), st.text(max_size=300))


@given(st.lists(note, min_size=1, max_size=40))
def test_annotations_in_any_order_are_read_by_wfdb_in_order_of_time(
    tmp_path_factory: pytest.TempPathFactory, added: list[tuple[int, str, str]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "n"
    notes = Notes(first=50)
    expected = {}
    for sample, symbol, text in added:
        notes.add(sample + 50, symbol, text)
        at = max(sample, 1) if symbol == COMMENT else sample
        what = text.encode("ascii", "replace")[:255].decode().rstrip("\0")
        beat = symbol in "NSVFQ"
        expected[at, "beat" if beat else (symbol, text)] = (at, symbol, what)
    path.with_suffix(".cvd").write_bytes(notes.encode())
    read = wfdb.rdann(str(path), "cvd")
    found = list(zip(read.sample.tolist(), read.symbol, [x.rstrip("\0") for x in read.aux_note], strict=True))
    assert sorted(found) == sorted(expected.values())
    assert read.sample.tolist() == sorted(read.sample.tolist())


def test_the_same_annotations_again_change_nothing() -> None:
    notes = Notes(first=0)
    for _ in range(2):
        for sample, symbol, aux in ((10, "N", ""), (2000, "V", ""), (2000, COMMENT, "pause: RR 3.2 s > 3")):
            notes.add(sample, symbol, aux)
        before = notes.encode()
    assert notes.encode() == before
    once = Notes(first=0)
    once.add(10, "N")
    once.add(2000, "V")
    once.add(2000, COMMENT, "pause: RR 3.2 s > 3")
    assert once.encode() == before
