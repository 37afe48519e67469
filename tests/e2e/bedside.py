"""Beds that say what a test wants, and the hub that they say it to."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import numpy as np

from stream.client import Feed
from stream.hub import Hub
from stream.journaled import JournaledBus
from stream.messages import Beat, Lead, Numerics, Open, Wave, pack

FS = 250.0
RR = 0.8


class House:
    """The hub, which can go away and come back on its port, and the address of the screen that shows it."""

    def __init__(self, journal: Path | None = None) -> None:
        self.port = 0
        self.url = ""
        self.journal = journal
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        bus = None
        if self.journal is not None:
            bus = await self._stack.enter_async_context(JournaledBus(self.journal))
        hub = await self._stack.enter_async_context(Hub(port=self.port, bus=bus, past=bus.past if bus else None))
        self.port = hub.port

    async def close(self) -> None:
        await self._stack.aclose()

    @property
    def feed_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"


def opened(bed: str, leads: tuple[str, ...] = ("MLII", "V1"), **particulars: object) -> Open:
    """The begin of a bed's stream."""
    names = tuple(Lead(name=name) for name in leads)
    values = {"stream": "s1", "fs": FS, "epoch": time.time(), "title": "sinus 75", **particulars}
    return Open(bed=bed, leads=names, **values)  # type: ignore[arg-type]


def heart(seconds: float, leads: int = 2) -> np.ndarray:
    """A bare heart signal in int16: an R of 1 mV every 0.8 s, from 0.4 s on, the same in all leads."""
    t = np.arange(int(seconds * FS)) / FS
    wave = np.exp(-(((t % RR - RR / 2) / 0.012) ** 2) / 2)
    return np.tile(np.round(200 * wave).astype(np.int16), (leads, 1))


def waves(bed: str, samples: np.ndarray, start: int = 0, block: int = 25) -> list[Wave]:
    """Samples of shape ``(leads, n)`` as blocks, as they would come live."""
    return [
        Wave(bed=bed, stream="s1", start=start + i, samples=pack(samples[:, i : i + block]), sent=time.time())
        for i in range(0, samples.shape[1], block)
    ]


def beat(bed: str, number: int, label: str = "N") -> Beat:
    """Beat ``number`` of :func:`heart`, from 0."""
    sure = tuple(0.96 if label == known else 0.01 for known in "NSVFQ")
    at = round((RR / 2 + number * RR) * FS)
    return Beat(bed=bed, stream="s1", sample=at, label=label, probabilities=sure, rr=RR, hr=60 / RR)


def rate(bed: str, sample: int, hr: float | None) -> Numerics:
    """A heart rate, as the detector says it once a second."""
    return Numerics(bed=bed, stream="s1", sample=sample, hr=hr)


@asynccontextmanager
async def playing(source: Feed, detector: Feed, bed: str, hr: float | None = None) -> AsyncIterator[None]:
    """Play :func:`heart` into a bed in real time, block by block, with its heart rate, until left."""

    async def play() -> None:
        beats = heart(RR * 100)
        start = 0
        while True:
            at = start % beats.shape[1]
            await source.publish(*waves(bed, beats[:, at : at + 25], start))
            if start % 100 == 0:
                await detector.publish(rate(bed, start, hr))
            start += 25
            await asyncio.sleep(25 / FS)

    task = asyncio.create_task(play())
    try:
        yield
    finally:
        task.cancel()
