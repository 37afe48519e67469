"""Files of beats that people brought to the lab: kept on the server for a while, read and named one after the other."""

import logging
import math
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from stream.errors import CardioVisionError
from web.beatlab.home import Home
from web.beatlab.results import Results
from web.beatlab.work import Taken, Understood, check_width
from web.beatlab.worker import Worker

MAX_FILES: Final = 4
"""Files kept at once; a further one takes the place of the one longest unused."""

MAX_BYTES: Final = 512 * 1024 * 1024
"""Size of a file; the largest public one (MIT-BIH, for training) has 411 million."""

KEPT: Final = 3600.0
"""Seconds that a file is kept unused."""

CHUNK: Final = 2560
"""Beats named at a time; between them others have their turn."""

HOUSEKEEPING: Final = 60.0

RATES: Final = {216: 360.0}
"""Sampling rate in Hz that is assumed, by width: 216 samples are 0.6 s at MIT-BIH's 360 Hz ..."""

USUAL_RATE: Final = 125.0
"""... and all others are taken for the public heartbeat files' rate."""

Stage: TypeAlias = Literal["receiving", "reading", "loading", "naming", "ready", "failed"]

log = logging.getLogger(__name__)


class BeatFile:
    """One file, and how far it got.

    Attributes
    ----------
    token
        What the browser knows it by; who does not know it cannot see it.
    name
        As the person who brought it calls it.
    source, samples
        The CSV file, and its samples once it is read (.npy).
    stage, done, error
        How far it got, beats named so far, and why it failed.
    understood, taken, results
        What it was found to be, what the model takes, and what came out: each once it is known.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.token: Final = secrets.token_urlsafe(16)
        self.name: Final = name
        self.folder: Final = folder / self.token
        self.folder.mkdir()
        self.source: Final = self.folder / "beats.csv"
        self.stage: Stage = "receiving"
        self.done = 0
        self.error = ""
        self.understood: Understood | None = None
        self.taken: Taken | None = None
        self.results: Results | None = None
        self.closed = False
        self.used = 0.0
        self.turn = 0  # how often it was read
        self.column = "auto"  # where its labels are said to be
        self.samples = self.folder / "samples-0.npy"

    @property
    def rate(self) -> float:
        """The sampling rate in Hz that is assumed, for the file does not tell."""
        return RATES.get(self.understood.width, USUAL_RATE) if self.understood else USUAL_RATE

    def state(self) -> dict[str, Any]:
        """What the browser is told while it waits."""
        rows = self.understood.rows if self.understood else 0
        return {
            "file": self.token,
            "name": self.name,
            "stage": self.stage,
            "done": self.done,
            "rows": rows,
            "error": self.error,
            "rate": self.rate,
            "labelled": self.understood is not None and self.understood.truth is not None,
            "turn": self.turn,
            "column": self.column,
        }

    def fail(self, error: str) -> None:
        """Say why it goes no further, naming it as its owner does."""
        self.error = error.replace(str(self.source), self.name)
        self.stage = "failed"


class Files:
    """All files, within bounds, and the process that works on them.

    Parameters
    ----------
    model
        The lab's model; None: the shipped one.
    clock
        Seconds, to tell how long a file was not used.
    """

    def __init__(self, model: Path | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._model: Final = model
        self._clock: Final = clock
        self._files: Final[dict[str, BeatFile]] = {}
        self._lock: Final = threading.Lock()
        self._home: Home | None = None
        self._worker: Worker | None = None
        self._closed: Final = threading.Event()

    @property
    def worker(self) -> Worker:
        """The process; there is none before it is asked something."""
        with self._lock:
            return self._opened()[1]

    def begin(self, name: str) -> BeatFile:
        """Make room for a file that somebody brings; its content is to be written to ``source``."""
        with self._lock:
            folder, _ = self._opened()
            file = BeatFile(folder, name)
            file.used = self._clock()
            while len(self._files) >= MAX_FILES:
                self._remove(min(self._files.values(), key=lambda one: one.used))
            self._files[file.token] = file
        return file

    def get(self, token: object) -> BeatFile | None:
        """Find a file, which counts as using it; None if it is not kept (any more)."""
        with self._lock:
            file = self._files.get(token) if isinstance(token, str) else None
            if file is not None:
                file.used = self._clock()
            return file

    def start(self, file: BeatFile, label_column: str = "auto") -> None:
        """Have a file read and named, in the background; ``stage`` tells how far it is."""
        with self._lock:
            file.turn += 1
            file.column = label_column
            file.samples = file.folder / f"samples-{file.turn}.npy"
            file.stage, file.done, file.error = "reading", 0, ""
            file.understood, file.results = None, None
            given = (file, self._opened()[1], label_column, file.turn)
        threading.Thread(target=_work, args=given, name="beat-lab-file", daemon=True).start()

    def drop(self, token: str) -> None:
        """Forget a file, and remove what is kept of it."""
        with self._lock:
            if token in self._files:
                self._remove(self._files[token])

    def expire(self) -> None:
        """Drop files that were not used for :data:`KEPT`."""
        with self._lock:
            for file in [one for one in self._files.values() if self._clock() - one.used > KEPT]:
                self._remove(file)

    def close(self) -> None:
        """Drop all, and end the process."""
        self._closed.set()
        with self._lock:
            for file in list(self._files.values()):
                self._remove(file)
            if self._worker is not None:
                self._worker.close()
            if self._home is not None:
                self._home.remove()

    def _opened(self) -> tuple[Path, Worker]:
        if self._home is None or self._worker is None:
            self._home = Home()
            self._worker = Worker(self._model, self._home.path)
            threading.Thread(target=self._keep_house, name="beat-lab-house", daemon=True).start()
        return self._home.path, self._worker

    def _keep_house(self) -> None:
        while not self._closed.wait(HOUSEKEEPING):
            self.expire()

    def _remove(self, file: BeatFile) -> None:
        file.closed = True
        del self._files[file.token]
        shutil.rmtree(file.folder, ignore_errors=True)


def _work(file: BeatFile, worker: Worker, label_column: str, turn: int) -> None:
    """Read a file and name its beats, until it is dropped or read anew."""
    try:
        understood: Understood = worker.ask("read", file.source, file.samples, label_column).result()
        if file.closed or file.turn != turn:
            return
        file.understood, file.stage = understood, "loading"
        file.taken = worker.ask("load").result()
        check_width(file.taken, understood.width)
        probabilities = np.zeros((understood.rows, 5), np.float32)
        for start in range(0, understood.rows, CHUNK):
            if file.closed or file.turn != turn:
                return
            file.stage, file.done = "naming", start
            stop = min(start + CHUNK, understood.rows)
            probabilities[start:stop] = worker.ask("name", file.samples, start, stop).result()
        if file.turn == turn:
            file.results, file.done = Results.of(probabilities, understood.truth), understood.rows
            file.stage = "ready"
    except CardioVisionError as error:
        if not file.closed and file.turn == turn:
            file.fail(str(error))
    except Exception as error:  # the process was closed, or the like
        log.warning("beat lab file not named", extra={"reason": repr(error)})
        if file.turn == turn:
            file.fail("the lab has stopped; bring the file again")


def too_large(size: float) -> str:
    """Say that a file is too large; ``size`` in bytes, infinite if only known to be beyond the bound."""
    came = "more" if math.isinf(size) else f"{math.ceil(size / 2**20):,} MiB"
    return f"expected a file of at most {MAX_BYTES // 2**20} MiB, got {came}; split it"
