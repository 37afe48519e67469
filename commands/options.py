"""What the commands share: options, where things are kept, how work is run."""

import logging
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

import supervisor
from stream import logs

if TYPE_CHECKING:
    from stream.sources import BeatSource, WaveSource

HOST: Final = "127.0.0.1"
FEED_PORT: Final = 8765
WEB_PORT: Final = 8050
FEED: Final = f"ws://{HOST}:{FEED_PORT}"
SCENARIO: Final = "ward"


def parse_speed(text: str) -> float:
    """Read a speed: a factor on real time, or ``max`` for as fast as it goes, which is 0 on the wire."""
    if text == "max":
        return 0.0
    try:
        speed = float(text)
    except ValueError:
        speed = -1.0
    if not 0.1 <= speed <= 10_000:
        raise typer.BadParameter(f"expected a factor from 0.1 to 10000, or max; got {text!r}")
    return speed


Port = Annotated[int, typer.Option(min=1, max=65535, metavar="PORT", help="TCP port to listen on.")]
Host = Annotated[str, typer.Option(metavar="HOST", help="Address to listen on; only loopback for now.")]
FeedUrl = Annotated[str, typer.Option("--feed", metavar="URL", help="Address of the hub.")]
Model = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Your own Keras model (.keras or .h5) in place of the shipped one."),
]
Speed = Annotated[
    float,
    typer.Option(
        parser=parse_speed,
        metavar="X|max",
        help="Seconds of ECG per second: 1 is real time, 10 ten times as fast, max as fast as it goes.",
    ),
]
Loop = Annotated[bool, typer.Option("--loop", help="Begin again at the end, for ever.")]
LabelColumn = Annotated[
    str,
    typer.Option(
        metavar="auto|none|last|NAME",
        help="CSV only: which column holds the label; auto decides from the values of the last column.",
    ),
]
SamplingRate = Annotated[float, typer.Option("--fs", metavar="HZ", help="CSV only: sampling rate of the rows, in Hz.")]
Seed = Annotated[int, typer.Option(metavar="N", help="Where chance begins; the same seed, the same ECG.")]
Library = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", exists=True, file_okay=False, help="Folder of WFDB records that the replay desk offers."
    ),
]
JournalPath = Annotated[
    str | None,
    typer.Option(
        "--journal",
        metavar="PATH|URL",
        help="The hub's journal; if left out, journal.sqlite (journal-PORT.sqlite of a hub on another port than 8765) "
        "in $CARDIOVISION_HOME or the user's state folder.",
        show_default=False,
    ),
]
ArchiveFolder = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        metavar="DIR",
        help="Folder of kept records; if left out, archive (archive-PORT of a hub on another port than 8765) in "
        "$CARDIOVISION_HOME or the user's state folder.",
        show_default=False,
    ),
]
HubJournal = Annotated[
    str | None,
    typer.Option(
        "--journal",
        metavar="PATH|URL|none",
        help="Where the hub keeps what happened: an SQLite file, a PostgreSQL address, or none; "
        "journal.sqlite in $CARDIOVISION_HOME, or in the user's state folder, if left out.",
        show_default=False,
    ),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log more, on standard error.")]


def examples(*lines: str) -> str:
    """Write an epilog of one example a line."""
    return "\n\n".join(["Examples:", *(f"  cardiovision {line}" for line in lines)])


def open_sources(names: Sequence[str], label_column: str, fs: float) -> "list[WaveSource | BeatSource]":
    """Open records and CSV files by their names."""
    from stream.sources import BEAT_FILES

    sources: list[WaveSource | BeatSource] = []
    for name in names:
        if Path(name).suffix.lower() in BEAT_FILES:
            from stream.sources.beats_csv import read_beats

            sources.append(read_beats(Path(name), label_column=label_column, fs=fs))
        else:
            from stream.sources.wfdb import open_record

            sources.append(open_record(name))
    return sources


def log_to_stderr(verbose: bool, *, quiet: bool = False) -> None:
    """Have a line logged for each event; ``quiet``: of warnings and errors alone."""
    level = logging.WARNING if quiet else logging.INFO
    logs.setup(logging.DEBUG if verbose else level)


def run_until_done(work: Coroutine[Any, Any, object]) -> None:
    """Run work until it is done or somebody interrupts it."""
    if not supervisor.run_until_signalled(work):
        raise typer.Exit(130)
