"""The web server: what it refuses, what it tells the browser, and that nothing comes from elsewhere."""

import json
import re
import socket
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.request import urlopen

import pytest
from serving import Serving

from stream.errors import FeedError
from stream.limits import ALARMS
from web.app import bind, create_app, run
from web.settings import Settings
from web.words import CLASSES

FEED = "ws://127.0.0.1:8765"


class Links(HTMLParser):
    """Collects what a page fetches."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in {"src", "href"}]


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    with Serving(Settings(FEED)) as address:
        yield address


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.10", "::", "example.org"])
def test_listens_on_this_machine_only(host: str) -> None:
    with pytest.raises(FeedError, match=r"this machine only.*not on"):
        run(host, 0, Settings(FEED))


def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(FeedError, match=f"127.0.0.1:{port}.*--port") as error:
            run("127.0.0.1", port, Settings(FEED))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_port_that_cannot_be_is_refused(port: int) -> None:
    with pytest.raises(FeedError, match="--port"):
        bind("127.0.0.1", port)


@pytest.mark.parametrize("url", ["127.0.0.1:8765", "http://127.0.0.1:8765", "ws://", ""])
def test_an_address_that_is_no_feed_is_refused(url: str) -> None:
    with pytest.raises(FeedError, match="ws://host:port"):
        create_app(Settings(url))


def test_the_page_fetches_only_from_its_own_server(served: str) -> None:
    for path in ("/", "/bed/any%20name%2F1"):
        with urlopen(served + path) as answer:
            page = answer.read().decode()
            policy = answer.headers["Content-Security-Policy"]
        links = Links()
        links.feed(page)
        assert "/assets/main.js" in links.found
        assert [link for link in links.found if not link.startswith("/")] == []
        assert f"connect-src 'self' {FEED}" in policy
        assert re.search(r"script-src 'self' 'sha256-", policy)
        for link in links.found:
            with urlopen(served + link) as answer:
                assert answer.status == 200


def test_assets_are_asked_for_anew_so_that_an_update_shows(served: str) -> None:
    with urlopen(f"{served}/assets/main.js") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
        assert "javascript" in answer.headers["Content-Type"]


def test_the_shell_hands_the_browser_the_feed_and_the_words(served: str) -> None:
    with urlopen(f"{served}/_dash-layout") as answer:
        shell = json.load(answer)["props"]
    assert shell["data-feed"] == FEED
    assert json.loads(shell["data-classes"]) == CLASSES
    assert json.loads(shell["data-alarms"]) == list(ALARMS)


def test_a_bed_page_asked_for_first_has_all_its_scripts() -> None:
    def scripts(path: str, address: str) -> list[str]:
        with urlopen(address + path) as answer:
            return re.findall(r"<script[^>]*>(.+?)</script>", answer.read().decode(), re.DOTALL)

    with Serving(Settings(FEED)) as address:
        first = scripts("/bed/1", address)
        assert any("clientside" in script for script in first)
        assert len(first) == len(scripts("/", address))
