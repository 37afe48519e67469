"""Runs programs as children of this process: starts them, starts them again when they die, leaves none.

Each child is the leader of its own session, so a Ctrl-C in the terminal reaches this process alone, which
then stops the children; and whatever a child started itself is stopped with it. A child's standard input is a
pipe that ends when this process is gone, however it went: :func:`end_with_parent`, called in the child, then
ends it. (A pipe works on Linux and macOS alike, ``PR_SET_PDEATHSIG`` only on Linux.)
"""

import asyncio
import errno
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from stream.errors import CardioVisionError

USER_FAULT: Final = 2
"""Exit code of a child that cannot start for a reason only a person can mend; its last line says which."""

SUPERVISED: Final = "CARDIOVISION_SUPERVISED"
"""Set in a child's environment: its standard input is the supervisor's pipe."""

GRACE: Final = 5.0
"""Seconds between asking a child to end and ending it."""

_LONGEST: Final = 65536
"""Bytes of a child's output line after which it is cut."""

log = logging.getLogger(__name__)


class PartError(CardioVisionError):
    """A child could not be started, or died too often to go on; ``tail`` holds the last lines it wrote."""

    def __init__(self, text: str, tail: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.tail = tuple(tail)


@dataclass(frozen=True, slots=True)
class Part:
    """A program to keep running: its name for people, its command line, what to add to its environment."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Restarts:
    """How a dead child is started again: soon, then less and less soon, and not for ever.

    Attributes
    ----------
    first, longest
        Seconds before the first restart in a row; it doubles with each, up to ``longest``.
    steady
        A child that lived this many seconds is healthy: what it died of is not counted with deaths before.
    at_most
        Deaths in a row after which the child is given up.
    """

    first: float = 0.5
    longest: float = 10.0
    steady: float = 20.0
    at_most: int = 6

    def after(self, deaths: int, lived: float) -> tuple[int, float]:
        """Count a death after ``lived`` seconds of life: deaths in a row, and seconds to wait now."""
        deaths = 1 if lived >= self.steady else deaths + 1
        return deaths, float(min(self.longest, self.first * 2 ** (deaths - 1)))


async def keep(
    part: Part,
    *,
    on_line: Callable[[str, str], None],
    on_notice: Callable[[str], None],
    restarts: Restarts | None = None,
    grace: float = GRACE,
    ends: bool = False,
) -> None:
    """Keep a child running until cancelled; then stop it, and all it started.

    Parameters
    ----------
    part
        What to run.
    on_line
        Told each line that the child writes: the part's name, and the line.
    on_notice
        Told, in a sentence for people, when the child died and is started again.
    restarts
        When to start it again.
    grace
        Seconds a child has to end by itself when asked to.
    ends
        Whether it may come to its end: one that exits with code 0 is then not started again.

    Raises
    ------
    PartError
        If the child ends with :data:`USER_FAULT` at its first start, cannot be run, or has died too often.
    """
    restarts = restarts or Restarts()
    deaths = 0
    first = True
    while True:
        started = time.monotonic()
        code, tail = await once(part, on_line=on_line, grace=grace)
        if first and code == USER_FAULT:
            raise PartError(reason(part, code, tail))
        if ends and code == 0:
            return
        first = False
        deaths, wait = restarts.after(deaths, time.monotonic() - started)
        if deaths >= restarts.at_most:
            raise PartError(f"{part.name} {ending(code)}, {deaths} times in a row", tail)
        log.warning("part died", extra={"part": part.name, "code": code, "restart_in": wait})
        on_notice(f"{_ended(part, code, tail)}; starting it again in {wait:g} s")
        await asyncio.sleep(wait)


def ending(code: int) -> str:
    """How a process ended, in words: ``exited with code 1``, ``was killed (SIGKILL)``."""
    if code >= 0:
        return f"exited with code {code}"
    try:
        return f"was killed ({signal.Signals(-code).name})"
    except ValueError:
        return f"was killed (signal {-code})"


def reason(part: Part, code: int, tail: Sequence[str]) -> str:
    """Why a child ended, for people: its own last words where it could not start, else how it ended."""
    if code == USER_FAULT:
        return tail[-1].removeprefix("cardiovision: ") if tail else f"{part.name} could not start and did not say why"
    return _ended(part, code, tail)


def run_until_signalled(work: Coroutine[Any, Any, object]) -> bool:
    """Run a coroutine as a program: Ctrl-C, SIGTERM and a closed terminal cancel it, quietly.

    Returns whether it ran to its end, rather than having been cancelled.
    """

    async def main() -> bool:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # as nohup set it
                loop.add_signal_handler(number, task.cancel)
        try:
            await task
        except asyncio.CancelledError:
            return False
        return True

    return asyncio.run(main())


def check_port(host: str, port: int, option: str = "--port") -> None:
    """See that a port can be listened on, before anything is started.

    Raises
    ------
    PartError
        If it is in use, or may not be used; the text names the ``option`` to choose another with.
    """
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise PartError(f"port {port} {why}; stop what uses it or choose another with {option}") from None


def end_with_parent(grace: float = GRACE) -> None:
    """In a child: end when the supervisor is gone, even if it was killed. Elsewhere: do nothing."""
    if os.environ.pop(SUPERVISED, None) is None:
        return

    def watch() -> None:
        with suppress(OSError):
            while os.read(sys.__stdin__.fileno() if sys.__stdin__ else 0, 4096):
                pass
        os.killpg(0, signal.SIGTERM)
        time.sleep(grace)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


class _Child(asyncio.SubprocessProtocol):
    """Hears what a child writes, and when it ends.

    ``asyncio.subprocess`` would not do: its ``wait`` also waits for whoever else holds the child's output.
    """

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self.exited: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.silent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._on_line = on_line
        self._rest = b""

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Pass on whole lines, in any bytes; empty ones are left out and endless ones are cut."""
        *lines, self._rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
        if len(self._rest) > _LONGEST:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            if line.strip():
                self._on_line(line.decode(errors="replace").rstrip())

    def process_exited(self) -> None:
        """Note the end of the process."""
        self.exited.set_result(None)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """Pass on what came after the last newline."""
        self.pipe_data_received(fd, b"\n")

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end of its output and of the process."""
        self.silent.set_result(None)


async def once(part: Part, *, on_line: Callable[[str, str], None], grace: float = GRACE) -> tuple[int, list[str]]:
    """Run a child to its end, without starting it again; cancelled, stop it first, and all it started.

    Parameters
    ----------
    part, on_line, grace
        As of :func:`keep`.

    Returns
    -------
    code, tail
        Its exit code, below 0 if a signal ended it, and the last lines it wrote; :func:`reason` makes words of them.

    Raises
    ------
    PartError
        If it cannot be run.
    """
    tail: deque[str] = deque(maxlen=20)

    def hear(line: str) -> None:
        tail.append(line)
        on_line(part.name, line)

    try:
        transport, child = await asyncio.get_running_loop().subprocess_exec(
            lambda: _Child(hear),
            *part.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **part.environment, SUPERVISED: "1", "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
    except OSError as error:
        raise PartError(f"cannot run {part.command[0]} for {part.name}: {error.strerror}") from None
    pid = transport.get_pid()
    log.info("part started", extra={"part": part.name, "pid": pid})
    try:
        await asyncio.wait([child.exited])
    except asyncio.CancelledError:
        _signal(pid, signal.SIGTERM)
        await asyncio.wait([child.exited], timeout=grace)
        raise
    finally:
        _signal(pid, signal.SIGKILL)  # also whatever the child left behind in its session
        try:
            await asyncio.wait([child.silent], timeout=1.0)
        finally:
            transport.close()
    code = transport.get_returncode()
    assert code is not None
    return code, list(tail)


def _ended(part: Part, code: int, tail: Sequence[str]) -> str:
    """How a child ended, with the last that it wrote."""
    return f"{part.name} {ending(code)}" + (f" ({tail[-1]})" if tail and code > 0 else "")


def _signal(group: int, number: signal.Signals) -> None:
    """Send a signal to a process group, which may be gone already."""
    with suppress(ProcessLookupError, PermissionError):  # macOS: the latter for a group of zombies
        os.killpg(group, number)
