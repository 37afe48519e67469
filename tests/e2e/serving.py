"""The screen's web server, run from a thread."""

from collections.abc import Iterator
from threading import Thread
from typing import Any

from web.app import bind, server
from web.settings import Settings


def web(feed_url: str, **kept: Any) -> Iterator[str]:
    """Serve the screen from a thread; its socket listens before the thread runs, so none need wait.

    ``kept`` are further :class:`~web.settings.Settings`.
    """
    with bind("127.0.0.1", 0) as listening:
        screen = server(Settings(feed_url, **kept))
        thread = Thread(target=screen.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield "http://{}:{}".format(*listening.getsockname())
        finally:
            screen.should_exit = True
            thread.join()
