"""The beat lab behind its page: the real process, the real models, files good and bad."""

import csv
import io
import multiprocessing
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from threading import Event

import numpy as np
import psutil
import pytest

from stream.errors import CardioVisionError
from stream.messages import AAMI
from web.beatlab.example import WIDTH, example_csv
from web.beatlab.files import KEPT, MAX_FILES, BeatFile, Files
from web.beatlab.home import Home
from web.beatlab.model import SHIPPED, about
from web.beatlab.results import Results, View, class_scores, confusion, csv_parts, order, place
from web.beatlab.work import Taken, Work, check_width
from web.beatlab.worker import Worker, WorkError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def files() -> Iterator[Files]:
    """One lab for all tests: its process loads the model once."""
    files = Files()
    yield files
    files.close()


def named(files: Files, text: str | bytes, *, name: str = "mine.csv", labels: str = "auto") -> BeatFile:
    """Bring a file, and wait until it is named or refused."""
    file = files.begin(name)
    file.source.write_bytes(text if isinstance(text, bytes) else text.encode())
    files.start(file, labels)
    return waited(file)


def waited(file: BeatFile) -> BeatFile:
    still = Event()
    while file.stage not in {"ready", "failed"}:
        still.wait(0.02)
    return file


def rows(width: int, count: int = 3, label: str = "") -> str:
    """So many beats, a sharp wave each, and a label behind it if one is given."""
    wave = np.exp(-(((np.arange(width) - width / 3) / (width / 40)) ** 2))
    line = ",".join(f"{value:.3f}" for value in wave)
    return f"{line}{',' + label if label else ''}\n" * count


# ------------------------------------------------------------------------------------------------- the process


def test_the_lab_says_what_the_detector_says(files: Files) -> None:
    from detector.classifier import Classifier
    from detector.model import shipped

    file = named(files, example_csv(), name="example.csv")
    assert file.error == ""
    assert file.understood is not None
    assert file.results is not None
    table = np.loadtxt(io.StringIO(example_csv()), delimiter=",", dtype=np.float32)
    assert (file.understood.rows, file.understood.width) == (len(table), WIDTH)
    np.testing.assert_array_equal(file.understood.truth, table[:, -1])

    classifier = Classifier(shipped("row"), "row")
    inputs = classifier.of_rows(list(table[:, :-1]))
    expected = classifier.probabilities(inputs)
    np.testing.assert_allclose(file.results.probabilities, expected, atol=2e-4)  # threads add in any order

    wave, heat = files.worker.ask("explain", file.samples, 7, AAMI.index("V")).result()
    np.testing.assert_array_equal(wave, table[7, :-1])
    np.testing.assert_allclose(heat, classifier.heat([part[7:8] for part in inputs], [2])[0, :, 0], atol=1e-2)


def test_the_example_has_beats_of_four_classes_and_most_normal_ones_are_found(files: Files) -> None:
    results = named(files, example_csv()).results
    assert results is not None
    assert results.truth is not None
    counts = np.bincount(results.truth, minlength=5)
    assert all(counts[AAMI.index(name)] > 5 for name in "NSVQ")
    scores = class_scores(confusion(results))
    assert scores["N"].se > 0.8
    assert scores["V"].se > 0.5


def test_a_screen_without_a_visitor_in_the_lab_never_loads_the_model() -> None:
    code = (
        "import sys; from web.app import create_app; from web.settings import Settings;"
        "create_app(Settings('ws://127.0.0.1:1')); from web.beatlab.model import about; about(None);"
        "sys.exit(int(bool({'tensorflow', 'keras'} & set(sys.modules))))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_process_that_is_killed_is_told_and_another_answers(tmp_path: Path) -> None:
    worker = Worker(None, tmp_path)
    assert worker.ask("example").result() == example_csv()
    assert worker.pid is not None
    process = psutil.Process(worker.pid)
    process.suspend()
    asked = worker.ask("example")
    process.kill()
    with pytest.raises(WorkError, match=r"the lab's process has ended.*try again"):
        asked.result()
    assert worker.ask("example").result() == example_csv()
    worker.close()


def test_nothing_is_left_of_what_is_closed_at_any_moment(tmp_path: Path) -> None:
    before = multiprocessing.active_children()
    for wait in (0.0, 0.001, 0.01, 0.03, 0.1):
        worker = Worker(None, tmp_path)
        asked = worker.ask("example")
        Event().wait(wait)  # it is being started, or is running
        worker.close()
        with suppress(CancelledError, WorkError):
            assert asked.result() == example_csv()
    assert multiprocessing.active_children() == before


def test_nothing_is_left_when_the_screen_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "screen.py"
    script.write_text(
        "import sys, time\n"
        "from web.beatlab.files import Files\n"
        "if __name__ == '__main__':\n"
        "    files = Files()\n"
        "    file = files.begin('a.csv')\n"
        "    files.worker.ask('example').result()\n"
        "    print(files.worker.pid, file.folder.parent, flush=True)\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT)}
    ) as screen:
        assert screen.stdout is not None
        pid, folder = screen.stdout.readline().split(maxsplit=1)
        worker = psutil.Process(int(pid))
        assert Path(folder.strip()).is_dir()
        screen.kill()
    assert psutil.wait_procs([worker], timeout=30)[1] == []
    assert not Path(folder.strip()).exists()


def test_what_a_lab_that_died_has_left_is_removed_by_the_next_and_that_of_a_living_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code = "from web.beatlab.home import Home; import os; print(Home().path, flush=True); os._exit(1)"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": ROOT, "TMPDIR": tmp_path}
    ) as lab:
        assert lab.stdout is not None
        left = Path(lab.stdout.readline().strip())
    assert left.parent == tmp_path
    assert left.is_dir()
    living = Home()
    assert not left.exists()
    another = Home()
    assert living.path.is_dir()
    for home in (living, another):
        home.remove()
        assert not home.path.exists()


def test_an_idle_process_ends_and_starts_again_when_asked(tmp_path: Path) -> None:
    worker = Worker(None, tmp_path, idle=0.1)
    assert worker.ask("example").result() == example_csv()
    still = Event()
    while worker.pid:
        still.wait(0.02)
    for _ in range(3):  # whether it has ended by then or is about to
        assert worker.ask("example").result() == example_csv()
    worker.close()
    assert worker.ask("example").cancelled()


# ----------------------------------------------------------------------------------------- files, good and bad


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "mine.csv: expected rows of beats, the file is empty"),
        ("first,second,third\na,b,c\n", "mine.csv: row 2, column 1: expected a number, got 'a'"),
        (rows(187) + "1,2,3\n", "mine.csv: row 4: expected 187 columns, got 3"),
        (rows(187, 3, "0") + rows(187, 1, "7"), r"mine.csv: row 4, column 188: expected a label (0-4 or N S V F Q)"),
        (rows(10_002, 1), "a whole recording is played on the replay desk"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe", "mine.csv: expected a CSV file in UTF-8, got something else"),
    ],
)
def test_a_bad_file_gets_one_sentence(files: Files, text: str | bytes, error: str) -> None:
    file = named(files, text)
    assert file.stage == "failed"
    assert error in file.error
    assert "\n" not in file.error
    assert str(file.folder) not in file.error


@pytest.mark.parametrize(("width", "rate"), [(187, 125.0), (216, 360.0), (90, 125.0)])
def test_any_width_is_named_and_a_rate_assumed(files: Files, width: int, rate: float) -> None:
    file = named(files, rows(width, 4, "V") + rows(width, 2, "N"))
    state = file.state()
    assert (state["stage"], state["rows"], state["rate"], state["labelled"]) == ("ready", 6, rate, True)
    assert file.understood is not None
    assert f"6 rows of {width} samples, labels in the last column: N 2, V 4" in file.understood.words


def test_labels_can_be_told_to_be_none(files: Files) -> None:
    file = named(files, rows(187, 4, "2"))
    assert file.understood is not None
    assert file.understood.truth is not None
    files.start(file, "none")
    waited(file)
    assert (file.understood.width, file.understood.truth) == (188, None)
    assert file.results is not None
    assert file.results.differs is None


def test_a_model_of_ones_own_takes_beats_of_its_width_alone(tmp_path: Path) -> None:
    import keras

    path = tmp_path / "mine.keras"
    beat = keras.Input((216, 1))
    x = keras.layers.GlobalAveragePooling1D()(keras.layers.Conv1D(4, 5)(beat))
    keras.Model(beat, keras.layers.Dense(5, activation="softmax")(x)).save(path)
    (tmp_path / "mine.md").write_text("# Mine\n\n<!-- note -->Good.")
    assert about(path).card == "# Mine\n\nGood."
    taken = Work(path).load()
    check_width(taken, 216)
    with pytest.raises(CardioVisionError, match=r"takes beats of 216 samples, this file has 187: bring a file of that"):
        check_width(taken, 187)
    check_width(Taken(187, stretches=True), 216)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ((SHIPPED / "stream.keras").read_bytes(), "the beat lab needs a model that takes a beat a row"),
        (b"no model", "cannot be read as a Keras model"),
        (None, "no model file at"),
    ],
)
def test_a_model_that_cannot_be_used_is_told(tmp_path: Path, content: bytes | None, error: str) -> None:
    path = tmp_path / "mine.keras"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CardioVisionError, match=re.escape(error)):
        Work(path).load()
    assert bool(about(path).error) == (content is None)


def test_the_shipped_model_is_told_with_scores_and_card() -> None:
    told = about(None)
    assert list(told.f1) == list(AAMI)
    assert 0.5 < told.f1["V"] < told.f1["N"] <= 1
    assert told.card.startswith("# Model card")
    assert "<!--" not in told.card


def test_files_are_bounded_in_number_and_time() -> None:
    now = 0.0
    files = Files(clock=lambda: now)
    kept = [files.begin(f"{n}.csv") for n in range(MAX_FILES)]
    now = 1.0
    assert files.get(kept[0].token) is kept[0]
    last = files.begin("last.csv")
    assert files.get(kept[1].token) is None  # the one longest unused
    assert not kept[1].folder.exists()
    now = KEPT + 1.5
    assert files.get(kept[0].token) is kept[0]  # used, and so kept
    files.expire()
    assert files.get(last.token) is None
    assert files.get(kept[0].token) is kept[0]
    home = kept[0].folder.parent
    files.close()
    assert not home.exists()


def test_what_the_browser_has_made_up_is_no_file(files: Files) -> None:
    assert [files.get(token) for token in ("", "../..", None, 7, ["a"])] == [None] * 5
    with pytest.raises(WorkError, match="the lab failed"):
        files.worker.ask("name", Path("nowhere.npy"), 0, 1).result()


# ------------------------------------------------------------------------------------------ sorted and counted


@pytest.fixture
def results() -> Results:
    """Six beats: predicted N V V S N V at .9 .8 .8 .6 .5 .95, labelled N V N S V F."""
    shares = np.full((6, 5), 0.01, np.float32)
    for row, (label, share) in enumerate(zip("NVVSNV", (0.9, 0.8, 0.8, 0.6, 0.5, 0.95), strict=True)):
        shares[row, AAMI.index(label)] = share
    return Results.of(shares, np.array([AAMI.index(label) for label in "NVNSVF"], np.int8))


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (View(), [0, 1, 2, 3, 4, 5]),
        (View(descending=True), [5, 4, 3, 2, 1, 0]),
        (View("differs", True), [5, 2, 4, 0, 1, 3]),
        (View("differs"), [0, 1, 3, 5, 2, 4]),
        (View("confidence"), [4, 3, 1, 2, 0, 5]),
        (View("confidence", True), [5, 0, 1, 2, 3, 4]),
        (View("label"), [0, 4, 3, 1, 2, 5]),
        (View("truth", True), [5, 1, 4, 3, 0, 2]),
        (View(label="V"), [1, 2, 5]),
        (View(label="V", only="different"), [2, 5]),
        (View(truth="V", only="same"), [1]),
        (View(label="Q"), []),
    ],
)
def test_the_table_is_sorted_and_filtered(results: Results, view: View, expected: list[int]) -> None:
    assert order(results, view).tolist() == expected


def test_a_file_without_labels_is_sorted_by_row_where_labels_are_asked_for(results: Results) -> None:
    bare = Results.of(results.probabilities, None)
    for view in (View("differs", True), View("truth"), View(truth="V"), View(only="different")):
        assert sorted(order(bare, view).tolist()) == list(range(6))
    with pytest.raises(ValueError, match="expected labels"):
        confusion(bare)


def test_the_chosen_beat_is_always_one_of_the_view(results: Results) -> None:
    shown = order(results, View(label="V"))
    assert [place(shown, View(at=at)) for at in (-5, 0, 2, 99)] == [0, 0, 2, 2]
    assert place(shown, View(row=6)) == 2
    assert place(shown, View(at=1, row=4)) == 1  # row 4 is not in the view
    assert place(order(results, View(label="Q")), View(at=3)) == 0


def test_the_confusion_table_counts_labels_by_prediction(results: Results) -> None:
    table = confusion(results)
    assert table.sum() == 6
    assert table[AAMI.index("V"), AAMI.index("N")] == 1
    assert table[AAMI.index("F"), AAMI.index("V")] == 1
    scores = class_scores(table)
    assert (scores["N"].se, scores["N"].ppv) == (0.5, 0.5)
    assert (scores["V"].se, scores["V"].ppv) == (0.5, 0.5)  # F called V is not held against it
    assert np.isnan(scores["Q"].se)


@pytest.mark.parametrize("labelled", [True, False])
def test_results_come_as_csv_in_the_order_of_the_file(results: Results, labelled: bool) -> None:
    one = results if labelled else Results.of(results.probabilities, None)
    lines = list(csv.DictReader(io.StringIO("".join(csv_parts(one)))))
    assert [line["row"] for line in lines] == ["1", "2", "3", "4", "5", "6"]
    assert "".join(line["prediction"] for line in lines) == "NVVSNV"
    assert float(lines[5]["V"]) == float(lines[5]["confidence"]) == pytest.approx(0.95)
    if labelled:
        assert "".join(line["label"] for line in lines) == "NVNSVF"
        assert "".join(line["differs"] for line in lines) == "001011"
    else:
        assert "label" not in lines[0]
