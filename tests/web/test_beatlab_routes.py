"""How files of beats come to the lab over HTTP, and what is refused there."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from threading import Event

import pytest
from serving import Serving

from web.beatlab.example import example_csv
from web.beatlab.files import MAX_BYTES
from web.settings import Settings


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with Serving(Settings("ws://127.0.0.1:1")) as address:
        yield address.removeprefix("http://")


@pytest.fixture
def asking(address: str) -> Iterator[HTTPConnection]:
    connection = HTTPConnection(address, timeout=60)
    yield connection
    connection.close()


def ask(asking: HTTPConnection, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
    asking.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = asking.getresponse()
    return answer.status, answer.read().decode()


def test_a_file_that_cannot_be_read_is_told_when_asked_how_far_it_is(asking: HTTPConnection) -> None:
    status, told = ask(asking, "POST", "/lab/files?name=..%2F..%2Fmy%0A%20notes.csv", "so it is\nnot a beat\n")
    state = json.loads(told)
    assert (status, state["name"]) == (201, "my notes.csv")
    still = Event()
    while state["stage"] != "failed":
        still.wait(0.05)
        state = json.loads(ask(asking, "GET", f"/lab/files/{state['file']}")[1])
    assert state["error"].startswith("my notes.csv: expected a beat in each row, its samples separated by comma")
    assert ask(asking, "GET", f"/lab/files/{state['file']}/results.csv")[0] == 404
    assert ask(asking, "DELETE", f"/lab/files/{state['file']}")[0] == 204
    status, told = ask(asking, "GET", f"/lab/files/{state['file']}")
    assert (status, "no longer kept" in told) == (404, True)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/lab/files"), ("POST", "/lab/example"), ("POST", "/lab/files/x/labels"), ("DELETE", "/lab/files/x")],
)
def test_pages_from_elsewhere_cannot_bring_or_remove_files(asking: HTTPConnection, method: str, path: str) -> None:
    status, told = ask(asking, method, path, "1,2,3", sec_fetch_site="cross-site")
    assert status == 403
    assert "own pages only" in told


def test_a_file_too_large_is_refused_before_it_is_sent(asking: HTTPConnection) -> None:
    asking.putrequest("POST", "/lab/files?name=large.csv")
    asking.putheader("Content-Length", str(MAX_BYTES + 1))
    asking.endheaders()
    answer = asking.getresponse()
    assert answer.status == 413
    assert "expected a file of at most 512 MiB, got 513 MiB" in json.load(answer)["error"]


def test_a_file_whose_size_is_not_told_is_bounded_as_it_comes(
    asking: HTTPConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.beatlab.routes.MAX_BYTES", 1000)
    parts = iter([b"0.5,0.6\n" * 50] * 5)
    asking.request(
        "POST", "/lab/files?name=large.csv", parts, encode_chunked=True, headers={"Transfer-Encoding": "chunked"}
    )
    answer = asking.getresponse()
    assert answer.status == 413
    assert "got more; split it" in json.load(answer)["error"]


def test_the_example_can_be_looked_at(asking: HTTPConnection) -> None:
    asking.request("GET", "/lab/example.csv")
    answer = asking.getresponse()
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''example.csv"
    assert answer.read().decode() == example_csv()
