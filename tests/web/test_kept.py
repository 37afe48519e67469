"""What the web reads of journal and archive, and what it says where there is none."""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from past import EPOCH, FS, alarm, beat, opened, write_archive, write_journal

from stream.errors import CardioVisionError, JournalError, SourceError
from stream.messages import Explanation, Quality, Rhythm, Verdict, pack
from web.kept import Kept, zone_named
from web.settings import Settings

FEED = "ws://127.0.0.1:1"
RAMP = np.tile(np.arange(20_000) % 400, (2, 1))


def explanation(sample: int) -> Explanation:
    wave = pack(np.zeros((1, 3), np.float32))
    return Explanation(
        bed="1",
        stream="a",
        sample=sample,
        label="V",
        confidence=0.9,
        leads=("II",),
        fs=250.0,
        start=float(sample),
        wave=wave,
        heat=wave,
    )


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """An hour: an alarm of bed 1 that was acknowledged, ended and judged, one before, one after, one of bed 2."""
    told = alarm(beats=(5900, 6000))
    seen = replace(told, revision=2, acknowledged=True, by="Kim")
    journal = write_journal(
        tmp_path / "journal.sqlite",
        [
            (EPOCH, opened()),
            (EPOCH, opened("2")),
            (EPOCH + 1, Rhythm(bed="1", stream="a", sample=200, text="Sinus rhythm")),
            (EPOCH + 1, Quality(bed="1", stream="a", sample=200, leads=("good", "noisy"))),
            (EPOCH + 2, alarm("hr_high", onset=100)),
            (EPOCH + 20, beat(4900, hr=44.0)),
            (EPOCH + 21, beat(5900, "V")),
            (EPOCH + 22, explanation(5900)),
            (EPOCH + 24, told),
            (EPOCH + 25, Rhythm(bed="1", stream="a", sample=6100, text="Asystole")),
            (EPOCH + 30, seen),
            (EPOCH + 40, replace(seen, revision=3, state="ended", ended=8000)),
            (EPOCH + 41, alarm("leads_off", bed="2", onset=9000)),
            (EPOCH + 50, Verdict(bed="1", alarm=told.id, verdict="true", by="Kim")),
            (EPOCH + 60, Verdict(bed="1", alarm=told.id, verdict="false", comment="noise", by="Lee")),
            (EPOCH + 70, alarm("bigeminy", onset=15_000)),
        ],
    )
    archive = write_archive(tmp_path / "archive", 1000, RAMP, [told])
    return Kept(Settings(FEED, journal=journal, archive=archive))


def test_a_period_has_alarms_verdicts_and_hours(kept: Kept) -> None:
    period = kept.period(EPOCH - 10, EPOCH + 3600)
    assert [found.alarm.name for found in period.alarms] == ["bigeminy", "leads_off", "asystole", "hr_high"]
    (verdict,) = period.verdicts.values()
    assert isinstance(verdict.deed, Verdict)
    assert verdict.deed.verdict == "false"
    assert period.hours == {"1": 1.0, "2": 1.0}


def test_a_later_period_has_what_still_goes_on_of_one_bed(kept: Kept) -> None:
    period = kept.period(EPOCH + 1000, EPOCH + 3600, "1")
    assert [found.alarm.name for found in period.alarms] == ["bigeminy", "hr_high"]
    assert period.hours == pytest.approx({"1": 2600 / 3600})


def test_a_life_has_what_was_known_then(kept: Kept) -> None:
    life = kept.life("1/a/asystole/5000")
    assert [(at - EPOCH, told.revision) for at, told in life.revisions] == [(24, 1), (30, 2), (40, 3)]
    assert life.opened is not None
    assert life.opened.epoch == EPOCH
    assert life.rhythm is not None
    assert life.rhythm.text == "Sinus rhythm"
    assert life.quality is not None
    assert life.quality.leads == ("good", "noisy")
    assert life.beat is not None
    assert life.beat.hr == 44.0
    assert [found.sample for found in life.beats] == [4900, 5900]
    assert [found.deed.verdict for found in life.verdicts if isinstance(found.deed, Verdict)] == ["false", "true"]
    assert (life.before, life.after) == ("1/a/hr_high/100", "1/a/bigeminy/15000")


def test_an_alarm_that_nobody_heard_of_is_told_so(kept: Kept) -> None:
    with pytest.raises(JournalError, match="no alarm 'other' is in the journal"):
        kept.life("other")


def test_what_was_said_of_a_beat_then_is_found_again(kept: Kept) -> None:
    found = kept.explanation("1/a/asystole/5000", 5900)
    assert found is not None
    assert found.label == "V"
    assert kept.explanation("1/a/asystole/5000", 6000) is None
    assert kept.explanation("unheard of", 5900) is None


def test_the_strip_is_read_and_while_there_is_none_the_waves(kept: Kept) -> None:
    life = kept.life("1/a/asystole/5000")
    excerpt, cut = kept.strip(life.alarm, life.opened)
    assert cut
    assert excerpt.first == 5000 - 10 * FS
    assert excerpt.samples.shape == (2, (10 + 4 + 10) * FS)
    later = kept.life("1/a/bigeminy/15000")
    excerpt, cut = kept.strip(later.alarm, later.opened)
    assert not cut
    assert excerpt.first == 12_500
    np.testing.assert_array_equal(excerpt.samples, RAMP[:, 11_500:17_500])


def test_where_no_waves_are_left_it_is_told(kept: Kept) -> None:
    other = kept.life("2/a/leads_off/9000")
    with pytest.raises(SourceError, match="no ECG of this alarm is kept"):
        kept.strip(other.alarm, other.opened)


def test_a_strip_is_exported_as_a_record(kept: Kept) -> None:
    name, data = kept.export("1/a/asystole/5000", "wfdb")
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert name.endswith(".zip")
    assert {Path(one).suffix for one in names} == {".hea", ".dat", ".cvd"}


@pytest.mark.parametrize("ask", [lambda kept: kept.period(0, 1), lambda kept: kept.life("x")])
def test_without_a_journal_it_is_told_what_to_start_the_screen_with(ask, tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="--journal"):
        ask(Kept(Settings(FEED)))
    with pytest.raises(JournalError, match="no journal at"):
        ask(Kept(Settings(FEED, journal=tmp_path / "none.sqlite")))


def test_a_file_that_is_no_journal_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, but long enough to be taken for one" * 20)
    with pytest.raises(JournalError, match=r"cannot read the journal .*not a database"):
        Kept(Settings(FEED, journal=tmp_path / "notes.txt")).period(0, 1)


def test_without_an_archive_it_is_told_what_to_start_the_screen_with(kept: Kept, tmp_path: Path) -> None:
    life = kept.life("1/a/asystole/5000")
    with pytest.raises(SourceError, match="--folder"):
        Kept(Settings(FEED)).strip(life.alarm, life.opened)
    for ask in (lambda kept: kept.strip(life.alarm, life.opened), lambda kept: kept.export(life.alarm.id, "csv")):
        with pytest.raises(CardioVisionError):
            ask(Kept(Settings(FEED, archive=tmp_path / "none")))


@pytest.mark.parametrize(("name", "hour"), [("Asia/Tokyo", 9), ("no such zone", 0), ("../etc", 0), (None, 0), ("", 0)])
def test_a_zone_that_is_none_is_utc(name: object, hour: int) -> None:
    assert datetime.fromtimestamp(0, zone_named(name)).hour == hour
    assert zone_named("UTC").utcoffset(datetime.now()) == UTC.utcoffset(None)
