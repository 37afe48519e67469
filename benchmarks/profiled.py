"""Where a command spends its time: ``python -m benchmarks.profiled FILE COMMAND...``.

:mod:`cProfile` over the main thread, from ``SIGUSR1`` until the command ends, which leaves in FILE the seconds each of
our functions took, with the library functions it called but without other functions of ours. It makes small functions
that are called often look larger than they are.
"""

import cProfile
import json
import pstats
import signal
import sys
from pathlib import Path
from typing import Any, Final, TypeAlias

OURS: Final = ("stream", "detector")
ROOT: Final = Path(__file__).parent.parent
OTHER: Final = "asyncio, websockets and other libraries by themselves"

Function: TypeAlias = tuple[str, int, str]
"""File, line and name, as in :class:`pstats.Stats`."""


def seconds_of_ours(stats: dict[Function, tuple[Any, ...]]) -> dict[str, float]:
    """Seconds by function of ours, and of what no function of ours called; waiting for messages left out.

    Parameters
    ----------
    stats
        As ``pstats.Stats(...).stats``: calls, calls, own time, time with callees, and the last two again by caller.
    """
    own = {function: entry[3] for function, entry in stats.items() if _is_ours(function)}
    for function in own:
        for caller, (*_, together) in stats[function][4].items():
            if caller in own and caller != function:
                own[caller] -= together
    busy = sum(entry[2] for function, entry in stats.items() if "epoll" not in function[2])
    seconds = {_place(function): max(spent, 0.0) for function, spent in own.items()}
    return seconds | {OTHER: max(busy - sum(seconds.values()), 0.0)}


def _is_ours(function: Function) -> bool:
    path = Path(function[0])
    return path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in OURS


def _place(function: Function) -> str:
    file, line, name = function
    return f"{Path(file).relative_to(ROOT)}:{line} {name}"


def main() -> None:
    file = Path(sys.argv.pop(1))
    profile = cProfile.Profile()
    signal.signal(signal.SIGUSR1, lambda *_: profile.enable())
    sys.argv[0] = "cardiovision"
    import cardiovision

    try:
        cardiovision.main()
    finally:
        profile.disable()
        stats: Any = pstats.Stats(profile)
        file.write_text(json.dumps(seconds_of_ours(stats.stats)))


if __name__ == "__main__":
    main()
