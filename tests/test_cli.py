"""The ``cardiovision`` command, run as a user runs it."""

import os
import pty
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import psutil
import pytest
import typer
from typer.main import get_command

from cardiovision import app
from commands.options import parse_speed

COMMANDS = list(get_command(app).commands)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cardiovision", *arguments]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself."""
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200", **environment},
    )


def read_to(stream: IO[str], pattern: str) -> re.Match[str]:
    """Read lines until one matches; the test's own timeout is the limit."""
    seen = []
    for line in stream:
        seen.append(line)
        if match := re.search(pattern, line):
            return match
    raise AssertionError(f"no line matched {pattern!r} in: {''.join(seen)}")


def error_of(*arguments: str, **environment: str) -> str:
    """Run a command that must refuse: its one line of error, after lines of log if any."""
    done = run(*arguments, **environment)
    assert done.returncode == 2, done
    *log, last = done.stderr.splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\S+Z (info|warning) ", line) for line in log), done.stderr
    assert last.startswith("cardiovision: "), done.stderr
    return last.removeprefix("cardiovision: ")


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that something else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.fixture
def ports() -> list[str]:
    """Options that give a demo ports of its own."""
    return ["--port", str(free_port()), "--feed-port", str(free_port())]


def test_all_commands_are_there() -> None:
    names = {"demo", "hub", "replay", "control", "simulate", "detect", "web", "annotate", "evaluate", "train"}
    names |= {"keep", "export", "report", "adjudicate"}
    assert set(COMMANDS) == names


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_what_a_command_does_with_an_example(name: str) -> None:
    done = run(name, "--help")
    assert done.returncode == 0
    assert f"cardiovision {name}" in done.stdout.split("Examples:")[1]
    for line in re.findall(r"^│ [ *] +--\S+ .*│$", done.stdout, re.MULTILINE):
        assert re.search(r"\w+ \w+.*\.", line), f"an option without a word of help: {line}"
    assert done.stderr == ""


def test_without_a_command_it_shows_all_of_them() -> None:
    shown = run().stdout
    assert all(re.search(rf"│ {name} ", shown) for name in COMMANDS)


def test_version() -> None:
    assert re.fullmatch(r"cardiovision \d+\.\d+\.\d+\n", run("--version").stdout)


def test_speed_is_a_factor_or_max() -> None:
    assert [parse_speed(text) for text in ("1", "0.1", "50", "max")] == [1.0, 0.1, 50.0, 0.0]


@pytest.mark.parametrize("text", ["fast", "0", "-1", "nan", "inf", ""])
def test_speed_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="expected a factor"):
        parse_speed(text)


@pytest.mark.parametrize("name", ["hub", "web"])
def test_listening_elsewhere_than_on_this_machine_is_refused(name: str) -> None:
    assert "127.0.0.1" in error_of(name, "--host", "0.0.0.0")


@pytest.mark.parametrize("name", ["hub", "web"])
def test_a_port_in_use_is_told_with_what_to_do(name: str, taken: int) -> None:
    error = error_of(name, "--port", str(taken))
    assert str(taken) in error
    assert "--port" in error


@pytest.mark.parametrize("option", ["--port", "--feed-port"])
def test_the_demo_tells_at_once_of_a_port_in_use(option: str, taken: int) -> None:
    expected = f"port {taken} is in use; stop what uses it or choose another with {option}"
    assert error_of("demo", option, str(taken)) == expected


def test_the_demo_refuses_one_port_for_two_things() -> None:
    assert error_of("demo", "--port", "9000", "--feed-port", "9000") == (
        "expected two different ports, got 9000 for both --port and --feed-port"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("replay", "no/such/record"),
        ("replay", "no/such/beats.csv"),
        ("simulate", "no-such-scenario"),
        ("demo", "--records", "no/such/beats.csv"),
        ("demo", "--scenario", "no-such-scenario"),
        ("annotate", "no/such/record", "--out", "var"),
        ("detect", "--model", "no-such.keras"),
    ],
)
def test_a_file_that_is_not_there_is_told_in_one_line(arguments: tuple[str, ...]) -> None:
    assert re.search("no[-/]such", error_of(*arguments))


def test_the_demo_ends_with_what_a_part_of_it_cannot_mend(ports: list[str], tmp_path: Path) -> None:
    done = run("demo", *ports, "--model", "no-such.keras", CARDIOVISION_HOME=str(tmp_path))
    assert done.returncode == 2
    assert re.fullmatch(r"cardiovision: .*no-such\.keras.*\n", done.stderr)
    assert "Traceback" not in done.stdout


def test_no_place_for_logs_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert "CARDIOVISION_HOME" in error_of("demo", CARDIOVISION_HOME=str(file))


def test_demo_takes_records_or_beds_but_not_both() -> None:
    done = run("demo", "--records", "a.csv", "--beds", "2")
    assert done.returncode == 2
    assert "give either --records, or --beds and --scenario" in done.stderr


@pytest.fixture
def hub() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A hub of its own, and its address."""
    with subprocess.Popen(command("hub", "--port", str(free_port())), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        url = read_to(process.stderr, r"listening.*url=(\S+)")[1]
        yield process, url
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_ends_quietly_when_interrupted(
    hub: tuple[subprocess.Popen[str], str], number: signal.Signals
) -> None:
    process, _ = hub
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "Aborted" not in errors


def test_csv_beats_go_to_the_feed_and_the_command_ends_with_them(
    hub: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    beats = tmp_path / "beats.csv"
    beats.write_text("\n".join(",".join(["0.5"] * 187 + ["1"]) for _ in range(3)))
    done = run("replay", str(beats), "--speed", "max", "--feed", hub[1])
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def demo(ports: list[str], tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Any]]:
    """A demo of two beds that is ready, and its children by their command."""
    environment = {**os.environ, "CARDIOVISION_HOME": str(tmp_path)}
    with subprocess.Popen(
        command("demo", "--beds", "2", *ports),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        read_to(process.stdout, rf"CardioVision is running: http://127.0.0.1:{ports[1]}  \(Ctrl-C stops it\)")
        children = psutil.Process(process.pid).children(recursive=True)
        yield process, {child.cmdline()[4]: child for child in children}
        process.kill()


def test_the_demo_brings_a_killed_hub_back_and_leaves_nothing_behind(
    demo: tuple[subprocess.Popen[str], dict[str, psutil.Process]],
) -> None:
    process, children = demo
    assert set(children) == {"hub", "simulate", "detect", "keep", "web"}
    assert process.stdout is not None
    children["hub"].kill()
    read_to(process.stdout, r"hub was killed \(SIGKILL\); starting it again in 0.5 s")
    everyone = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert output.splitlines()[-1] == "Stopped"
    assert process.returncode == 0
    assert not psutil.wait_procs([*everyone, *children.values()], timeout=60)[1]


def test_the_demos_children_end_when_it_is_killed(
    demo: tuple[subprocess.Popen[str], dict[str, psutil.Process]],
) -> None:
    process, children = demo
    process.kill()
    assert not psutil.wait_procs(list(children.values()), timeout=60)[1]


@pytest.mark.usefixtures("hangup")
def test_the_demo_ends_when_its_terminal_is_closed(ports: list[str], tmp_path: Path) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["CARDIOVISION_HOME"] = str(tmp_path)
        os.execv(sys.executable, command("demo", "--beds", "1", *ports))
    shown = b""
    while b"CardioVision is running" not in shown:
        shown += os.read(terminal, 4096)
    everyone = psutil.Process(pid).children(recursive=True)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert not psutil.wait_procs(everyone, timeout=60)[1]
