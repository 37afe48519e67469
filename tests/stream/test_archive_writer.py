"""From messages to records on disk and back: what is due when, what is written, what is found again."""

import errno
import os
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import numpy as np
import pytest
import wfdb

from stream.archive.folder import Archive, folder_name
from stream.archive.recorder import GAP_SECONDS, HOLD_BYTES, Recorder
from stream.archive.records import COMMENT, Note
from stream.archive.writer import LOCK, Writer
from stream.errors import SourceError
from stream.messages import MISSING, Alarm, Beat, Close, Lead, Message, Open, Quality, Rhythm, Wave, pack

FS = 100.0
EPOCH = 1.7e9
LEADS = (Lead(name="II"), Lead(name="V1"))


def opened(stream: str = "a", **fields: object) -> Open:
    return Open(**({"bed": "1", "stream": stream, "fs": FS, "leads": LEADS, "epoch": EPOCH} | fields))


def truth(n: int) -> np.ndarray:
    return np.random.default_rng(1).integers(-3000, 3000, (2, n)).astype(np.int16)


def waves(samples: np.ndarray, sizes: list[int], start: int = 0, stream: str = "a") -> list[Wave]:
    """Samples ``start`` and on, cut into blocks of these sizes, over and over."""
    out, at, k = [], start, 0
    while at < samples.shape[1]:
        block = samples[:, at : at + sizes[k % len(sizes)]]
        out.append(Wave(bed="1", stream=stream, start=at, samples=pack(block)))
        at, k = at + block.shape[1], k + 1
    return out


def beat(sample: int, label: str = "N", stream: str = "a") -> Beat:
    return Beat(bed="1", stream=stream, sample=sample, label=label, probabilities=(1.0, 0, 0, 0, 0))


def alarm(onset: int, **fields: object) -> Alarm:
    fields = {"id": f"a/pause/{onset}", "priority": "medium", "state": "active", "text": "RR 3.4 s > 3"} | fields
    return Alarm(bed="1", stream="a", name="pause", onset=onset, announced=onset + 100, **fields)


def keep(folder: Path, *messages: Message, segment: float = 600.0) -> Archive:
    """Write messages, as one keeper that then ends."""
    recorder, writer = Recorder(segment=segment), Writer(Archive(folder))
    recorder.take(messages, 0.0)
    for batch in recorder.all():
        writer.write(batch)
    return writer.archive


def records(folder: Path, bed: str = "1") -> list[Path]:
    return sorted(path.with_suffix("") for path in (folder / "waves" / bed).glob("*.hea"))


@pytest.mark.parametrize(("sizes", "count"), [([20], 5), ([1, 7, 250], 4), ([10_000], 1)])
@pytest.mark.parametrize("every", [1, 7])
def test_samples_come_back_bit_for_bit_however_they_were_cut(
    tmp_path: Path, sizes: list[int], count: int, every: int
) -> None:
    samples = truth(3000)
    recorder, writer = Recorder(segment=7.0), Writer(Archive(tmp_path))
    recorder.take([opened()], 0.0)
    for k, wave in enumerate(waves(samples, sizes)):
        recorder.take([wave], 0.0)
        if k % every == 0:
            for batch in recorder.all():
                writer.write(batch)
    for batch in recorder.all():
        writer.write(batch)
    (excerpt,) = writer.archive.read("1", EPOCH, EPOCH + 30)
    np.testing.assert_array_equal(excerpt.samples, samples)
    for path in records(tmp_path):
        record = wfdb.rdrecord(str(path), physical=False, return_res=16)
        first = int(record.base_counter)
        np.testing.assert_array_equal(record.d_signal.T, samples[:, first : first + record.sig_len])
        assert [number % 2**16 for number in record.checksum] == record.calc_checksum()  # in the file they are signed
        start = record.base_datetime.replace(tzinfo=UTC).timestamp()
        assert start == pytest.approx(EPOCH + first / FS)
    assert len(records(tmp_path)) == count


def test_the_segment_being_written_can_be_read(tmp_path: Path) -> None:
    samples = truth(1000)
    recorder, writer = Recorder(), Writer(Archive(tmp_path))
    recorder.take([opened()], 0.0)
    for wave in waves(samples, [100]):
        recorder.take([wave], 0.0)
        for batch in recorder.all():
            writer.write(batch)
        (path,) = records(tmp_path)
        record = wfdb.rdrecord(str(path), physical=False, return_res=16)
        np.testing.assert_array_equal(record.d_signal.T, samples[:, : wave.start + 100])


def test_beds_take_turns_and_each_waits_no_longer_than_it_may(wave: Callable[..., Wave]) -> None:
    recorder = Recorder(hold=10.0)
    beds = [f"bed {n}" for n in range(200)]
    recorder.take([opened(bed=bed) for bed in beds], 0.0)
    written: dict[str, list[int]] = {bed: [] for bed in beds}
    most = 0
    for second in range(60):
        recorder.take([wave(second * 50, bed=bed) for bed in beds], float(second))
        due = recorder.due(float(second))
        most = max(most, len(due))
        for batch in due:
            written[batch.bed].append(second)
    for seconds in written.values():
        assert max(np.diff([0, *seconds, 60])) <= 10
        assert len(seconds) <= 7
    assert most <= 45  # all at once would be 200


def test_a_bed_that_comes_fast_is_written_soon() -> None:
    recorder = Recorder(hold=1e9)
    recorder.take([opened()], 0.0)
    samples = truth(HOLD_BYTES // 4 + 100)
    blocks = waves(samples, [5000])
    recorder.take(blocks[:-1], 0.0)
    assert recorder.due(0.0) == []
    recorder.take(blocks[-1:], 0.0)
    assert len(recorder.due(0.0)) == 1


def test_a_short_gap_is_missing_samples_a_long_one_ends_the_record(tmp_path: Path) -> None:
    samples = truth(20_000)
    long = int(GAP_SECONDS * FS)
    blocks = [*waves(samples[:, :1000], [50]), *waves(samples[:, :2000], [50], 1300)]
    blocks += waves(samples[:, : 2000 + long + 500], [50], 2000 + long)
    archive = keep(tmp_path, opened(), *blocks)
    first, second = archive.read("1", EPOCH, EPOCH + 200)
    assert (first.first, second.first) == (0, 2000 + long)
    np.testing.assert_array_equal(first.samples[:, :1000], samples[:, :1000])
    assert (first.samples[:, 1000:1300] == MISSING).all()
    np.testing.assert_array_equal(first.samples[:, 1300:], samples[:, 1300:2000])
    np.testing.assert_array_equal(second.samples, samples[:, 2000 + long : 2500 + long])


def test_a_new_stream_or_other_particulars_begin_a_record(tmp_path: Path) -> None:
    samples = truth(400)
    moved = opened(epoch=EPOCH + 5)
    archive = keep(
        tmp_path,
        opened(),
        *waves(samples[:, :100], [50]),
        opened(),  # said again: the same
        *waves(samples[:, :200], [50], 100),
        moved,
        *waves(samples[:, :300], [50], 200),
        Close(bed="1", stream="a", sample=300),
        opened("b", epoch=EPOCH + 60),
        *waves(samples, [50], 0, "b"),
    )
    found = archive.read("1", EPOCH, EPOCH + 100)
    assert [(x.opened.stream, x.first, x.samples.shape[1]) for x in found] == [
        ("a", 0, 200),
        ("a", 200, 100),
        ("b", 0, 400),
    ]
    assert found[1].start == EPOCH + 5 + 2.0


def test_a_period_is_cut_out_with_its_annotations(tmp_path: Path) -> None:
    samples = truth(3000)
    said = [beat(n, "V" if n % 300 == 0 else "N") for n in range(50, 3000, 100)]
    rhythm = Rhythm(bed="1", stream="a", sample=1700, text="Atrial fibrillation", code="(AFIB")
    quality = Quality(bed="1", stream="a", sample=1750, leads=("good", "noisy"))
    ended = alarm(1600, ended=1800, state="ended", revision=2)
    archive = keep(tmp_path, opened(), *waves(samples, [50]), *said, rhythm, quality, alarm(1600), ended, segment=10.0)
    (excerpt,) = archive.read("1", EPOCH + 15.0, EPOCH + 22.0)
    assert (excerpt.first, excerpt.samples.shape) == (1500, (2, 700))
    np.testing.assert_array_equal(excerpt.samples, samples[:, 1500:2200])
    assert [note for note in excerpt.notes if note.symbol in "NV"] == [
        Note(n, "V" if n % 300 == 0 else "N") for n in range(1550, 2200, 100)
    ]
    assert [note for note in excerpt.notes if note.symbol not in "NV"] == [
        Note(1600, COMMENT, "pause: RR 3.4 s > 3"),
        Note(1700, "+", "(AFIB"),
        Note(1750, "~", "good noisy"),
        Note(1800, COMMENT, "pause: ended"),
    ]


def test_beats_that_come_later_than_their_segment_still_get_there(tmp_path: Path) -> None:
    samples = truth(5000)
    archive = keep(tmp_path, opened(), *waves(samples, [50]), *[beat(n) for n in range(100, 1500, 100)], segment=10.0)
    before = [path.with_suffix(".cvd").read_bytes() for path in records(tmp_path)[:1]]
    recorder, writer = Recorder(), Writer(archive)  # after a restart, which hears some of them again
    recorder.take([beat(n) for n in range(800, 4700, 100)], 0.0)
    recorder.take([beat(77, stream="unknown"), beat(99_999)], 0.0)
    for batch in recorder.all():
        writer.write(batch)
    (excerpt,) = archive.read("1", EPOCH, EPOCH + 50)
    assert [note.sample for note in excerpt.notes] == list(range(100, 4700, 100))
    assert [path.with_suffix(".cvd").read_bytes() for path in records(tmp_path)[:1]] == before


def test_each_next_keeper_goes_on_where_the_last_ended_though_the_hub_sends_some_again(tmp_path: Path) -> None:
    samples = truth(3000)
    for start, stop in ((0, 1230), (800, 1300), (0, 1900), (1000, 1900), (1100, 3000)):
        archive = keep(tmp_path, opened(), *waves(samples[:, :stop], [400], start))
    (excerpt,) = archive.read("1", EPOCH, EPOCH + 30)
    np.testing.assert_array_equal(excerpt.samples, samples)
    assert [wfdb.rdheader(str(path)).sig_len for path in records(tmp_path)] == [1230, 70, 600, 1100]


def test_another_stream_of_the_same_name_is_not_taken_for_more_of_the_first(tmp_path: Path) -> None:
    samples = truth(1000)
    keep(tmp_path, opened(), *waves(samples[:, :800], [50]))
    archive = keep(tmp_path, opened(epoch=EPOCH + 100), *waves(samples, [50]))
    np.testing.assert_array_equal(archive.read("1", EPOCH + 100, EPOCH + 200)[0].samples, samples)


def test_samples_the_hub_sends_again_are_taken_once(tmp_path: Path) -> None:
    samples = truth(1000)
    archive = keep(tmp_path, opened(), *waves(samples[:, :600], [50]), *waves(samples, [300], 100))
    (excerpt,) = archive.read("1", EPOCH, EPOCH + 10)
    np.testing.assert_array_equal(excerpt.samples, samples)


def test_a_stream_name_used_twice_overwrites_nothing(tmp_path: Path) -> None:
    samples = truth(1000)
    recorder, writer = Recorder(), Writer(Archive(tmp_path))
    for part in (samples[:, :500], samples[:, 500:]):
        recorder.take([opened(), *waves(part, [50]), Close(bed="1", stream="a", sample=500)], 0.0)
    for batch in recorder.all():
        writer.write(batch)
    found = [wfdb.rdrecord(str(path), physical=False, return_res=16).d_signal.T for path in records(tmp_path)]
    np.testing.assert_array_equal(np.concatenate(found, axis=1), samples)


def test_what_the_disk_refused_is_written_when_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each write of a piece fails once, half way, as on a full disk."""
    samples = truth(2000)
    recorder, writer = Recorder(segment=8.0), Writer(Archive(tmp_path))
    recorder.take([opened()], 0.0)
    write = os.pwrite
    failures = []

    def fail_half_way(file: int, data: memoryview, offset: int) -> int:
        if len(failures) % 2 == 0:
            failures.append(offset)
            return write(file, data[: len(data) // 2 + 1], offset)
        failures.append(offset)
        raise OSError(errno.ENOSPC, "No space left on device")

    for wave in waves(samples, [100]):
        recorder.take([wave, beat(wave.start)], 0.0)
        (batch,) = recorder.all()
        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", fail_half_way)
            with pytest.raises(OSError, match="No space"):
                writer.write(batch)
        if wave.start:  # what is there is whole, whatever was refused
            (excerpt,) = writer.archive.read("1", EPOCH, EPOCH + 20)
            np.testing.assert_array_equal(excerpt.samples, samples[:, : wave.start])
        writer.write(batch)
        recorder.written(batch)
    (excerpt,) = writer.archive.read("1", EPOCH, EPOCH + 20)
    np.testing.assert_array_equal(excerpt.samples, samples)
    assert len(excerpt.notes) == 20
    assert recorder.waiting == 0


def test_a_folder_that_is_deleted_meanwhile_is_begun_anew(tmp_path: Path) -> None:
    samples = truth(600)
    recorder, writer = Recorder(), Writer(Archive(tmp_path))
    recorder.take([opened(), *waves(samples[:, :300], [50])], 0.0)
    (batch,) = recorder.all()
    writer.write(batch)
    for file in (tmp_path / "waves" / "1").iterdir():
        file.unlink()
    (tmp_path / "waves" / "1").rmdir()
    recorder.take(waves(samples, [50], 300), 0.0)
    (batch,) = recorder.all()
    with pytest.raises(FileNotFoundError):
        writer.write(batch)
    writer.write(batch)
    (excerpt,) = writer.archive.read("1", EPOCH, EPOCH + 6)
    np.testing.assert_array_equal(excerpt.samples, samples[:, 300:])


def test_more_than_may_wait_is_left_out_as_a_gap(tmp_path: Path) -> None:
    samples = truth(1000)
    recorder, writer = Recorder(limit=300 * 4), Writer(Archive(tmp_path))
    blocks = waves(samples, [50])
    recorder.take([opened(), *blocks[:10]], 0.0)
    assert (recorder.waiting, recorder.left_out) == (300 * 4, 200)
    batches = recorder.all()
    recorder.take(blocks[10:11], 0.0)
    assert recorder.left_out == 250  # taken is not yet written
    for batch in batches:
        writer.write(batch)
        recorder.written(batch)
    recorder.take(blocks[11:16], 0.0)
    for batch in recorder.all():
        writer.write(batch)
    (excerpt,) = writer.archive.read("1", EPOCH, EPOCH + 10)
    np.testing.assert_array_equal(excerpt.samples[:, :300], samples[:, :300])
    assert (excerpt.samples[:, 300:550] == MISSING).all()
    np.testing.assert_array_equal(excerpt.samples[:, 550:], samples[:, 550:800])


@pytest.mark.parametrize("bed", ["../../etc", ".", "..", "a/b", "Zimmer 7", "床" * 64, "x" * 64, "50%"])
def test_any_name_of_a_bed_stays_within_the_folder(tmp_path: Path, bed: str) -> None:
    recorder, writer = Recorder(), Writer(Archive(tmp_path / "kept"))
    wave = Wave(bed=bed, stream="a", start=0, samples=pack(truth(50)))
    recorder.take([opened(bed=bed), wave], 0.0)
    for batch in recorder.all():
        writer.write(batch)
    assert writer.archive.beds() == [bed]
    assert [path.name for path in (tmp_path / "kept" / "waves").iterdir()] == [folder_name(bed)]
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    (excerpt,) = writer.archive.read(bed, EPOCH, EPOCH + 1)
    np.testing.assert_array_equal(excerpt.samples, truth(50))


def test_cut_beats_are_not_waves(tmp_path: Path) -> None:
    archive = keep(tmp_path, opened(form="beats"), beat(10))
    with pytest.raises(SourceError, match="no records are kept in"):
        archive.beds()


def test_what_is_not_there_is_told_with_what_is(tmp_path: Path) -> None:
    archive = keep(tmp_path, opened(), *waves(truth(1000), [50]))
    with pytest.raises(SourceError, match=r"got 'X'; there are: 1$"):
        archive.read("X", EPOCH, EPOCH + 5)
    with pytest.raises(SourceError, match="records go from 20231114T221320Z to 20231114T221330Z"):
        archive.read("1", EPOCH + 100, EPOCH + 105)
    with pytest.raises(SourceError, match="no strip of alarm 'z'"):
        archive.strip("z")


def test_a_stretch_of_a_stream_is_found_over_segments(tmp_path: Path) -> None:
    samples = truth(5000)
    archive = keep(tmp_path, opened(), *waves(samples, [50]), segment=10.0)
    for first, last in ((0, 5000), (-300, 200), (950, 1050), (1000, 2000), (999, 4001), (4900, 9000)):
        excerpt = archive.read_samples("1", "a", first, last)
        assert excerpt is not None
        assert excerpt.first == max(first, 0)
        np.testing.assert_array_equal(excerpt.samples, samples[:, max(first, 0) : last])
    assert archive.read_samples("1", "a", 5000, 6000) is None
    assert archive.read_samples("1", "b", 0, 100) is None


def test_two_keepers_do_not_write_into_one_folder(tmp_path: Path) -> None:
    first, second = Writer(Archive(tmp_path)), Writer(Archive(tmp_path))
    first.claim()
    first.claim()
    with pytest.raises(SourceError, match="another keeper writes into"):
        second.claim()
    first.release()
    second.claim()
    assert (tmp_path / LOCK).exists()
    second.release()


def test_where_to_go_on_is_remembered(tmp_path: Path) -> None:
    writer = Writer(Archive(tmp_path / "new"))
    assert writer.remembered() == {}
    writer.remember({"session": "s", "seq": 7})
    assert Writer(Archive(tmp_path / "new")).remembered() == {"session": "s", "seq": 7}
    (tmp_path / "new" / "keeper.json").write_text("[")
    assert writer.remembered() == {}
