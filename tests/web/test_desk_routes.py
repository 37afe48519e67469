"""The replay desk's server side: what it answers, whom it refuses, and that what it started ends with it."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import msgspec
import psutil
import pytest
from processes import running
from recorded import files, record
from serving import Serving

from stream.client import Feed
from stream.hub import Hub
from stream.messages import Close, Control, Lead, Open, Subscribe
from web.app import bind
from web.desk import scenarios
from web.pages import desk
from web.settings import Settings
from web.uploads import MOST_BYTES


class Served:
    """A running server, and requests to it."""

    def __init__(self, address: str) -> None:
        self.address = address

    def ask(self, path: str, what: Any = None, **headers: str) -> dict[str, Any]:
        """GET, or POST what is said; bytes as they are."""
        body = what if isinstance(what, bytes | None) else json.dumps(what).encode()
        request = Request(self.address + path, body, headers)
        with build_opener(ProxyHandler({})).open(request, timeout=30) as answer:
            return json.load(answer)

    def refusal(self, path: str, what: Any = None, **headers: str) -> tuple[int, str]:
        with pytest.raises(HTTPError) as refused:
            self.ask(path, what, **headers)
        return refused.value.code, json.load(refused.value)["detail"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with a record, room for uploads, and no hub."""
    folder = tmp_path_factory.mktemp("desk")
    record(folder / "records" / "mitdb", "119")
    (folder / "records" / "broken.hea").write_text("rubbish")
    with Serving(Settings("ws://127.0.0.1:1", records=folder / "records", uploads=folder / "uploads")) as address:
        yield Served(address)


async def until(feed: Feed, kind: type[Open | Close], bed: str) -> Open | Close:
    """Wait for word of a bed."""
    async for messages in feed:
        for message in messages:
            if isinstance(message, kind) and message.bed == bed:
                return message
    raise AssertionError


def item(origin: str, name: str, *beds: str) -> dict[str, Any]:
    return {"origin": origin, "name": name, "beds": beds}


def test_another_sites_page_can_neither_read_nor_do_anything(served: Served) -> None:
    own = served.address
    for headers in (
        {"Origin": "https://example.org"},
        {"Origin": "null"},
        {"Origin": own.replace("127.0.0.1", "localhost")},
        {"Origin": own + "0"},
        {"Host": "example.org"},
        {"Host": "evil.localhost.example.org:80"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        code, words = served.refusal("/replay/stop", {"number": 1}, **headers)
        assert code == 403, headers
        assert words.startswith("expected")
    assert served.refusal("/replay/records", Host="example.org")[0] == 403
    assert served.refusal("/replay/state", **{"Sec-Fetch-Site": "cross-site"})[0] == 403
    assert "error" not in served.ask("/replay/stop", {"number": 1}, Origin=own, **{"Sec-Fetch-Site": "same-origin"})


def test_nothing_is_started_by_looking_at_an_address(served: Served) -> None:
    """A GET of what must be a POST gets the page, as any unknown address does."""
    with build_opener(ProxyHandler({})).open(f"{served.address}/replay/start") as answer:
        assert answer.headers["Content-Type"].startswith("text/html")
    assert served.ask("/replay/state")["plays"] == []


def test_what_was_downloaded_before_is_found(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDIOVISION_CACHE", str(tmp_path))
    record(tmp_path / "mitdb", "100")
    assert [entry["name"] for entry in served.ask("/replay/records")["physionet"]["entries"]] == ["mitdb/100"]


def test_records_are_found(served: Served) -> None:
    found = served.ask("/replay/records?find=119")
    assert (found["folder"], found["takes"], found["most"]) == (True, True, MOST_BYTES)
    assert found["records"]["entries"][0] == {
        "name": "mitdb/119",
        "seconds": 60.0,
        "fs": 250.0,
        "leads": ["MLII", "V1"],
        "annotated": True,
        "fault": "",
    }


@pytest.mark.parametrize(
    ("start", "words"),
    [
        ({"items": []}, "expected 1 to 32 beds to play, got 0"),
        ({"items": [item("records", "mitdb/119", "a")]}, "nothing can be played: no feed at ws://127.0.0.1:1"),
        ({"items": [item("records", "mitdb/119", "a")], "speed": 0.01}, "expected a speed of 0.1 to 10000"),
        ({"items": [item("records", "mitdb/119", "a"), item("scenario", "ward", "a")]}, "'a' 2 times"),
        ({"items": [item("records", "mitdb/119", " ")]}, "expected a bed name of 1 to 64 printable characters"),
        ({"items": [item("records", "mitdb/119", "x" * 65)]}, "expected a bed name of 1 to 64"),
        ({"items": [item("records", "mitdb/119", "a", "b")]}, "expected one bed for 'mitdb/119', got 2"),
        ({"items": [item("records", "../119", "a")]}, "expected the name of a record in the folder"),
        ({"items": [item("records", "broken", "a")]}, "broken.hea: expected a WFDB header"),
        ({"items": [item("uploads", "upload-1/119", "a")]}, "expected the name of a record"),
        ({"items": [item("physionet", "--help", "a")]}, "expected a PhysioNet name such as mitdb/100"),
        ({"items": [item("physionet", "mitdb/../../x", "a")]}, "expected a PhysioNet name"),
        ({"items": [item("scenario", "/etc/passwd", "a")]}, "expected a scenario among alarms, ward"),
        ({"items": [item("scenario", "ward", *(str(bed) for bed in range(33)))]}, "1 to 32 beds to play, got 33"),
        ({"items": [item("elsewhere", "x", "a")]}, "expected start in JSON: Invalid enum value"),
        ({"items": "all"}, "expected start in JSON"),
        ({"items": [], "command": "rm"}, "unknown field `command`"),
    ],
)
def test_what_cannot_be_played_is_told_in_a_sentence(served: Served, start: dict[str, Any], words: str) -> None:
    assert words in served.ask("/replay/start", start)["error"]
    assert served.ask("/replay/state")["plays"] == []


def test_an_upload_is_kept_found_and_removed(served: Served, tmp_path: Path) -> None:
    sent = [{"name": name, "data": data} for name, data in files(record(tmp_path, "201")).items()]
    assert served.ask("/replay/upload", msgspec.msgpack.encode({"files": sent})) == {"name": "upload-1/201"}
    assert [entry["name"] for entry in served.ask("/replay/records")["uploads"]["entries"]] == ["upload-1/201"]
    assert served.ask("/replay/remove", {"name": "upload-1/201"}) == {}
    assert served.ask("/replay/records")["uploads"]["entries"] == []
    assert "expected the name of an upload" in served.ask("/replay/remove", {"name": "../records"})["error"]


def test_a_bad_upload_is_told_in_a_sentence(served: Served) -> None:
    half = msgspec.msgpack.encode({"files": [{"name": "201.dat", "data": b"12"}]})
    assert "expected one record (.hea with its .dat" in served.ask("/replay/upload", half)["error"]
    assert "expected an upload of files" in served.ask("/replay/upload", b"{}")["error"]
    assert "expected at most 65536 bytes" in served.ask("/replay/start", b" " * 70_000)["error"]


def test_the_page_offers_what_is_shipped_and_every_speed() -> None:
    page = str(desk.layout(unknown="x"))
    assert all(f"value='{name} {count}'" in page for name, count in scenarios().items())
    assert all(f"value='{speed:g}'" in page for speed in desk.SPEEDS)


def test_without_folders_it_says_so() -> None:
    with Serving(Settings("ws://127.0.0.1:1")) as address:
        bare = Served(address)
        found = bare.ask("/replay/records")
        assert (found["folder"], found["takes"], found["records"]["total"]) == (False, False, 0)
        start = {"items": [item("records", "mitdb/119", "a")]}
        assert "started without a folder of records" in bare.ask("/replay/start", start)["error"]
        assert bare.ask("/replay/upload", b"")["error"] == "this screen takes no uploads"


async def test_what_is_started_plays_is_counted_and_ends_with_the_server(tmp_path: Path) -> None:
    records, uploads = tmp_path / "records", tmp_path / "uploads"
    record(records, "a")
    record(uploads / "upload-1", "b")
    subscribe = Subscribe(kinds=("open", "close"))
    async with Hub(port=0) as hub, Feed(hub.url, name="test", subscribe=subscribe) as feed:
        await feed.publish(Open(bed="taken", stream="1", fs=250.0, leads=(Lead(name="II"),), epoch=0.0))
        await until(feed, Open, "taken")
        async with Serving(Settings(hub.url, records=records, uploads=uploads)) as address:
            served = Served(address)

            async def ask(path: str, what: Any = None) -> dict[str, Any]:
                return await asyncio.to_thread(served.ask, path, what)

            items = [item("records", "a", "A"), item("uploads", "upload-1/b", "B"), item("scenario", "ward", "W")]
            taken = await ask("/replay/start", {"items": [*items, item("physionet", "mitdb/100", "taken")]})
            assert taken["error"] == "bed 'taken' is played already: choose another name, or stop it first"
            started = await ask("/replay/start", {"items": items, "speed": 5, "loop": True})
            assert [(play["beds"], play["running"], play["together"]) for play in started["plays"]] == [
                (["W"], True, True),
                (["A", "B"], True, False),
            ]
            again = await ask("/replay/start", {"items": items[:1]})
            assert again["error"].startswith("bed 'A' is played already")
            opened = await until(feed, Open, "B")
            assert (opened.title, opened.speed, opened.length) == ("upload-1/b", 5.0, 15_000)
            assert "is being played: stop it first" in (await ask("/replay/remove", {"name": "upload-1/b"}))["error"]
            while "B" not in (state := await ask("/replay/state"))["agreements"]:
                pass
            assert state["agreements"]["B"] == {"agreed": 0, "other": 0, "missed": 0, "extra": 0}
            (number,) = (play["number"] for play in state["plays"] if play["beds"] == ["W"])
            await ask("/replay/stop", {"number": number})
            await feed.publish(Control(bed="A", action="stop"))
            assert (await until(feed, Close, "A")).reason == "stopped"
            while (left := [play["beds"] for play in (await ask("/replay/state"))["plays"]]) != [["B"]]:
                assert left == [["A", "B"]]
            (child,) = running("replay")
        assert (await until(feed, Close, "B")).reason == "stopped"
        assert not child.is_running()


async def test_nothing_is_left_behind_when_the_server_is_killed(tmp_path: Path) -> None:
    record(tmp_path, "a")
    async with Hub(port=0) as hub, Feed(hub.url, name="test", subscribe=Subscribe(kinds=("open", "close"))) as feed:
        with bind("127.0.0.1", 0) as free:
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "cardiovision", "web", f"--feed={hub.url}", f"--port={port}"]
        web = await asyncio.create_subprocess_exec(*command, f"--library={tmp_path}")
        try:
            served = Served(f"http://127.0.0.1:{port}")
            while True:
                with suppress(OSError):  # it does not listen yet
                    await asyncio.to_thread(served.ask, "/replay/state")
                    break
            await asyncio.to_thread(served.ask, "/replay/start", {"items": [item("records", "a", "A")], "loop": True})
            await until(feed, Open, "A")
            (child,) = psutil.Process(web.pid).children()
        finally:
            web.kill()
            await web.wait()
        assert (await until(feed, Close, "A")).reason == "stopped"
        assert await asyncio.to_thread(psutil.wait_procs, [child], 30) == ([child], [])
