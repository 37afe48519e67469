"""Whole records: ``annotate`` (two leads, beats named, abnormal ones explained), against WFDB's own QRS detector.

Each record is read in a process of its own, which tells what starting TensorFlow and the model took, and what reading
took. ``wfdb.processing.xqrs_detect`` then finds the QRS of one lead of the same record in the same process.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import wfdb
from wfdb.processing import xqrs_detect

from benchmarks.figures import BenchmarkError, Report, Sheet
from benchmarks.records import find, find_all, simulate

MINUTES: Final = 30.0
SEVERAL: Final = 16
"""Records read side by side, at most."""


def bench(*, minutes: float = MINUTES, tell: Callable[[str], object] = lambda _: None) -> Report:
    """Time ``annotate`` and ``xqrs_detect`` on records; shorter ones than half an hour are simulated."""
    report = Report("annotate", f"Whole records: annotate, {minutes:g} min of two leads")
    rows: list[list[str | float]] = []
    with tempfile.TemporaryDirectory() as folder:
        records, why_not = find() if minutes >= MINUTES else ([], "shorter than the records")
        if why_not:
            report.remarks.append(f"{why_not}: simulated records were read")
            records = [simulate(Path(folder), 60 * minutes, bed) for bed in (0, 2)]
        for record in records:
            tell(record.name)
            told = measure([record], Path(folder) / "out")
            length = told["seconds"]
            ratio = told["xqrs_wall"] / told["wall"]
            cpu = told["xqrs_cpu"] / told["cpu"]
            note = (
                f"wall time; by CPU time {cpu:.3g}; more than 1 is faster than xqrs, which finds QRS in one lead only"
            )
            report.add(f"{record.name}: times as fast as xqrs_detect", ratio, "", note)
            report.add(f"{record.name}: times real time", length / told["wall"])
            seconds = [told[key] for key in ("wall", "cpu", "xqrs_wall", "xqrs_cpu", "start", "all")]
            rows.append([record.name, *seconds, f"{told['beats']:.0f}", f"{told['abnormal']:.0f}"])
        several = find_all()[:SEVERAL] if not why_not else records
        tell(f"{len(several)} records side by side")
        told = measure(several, Path(folder) / "out")
        ratio = len(several) * told["xqrs_wall"] / told["wall"]
        note = f"a record of {len(several)} read side by side, against xqrs on {several[0].name}"
        report.add("side by side: times as fast as xqrs_detect", ratio, "", note)
        report.add("side by side: seconds a record", told["wall"] / len(several), "s")
    columns = ("record", "annotate s", "CPU s", "xqrs s", "xqrs CPU s", "start s", "all s", "beats", "abnormal")
    report.sheets.append(
        Sheet("Seconds a record; start: TensorFlow and model; all: the process to its end", columns, rows)
    )
    return report


def measure(records: Sequence[Path], out: Path) -> dict[str, float]:
    """Figures of records read side by side, taken in a fresh process; xqrs reads the first of them."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.annotate", str(out), *map(str, records)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent.parent,
    )
    if done.returncode:
        raise BenchmarkError(f"annotating {records[0].name} failed: {(done.stderr.splitlines() or ['?'])[-1]}")
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    told["all"] = time.perf_counter() - began - told["xqrs_wall"] - told["again"]
    return told


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(before: tuple[float, float]) -> tuple[float, float]:
    now = _clocks()
    return now[0] - before[0], now[1] - before[1]


def main(out: str, *records: str) -> None:
    """Take the figures in this process, and print them as JSON.

    ``annotate`` makes its reader itself; so that reading is timed apart, a reader is made twice beforehand: the first
    is the start, the second tells what the one within ``annotate`` takes.
    """
    began = _clocks()
    from detector.annotate import annotate
    from detector.service import make_reader

    make_reader()
    start, _ = _since(began)
    began = _clocks()
    make_reader()
    again = _since(began)
    began = _clocks()
    results = annotate(records, Path(out))
    wall, cpu = _since(began)

    signals, fields = wfdb.rdsamp(records[0], channels=[0])
    began = _clocks()
    xqrs_detect(signals[:, 0], fields["fs"], verbose=False)
    xqrs = _since(began)
    figures = {
        "seconds": fields["sig_len"] / fields["fs"],
        "start": start,
        "again": again[0],
        "wall": wall - again[0],
        "cpu": cpu - again[1],
        "xqrs_wall": xqrs[0],
        "xqrs_cpu": xqrs[1],
        "beats": sum(result.beats for result in results),
        "abnormal": sum(result.beats - result.classes["N"] for result in results),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
