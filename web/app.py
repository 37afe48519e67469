"""The screen's web server: Dash on its FastAPI backend, on loopback."""

import ipaddress
import socket
from urllib.parse import urlsplit

import dash
import uvicorn
from dash import Dash
from fastapi import FastAPI, Request, Response
from starlette.middleware.base import RequestResponseEndpoint

from stream.errors import FeedError
from web.components.shell import shell
from web.pages import PAGES
from web.settings import Settings
from web.words import NAME

STYLES = ("style", *(page.__name__.rpartition(".")[2] for page in PAGES), "alarms-live", "figures")

INDEX = """<!DOCTYPE html>
<html lang="en">
  <head>
    {%metas%}
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{%title%}</title>
    <script src="/assets/theme-first.js"></script>
    <link rel="icon" href="/assets/icon.svg">
    {styles}
    {%css%}
    <script src="/assets/vendor/msgpack.min.js"></script>
    <script type="module" src="/assets/main.js"></script>
  </head>
  <body>
    {%app_entry%}
    <footer>{%config%} {%scripts%} {%renderer%}</footer>
  </body>
</html>""".replace("{styles}", "\n    ".join(f'<link rel="stylesheet" href="/assets/{name}.css">' for name in STYLES))
"""The page around Dash. The browser code is plain modules, named here: what runs is what one reads."""


def create_app(settings: Settings) -> Dash:
    """Make the screen.

    Parameters
    ----------
    settings
        Where it finds what it shows.

    Returns
    -------
    Dash
        The app; ``app.server`` is the FastAPI application.

    Raises
    ------
    FeedError
        If the feed's address is no websocket address.
    """
    feed_url = settings.feed
    if urlsplit(feed_url).scheme not in {"ws", "wss"} or not urlsplit(feed_url).hostname:
        raise FeedError(f"expected the feed's address as ws://host:port, got {feed_url!r}")
    app = Dash(
        "web",
        backend="fastapi",
        use_pages=True,
        pages_folder="",
        index_string=INDEX,
        include_assets_files=False,
        serve_locally=True,
        suppress_callback_exceptions=True,  # the pages come after the shell
        update_title=None,
        title=NAME,
    )
    for page in PAGES:
        name = page.__name__.rpartition(".")[2]
        dash.register_page(name, path_template=page.PATH, title=page.title, layout=page.layout)
        page.register(app, settings)
    app.layout = shell(feed_url, [page.PATH for page in PAGES])
    _guard(app, feed_url)
    _prepare(app)
    return app


def run(host: str, port: int, settings: Settings) -> None:
    """Serve the screen until interrupted.

    Raises
    ------
    FeedError
        If ``host`` is not this machine itself, or the port is in use.
    """
    screen = server(settings)
    with bind(host, port) as listening:
        screen.run(sockets=[listening])


def server(settings: Settings) -> uvicorn.Server:
    """Make the screen's web server, to be run on the sockets of :func:`bind`."""
    app = create_app(settings)
    return uvicorn.Server(
        uvicorn.Config(app.server, log_level="warning", access_log=False, timeout_graceful_shutdown=2)
    )


def bind(host: str, port: int) -> socket.socket:
    """Listen on loopback; port 0 takes any free one.

    Raises
    ------
    FeedError
        If ``host`` is not this machine itself, or the port is in use.
    """
    if not _is_loopback(host):
        raise FeedError(f"the screen listens on this machine only (127.0.0.1) until it has sign-in, not on {host!r}")
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen()
    except (OSError, OverflowError) as error:
        listening.close()
        raise FeedError(f"cannot serve the screen on {host}:{port} ({error}); choose another --port") from None
    return listening


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _prepare(app: Dash) -> None:
    """Have Dash set up its callbacks now.

    By itself it does so at the first request to one of its own paths (``/`` or ``/_dash-...``), so that a bed's
    page, if it is the first to be asked for, lacks the inline script of a callback (Dash 4.4.1).
    """
    for hook in app.backend._before_request_funcs:
        hook()


def _guard(app: Dash, feed_url: str) -> None:
    """Have the browser run only this server's code, talk only to it and the feed, and keep no old assets."""
    backend: FastAPI = app.server

    @backend.middleware("http")
    async def headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        if request.url.path.startswith("/assets/"):
            response.headers["Cache-Control"] = "no-cache"
        if response.headers.get("content-type", "").startswith("text/html"):
            response.headers["Content-Security-Policy"] = content_policy(app, feed_url)
        return response


def content_policy(app: Dash, feed_url: str) -> str:
    """Write the pages' Content-Security-Policy. Plotly and React set inline styles, so those are allowed."""
    scripts = " ".join(["'self'", *(str(digest) for digest in app.csp_hashes())])
    feed = urlsplit(feed_url)
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            f"connect-src 'self' {feed.scheme}://{feed.netloc}",
            "frame-ancestors 'none'",
        )
    )
