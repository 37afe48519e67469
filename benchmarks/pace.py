"""The pace: how far a replay in real time is off its schedule, at the other end of a real hub.

A block is due when its last sample happens, by the stream's own clock: ``epoch + stop / fs``.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from benchmarks.children import child, free_port
from benchmarks.figures import BenchmarkError, Report, spread
from benchmarks.records import find, simulate
from stream.client import Feed
from stream.messages import Close, Open, Problem, Subscribe, Wave

LIMIT = 0.05
"""Error (s) the pace may have after a minute."""


def bench(*, seconds: float = 60.0, tell: Callable[[str], object] = lambda _: None) -> Report:
    """Replay a record at 1x and compare arrivals with the schedule."""
    report = Report("pace", f"The pace: {seconds:g} s of a record at 1x, through the hub")
    with tempfile.TemporaryDirectory() as folder:
        paths, why_not = find()
        record = paths[0] if paths else simulate(Path(folder), seconds + 1, 0)
        if why_not:
            report.remarks.append(f"{why_not}: a simulated record was played")
        tell(f"{seconds:g} s at 1x")
        errors = asyncio.run(asyncio.wait_for(replay(record, seconds), seconds + 60))
    size = np.abs(errors)
    last = float(np.median(errors[-5:]))
    median, late, worst = spread(size)
    report.add("error at the end, of the 50 ms allowed", abs(last) / LIMIT, "", "median of the last second's blocks")
    report.add("error at the end", 1000 * last, "ms")
    report.add("drift", 1000 * (last - float(np.median(errors[:5]))), "ms", "last second's median less the first's")
    report.add("error: median", 1000 * median, "ms", f"of {len(errors)} blocks")
    report.add("error: p99", 1000 * late, "ms")
    report.add("error: max", 1000 * worst, "ms")
    return report


async def replay(record: Path, seconds: float) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Arrival of each block less the time it was due, in seconds, in order.

    Raises
    ------
    BenchmarkError
        If the record does not come to its end.
    """
    port = free_port()
    url = f"ws://127.0.0.1:{port}"
    errors: list[float] = []
    opened: Open | None = None
    with ExitStack() as stack:
        stack.enter_context(child("hub", "hub", f"--port={port}"))
        async with Feed(url, name="subscriber", subscribe=Subscribe(), limits=(0.1, 0.2)) as feed:
            await anext(feed)  # the hub answers
            stack.enter_context(child("replay", "replay", f"--to={seconds}", f"--feed={url}", str(record)))
            async for messages in feed:
                now = time.time()
                for message in messages:
                    match message:
                        case Open():
                            opened = opened or message
                        case Wave() if opened is not None:
                            stop = message.start + len(message.samples) // (2 * len(opened.leads))
                            errors.append(now - opened.epoch - stop / opened.fs)
                        case Close() if errors:
                            return np.array(errors)
                        case Problem():
                            raise BenchmarkError(f"the hub refused: {message.text}")
                        case _:
                            pass
    raise BenchmarkError("the feed ended before the record did")
