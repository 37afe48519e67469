"""A page that draws the ward's feed with Plotly, and the server for it. Only the benchmark serves it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import plotly
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

import web
from web.app import bind

HERE: Final = Path(__file__).parent
FOLDERS: Final = {
    "/assets": Path(web.__file__).parent / "assets",  # feed, samples and pace are the screen's own
    "/plotly": Path(plotly.__file__).parent / "package_data",
    "/": HERE,
}


@asynccontextmanager
async def served() -> AsyncIterator[str]:
    """Serve it until the context ends; the address, to be completed by ``?feed=URL``."""
    routes = [Mount(path, StaticFiles(directory=folder, html=True)) for path, folder in FOLDERS.items()]
    with bind("127.0.0.1", 0) as listening:
        server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="warning"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield "http://{}:{}/".format(*listening.getsockname())
        finally:
            server.should_exit = True
            await serving
