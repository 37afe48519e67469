"""The ward: how many beds one hub, one detector and one subscriber carry on this machine, and how late they are.

Four processes, as in service: ``cardiovision simulate`` (two leads at 250 Hz, the shipped scenario), ``hub``,
``detect``, and this one, a subscriber to everything. Beds are added until the lag is too long.
"""

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.children import Child, Usage, child, free_port, usage
from benchmarks.figures import BenchmarkError, Report, Sheet, spread
from benchmarks.listener import Listener
from stream.client import Feed
from stream.messages import Sent, Status, Subscribe

LADDER: Final = (125, 250, 500, 750, 1000, 1500, 2000)
"""Numbers of beds tried, until the first that is too many."""

LIMIT: Final = 2.0
"""Longest lag (s), as 99th percentile, of waves behind their schedule and of beats behind their R."""

TOLD: Final = 0.9
"""Share of the simulator's true beats that the detector must have told meanwhile: who says nothing is never late."""

START: Final = 180.0
"""Seconds in which all parts must have started."""

PROFILED: Final = ("hub", "detector")
TOP: Final = 12


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one number of beds.

    Attributes
    ----------
    beds, seconds
        How many, measured how long.
    listener
        What the subscriber heard.
    behind
        Age (s) of the last sample that had come at the end, in the worst bed.
    cores
        CPU seconds a second, by process.
    idle, end
        Bytes of memory before there were beds, and at the end, by process.
    profile
        Seconds by function, by process, from :mod:`benchmarks.profiled`; empty if not asked for.
    """

    beds: int
    seconds: float
    listener: Listener
    behind: float
    cores: dict[str, float]
    idle: dict[str, int]
    end: dict[str, int]
    profile: dict[str, dict[str, float]]

    @property
    def told(self) -> float:
        """Beats told for each true one."""
        counts = self.listener.counts
        return counts["beat"] / max(counts["true_beat"], 1)

    @property
    def fault(self) -> str:
        """Why this is too many beds; empty if it is not."""
        lags = self.listener.lags
        late = {
            "waves": spread(lags.wave_due)[1],
            "beats": spread(lags.beat)[1],
            "the last sample": self.behind,
        }
        faults = [f"{what} {lag:.1f} s late" for what, lag in late.items() if not lag < LIMIT]
        faults += [f"{count} x {what}" for what, count in self.listener.trouble.items()]
        if self.told < TOLD:
            faults.append(f"only {self.told:.0%} of the beats told")
        return ", ".join(faults)


def bench(
    ladder: Sequence[int] = LADDER,
    *,
    seconds: float = 60.0,
    warm_up: float = 10.0,
    tell: Callable[[str], object] = lambda _: None,
) -> Report:
    """Add beds until the lag is too long, then look where the time goes with half of the most that were carried.

    Half, because profiling slows the parts down, and those that cannot keep up spend their time otherwise.
    """
    runs: list[Run] = []
    for beds in ladder:
        tell(f"{beds} beds")
        runs.append(run(beds, seconds, warm_up))
        if runs[-1].fault:
            break
    good = [one for one in runs if not one.fault]
    shown = good[-1] if good else runs[0]
    half = max(shown.beds // 2, 1)
    tell(f"{half} beds, where the time goes")
    return _report(runs, shown, run(half, min(seconds, 20.0), warm_up, profile=True))


def run(beds: int, seconds: float, warm_up: float, *, profile: bool = False) -> Run:
    """Measure one number of beds.

    Raises
    ------
    BenchmarkError
        If a part ends, or does not start.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / name for name in PROFILED} if profile else {}
        measured = asyncio.run(_run(beds, seconds, warm_up, files))
        for name, file in files.items():
            if not file.is_file():
                raise BenchmarkError(f"the profiled {name} with {beds} beds did not end by itself: try with fewer")
            measured.profile[name] = json.loads(file.read_text())
        return measured


async def _run(beds: int, seconds: float, warm_up: float, profiles: dict[str, Path]) -> Run:
    port = free_port()
    url = f"ws://127.0.0.1:{port}"
    with ExitStack() as stack:

        def start(name: str, *arguments: str) -> Child:
            return stack.enter_context(child(name, *arguments, profile=profiles.get(name)))

        parts = [start("hub", "hub", f"--port={port}"), start("detector", "detect", f"--feed={url}")]
        async with Feed(url, name="subscriber", subscribe=Subscribe(), limits=(0.2, 0.5)) as feed:
            listener = Listener()
            ear = _Ear(feed, listener, parts)
            await ear.listen(lambda messages: any(map(_detector_ready, messages)))
            before = usage({part.name: part.pid for part in parts})
            parts.append(start("beds", "simulate", f"--beds={beds}", f"--feed={url}"))
            await ear.listen(lambda _: len(listener.streams) == beds)
            await ear.listen(seconds=warm_up)
            processes = {part.name: part.pid for part in parts} | {"subscriber": os.getpid()}
            for part in parts:
                if part.name in profiles:
                    part.start_profiling()
            first, began = usage(processes), time.monotonic()
            listener.begin()
            await ear.listen(seconds=seconds)
            last, lasted = usage(processes), time.monotonic() - began
            behind = listener.behind(time.time())
    return Run(
        beds=beds,
        seconds=lasted,
        listener=listener,
        behind=behind,
        cores={name: (last[name].cpu - first[name].cpu) / lasted for name in processes},
        idle={name: before.get(name, Usage(0, 0)).memory for name in processes},
        end={name: used.memory for name, used in last.items()},
        profile={},
    )


class _Ear:
    """Carries what comes from the feed to the listener."""

    def __init__(self, feed: Feed, listener: Listener, parts: Sequence[Child]) -> None:
        self._feed = feed
        self._listener = listener
        self._parts = parts

    async def listen(
        self, until: Callable[[list[Sent]], bool] = lambda _: False, *, seconds: float | None = None
    ) -> None:
        """Listen for some seconds, or until messages satisfy a condition."""
        watch = asyncio.create_task(self._watch())
        hear = asyncio.create_task(self._hear(until))
        try:
            limit = START if seconds is None else seconds
            done, _ = await asyncio.wait((watch, hear), timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if not done and seconds is None:
                raise BenchmarkError(f"not all parts were ready within {START:g} s")
            for task in done:
                task.result()
        finally:
            watch.cancel()
            hear.cancel()
            await asyncio.gather(watch, hear, return_exceptions=True)

    async def _hear(self, until: Callable[[list[Sent]], bool]) -> None:
        async for messages in self._feed:
            self._listener.take(messages, time.time())
            if until(messages):
                return

    async def _watch(self) -> None:
        """Notice when a part ends."""
        while True:
            for part in self._parts:
                part.check()
            await asyncio.sleep(0.5)


def _detector_ready(message: Sent) -> bool:
    return isinstance(message, Status) and message.component == "detector" and message.state == "ready"


def _report(runs: Sequence[Run], shown: Run, profiled: Run) -> Report:
    """Put figures and tables together; figures are of ``shown``."""
    report = Report("ward", "The ward: simulated beds of 2 leads at 250 Hz, hub, detector, one subscriber")
    lags, counts = shown.listener.lags, shown.listener.counts
    good = [one.beds for one in runs if not one.fault]
    most = max(good, default=0)
    cores = sum(shown.cores.values())
    note = "the most tried" if not runs[-1].fault else f"{runs[-1].beds}: {runs[-1].fault}"
    report.add("beds carried", most, "", note)
    report.add("beds a core", shown.beds / max(cores, 1e-9), "", f"of {shown.beds}, all four processes counted")
    for what, values, note in (
        ("wave, from publication", lags.wave_sent, "at the subscriber"),
        ("wave, from its last sample", lags.wave_due, "by the schedule of the stream"),
        ("beat, from its R", lags.beat, "one beat must be waited for"),
        ("beat, from the next R", lags.beat_ready, "without that wait"),
    ):
        median, late, worst = spread(values)
        report.add(f"lag of a {what}: p99", late, "s", f"median {median:.3f}, max {worst:.3f} s; {note}")
    kib = {name: (shown.end[name] - shown.idle[name]) / shown.beds / 1024 for name in shown.end}
    for name, share in shown.cores.items():
        grown = f"{kib[name]:.0f} KiB more a bed than before the beds came; " if shown.idle[name] else ""
        memory = f"{grown}{shown.end[name] / 2**20:.0f} MiB in all"
        report.add(f"CPU of the {name}", 1000 * share / shown.beds, "ms/s a bed", f"{share:.2f} cores; {memory}")
    for kind in ("wave", "beat", "explanation", "numerics"):
        report.add(f"messages: {kind}", counts[kind] / shown.seconds, "/s")
    report.add("beats told for each true one", shown.told)
    report.add("samples lost", shown.listener.lost, "", f"in {shown.seconds:.0f} s")
    columns = ("beds", "wave p99 s", "beat p99 s", "next R p99 s", "cores", *shown.cores, "verdict")
    rows = [
        (
            str(one.beds),
            spread(one.listener.lags.wave_due)[1],
            spread(one.listener.lags.beat)[1],
            spread(one.listener.lags.beat_ready)[1],
            sum(one.cores.values()),
            *one.cores.values(),
            one.fault or "carried",
        )
        for one in runs
    ]
    report.sheets.append(Sheet(f"Beds tried (cores: CPU seconds a second, of {os.cpu_count()})", columns, rows))
    for name, spent in profiled.profile.items():
        total = max(sum(spent.values()), 1e-9)
        first = sorted(spent.items(), key=lambda item: -item[1])[:TOP]
        places = [(f"{seconds / total:.1%}", place) for place, seconds in first]
        report.sheets.append(
            Sheet(f"Where the {name}'s time goes, {profiled.beds} beds", ("share", "function"), places)
        )
    return report
