import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import wfdb

from stream.errors import SourceError
from stream.messages import MISSING
from stream.sources.wfdb import CHUNK_SECONDS, open_record

FS = 250


def write(folder: Path, name: str = "r", samples: np.ndarray | None = None, **fields: Any) -> Path:
    """Write a record; by default two leads of 90 s, more than two chunks, whose samples number themselves."""
    if samples is None:
        count = np.arange(90 * FS)
        samples = np.stack([count % 4001 - 2000, 2000 - count % 3989], axis=1)
    n = samples.shape[1]
    fields = {
        "fs": FS,
        "units": ["mV"] * n,
        "sig_name": ["MLII", "V1", "V5"][:n],
        "fmt": ["16"] * n,
        "adc_gain": [200.0] * n,
        "baseline": [0] * n,
    } | fields
    wfdb.wrsamp(name, d_signal=samples, write_dir=str(folder), **fields)
    return folder / name


def header(folder: Path, *lines: str) -> Path:
    (folder / "r.hea").write_text("\n".join(lines) + "\n")
    return folder / "r"


def in_windows(source: Any, sizes: Sequence[int]) -> np.ndarray:
    parts, at, turn = [], 0, 0
    while at < source.length:
        stop = min(at + sizes[turn % len(sizes)], source.length)
        parts.append(source.read(at, stop))
        at, turn = stop, turn + 1
    return np.concatenate(parts, axis=2)


@pytest.mark.parametrize("fmt", ["16", "80", "212", "24", "32", "516"])
def test_every_format_is_read_bit_for_bit_in_windows(tmp_path: Path, fmt: str) -> None:
    limit = {"80": 127, "212": 2047}.get(fmt, 32767)
    samples = np.random.default_rng(1).integers(-limit, limit + 1, (65 * FS + 1, 3))
    source = open_record(write(tmp_path, samples=samples, fmt=[fmt] * 3, sig_name=["I", "II", "III"]))

    assert source.length == len(samples)
    got = in_windows(source, [1, 50, 7, 3000, 9001])
    assert got.dtype == np.int16
    np.testing.assert_array_equal(got[0], samples.T)


@pytest.mark.parametrize(("fmt", "invalid"), [("61", -(2**15)), ("160", -(2**15)), ("310", -512), ("311", -512)])
def test_formats_that_wfdb_only_reads(tmp_path: Path, fmt: str, invalid: int) -> None:
    frames = 65 * FS + 2
    noise = np.random.default_rng(1).bytes(frames * 3 * 2)
    (tmp_path / "r.dat").write_bytes(b"\x80\x00\x00\x00" + noise)
    lead = f"r.dat {fmt} 200 10 0 0 0 0"
    path = header(tmp_path, f"r 3 {FS} {frames}", f"{lead} I", f"{lead} II", f"{lead} III")
    whole = wfdb.rdrecord(str(path), physical=False).d_signal.T
    assert (whole == invalid).any()
    got = in_windows(open_record(path), [1, 50, 7, 3000, 9001])
    np.testing.assert_array_equal(got[0], np.where(whole == invalid, MISSING, whole))


def test_a_long_window_spans_chunks(tmp_path: Path) -> None:
    source = open_record(write(tmp_path))
    assert source.length > 2 * CHUNK_SECONDS * FS
    whole = source.read(0, source.length)
    np.testing.assert_array_equal(whole, in_windows(source, [50]))
    np.testing.assert_array_equal(source.read(10, 20), whole[:, :, 10:20])  # and back again
    assert source.read(7, 7).shape == (1, 2, 0)


def test_particulars_of_the_header_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path, units=["mV", "uV"], adc_gain=[123.5, 2.0], baseline=[17, -1024], sig_name=["a b", "V1"])
    (lead, other) = open_record(path).leads[0]
    assert (lead.name, lead.units, lead.gain, lead.baseline) == ("a b", "mV", 123.5, 17)
    assert (other.name, other.units, other.gain, other.baseline) == ("V1", "uV", 2.0, -1024)
    assert open_record(path).titles == (f"{tmp_path.name}/r",)


@pytest.mark.parametrize("suffix", ["", ".hea", ".dat"])
def test_path_with_or_without_extension(tmp_path: Path, suffix: str) -> None:
    assert open_record(f"{write(tmp_path)}{suffix}").fs == FS


def test_mat_file_with_offset(tmp_path: Path) -> None:
    samples = np.arange(2000, dtype="<i2").reshape(1000, 2)
    (tmp_path / "r.mat").write_bytes(bytes(24) + samples.tobytes())
    path = header(tmp_path, "r 2 500 1000", "r.mat 16+24 1000/mV 16 0 0 0 0 I", "r.mat 16+24 1000/mV 16 0 0 0 0 II")
    np.testing.assert_array_equal(open_record(path).read(0, 1000)[0], samples.T)


def test_gain_zero_means_200_and_length_may_be_left_out(tmp_path: Path) -> None:
    write(tmp_path)
    path = header(tmp_path, f"r 2 {FS}", "r.dat 16 0 16 0", "r.dat 16 0 16 0")
    source = open_record(path)
    assert [lead.gain for lead in source.leads[0]] == [200.0, 200.0]
    assert [lead.name for lead in source.leads[0]] == ["lead 1", "lead 2"]
    assert source.length == 90 * FS


def test_negative_gain_is_turned_upright(tmp_path: Path) -> None:
    samples = np.array([[-5], [0], [7]] * 100)
    path = write(tmp_path, samples=samples)
    source = open_record(header(tmp_path, f"{path.name} 1 {FS} 300", "r.dat 16 -100(3) 16 0 0 0 0 II"))
    (lead,) = source.leads[0]
    got = (source.read(0, 300)[0, 0] - lead.baseline) / lead.gain
    assert lead.gain == 100
    np.testing.assert_allclose(got, (samples[:, 0] - 3) / -100)


def test_invalid_samples_are_missing(tmp_path: Path) -> None:
    samples = np.array([[-2048], [-2047], [2047], [0]] * 50)
    got = open_record(write(tmp_path, samples=samples, fmt=["212"])).read(0, 4)
    assert got[0, 0].tolist() == [MISSING, -2047, 2047, 0]


def test_values_beyond_16_bits_keep_their_physical_value(tmp_path: Path) -> None:
    samples = np.linspace(4_000_000, 8_000_000, 40 * FS).astype(int)[:, None]
    samples[5] = -(2**23)  # WFDB's invalid value of format 24
    source = open_record(write(tmp_path, samples=samples, fmt=["24"], adc_gain=[10_000.0], baseline=[123]))
    got = in_windows(source, [997])[0, 0].astype(int)
    (lead,) = source.leads[0]
    assert got[5] == MISSING
    known = np.arange(len(got)) != 5
    volts = (got[known] - lead.baseline) / lead.gain
    np.testing.assert_allclose(volts, (samples[known, 0] - 123) / 10_000, atol=0.5 / lead.gain)
    assert np.ptp(got[known]) > 2**15  # no more is lost than must be


def test_format_8_differences_are_summed_from_the_begin(tmp_path: Path) -> None:
    steps = np.random.default_rng(2).integers(-120, 121, 70 * FS).astype(np.int8)
    (tmp_path / "r.dat").write_bytes(steps.tobytes())
    path = header(tmp_path, f"r 1 {FS} {len(steps)}", "r.dat 8 200 12 0 40 0 0 ECG")
    expected = 40 + np.cumsum(steps, dtype=int)
    assert np.abs(expected).max() < 32767
    np.testing.assert_array_equal(in_windows(open_record(path), [50])[0, 0], expected)


def test_other_signals_are_left_out_by_name_and_unit(tmp_path: Path) -> None:
    names = ["ABP", "II", "RESP", "PLETH", "V", "EEG Fpz-Cz", "AVR", "PAP", "pos"]
    units = ["mmHg", "mV", "pm", "NU", "mV", "uV", "uV", "mV", "V"]
    samples = np.arange(9 * FS).reshape(FS, 9)
    path = write(tmp_path, samples=samples, sig_name=names, units=units)
    source = open_record(path)
    assert [lead.name for lead in source.leads[0]] == ["II", "V", "AVR"]
    np.testing.assert_array_equal(source.read(0, FS)[0], samples[:, [1, 4, 6]].T)


def test_leads_by_name_in_the_order_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path)
    source = open_record(path, leads=["v1", "MLII"])
    assert [lead.name for lead in source.leads[0]] == ["V1", "MLII"]
    np.testing.assert_array_equal(source.read(0, 99), open_record(path).read(0, 99)[:, ::-1])
    with pytest.raises(SourceError, match=r"expected leads of MLII \(mV\), V1 \(mV\), got aVR$"):
        open_record(path, leads=["aVR"])


def test_at_most_twelve_leads(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    names = [f"lead{n}" for n in range(15)]
    path = write(tmp_path, samples=np.zeros((FS, 15), int), sig_name=names)
    assert [lead.name for lead in open_record(path).leads[0]] == names[:12]
    assert "more leads" in caplog.text


def test_several_samples_a_frame_set_the_rate(tmp_path: Path) -> None:
    ecg, resp = np.arange(1000, dtype="<i2"), np.full(250, 7, dtype="<i2")
    (tmp_path / "r.dat").write_bytes(np.hstack([ecg.reshape(-1, 4), resp[:, None]]).astype("<i2").tobytes())
    path = header(tmp_path, "r 2 62.5 250", "r.dat 16x4 200 16 0 0 0 0 II", "r.dat 16 200 16 0 0 0 0 RESP")
    wfdb.wrann("r", "atr", np.array([100]), ["N"], write_dir=str(tmp_path))
    source = open_record(path)
    assert (source.fs, source.length) == (250.0, 1000)
    np.testing.assert_array_equal(in_windows(source, [37])[0, 0], ecg)
    assert [mark.sample for mark in source.marks(0, 1000)] == [400]


def test_leads_of_different_rates_are_refused(tmp_path: Path) -> None:
    (tmp_path / "r.dat").write_bytes(bytes(6000))
    path = header(tmp_path, "r 2 250 1000", "r.dat 16x2 200 16 0 0 0 0 I", "r.dat 16 200 16 0 0 0 0 II")
    with pytest.raises(SourceError, match=r"leads of one sampling rate, got \[1, 2\] samples a frame"):
        open_record(path)


def test_multi_segment_with_a_gap_and_another_gain(tmp_path: Path) -> None:
    first, second = np.arange(500)[:, None], np.arange(500)[:, None]
    write(tmp_path, "s1", first, sig_name=["II"], adc_gain=[200.0], baseline=[0])
    write(tmp_path, "s2", second, sig_name=["II"], adc_gain=[100.0], baseline=[50])
    header(tmp_path, "r/4 1 250 1250", "layout 0", "s1 500", "~ 250", "s2 500")
    source = open_record(tmp_path / "r")
    got = in_windows(source, [300])[0, 0]
    np.testing.assert_array_equal(got[:500], np.arange(500))
    assert set(got[500:750].tolist()) == {MISSING}
    np.testing.assert_array_equal(got[750:], (np.arange(500) - 50) * 2)


def test_marks_are_those_of_the_stretch(tmp_path: Path) -> None:
    path = write(tmp_path)
    samples, symbols = np.array([10, 300, 300, 800]), ["+", "N", "V", "N"]
    wfdb.wrann("r", "atr", samples, symbols, aux_note=["(AFIB", "", "", ""], write_dir=str(tmp_path))
    source = open_record(path)
    first = source.marks(0, 300)[0]
    assert (first.bed, first.sample, first.symbol, first.aux) == (0, 10, "+", "(AFIB")
    assert [(mark.sample, mark.symbol) for mark in source.marks(300, 800)] == [(300, "N"), (300, "V")]


def test_broken_annotations_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path)
    (tmp_path / "r.atr").write_bytes(b"\x01\x02\x03")
    with caplog.at_level(logging.WARNING):
        source = open_record(path)
    assert source.marks(0, source.length) == []
    assert "annotations left out" in caplog.text


def test_no_garbage_in_annotations_gets_out(tmp_path: Path) -> None:
    path = write(tmp_path)
    rng = np.random.default_rng(3)
    for _ in range(100):
        (tmp_path / "r.atr").write_bytes(rng.bytes(int(rng.integers(0, 60))))
        source = open_record(path)
        assert all(0 <= mark.sample < source.length for mark in source.marks(0, source.length))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([""], "expected a WFDB header, cannot read it: it is empty"),
        (["\x00\x7f???"], "expected a WFDB header, cannot read it"),
        (["r 2 250 100", "r.dat 16 200"], "2 signals or segments are announced, 1 are described"),
        (["r 0 250 100"], "zero signals"),
        (["r 1 0 100", "r.dat 16 200"], "expected a sampling rate of 50 to 10000 Hz, got 0 Hz"),
        (["r 1 1e6 100", "r.dat 16 200"], "the sampling rate is written '1e6'"),
        (["r 1 1000000 100", "r.dat 16 200"], "expected a sampling rate of 50 to 10000 Hz, got 1e\\+06 Hz"),
        (["r 1 -360 100", "r.dat 16 200"], "the sampling rate is written '-360'"),
        (["r 1 fast 100", "r.dat 16 200"], "expected a WFDB header, cannot read it"),
        (["r 1 250 many", "r.dat 16 200"], "expected a WFDB header, cannot read it"),
        (["r 1 250 100", "r.dat 99 200"], "expected a WFDB signal format .*, got 99"),
        (["r 1 250 100", "r.dat 16x0 200"], "samples in a frame, got 200, 0 and 0"),
        (["r 1 250 100", "gone.dat 16 200"], "gone.dat: expected the record's signals, cannot read it"),
        (["r 1 250 101", "r.dat 16 200"], "r.dat: truncated, expected 101 samples of each lead, found 100"),
        (["r 1 250 100", "r.dat 16 80/mmHg 12 0 0 0 0 ABP"], r"expected an ECG lead, got only ABP \(mmHg\)"),
        (["r/2 1 250 200", "r1 100", "r2 100"], "r1.hea: expected a WFDB header, cannot read it"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, lines: list[str], says: str) -> None:
    (tmp_path / "r.dat").write_bytes(bytes(200))
    path = header(tmp_path, *lines)
    with pytest.raises(SourceError, match=says) as caught:
        open_record(path)
    assert "\n" not in str(caught.value)


def test_file_that_is_cut_while_playing(tmp_path: Path) -> None:
    source = open_record(write(tmp_path))
    (tmp_path / "r.dat").write_bytes(bytes(1000))
    with pytest.raises(SourceError, match=r"cannot read samples 7500 to 15000") as caught:
        source.read(8000, 8050)
    assert "\n" not in str(caught.value)


def test_no_such_record(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"found no header nothing\.hea; check the path"):
        open_record(tmp_path / "nothing")
    with pytest.raises(SourceError, match="got a folder"):
        open_record(tmp_path)
    source = open_record(write(tmp_path))
    with pytest.raises(SourceError, match="expected samples within 0 to 22500, got 0 to 22501"):
        source.read(0, source.length + 1)


@pytest.mark.records
def test_real_records(data: Path) -> None:
    for name in ("mitdb/119", "svdb/800", "vfdb/418", "cudb/cu01"):
        source = open_record(data / name)
        whole = wfdb.rdrecord(str(data / name), physical=False, return_res=16).d_signal.T
        expected = np.where(whole == -2048, MISSING, whole)
        np.testing.assert_array_equal(in_windows(source, [round(0.2 * source.fs)])[0], expected)
    notes = wfdb.rdann(str(data / "mitdb/119"), "atr")
    marks = open_record(data / "mitdb/119").marks(0, 650_000)
    assert [mark.sample for mark in marks] == notes.sample.tolist()
    assert [mark.symbol for mark in marks] == notes.symbol
