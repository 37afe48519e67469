"""How a client reaches the hub: one try to connect, and what its failure means."""

from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from stream.errors import FeedError
from stream.messages import MAX_FRAME

DEFAULT_URL: Final = "ws://127.0.0.1:8765"


async def dial(url: str, subprotocol: str) -> ClientConnection:
    """Connect once.

    Raises
    ------
    OSError
        If it makes sense to try again.
    FeedError
        If it does not.
    """
    try:
        socket = await connect(
            url,
            subprotocols=[Subprotocol(subprotocol)],
            compression=None,
            max_size=4 * MAX_FRAME,  # JSON and what the hub puts together are larger than what came in
            proxy=None,
        )
    except InvalidStatus as error:
        status = error.response.status_code
        said = (error.response.body or b"").decode(errors="replace").strip()
        if status >= 500:
            raise ConnectionError(f"HTTP {status}: {said}") from None
        raise FeedError(f"{url} refused {subprotocol} with HTTP {status}: {said}") from None
    except InvalidURI as error:
        raise FeedError(f"expected a url such as {DEFAULT_URL}, got {url!r}: {error.msg}") from None
    except InvalidHandshake as error:
        if isinstance(error.__cause__, EOFError):
            raise ConnectionError("connection closed during the handshake") from None
        raise FeedError(f"expected a hub at {url}, something else answered: {error}") from None
    if socket.subprotocol != subprotocol:
        await socket.close()
        raise FeedError(f"expected {subprotocol} at {url}, it speaks {socket.subprotocol}")
    return socket
