import socket
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import wfdb

from stream.errors import SourceError
from stream.sources import physionet
from stream.sources.wfdb import open_record


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARDIOVISION_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """A server that holds database ``tinydb``, in the place of PhysioNet's files; the folder it serves."""
    folder = tmp_path / "site" / "tinydb" / "1.0.0"
    folder.mkdir(parents=True)
    for name in ("one", "two"):
        samples = np.arange(2000).reshape(1000, 2)
        wfdb.wrsamp(
            name,
            fs=250,
            units=["mV"] * 2,
            sig_name=["I", "II"],
            d_signal=samples,
            fmt=["16"] * 2,
            adc_gain=[200.0] * 2,
            baseline=[0] * 2,
            write_dir=str(folder),
        )
    wfdb.wrann("one", "atr", np.array([99]), ["N"], write_dir=str(folder))
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "site"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    wfdb.set_db_index_url(f"http://127.0.0.1:{server.server_port}/")
    yield folder
    wfdb.set_db_index_url()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("text", "yes"), [
    ("mitdb/100", True), ("challenge-2017/training/A00/A00001", True), ("mitdb/1.0.0/100", True),
    ("100", False), ("./mitdb/100", False), ("/mitdb/100", False), ("mitdb/../100", False),
    ("mitdb/100.dat", False), ("", False),
])  # fmt: skip
def test_names(text: str, yes: bool) -> None:
    assert physionet.is_name(text) is yes


def test_downloads_once_and_whole(site: Path, cache: Path) -> None:
    source = open_record("tinydb/1.0.0/one")
    np.testing.assert_array_equal(source.read(0, 1000)[0], np.arange(2000).reshape(1000, 2).T)
    assert [mark.sample for mark in source.marks(0, 1000)] == [99]
    folder = cache / "tinydb" / "1.0.0"
    assert sorted(file.name for file in folder.iterdir()) == ["one.atr", "one.dat", "one.hea"]

    for file in site.iterdir():
        file.unlink()
    assert open_record("tinydb/1.0.0/one").length == 1000


def test_record_without_annotations(site: Path, cache: Path) -> None:
    assert open_record("tinydb/1.0.0/two").marks(0, 1000) == []


def test_a_download_that_fails_leaves_nothing(site: Path, cache: Path) -> None:
    (site / "one.dat").unlink()
    with pytest.raises(SourceError, match=r"tinydb/1\.0\.0/one is not on disk and PhysioNet has no such record"):
        open_record("tinydb/1.0.0/one")
    assert list((cache / "tinydb" / "1.0.0").iterdir()) == []


def test_no_such_record(site: Path, cache: Path) -> None:
    with pytest.raises(SourceError, match=r"has no such record \(.*File not found.*\); check the name"):
        open_record("tinydb/1.0.0/three")


def test_offline(cache: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    wfdb.set_db_index_url(f"http://127.0.0.1:{port}/")  # nobody listens there any more
    try:
        with pytest.raises(SourceError) as caught:
            open_record("mitdb/1.0.0/100")
    finally:
        wfdb.set_db_index_url()
    text = str(caught.value)
    assert text.startswith("mitdb/1.0.0/100 is not on disk and PhysioNet cannot be reached (")
    assert text.endswith("); download it where there is a network and give its path")
    assert "\n" not in text
