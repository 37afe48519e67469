"""The replay desk behind its page: what may be played, starting and stopping it, and how it goes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any, Final, Literal, TypeAlias, TypeVar

import msgspec
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse

from stream.checks import Refused, check_name
from stream.errors import CardioVisionError, SourceError
from stream.pacer import SLOWEST
from stream.sources import physionet
from stream.sources.scenario import SHIPPED, load_scenario
from web import uploads
from web.floor import Watch
from web.origin import own_pages_only
from web.players import Cast, Players
from web.records import Found, Shelf
from web.settings import Settings

MOST_BEDS: Final = 32
FASTEST: Final = 10_000.0

MOST_ASKED: Final = 64 << 10
"""Bytes of a request that is no upload."""

Origin: TypeAlias = Literal["records", "uploads", "physionet", "scenario"]
_Asked = TypeVar("_Asked")


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something to be played: from where, its name there, and as which beds."""

    origin: Origin
    name: str
    beds: tuple[str, ...]


class Start(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked to be played; ``speed`` 0 is as fast as it goes."""

    items: tuple[Item, ...]
    speed: float = 1.0
    loop: bool = False


class Which(msgspec.Struct, frozen=True):
    """What is meant: a play by its number, an upload by its name."""

    number: int = 0
    name: str = ""


class Desk:
    """The replay desk of one web server.

    Parameters
    ----------
    settings
        Where the feed is, and where the records are.
    """

    def __init__(self, settings: Settings) -> None:
        self.shelf = Shelf(settings.records) if settings.records else None
        self.uploads = settings.uploads
        self.players = Players(settings.feed)
        self.watch = Watch(settings.feed, self.players.hear)
        self._uploading = asyncio.Lock()

    # ------------------------------------------------------------------------------------------------- acts

    def find(self, text: str) -> dict[str, Any]:
        """Find records by name: in the folder, among the uploads, and among those downloaded from PhysioNet before."""
        shelves = {
            "uploads": Shelf(self.uploads) if self.uploads else None,
            "records": self.shelf,
            "physionet": Shelf(physionet.cache_folder()),
        }
        found = {name: asdict(shelf.find(text) if shelf else Found((), 0)) for name, shelf in shelves.items()}
        return found | {"folder": self.shelf is not None, "takes": bool(self.uploads), "most": uploads.MOST_BYTES}

    def state(self) -> dict[str, Any]:
        """Tell what is at play: the processes of this desk, and the counts of all beds that have annotations."""
        self.watch.begin()
        return {
            "plays": [
                {
                    "number": play.number,
                    "title": play.cast.title,
                    "beds": play.beds,
                    "together": play.cast.command == "simulate",
                    "running": play.running,
                    "fault": play.fault,
                }
                for play in self.players.plays
            ],
            "agreements": {
                bed: asdict(count.counts) for bed, count in self.watch.floor.agreements.items() if count.annotated
            },
        }

    async def start(self, wanted: Start) -> None:
        """Start what is wanted, all of it or nothing.

        Raises
        ------
        CardioVisionError
            If it cannot be; the text says why.
        """
        casts = await asyncio.to_thread(self._casts, wanted)
        beds = [bed for cast in casts for bed in cast.beds]
        _check_beds(beds)
        if taken := sorted((await self.watch.fed()).intersection(beds)):
            raise SourceError(f"bed {taken[0]!r} is played already: choose another name, or stop it first")
        for cast in casts:
            self.players.start(cast)

    def _casts(self, wanted: Start) -> list[Cast]:
        """Make of what is wanted a process each.

        Records that were looked at share one; what must be downloaded first has its own, as it may fail.
        """
        if not (wanted.speed == 0 or SLOWEST <= wanted.speed <= FASTEST):
            raise SourceError(
                f"expected a speed of {SLOWEST:g} to {FASTEST:g}, or 0 for the fastest, got {wanted.speed:g}"
            )
        speed = f"--speed={wanted.speed or 'max'}"
        how = (speed, "--loop", "--") if wanted.loop else (speed, "--")
        casts: list[Cast] = []
        local: list[Item] = []
        for item in wanted.items:
            if item.origin != "scenario" and len(item.beds) != 1:
                raise SourceError(f"expected one bed for {item.name[:80]!r}, got {len(item.beds)}")
            match item.origin:
                case "scenario":
                    _check_scenario(item.name)
                    beds = f"--beds={len(item.beds)}"
                    casts.append(Cast("simulate", item.beds, (item.name,), (speed, beds, "--", item.name)))
                case "physionet":
                    if not physionet.is_name(item.name):
                        raise SourceError(f"expected a PhysioNet name such as mitdb/100, got {item.name[:80]!r}")
                    casts.append(Cast("replay", item.beds, (item.name,), (*how, item.name)))
                case _:
                    local.append(item)
        if local:
            beds_of = tuple(item.beds[0] for item in local)
            names = tuple(item.name for item in local)
            casts.append(Cast("replay", beds_of, names, (*how, *map(self._playable, local))))
        return casts

    def _playable(self, item: Item) -> str:
        """Look at a record once more before it is played: the argument for ``cardiovision replay``."""
        shelf = self.shelf
        if item.origin == "uploads":
            shelf = Shelf(self.uploads) if self.uploads else None
        if shelf is None:
            raise SourceError(
                f"{item.name[:80]!r} cannot be played: the screen was started without a folder of {item.origin}"
            )
        if fault := shelf.entry(item.name, anew=True).fault:
            raise SourceError(fault)
        path = shelf.path(item.name)
        return str(path if path.suffix == ".csv" else path.with_suffix(""))

    async def upload(self, request: Request) -> str:
        """Keep what is uploaded, one at a time; its name.

        Raises
        ------
        SourceError
            If it is too large, no record, or uploads are not taken here.
        """
        if self.uploads is None:
            raise SourceError("this screen takes no uploads")
        async with self._uploading:
            size = f"{uploads.MOST_BYTES >> 20} MB"
            body = await _body(
                request, uploads.MOST_BYTES, f"expected a record of at most {size}; put it on the server"
            )
            files = uploads.decode(body).files
            del body
            return await asyncio.to_thread(uploads.keep, files, self.uploads)

    async def remove(self, name: str) -> None:
        """Remove an upload that is not being played.

        Raises
        ------
        SourceError
            If there is none, or it is being played.
        """
        if self.uploads is None:
            raise SourceError("this screen takes no uploads")
        if any(name in play.cast.records for play in self.players.plays if play.running):
            raise SourceError(f"{name[:80]} is being played: stop it first")
        await asyncio.to_thread(uploads.remove, name, self.uploads)

    async def close(self) -> None:
        """Stop all that was started here."""
        await self.players.close()
        await self.watch.close()

    # ----------------------------------------------------------------------------------------------- routes

    def serve(self, server: FastAPI) -> None:
        """Have a server answer the page, and stop what plays when it ends."""
        routes = APIRouter(prefix="/replay", dependencies=[Depends(own_pages_only)], include_in_schema=False)

        @routes.get("/state")
        async def state() -> JSONResponse:
            return JSONResponse(self.state())

        @routes.get("/records")
        async def records(find: str = "") -> JSONResponse:
            return JSONResponse(await asyncio.to_thread(self.find, find))

        @routes.post("/start")
        async def start(request: Request) -> JSONResponse:
            await self.start(await _asked(request, Start))
            return JSONResponse(self.state())

        @routes.post("/stop")
        async def stop(request: Request) -> JSONResponse:
            await self.players.stop((await _asked(request, Which)).number)
            return JSONResponse(self.state())

        @routes.post("/upload")
        async def upload(request: Request) -> JSONResponse:
            return JSONResponse({"name": await self.upload(request)})

        @routes.post("/remove")
        async def remove(request: Request) -> JSONResponse:
            await self.remove((await _asked(request, Which)).name)
            return JSONResponse({})

        server.add_exception_handler(CardioVisionError, _fault)
        server.include_router(routes)
        within = server.router.lifespan_context

        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
            async with within(app) as kept:
                try:
                    yield kept
                finally:
                    await self.close()

        server.router.lifespan_context = lifespan


def scenarios() -> dict[str, int]:
    """Name the shipped scenarios, with the number of beds that each scripts."""
    return {file.stem: len(load_scenario(file.stem).scripts) for file in sorted(SHIPPED.glob("*.yaml"))}


def _check_scenario(name: str) -> None:
    known = sorted(file.stem for file in SHIPPED.glob("*.yaml"))
    if name not in known:
        raise SourceError(f"expected a scenario among {', '.join(known)}, got {name[:80]!r}")


def _check_beds(beds: Sequence[str]) -> None:
    if not 1 <= len(beds) <= MOST_BEDS:
        raise SourceError(f"expected 1 to {MOST_BEDS} beds to play, got {len(beds)}")
    for bed in beds:
        try:
            check_name("bed", bed)
        except Refused as refusal:
            raise SourceError(str(refusal)) from None
        if beds.count(bed) > 1:
            raise SourceError(f"expected a name of its own for each bed, got {bed!r} {beds.count(bed)} times")


async def _body(request: Request, most: int, too_large: str) -> bytearray:
    """Read what was sent, as long as it is not too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise SourceError(too_large)
    return body


async def _asked(request: Request, kind: type[_Asked]) -> _Asked:
    """Read what is asked for."""
    body = await _body(request, MOST_ASKED, f"expected at most {MOST_ASKED} bytes")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise SourceError(f"expected {kind.__name__.lower()} in JSON: {error}") from None


async def _fault(_: Request, error: Exception) -> JSONResponse:
    """Answer with the sentence of an error that people can mend: no failure for the browser to complain of."""
    return JSONResponse({"error": " ".join(str(error).split())})
