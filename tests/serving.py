"""The screen's web server, run from a thread."""

import asyncio
from threading import Thread

from web.app import bind, server
from web.settings import Settings


class Serving:
    """Serve the screen from a thread; its socket listens before the thread runs, so none need wait.

    Left by ``async with`` while others of this loop go on, by ``with`` without them.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __enter__(self) -> str:
        """Start; its address."""
        self._listening = bind("127.0.0.1", 0)
        self._screen = server(self._settings)
        self._thread = Thread(target=self._screen.run, kwargs={"sockets": [self._listening]})
        self._thread.start()
        return "http://{}:{}".format(*self._listening.getsockname())

    def __exit__(self, *_: object) -> None:
        self._screen.should_exit = True
        self._thread.join()
        self._listening.close()

    async def __aenter__(self) -> str:
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.__exit__)
