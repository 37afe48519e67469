"""Where a command spends its time: ``python -m benchmarks.sampler FILE COMMAND...``.

A statistical profiler in the process itself: every few milliseconds of CPU time spent (of all its threads) a signal
comes, and what the main thread is doing is counted. Unlike :mod:`cProfile` it costs next to nothing, so small
functions called often do not look larger than they are, and time spent waiting is not counted. Counting begins with
``SIGUSR1`` and ends with the command, which leaves the counts in FILE.
"""

import json
import signal
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Final

EVERY: Final = 0.004
"""CPU seconds between samples."""

OURS: Final = ("stream", "detector")
"""Packages a sample is counted for: the innermost function of them, libraries called by it included."""

ROOT: Final = Path(__file__).parent.parent


@cache
def of_ours(code: CodeType) -> str | None:
    """``file:line function`` if the code is ours."""
    path = Path(code.co_filename)
    if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in OURS:
        return f"{path.relative_to(ROOT)}:{code.co_firstlineno} {code.co_qualname}"
    return None


def place(frame: FrameType | None) -> str:
    """The innermost function of ours that runs, else the library that does."""
    library = frame.f_globals.get("__name__", "?").split(".")[0] if frame else "?"
    while frame is not None:
        if ours := of_ours(frame.f_code):
            return ours
        frame = frame.f_back
    return f"{library} (library)"


def main() -> None:
    file = Path(sys.argv.pop(1))
    counts: Counter[str] = Counter()

    def sample(_: int, frame: FrameType | None) -> None:
        counts[place(frame)] += 1

    def begin(_: int, __: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)

    signal.signal(signal.SIGPROF, sample)
    signal.signal(signal.SIGUSR1, begin)
    sys.argv[0] = "cardiovision"
    import cardiovision

    try:
        cardiovision.main()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        file.write_text(json.dumps(counts))


if __name__ == "__main__":
    main()
