"""Who may connect to the hub, and in which words they will speak."""

import ipaddress
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from errno import EADDRINUSE
from typing import Final

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import NegotiationError
from websockets.typing import Subprotocol

from stream.errors import FeedError
from stream.messages import MAX_FRAME, SUBPROTOCOLS

CLOSE_TIMEOUT: Final = 2.0
"""Seconds that the other side has to take part in closing a connection."""

_ORIGIN: Final = re.compile(r"https?://(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?")


async def listen(handler: Callable[[ServerConnection], Awaitable[None]], host: str, port: int) -> Server:
    """Start to serve websockets on a loopback address, to programs and pages of this machine.

    Frames are not compressed: between processes of one machine that only costs time.

    Raises
    ------
    FeedError
        If the address is not a loopback one, or cannot be listened on.
    """
    if not is_loopback(host):
        raise FeedError(
            f"cannot listen on {host!r}: only loopback (127.0.0.1, ::1, localhost) is allowed, "
            "because authentication does not exist yet"
        )
    try:
        return await serve(
            handler,
            host,
            port,
            origins=[None, _ORIGIN],
            select_subprotocol=_select_subprotocol,
            compression=None,
            max_size=MAX_FRAME,
            close_timeout=CLOSE_TIMEOUT,
            logger=_log,
        )
    except OSError as error:
        if error.errno == EADDRINUSE:
            raise FeedError(f"port {port} is in use; stop what uses it or choose another with --port") from None
        raise FeedError(f"cannot listen on {host} port {port}: {error.strerror}") from None
    except OverflowError:
        raise FeedError(f"expected a port of 0 to 65535, got {port}") from None


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _select_subprotocol(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Take the first known of the subprotocols offered; without any, the client speaks JSON."""
    for name in offered:
        if name in SUBPROTOCOLS:
            return name
    if offered:
        raise NegotiationError(f"expected one of the subprotocols {', '.join(SUBPROTOCOLS)}; got {', '.join(offered)}")
    return None


class _OneLine(logging.Filter):
    """Keeps a handshake that failed, the client's fault, to one line in the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.msg == "opening handshake failed":
            record.msg, record.args = "handshake refused error=%r", (str(record.exc_info[1]),)
            record.exc_info = None
        return True


_log: Final = logging.getLogger(__name__)
_log.setLevel(logging.WARNING)  # the hub tells who comes and goes
_log.addFilter(_OneLine())
