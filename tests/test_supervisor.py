"""The supervisor, with real little child processes."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from supervisor import Part, PartError, Restarts, ending, keep, once, reason

SOON = Restarts(first=0.01, longest=0.02, at_most=4)
SLEEPER = "import os, time; print('up', os.getpid()); time.sleep(600)"


def python(code: str) -> Part:
    return Part("child", [sys.executable, "-c", code])


class Watch:
    """What a kept child wrote, and what the supervisor said about it, as it comes."""

    def __init__(self) -> None:
        self.lines: asyncio.Queue[str] = asyncio.Queue()
        self.notices: list[str] = []

    async def pid(self) -> int:
        """Wait for the child's line ``up PID``."""
        while not (line := await self.lines.get()).startswith("up "):
            pass
        return int(line.split()[1])


@asynccontextmanager
async def kept(part: Part, grace: float = 5.0) -> AsyncIterator[Watch]:
    watch = Watch()
    task = asyncio.create_task(
        keep(
            part,
            on_line=lambda _, line: watch.lines.put_nowait(line),
            on_notice=watch.notices.append,
            restarts=SOON,
            grace=grace,
        )
    )
    try:
        yield watch
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def failure(part: Part) -> tuple[PartError, list[str]]:
    """Keep a child that cannot be kept: the error, and what was said before it."""
    notices: list[str] = []
    with pytest.raises(PartError) as caught:
        await keep(part, on_line=lambda *_: None, on_notice=notices.append, restarts=SOON)
    return caught.value, notices


def gone(*pids: int) -> bool:
    """Whether these processes end (waits for it)."""
    alive = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    return not psutil.wait_procs(alive, timeout=60)[1]


def test_restarts_wait_longer_each_time_up_to_a_limit_and_forget_after_steady_life() -> None:
    restarts = Restarts(first=0.5, longest=3.0, steady=20.0)
    waits, deaths = [], 0
    for _ in range(5):
        deaths, wait = restarts.after(deaths, lived=1.0)
        waits.append(wait)
    assert waits == [0.5, 1.0, 2.0, 3.0, 3.0]
    assert restarts.after(deaths, lived=20.0) == (1, 0.5)


async def test_lines_arrive_whole_even_without_newline_at_the_end_and_in_any_bytes() -> None:
    code = r"""
import os, time
os.write(1, b"one\n\ntwo\rth\xffree\n" + b"x" * 200_000 + b"\nlast")
os.close(1)
os.close(2)
time.sleep(600)
"""
    async with kept(python(code)) as watch:
        lines = [await watch.lines.get() for _ in range(3)]
        assert lines == ["one", "two", "th\ufffdree"]
        long = ""
        while not (line := await watch.lines.get()).endswith("last"):
            long += line
        assert long + line.removesuffix("last") == "x" * 200_000


@pytest.mark.parametrize(("number", "word"), [(signal.SIGKILL, "SIGKILL"), (signal.SIGSEGV, "SIGSEGV")])
async def test_a_killed_child_is_started_again_and_said_so(number: signal.Signals, word: str) -> None:
    async with kept(python(SLEEPER)) as watch:
        before = await watch.pid()
        os.kill(before, number)
        after = await watch.pid()
        assert after != before
        assert watch.notices == [f"child was killed ({word}); starting it again in 0.01 s"]
    assert gone(before, after)


async def test_stopping_ends_the_child_and_what_it_started() -> None:
    code = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {SLEEPER!r}])
{SLEEPER}
"""
    async with kept(python(code)) as watch:
        pids = [await watch.pid(), await watch.pid()]
    assert gone(*pids)


async def test_a_child_may_end_in_its_own_way_when_asked() -> None:
    code = f"import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('bye'))); {SLEEPER}"
    async with kept(python(code)) as watch:
        await watch.pid()
    assert watch.lines.get_nowait() == "bye"


async def test_a_child_deaf_to_sigterm_is_killed() -> None:
    code = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"
    async with kept(python(code), grace=0.1) as watch:
        pid = await watch.pid()
    assert gone(pid)


async def test_a_dead_child_leaves_nothing_behind() -> None:
    code = f"""
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {SLEEPER!r}], stdout=subprocess.PIPE, text=True)
print(child.stdout.readline(), end="", flush=True)
os._exit(1)
"""
    async with kept(python(code)) as watch:
        first = await watch.pid()
        await watch.pid()  # it was started again: all of its first life is over
        assert gone(first)


async def test_a_users_fault_at_the_start_ends_it_with_the_childs_own_words() -> None:
    error, notices = await failure(
        python("import sys; print('loading'); sys.exit(print('cardiovision: port 80 is in use') or 2)")
    )
    assert str(error) == "port 80 is in use"
    assert notices == []


async def test_a_fault_after_a_restart_is_tried_again(tmp_path: Path) -> None:
    """A port may still be taken for a moment by the one that was killed."""
    life = tmp_path / "life"
    code = f"""
import os, sys
with open({str(life)!r}, "a+") as file:
    file.write("x"); file.seek(0); lives = len(file.read())
if lives == 2: sys.exit(2)
{SLEEPER}
"""
    async with kept(python(code)) as watch:
        os.kill(await watch.pid(), signal.SIGKILL)
        await watch.pid()
        assert [notice.split(";")[0] for notice in watch.notices] == [
            "child was killed (SIGKILL)",
            "child exited with code 2",
        ]


async def test_a_child_that_dies_again_and_again_is_given_up_with_its_last_lines() -> None:
    error, notices = await failure(python("print('a', flush=True); raise SystemExit('no such thing')"))
    assert str(error) == "child exited with code 1, 4 times in a row"
    assert error.tail == ("a", "no such thing")
    assert notices == [
        f"child exited with code 1 (no such thing); starting it again in {wait} s" for wait in ("0.01", "0.02", "0.02")
    ]


async def test_a_child_that_may_end_is_not_started_again_when_it_has() -> None:
    watch = Watch()
    part = python("print('done')")
    await keep(part, on_line=lambda _, line: watch.lines.put_nowait(line), on_notice=watch.notices.append, ends=True)
    assert (watch.lines.get_nowait(), watch.lines.empty(), watch.notices) == ("done", True, [])


async def test_a_child_run_once_tells_how_it_ended() -> None:
    heard: list[str] = []
    part = python("import sys; print('cardiovision: no such record'); sys.exit(2)")
    code, tail = await once(part, on_line=lambda _, line: heard.append(line))
    assert (code, tail, heard) == (2, ["cardiovision: no such record"], tail)
    assert reason(part, code, tail) == "no such record"
    assert reason(part, 3, tail) == "child exited with code 3 (cardiovision: no such record)"
    assert reason(part, -9, tail) == "child was killed (SIGKILL)"
    assert reason(part, 2, []) == "child could not start and did not say why"


async def test_a_program_that_is_not_there_is_told() -> None:
    error, _ = await failure(Part("reader", ["/no/such/program"]))
    assert str(error) == "cannot run /no/such/program for reader: No such file or directory"


def test_endings_in_words() -> None:
    assert ending(0) == "exited with code 0"
    assert ending(-9) == "was killed (SIGKILL)"
    assert ending(-63) == "was killed (signal 63)"


CHILD = f"from supervisor import end_with_parent; end_with_parent(0.5); {SLEEPER}"
DEAF_CHILD = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + CHILD
PROGRAM = """
import asyncio, sys
from supervisor import Part, keep, run_until_signalled

async def main():
    async with asyncio.TaskGroup() as group:
        for code in sys.argv[1:]:
            part = Part("child", [sys.executable, "-c", code])
            group.create_task(keep(part, on_line=lambda _, line: print(line, flush=True), on_notice=print))

print("finished" if run_until_signalled(main()) else "stopped")
"""


@pytest.fixture
def program() -> Callable[..., subprocess.Popen[str]]:
    """Start a program that keeps children running the given codes."""

    def start(*codes: str) -> subprocess.Popen[str]:
        root = Path(__file__).resolve().parent.parent
        command = [sys.executable, "-c", PROGRAM, *codes]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)

    return start


def pids(process: subprocess.Popen[str], count: int) -> list[int]:
    assert process.stdout is not None
    return [int(process.stdout.readline().split()[1]) for _ in range(count)]


@pytest.mark.usefixtures("hangup")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_children_and_then_the_program(
    program: Callable[..., subprocess.Popen[str]], number: signal.Signals
) -> None:
    with program(CHILD, CHILD) as process:
        children = pids(process, 2)
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)
    assert output.splitlines() == ["stopped"]
    assert process.returncode == 0
    assert gone(*children)


def test_children_end_when_the_supervisor_is_killed(program: Callable[..., subprocess.Popen[str]]) -> None:
    with program(CHILD, DEAF_CHILD) as process:
        children = pids(process, 2)
        process.kill()
    assert gone(*children)
