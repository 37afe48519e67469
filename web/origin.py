"""Whose requests are heeded: those of this server's own pages, on this machine."""

from typing import Final
from urllib.parse import urlsplit

from fastapi import HTTPException, Request

from stream.door import is_loopback

_READING: Final = frozenset({"GET", "HEAD"})


def own_pages_only(request: Request) -> None:
    """Refuse what another site's page sends; a dependency of routes that do something, or tell of this machine.

    A page from elsewhere cannot read what is answered here, but its requests arrive: so what changes something needs
    the ``Origin`` of this server. And a name that was made to point to this machine (DNS rebinding) is not this
    server's, so ``Host`` must be loopback.

    Raises
    ------
    HTTPException
        403, if it is refused.
    """
    host = request.headers.get("host", "")
    if not is_loopback(_hostname(host)):
        raise HTTPException(403, f"expected this machine's own address, not {host[:80]!r}")
    origin = request.headers.get("origin")
    if origin is not None and origin != f"{request.url.scheme}://{host}" and request.method not in _READING:
        raise HTTPException(403, f"expected a page of this server, not one of {origin[:80]!r}")
    if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        raise HTTPException(403, "expected a page of this server, not of another site")


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
