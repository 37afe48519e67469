"""What is taken out of the archive is what was put in."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import wfdb

from stream.archive.export import export_alarm, export_period, on_paper, save
from stream.archive.folder import Archive
from stream.archive.recorder import Recorder
from stream.archive.records import Excerpt, Note, read_time
from stream.archive.strips import cut
from stream.archive.writer import Writer
from stream.errors import SourceError
from stream.messages import MISSING, Alarm, Beat, Lead, Open, Wave

FS = 250
START = datetime.fromtimestamp(1.7e9, UTC)
EAST = timezone(timedelta(hours=5, minutes=45))
ALARM = Alarm(
    bed="1",
    stream="a",
    id="a/hr_high/1000",
    name="hr_high",
    priority="medium",
    state="active",
    text="HR 134 > 120",
    onset=3000,
    announced=3500,
)


@pytest.fixture
def archive(tmp_path: Path, opened: Callable[..., Open], wave: Callable[..., Wave]) -> Archive:
    """20 s of bed 1, with a gap of 1 s and a beat each second, and an alarm; then, later, another stream."""
    recorder, writer = Recorder(), Writer(Archive(tmp_path))
    recorder.take([opened(), *(wave(n) for n in range(0, 5000, 50) if not 1000 <= n < 1250)], 0.0)
    labels = {n: "V" if n == 500 else "N" for n in range(250, 5000, 250)}
    beats = [Beat(bed="1", stream="a", sample=n, label=label, probabilities=(0,) * 5) for n, label in labels.items()]
    recorder.take([*beats, ALARM], 0.0)
    recorder.take([opened(stream="b", epoch=1.7e9 + 60), *(wave(n, stream="b") for n in range(0, 500, 50))], 0.0)
    for batch in recorder.all():
        writer.write(batch)
    assert cut(writer, ALARM)
    return writer.archive


def seconds(start: float, stop: float) -> tuple[datetime, datetime]:
    return START + timedelta(seconds=start), START + timedelta(seconds=stop)


def test_a_zip_has_records_that_wfdb_reads(archive: Archive, tmp_path: Path) -> None:
    name, data = export_period(archive, "1", *seconds(2, 61), "wfdb", UTC)
    assert name == "1_20231114T221322.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert sorted(file.namelist()) == [
            "1_20231114T221322-2.dat",
            "1_20231114T221322-2.hea",
            "1_20231114T221322.cvd",
            "1_20231114T221322.dat",
            "1_20231114T221322.hea",
        ]
        file.extractall(tmp_path / "out")
    record = wfdb.rdrecord(str(tmp_path / "out" / "1_20231114T221322"), physical=False, return_res=16)
    expected = np.arange(500, 5000)
    np.testing.assert_array_equal(
        record.d_signal[:, 0], np.where((expected >= 1000) & (expected < 1250), MISSING, expected)
    )
    assert record.base_datetime == datetime(2023, 11, 14, 22, 13, 22)
    notes = wfdb.rdann(str(tmp_path / "out" / "1_20231114T221322"), "cvd")
    assert [n for n, s in zip(notes.sample, notes.symbol, strict=True) if s in "NV"] == list(range(0, 4500, 250))
    second = wfdb.rdrecord(str(tmp_path / "out" / "1_20231114T221322-2"), physical=False)
    assert second.sig_len == 250


def test_csv_has_a_row_a_sample(archive: Archive) -> None:
    name, data = export_period(archive, "1", *seconds(1, 10), "csv", EAST)
    assert name.endswith(".csv")
    table = pd.read_csv(io.BytesIO(data), keep_default_na=False)
    assert list(table) == ["time", "stream", "sample", "II (mV)", "V1 (mV)", "beat", "note"]
    assert len(table) == 9 * FS
    assert table["time"][0] == "2023-11-15T03:58:21.000+05:45"
    assert table["time"][1] == "2023-11-15T03:58:21.004+05:45"
    assert table["sample"].tolist() == list(range(250, 2500))
    row = table.set_index("sample").loc[500]
    assert (float(row["II (mV)"]), float(row["V1 (mV)"]), row["beat"]) == (500 / 200, 501 / 200, "V")
    assert table.set_index("sample").loc[1100]["II (mV)"] == ""
    assert (table["beat"] != "").sum() == 9


def test_the_alarm_is_in_its_export(archive: Archive) -> None:
    name, data = export_alarm(archive, ALARM.id, "csv", UTC)
    assert "hr_high" in name
    table = pd.read_csv(io.BytesIO(data), keep_default_na=False).set_index("sample")
    assert (table.index[0], table.index[-1]) == (500, 4999)
    assert table.loc[3000]["note"] == "hr_high: HR 134 > 120"
    assert table.loc[3500]["note"] == "hr_high: announced"
    _, svg = export_alarm(archive, ALARM.id, "svg", UTC)
    assert "Bed 1: Heart rate high (medium), HR 134 &gt; 120" in svg.decode()


@pytest.mark.parametrize(("form", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_a_period_is_drawn(archive: Archive, form: str, begins: bytes) -> None:
    name, data = export_period(archive, "1", *seconds(0, 12), form, UTC)  # type: ignore[arg-type]
    assert name.endswith(f".{form}")
    assert data.startswith(begins)


def test_paper_shows_millivolts_whatever_the_unit(opened: Callable[..., Open]) -> None:
    leads = (Lead(name="a", units="uV", gain=1.0), Lead(name="b", units="V", gain=2e5), Lead(name="c", gain=200.0))
    samples = np.array([[1000], [200], [MISSING]], np.int16)
    strip = on_paper(Excerpt(opened(leads=leads), 0, samples, (Note(0, "N"),)), UTC, "x")
    np.testing.assert_allclose(strip.values, [[1.0], [1.0], [np.nan]])
    assert strip.beats == [(0, "N")]


def test_what_cannot_be_drawn_is_told(archive: Archive, opened: Callable[..., Open]) -> None:
    with pytest.raises(SourceError, match="expected one stretch to draw, got 2, which begin at 22:13:20, 22:14:20"):
        export_period(archive, "1", *seconds(0, 100), "png", UTC)
    with pytest.raises(SourceError, match="ends after it begins"):
        export_period(archive, "1", *seconds(10, 10), "csv", UTC)
    recorder, writer = Recorder(), Writer(archive)
    samples = np.zeros((2, 200 * FS), "<i2").tobytes()
    recorder.take([opened(bed="2"), Wave(bed="2", stream="a", start=0, samples=samples)], 0.0)
    for batch in recorder.all():
        writer.write(batch)
    with pytest.raises(SourceError, match="expected at most 120 s to draw as png, got 200 s"):
        export_period(archive, "2", *seconds(0, 300), "png", UTC)
    assert export_period(archive, "2", *seconds(0, 300), "pdf", UTC)[1].startswith(b"%PDF")


def test_two_leads_of_one_name_are_two_columns(tmp_path: Path, opened: Callable[..., Open], wave: Callable) -> None:
    recorder, writer = Recorder(), Writer(Archive(tmp_path))
    recorder.take([opened(leads=(Lead(name="II"), Lead(name="II"))), wave(0)], 0.0)
    for batch in recorder.all():
        writer.write(batch)
    _, data = export_period(writer.archive, "1", *seconds(0, 1), "csv", UTC)
    assert data.splitlines()[0] == b"time,stream,sample,II (mV),II (mV) 2,beat,note"


def test_times_are_read_with_and_without_offset() -> None:
    assert read_time("2026-11-22T14:05:00+01:00") == datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
    assert read_time("2026-11-22 14:05").timestamp() == datetime(2026, 11, 22, 14, 5).timestamp()
    with pytest.raises(SourceError, match="expected a time such as"):
        read_time("noon")


def test_where_it_cannot_be_saved_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"cannot write .*: No such file or directory"):
        save(b"", tmp_path / "none" / "x.csv")
