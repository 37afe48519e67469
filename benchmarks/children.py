"""Our own commands as child processes, and what they cost: CPU seconds and memory."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from benchmarks.figures import BenchmarkError
from supervisor import SUPERVISED, ending

GRACE: Final = 30.0
"""Seconds a child has to end by itself: one that is overloaded or profiled needs some."""


class Child:
    """A running command.

    Attributes
    ----------
    name
        What it is called in tables.
    """

    def __init__(self, name: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.name: Final = name
        self._process: Final = process
        self._log: Final = log

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def check(self) -> None:
        """See that it runs.

        Raises
        ------
        BenchmarkError
            If it has ended, with the last line it wrote.
        """
        code = self._process.poll()
        if code is not None:
            lines = self._log.read_text(errors="replace").splitlines()
            raise BenchmarkError(f"{self.name} {ending(code)}: {lines[-1] if lines else 'it wrote nothing'}")

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._process.kill()
        self._process.wait()

    def start_profiling(self) -> None:
        """Tell a child begun with ``profile`` to look where its time goes from now on."""
        os.kill(self.pid, signal.SIGUSR1)


@contextmanager
def child(name: str, *arguments: str, profile: Path | None = None) -> Iterator[Child]:
    """Run ``cardiovision ARGUMENTS`` until the context ends; with ``profile``, under :mod:`benchmarks.profiled`."""
    program = ["cardiovision"] if profile is None else ["benchmarks.profiled", str(profile)]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", *program, *arguments],
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, SUPERVISED: "1", "CARDIOVISION_HOME": folder},
                start_new_session=True,
                cwd=Path(__file__).parent.parent,
            )
        try:
            yield Child(name, process, log)
        finally:
            process.terminate()
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdin is not None
            process.stdin.close()


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds since its start, and resident bytes, of a process."""

    cpu: float
    memory: int

    @staticmethod
    def of(pid: int) -> "Usage":
        """As it is now."""
        process = psutil.Process(pid)
        times = process.cpu_times()
        return Usage(times.user + times.system, process.memory_info().rss)


def usage(processes: Mapping[str, int]) -> dict[str, Usage]:
    """What named processes have used so far."""
    return {name: Usage.of(pid) for name, pid in processes.items()}


def free_port() -> int:
    """A TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
