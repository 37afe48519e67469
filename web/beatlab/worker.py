"""The lab's process: started when first needed, asked in order, ended when idle or when its parent is gone.

It is a process and not a thread, for reading a large file and loading TensorFlow hold the interpreter for seconds, in
which no page would be served; what runs out of memory there does not take the screen with it; and its memory is given
back when nobody uses the lab.
"""

import contextlib
import logging
import multiprocessing
import os
import shutil
import signal
import threading
from concurrent.futures import Future
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

from stream.errors import CardioVisionError
from web.beatlab.work import Work

IDLE: Final = 600.0
"""Seconds after which the process ends if nobody asked anything."""

NICENESS: Final = 5
"""What is live goes first on a busy machine."""

log = logging.getLogger(__name__)


class WorkError(CardioVisionError):
    """What was asked could not be done; the text says why."""


class Worker:
    """The process, from outside.

    Parameters
    ----------
    model
        The lab's model; None: the shipped one.
    folder
        Where files lie; the process removes it if its parent dies without having done so.
    idle
        Seconds after which it ends by itself; it starts again when asked.
    """

    def __init__(self, model: Path | None, folder: Path, *, idle: float = IDLE) -> None:
        self._given: Final = (model, folder, idle)
        self._asked: Final[SimpleQueue[tuple[Future[Any], str, tuple[Any, ...]] | None]] = SimpleQueue()
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None
        self._closed = False
        self._changing: Final = threading.Lock()  # nothing is started while it is closed, or after
        threading.Thread(target=self._answer, name="beat-lab", daemon=True).start()

    def ask(self, task: str, *given: Any) -> "Future[Any]":
        """Have a method of :class:`~web.beatlab.work.Work` called; the future has its answer.

        The future raises :class:`WorkError` if the method raised, or the process died; it is cancelled once closed.
        """
        future: Future[Any] = Future()
        if self._closed:
            future.cancel()
        else:
            self._asked.put((future, task, given))
        return future

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return self._process.pid if self._process is not None and self._process.is_alive() else None

    def close(self) -> None:
        """End the process; what was asked and not begun is not done."""
        self._closed = True
        self._asked.put(None)
        with self._changing:
            if self._process is not None:
                self._process.kill()
                self._process.join()

    def _answer(self) -> None:
        """Have what was asked done, in order. A thread of ours, for an executor's would hold up the end of Python."""
        for future, task, given in iter(self._asked.get, None):
            if self._closed:
                future.cancel()
            elif future.set_running_or_notify_cancel():
                try:
                    future.set_result(self._exchange(task, given))
                except Exception as error:
                    future.set_exception(error)

    def _exchange(self, task: str, given: tuple[Any, ...]) -> Any:
        try:
            done, answer = self._said(task, given)
        except (EOFError, OSError):
            if not self._went_idle():
                raise WorkError(
                    "the lab's process has ended, perhaps for want of memory; try again, or bring a smaller file"
                ) from None
            done, answer = self._said(task, given)
        if not done:
            raise WorkError(answer)
        return answer

    def _said(self, task: str, given: tuple[Any, ...]) -> tuple[bool, Any]:
        connection = self._started()
        connection.send((task, given))
        return connection.recv()

    def _went_idle(self) -> bool:
        """Whether the process has ended by itself, just when it was asked; another is started next time."""
        self._connection = None
        if self._process is None:
            return False
        self._process.join()
        return self._process.exitcode == 0

    def _started(self) -> Connection:
        with self._changing:
            if self._closed:
                raise EOFError
            if self._connection is None or self.pid is None:
                context = multiprocessing.get_context("spawn")  # a fork would share the server's sockets and locks
                self._connection, theirs = context.Pipe()
                self._process = context.Process(target=serve, args=(theirs, *self._given), name="beat-lab", daemon=True)
                self._process.start()
                theirs.close()
            return self._connection


def serve(connection: Connection, model: Path | None, folder: Path, idle: float) -> None:
    """Be the process: do what is asked until idle or alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends this
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICENESS)
    work = Work(model)
    try:
        while connection.poll(idle):
            task, given = connection.recv()
            connection.send(_done(work, task, given))
    except (EOFError, OSError):
        shutil.rmtree(folder, ignore_errors=True)


def _done(work: Work, task: str, given: tuple[Any, ...]) -> tuple[bool, Any]:
    """Do one thing: whether it worked, and its answer or what went wrong."""
    try:
        return True, getattr(work, task)(*given)
    except CardioVisionError as error:
        return False, str(error)
    except MemoryError:
        return False, "there is not memory enough for this file: split it"
    except Exception as error:
        log.exception("beat lab failed", extra={"task": task})
        return False, f"the lab failed ({type(error).__name__}: {error}); the screen's log tells more"
