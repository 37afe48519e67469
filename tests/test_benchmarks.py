"""The benchmarks, small but real: what they find is checked, never how fast it was."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import annotate, crashes, explain, growth, lags, pace, screen, seed, ward, watchers
from benchmarks.children import child
from benchmarks.figures import BenchmarkError, Figure, Report, as_json, spread
from benchmarks.listener import Listener
from benchmarks.profiled import OTHER, ROOT, seconds_of_ours
from benchmarks.records import FOLDER, simulate
from benchmarks.whatif import moments
from stream.messages import Beat, Gap, Lead, Message, Open, Reference, Status, Wave

EPOCH = 1000.0


def opened(**fields: float) -> Open:
    return Open(bed="1", stream="a", fs=250, leads=(Lead(name="II"), Lead(name="V1")), epoch=EPOCH, **fields)  # type: ignore[arg-type]


def wave(start: int, sent: float) -> Wave:
    return Wave(bed="1", stream="a", start=start, samples=bytes(2 * 2 * 50), sent=sent)


def beat(sample: int, rr: float | None) -> Beat:
    return Beat(bed="1", stream="a", sample=sample, label="N", probabilities=(1, 0, 0, 0, 0), rr=rr)


def hear(*heard: tuple[float, Message]) -> Listener:
    """A listener that heard messages at times in seconds of the stream."""
    listener = Listener()
    for at, message in heard:
        listener.take([message], EPOCH + at)
    return listener


def test_wave_lag_is_counted_from_publication_and_from_the_last_sample() -> None:
    listener = hear((0.0, opened()), (0.35, wave(0, EPOCH + 0.3)), (0.5, wave(50, EPOCH + 0.42)))
    assert listener.lags.wave_sent == pytest.approx([0.05, 0.08])
    assert listener.lags.wave_due == pytest.approx([0.15, 0.1])
    assert listener.behind(EPOCH + 1) == pytest.approx(0.6)


def test_a_source_that_gives_up_its_schedule_does_not_look_punctual() -> None:
    late = Open(bed="1", stream="a", fs=250, leads=opened().leads, epoch=EPOCH + 3)
    listener = hear((0.0, opened()), (3.2, late), (3.25, wave(0, EPOCH + 3.2)))
    assert listener.lags.wave_due == pytest.approx([3.05])
    assert listener.trouble == {"source gave up its schedule": 1}


def test_beat_lag_with_and_without_the_wait_for_the_next_beat() -> None:
    # R at 1 s, 2 s and 3.5 s; the first is told 0.3 s after the second's R, the second (overdue) before the third's.
    listener = hear((0.0, opened()), (2.3, beat(250, None)), (3.2, beat(500, 1.0)), (4.0, beat(875, 1.5)))
    assert listener.lags.beat == pytest.approx([1.3, 1.2, 0.5])
    assert listener.lags.beat_ready == pytest.approx([0.3])


def test_losses_and_true_beats_are_counted() -> None:
    listener = hear(
        (0.0, opened()),
        (1.0, Gap(bed="1", stream="a", start=0, stop=50, reason="slow")),
        (1.0, Reference(bed="1", stream="a", sample=9, symbol="V")),
        (1.0, Reference(bed="1", stream="a", sample=9, symbol="+", aux="(VT")),
        (1.0, Status(component="detector", state="lost")),
    )
    assert (listener.lost, listener.counts["true_beat"], listener.counts["reference"]) == (50, 1, 2)
    assert listener.trouble == {"gap (slow)": 1, "detector lost": 1}


def test_a_run_without_beats_is_no_success() -> None:
    listener = hear((0.0, opened()), (0.25, wave(0, EPOCH + 0.2)))
    listener.counts["true_beat"] = 4
    run = ward.Run(1, 1.0, listener, 0.1, {}, {}, {}, {})
    assert "beats" in run.fault
    assert "only 0% of the beats told" in run.fault


def test_time_of_libraries_goes_to_the_function_of_ours_that_called_them() -> None:
    take = (str(ROOT / "detector" / "reader.py"), 65, "take")
    name = (str(ROOT / "detector" / "classifier.py"), 50, "name")
    numpy, loop, poll = ("numpy.py", 1, "sum"), ("asyncio.py", 1, "run"), ("~", 0, "<method 'poll' of 'select.epoll'>")
    stats = {
        # calls, calls, own time, with callees, {caller: the same}
        loop: (1, 1, 0.5, 20.0, {}),
        poll: (9, 9, 10.0, 10.0, {loop: (9, 9, 10.0, 10.0)}),
        take: (2, 2, 1.0, 9.5, {loop: (2, 2, 1.0, 9.5)}),
        name: (2, 2, 2.0, 6.0, {take: (2, 2, 2.0, 6.0)}),
        numpy: (4, 4, 6.5, 6.5, {take: (2, 2, 2.5, 2.5), name: (2, 2, 4.0, 4.0)}),
    }
    assert seconds_of_ours(stats) == pytest.approx(
        {"detector/reader.py:65 take": 3.5, "detector/classifier.py:50 name": 6.0, OTHER: 0.5}
    )


def test_figures_are_json_whatever_they_are() -> None:
    report = Report("x", "X")
    report.add("ratio", 12345.6, "", "note")
    report.add("none", spread([])[0])
    told = json.loads(json.dumps(as_json({"cores": 2}, [report]), allow_nan=False))
    assert [figure["value"] for figure in told["benchmarks"]["x"]["figures"]] == [12345.6, None]
    assert str(Figure("a", 12345.6, "ms")) == "12,346 ms"


def test_growth_is_that_of_the_steady_time() -> None:
    seconds = [10.0 * n for n in range(13)]
    at_first = [10**8 - 10**7 * (n < 2) for n in range(13)]  # it takes 10 MB at its start, then nothing
    rising = [round(10**8 + 2000 * at) for at in seconds]
    pictures = [round(10**7 + 1500 * at) for at in seconds]
    told = growth.Growth(seconds, at_first, rising, pictures)
    assert told.slope(told.objects) == pytest.approx(0, abs=1e-6)
    assert told.slope(told.processes) == pytest.approx(1.2)
    assert told.slope(told.without_pictures) == pytest.approx(0.3)


def test_the_cost_of_a_screen_more_is_the_slope_over_all_rounds() -> None:
    cost = watchers.Cost({1: [0.11, 0.13, 0.09], 4: [0.14, 0.14, 0.14], 10: [0.2, 0.22, 0.18]})
    assert cost.of(10) == pytest.approx(0.2)
    assert cost.line == pytest.approx((0.01, 0.1))


def test_a_part_that_ends_is_told_with_its_last_words() -> None:
    with child("hub", "hub", "--host=192.0.2.1") as part:
        part._process.wait()
        with pytest.raises(BenchmarkError, match=r"hub exited with code 2: .*only loopback"):
            part.check()


def test_ward() -> None:
    run = ward.run(3, 3.0, 3.0, profile=True)
    counts = run.listener.counts
    assert counts["wave"] >= 3 * 10
    assert counts["beat"]
    assert counts["true_beat"]
    assert run.listener.lost == 0
    assert set(run.cores) == {"hub", "detector", "beds", "subscriber"}
    assert any("stream/hub.py" in place for place in run.profile["hub"])
    assert any("detector/classifier.py" in place for place in run.profile["detector"])
    names = [figure.name for figure in ward._report([run], run, run).figures]
    assert names[0] == "beds carried"


def test_pace(tmp_path: Path) -> None:
    errors = asyncio.run(pace.replay(simulate(tmp_path, 3, 0), 2.0))
    assert errors.shape == (10,)
    assert np.isfinite(errors).all()


def test_annotate(tmp_path: Path) -> None:
    told = annotate.measure([simulate(tmp_path, 60, 0)], tmp_path / "out")
    assert told["seconds"] == 60
    assert 70 <= told["beats"] <= 74  # sinus rhythm at 72/min
    assert told["abnormal"] <= 2


def test_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seed, "BEDS", 4)
    figures = {figure.name: figure.value for figure in seed.bench(seconds=1.0).figures}
    assert figures["largest difference in probabilities"] < 1e-3
    assert figures["largest difference in heat"] < 1e-3


def test_a_beat_of_which_nothing_is_altered_is_told_as_it_was(data: Path) -> None:
    """The same bits, for a beat of the midst and one beside it; another wave tells another beat."""
    from stream.sources.wfdb import open_record

    source = open_record(data / "mitdb" / "119")
    marks = [mark.sample for mark in source.marks(0, 30 * 360) if mark.symbol in "NV"]
    kept = moments({"119": source}, {"119": marks[20:22]}, lambda _: None)
    assert [name for name, _ in kept] == ["119", "119"]
    for _, moment in kept:
        told = moment.retold(np.stack([moment.cut, moment.usual]))
        for name in ("wave", "rhythm", "now", "rr", "hr"):
            np.testing.assert_array_equal(getattr(told, name)[0], getattr(moment.beats, name)[0])
        assert np.abs(told.wave[1, :, :2] - told.wave[1, :, 2:]).max() < 0.2  # the usual beat is as usual
        np.testing.assert_array_equal(told.wave[1, :, 2:], told.wave[0, :, 2:])


def test_explain(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(data))
    from benchmarks.maps import IN_SERVICE

    report = explain.bench(a_record=4, models=1, only=("119", "208"), methods=("gradient, size", IN_SERVICE))
    rows = {row[0]: dict(zip(explain.COLUMNS, row[1:], strict=True)) for row in report.sheets[0].rows}
    own = rows[IN_SERVICE]
    assert own["deletion"] < 0.9
    assert own["insertion"] > 1.05
    assert -1 <= own["randomised"] < 0.5
    assert own["V on QRS"] > 50
    assert [row[0] for row in report.sheets[1].rows] == ["V", "F"]


def test_the_method_in_service_is_the_one_that_is_measured() -> None:
    from benchmarks.maps import IN_SERVICE, METHODS, Explained
    from detector.classifier import Classifier
    from detector.model import shipped

    model = shipped("stream")
    classifier = Classifier(model, "stream")
    inputs = [x[:40] for x in classifier.of_stream(seed.beats())]
    label = classifier.probabilities(inputs).argmax(-1)
    subject = Explained(model)
    measured = subject.maps(METHODS[IN_SERVICE])(inputs, label)
    most = measured.max(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(measured / most, classifier.heat(inputs, label)[..., :2], atol=1e-3)
    subject.randomised(0)
    assert np.abs(subject.maps(METHODS[IN_SERVICE])(inputs, label) - measured).max() > 0.1 * most.max()


def test_without_records_nothing_is_said_of_explanations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER, raising=False)
    report = explain.bench()
    assert report.figures == []
    assert "not measured" in report.remarks[0]


@pytest.mark.browser
@pytest.mark.usefixtures("chromium")
def test_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    for where in (screen, lags):
        monkeypatch.setattr(where, "WARM_UP", 2.0)
    monkeypatch.setattr(lags, "BEDS", 4)
    for where in (watchers, growth):
        monkeypatch.setattr(where, "BEDS", 2)
    monkeypatch.setattr(watchers, "ROUNDS", 1)
    report = screen.bench([2], seconds=12.0, minutes=0.1)
    figures = {figure.name: figure.value for figure in report.figures}
    ours, plotly = report.sheets[0].rows
    assert 0.7 < float(ours[2]) < 1.3  # seconds of the trace in a second
    assert float(plotly[1]) > 0
    assert figures["frames for the same CPU, to Plotly's"] > 1
    assert figures["of that, waiting for the next R"] == pytest.approx(60 / lags.RATE, rel=0.02)
    assert 60 / lags.RATE < figures["from R to its mark at 72/min: median"] < 10
    assert 0 < figures["from an alarm's announcement to its tile: p99"] < 10_000
    assert figures["2 beds: Chromium"] > 0
    assert [row[0] for row in report.sheets[1].rows] == ["1", "4", "10"]  # screens at once
    assert np.isfinite(figures["memory, all processes: growth"])
    assert np.isfinite(figures["memory, all but pictures on their way to the screen: growth"])


def test_the_command_runs_what_it_is_asked_to(tmp_path: Path) -> None:
    to = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "pace", "--seconds", "1", "--json", str(to)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={name: value for name, value in os.environ.items() if name != FOLDER},
    )
    assert done.returncode == 0, done.stderr
    assert "a simulated record was played" in done.stdout
    assert list(json.loads(to.read_text())["benchmarks"]) == ["pace"]


def test_no_alarm_is_lost_or_doubled_when_hub_and_detector_are_killed() -> None:
    report = crashes.bench(2)
    figures = {figure.name: figure.value for figure in report.figures}
    lost = ("announced and missing in the journal", "twice in the journal", "announced twice, or under two names")
    assert [figures[name] for name in lost] == [0, 0, 0], report.remarks
    assert figures["active again after a kill, at the latest"] <= crashes.AGAIN
    assert figures["alarms announced"] >= 1
