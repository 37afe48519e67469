"""How the browser brings a file of beats to the lab, asks how far it is, and fetches results: plain HTTP.

A file comes as the body of one request and is written to disk as it comes: it is never whole in memory, and never in
Dash's stores.
"""

import asyncio
import math
from pathlib import PurePath
from typing import Final
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.requests import ClientDisconnect

from stream.errors import CardioVisionError
from web.beatlab.files import MAX_BYTES, BeatFile, Files, too_large
from web.beatlab.results import csv_parts

GONE: Final = "this file is no longer kept (files are removed after an hour without use); bring it again"
FOREIGN: Final = "files are taken from this screen's own pages only"
LONGEST_NAME: Final = 100
COLUMNS: Final = ("auto", "none", "last")


def add_routes(server: FastAPI, files: Files) -> None:
    """Add the lab's addresses to the server."""

    @server.post("/lab/files")
    async def bring(request: Request) -> Response:
        if _is_foreign(request):
            return _refusal(403, FOREIGN)
        size = float(request.headers.get("content-length", "nan"))
        if size > MAX_BYTES:
            return _refusal(413, too_large(size))
        file = files.begin(_clean(request.query_params.get("name", "")))
        try:
            fits = await _receive(request, file)
        except (ClientDisconnect, OSError) as error:
            files.drop(file.token)
            return _refusal(500, f"the file did not come whole: {error or 'the browser went away'}")
        if not fits:
            files.drop(file.token)
            return _refusal(413, too_large(math.inf))
        files.start(file)
        return JSONResponse(file.state(), 201)

    @server.post("/lab/example")
    async def bring_example(request: Request) -> Response:
        if _is_foreign(request):
            return _refusal(403, FOREIGN)
        try:
            text = await asyncio.wrap_future(files.worker.ask("example"))
        except CardioVisionError as error:
            return _refusal(503, str(error))
        file = files.begin("example.csv")
        await asyncio.to_thread(file.source.write_text, text, "utf-8")
        files.start(file)
        return JSONResponse(file.state(), 201)

    @server.get("/lab/example.csv")
    async def example() -> Response:
        try:
            text = await asyncio.wrap_future(files.worker.ask("example"))
        except CardioVisionError as error:
            return _refusal(503, str(error))
        return Response(text, media_type="text/csv", headers=_as_file("example.csv"))

    @server.get("/lab/files/{token}")
    async def state(token: str) -> Response:
        file = files.get(token)
        return JSONResponse(file.state()) if file else _refusal(404, GONE)

    @server.post("/lab/files/{token}/labels")
    async def read_anew(request: Request, token: str, column: str = "auto") -> Response:
        file = files.get(token)
        if _is_foreign(request) or column not in COLUMNS:
            return _refusal(403, FOREIGN)
        if file is None:
            return _refusal(404, GONE)
        files.start(file, column)
        return JSONResponse(file.state())

    @server.delete("/lab/files/{token}")
    async def drop(request: Request, token: str) -> Response:
        if _is_foreign(request):
            return _refusal(403, FOREIGN)
        files.drop(token)
        return Response(status_code=204)

    @server.get("/lab/files/{token}/results.csv")
    async def results(token: str) -> Response:
        file = files.get(token)
        if file is None or file.results is None:
            return _refusal(404, GONE)
        name = f"{PurePath(file.name).stem}-results.csv"
        return StreamingResponse(csv_parts(file.results), media_type="text/csv", headers=_as_file(name))


async def _receive(request: Request, file: BeatFile) -> bool:
    """Write the body to disk; whether it is within the bound."""
    size = 0
    with file.source.open("wb") as out:
        async for part in request.stream():
            size += len(part)
            if size > MAX_BYTES:
                return False
            out.write(part)
    return True


def _is_foreign(request: Request) -> bool:
    """Whether a page from elsewhere had the browser send this (Fetch Metadata; what is no browser says nothing)."""
    return request.headers.get("sec-fetch-site", "same-origin") != "same-origin"


def _clean(name: str) -> str:
    """The name of a file without folders, of bearable length, for people to read."""
    plain = "".join(char for char in name.replace("\\", "/").rpartition("/")[2] if char.isprintable())
    return plain[-LONGEST_NAME:] or "beats.csv"


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}


def _refusal(status: int, error: str) -> Response:
    return JSONResponse({"error": error}, status)
