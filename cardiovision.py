"""The front door: the ``cardiovision`` command.

Each command takes its options, imports the part that does the work, and runs it until done or interrupted.
What a person can mend is said in one line on standard error, ``cardiovision: ...``, with exit code 2.
"""

import json
import logging
import os
import sys
from collections.abc import Coroutine, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import typer

import supervisor
from stream import logs
from stream.errors import CardioVisionError

if TYPE_CHECKING:
    from stream.sources import BeatSource, WaveSource

HOST: Final = "127.0.0.1"
FEED_PORT: Final = 8765
WEB_PORT: Final = 8050
FEED: Final = f"ws://{HOST}:{FEED_PORT}"
SCENARIO: Final = "ward"
CSV: Final = {".csv", ".tsv", ".txt"}

app = typer.Typer(
    help="Real-time ECG monitoring: replay or simulate beds, read every beat, watch the ward. "
    "Begin with [bold]cardiovision demo[/bold].\n\nResearch and teaching software, not a medical device.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
JournalPath = Annotated[
    str | None,
    typer.Option(
        "--journal",
        metavar="PATH|URL",
        help="The hub's journal; $CARDIOVISION_HOME/journal.sqlite, or that of the user, if left out.",
        show_default=False,
    ),
]
ArchiveFolder = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        metavar="DIR",
        help="Folder of kept records; $CARDIOVISION_HOME/archive, or that of the user, if left out.",
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


@app.callback(invoke_without_command=True)
def options(
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Handle what comes before a command."""
    if show_version:
        typer.echo(f"cardiovision {version('cardiovision')}")
        raise typer.Exit


def _examples(*lines: str) -> str:
    """Write an epilog of one example a line."""
    return "\n\n".join(["Examples:", *(f"  cardiovision {line}" for line in lines)])


@app.command(
    epilog=_examples("hub", "hub --port 9000", "hub --journal ward.sqlite --keep-days 30", "hub --journal none")
)
def hub(
    host: Host = HOST,
    port: Port = FEED_PORT,
    journal: HubJournal = None,
    keep_days: Annotated[
        float, typer.Option(min=0.01, metavar="N", help="Days for which the journal keeps what happened.")
    ] = 90.0,
    keep_mb: Annotated[
        float, typer.Option(min=1, metavar="N", help="Size in MB beyond which it lets go of the oldest (SQLite).")
    ] = 1000.0,
    verbose: Verbose = False,
) -> None:
    """Run the feed: the websocket server through which sources, detector and screens talk.

    It prints where it listens, and runs until Ctrl-C. The protocol is in docs/protocol.md, the journal in
    docs/journal.md.
    """
    from stream.hub import serve
    from stream.retention import Retention

    _log(verbose)
    keep = Retention(days=keep_days, megabytes=keep_mb)
    _run(serve(host, port, journal=None if journal == "none" else _journal(journal, port), keep=keep))


@app.command(
    epilog=_examples(
        "replay mitdb/119 --loop",
        "replay ward/a ward/b --bed A --bed B --speed 10",
        "replay beats.csv --fs 125",
    )
)
def replay(
    records: Annotated[
        list[str],
        typer.Argument(
            metavar="RECORD_OR_CSV...",
            help="WFDB records (a path without extension, or a PhysioNet name such as mitdb/100, which is "
            "downloaded) or CSV files with one beat a row; each is one bed.",
        ),
    ],
    *,
    bed: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Name of a bed, in place of the record's; repeat it, one a record."),
    ] = None,
    speed: Speed = 1.0,
    loop: Loop = False,
    start: Annotated[
        float, typer.Option("--from", min=0, metavar="SEC", help="Begin so many seconds into the records.")
    ] = 0.0,
    stop: Annotated[
        float | None, typer.Option("--to", min=0, metavar="SEC", help="End so many seconds into them.")
    ] = None,
    label_column: LabelColumn = "auto",
    fs: SamplingRate = 125.0,
    feed: FeedUrl = FEED,
    verbose: Verbose = False,
) -> None:
    """Play records or CSV beats into the feed, several at once as several beds.

    It needs a running hub (cardiovision hub), waits for one, and ends with the records unless told to loop.
    """
    from stream.replay import default_beds
    from stream.replay import replay as play

    _log(verbose)
    sources = _open_sources(records, label_column, fs)
    beds = bed or default_beds(records)
    _run(play(sources, feed, beds=beds, speed=speed, loop=loop, start=start, stop=stop))


@app.command(
    epilog=_examples("control 119 pause", "control 119 seek 600", "control 119 speed 10", "control 119 resume")
)
def control(
    bed: Annotated[str, typer.Argument(metavar="BED", help="Name of a bed that is being played.")],
    action: Annotated[Literal["pause", "resume", "seek", "speed"], typer.Argument(help="What to do.")],
    value: Annotated[
        float, typer.Argument(min=0, metavar="[SEC|X]", help="Seconds to seek to, or the factor of speed.")
    ] = 0.0,
    feed: FeedUrl = FEED,
) -> None:
    """Steer a replay: pause it, go on, seek, change its speed.

    Beds of one source, as simulated ones are, are steered together. It says what came of it.
    """
    from stream.control import control as steer

    _log(verbose=False, quiet=True)

    async def say() -> None:
        typer.echo(await steer(feed, bed, action, value))

    _run(say())


@app.command(epilog=_examples("simulate", "simulate my-ward.yaml --beds 16 --seed 7"))
def simulate(
    scenario: Annotated[
        str, typer.Argument(metavar="[SCENARIO]", help="A YAML file, or the name of a shipped scenario.")
    ] = SCENARIO,
    *,
    beds: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Number of beds; as in the scenario if left out.")
    ] = None,
    seed: Seed = 0,
    speed: Speed = 1.0,
    feed: FeedUrl = FEED,
    verbose: Verbose = False,
) -> None:
    """Play simulated beds into the feed, as a scenario scripts them.

    It needs a running hub (cardiovision hub), and waits for one. docs/simulator.md explains scenarios.
    """
    from stream.replay import replay as play
    from stream.sources.scenario import load_scenario
    from stream.sources.simulator import Simulator

    _log(verbose)
    simulator = Simulator(load_scenario(scenario), seed=seed, beds=beds)
    _run(play([simulator], feed, beds=simulator.beds, speed=speed))


@app.command(epilog=_examples("detect", "detect --model my-model.keras"))
def detect(feed: FeedUrl = FEED, model: Model = None, verbose: Verbose = False) -> None:
    """Read every bed on the feed: find its beats, name them, explain the abnormal ones.

    It needs a running hub (cardiovision hub), waits for one, and comes back by itself when the hub restarts.
    """
    from detector.service import run

    _log(verbose)
    _run(run(feed, model=model))


@app.command(epilog=_examples("keep", "keep --folder /data/ward --hours 168 --mb 100000"))
def keep(
    folder: ArchiveFolder = None,
    *,
    hours: Annotated[float, typer.Option(min=0.1, metavar="H", help="Keep all waves for so many hours.")] = 72.0,
    mb: Annotated[
        float, typer.Option("--mb", min=1, metavar="MB", help="Keep at most so many megabytes; the oldest go first.")
    ] = 20_000.0,
    strip_days: Annotated[
        float, typer.Option(min=0.1, metavar="DAYS", help="Keep the strips of alarms for so many days.")
    ] = 90.0,
    waves: Annotated[
        Literal["latest", "all"],
        typer.Option(help="Leave out what cannot be followed, or have sources wait: for replays at full speed."),
    ] = "latest",
    feed: FeedUrl = FEED,
    verbose: Verbose = False,
) -> None:
    """Keep all waves, beats and alarms of the feed as WFDB records, and a strip of each alarm.

    It needs a running hub (cardiovision hub), and waits for one. A disk that is full does not end it: it tells, and
    goes on when there is room. docs/archive.md has the layout of the folder.
    """
    from stream.archive.bounds import Bounds
    from stream.archive.service import keep as write

    _log(verbose)
    bounds = Bounds(hours=hours, strip_hours=24 * strip_days, bytes=mb * 1e6)
    _run(write(feed, _archive(folder), bounds=bounds, waves=waves))


@app.command(
    epilog=_examples(
        "export --bed 119 --from 2026-11-22T14:05:00 --to 2026-11-22T14:05:30 --format pdf",
        "export --alarm 3f2a/asystole/90210 --format wfdb --out asystole.zip",
    )
)
def export(
    folder: ArchiveFolder = None,
    *,
    bed: Annotated[str | None, typer.Option(metavar="NAME", help="Of this bed, with --from and --to.")] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="From this time on; ISO 8601, here unless it says.")
    ] = None,
    stop: Annotated[str | None, typer.Option("--to", metavar="TIME", help="To this time.")] = None,
    alarm: Annotated[str | None, typer.Option(metavar="ID", help="The strip of this alarm.")] = None,
    form: Annotated[
        Literal["wfdb", "csv", "png", "svg", "pdf"],
        typer.Option("--format", help="WFDB records in a zip, a row a sample, or a strip on ECG paper."),
    ] = "pdf",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to; named after what it is if left out.")
    ] = None,
) -> None:
    """Export a period of a bed, or an alarm, from what `keep` has kept: as WFDB, CSV, or drawn on ECG paper."""
    from stream.archive import export as exporting
    from stream.archive.folder import Archive
    from stream.archive.records import read_time

    _log(verbose=False, quiet=True)
    archive = Archive(_archive(folder))
    if alarm is not None and bed is start is stop is None:
        name, data = exporting.export_alarm(archive, alarm, form)
    elif alarm is None and bed is not None and start is not None and stop is not None:
        period = read_time(start), read_time(stop)
        name, data = exporting.export_period(archive, bed, *period, form)
    else:
        raise typer.BadParameter("give either --alarm, or --bed with --from and --to")
    exporting.save(data, out or Path(name))
    typer.echo(str(out or name))


@app.command(epilog=_examples("report", "report --since 2026-11-22 --bed 119 --json"))
def report(
    *,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Alarms from this time on, ISO 8601; all if left out.")
    ] = None,
    bed: Annotated[str | None, typer.Option(metavar="NAME", help="Of this bed alone.")] = None,
    journal: JournalPath = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON, for scripts.")] = False,
) -> None:
    """Report on alarms: per bed and hour by kind, how many were false, how soon they were acknowledged.

    It reads the hub's journal; false are those that somebody marked so (cardiovision adjudicate).
    """
    from stream import report as reporting
    from stream.archive.records import read_time

    _log(verbose=False, quiet=True)
    begin = read_time(since).timestamp() if since else 0.0
    found = reporting.read(_journal(journal), since=begin, bed=bed)
    if as_json:
        typer.echo(json.dumps(reporting.as_json(found)))
    else:
        reporting.show(found)


@app.command(epilog=_examples('adjudicate 3f2a/asystole/90210 false --comment "lead off" --by "Dr. Li"'))
def adjudicate(
    alarm: Annotated[str, typer.Argument(metavar="ALARM", help="Id of an alarm.")],
    verdict: Annotated[Literal["true", "false", "uncertain"], typer.Argument(help="What it was.")],
    *,
    comment: Annotated[str, typer.Option(metavar="TEXT", help="Why it was so.")] = "",
    by: Annotated[str, typer.Option(metavar="NAME", help="Who says so.", show_default="the user's name")] = "",
    journal: JournalPath = None,
    feed: FeedUrl = FEED,
) -> None:
    """Mark an alarm true, false or uncertain: it goes to the journal, and into the report."""
    import getpass

    from stream.adjudicate import adjudicate as judge
    from stream.adjudicate import bed_of
    from stream.messages import Verdict

    _log(verbose=False, quiet=True)
    said = Verdict(
        bed=bed_of(_journal(journal, urlsplit(feed).port or FEED_PORT), alarm),
        alarm=alarm,
        verdict=verdict,
        comment=comment,
        by=by or getpass.getuser(),
    )
    _run(judge(feed, said))
    typer.echo(f"{said.alarm}: {said.verdict}, by {said.by}")


@app.command(epilog=_examples("web", "web --port 8051"))
def web(
    host: Host = HOST,
    port: Port = WEB_PORT,
    feed: FeedUrl = FEED,
    journal: HubJournal = None,
    folder: ArchiveFolder = None,
    records: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", exists=True, file_okay=False, help="Offer the WFDB records of this folder for replay."
        ),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Your own Keras model in the beat lab, in place of the shipped.")
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Serve the screen to a browser on this machine.

    The browser itself opens the feed, and says so on screen while the hub is away.
    """
    import demo as everything
    from web.app import run
    from web.settings import Settings

    _log(verbose)
    kept = None if journal == "none" else _journal(journal)
    uploads = everything.state_folder() / "uploads"
    run(host, port, Settings(feed, kept, _archive(folder), records, uploads, model))


@app.command(epilog=_examples("annotate mitdb/100 mitdb/119 --out annotations"))
def annotate(
    records: Annotated[
        list[str],
        typer.Argument(metavar="RECORD...", help="WFDB records: a path without extension, or a PhysioNet name."),
    ],
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write to; made if it is not there.")],
    model: Model = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON, for scripts.")] = False,
    verbose: Verbose = False,
) -> None:
    """Read whole records as fast as it goes, by the very same detector, and write what was found.

    For each record: RECORD.cvd, WFDB annotations (beats N S V F Q), and RECORD.events.jsonl, a line a beat with
    probabilities, RR and heart rate.
    """
    from detector.annotate import annotate as read

    _log(verbose, quiet=True)
    results = read(records, out, model=model)
    if as_json:
        typer.echo(json.dumps([asdict(result) for result in results], default=str))
        return
    for result in results:
        typer.echo(str(result))


@app.command(
    epilog=_examples(
        "evaluate data/mitdb",
        "evaluate data/mitdb/119 data/svdb --json scores.json --html scores.html",
        "evaluate data/mitdb/118 data/mitdb/119 --noise data/nstdb/em --snr 12 --snr 0",
        "evaluate data/mitdb data/vfdb --alarms --json alarms.json",
    )
)
def evaluate(
    records: Annotated[
        list[Path],
        typer.Argument(metavar="RECORD_OR_DIR...", help="WFDB records with .atr annotations, or folders of them."),
    ],
    *,
    labels: Annotated[
        Literal["aami", "bxb"],
        typer.Option(help="Escape beats (e j n) are N as in papers, or S as in WFDB's bxb."),
    ] = "aami",
    peaks: Annotated[
        Literal["own", "reference"],
        typer.Option(help="Find the beats, or only name those at the annotated R peaks, as many papers do."),
    ] = "own",
    model: Model = None,
    noise: Annotated[
        Path | None,
        typer.Option(metavar="RECORD", help="Score again with this noise added, as WFDB's nst does: nstdb/em."),
    ] = None,
    snr: Annotated[
        list[float] | None,
        typer.Option(
            metavar="DB",
            show_default="24 18 12 6 0 -6",
            help="Signal-to-noise ratio of that noise; may be repeated.",
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Also write all figures, by record, to this file.")
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write a report with pictures, for a browser.")
    ] = None,
    alarms: Annotated[
        bool, typer.Option("--alarms", help="Score alarms by kind and folder, in place of beats.")
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Score the detector on records with reference annotations, beat by beat after EC57.

    Its own QRS detector is used, so missed beats count; the first five minutes of a record do not.

    Of a folder, records with paced beats or without beat annotations are left out, and said.

    One in a folder that cannot be read is left out too, and the exit code is then 1.

    A record that you name yourself must be fit to be scored, else nothing is.
    """
    from detector import evaluate as scoring
    from detector.training.console import show

    _log(verbose, quiet=True)
    if snr and not noise:
        raise typer.BadParameter("--snr needs --noise, the record of noise to add")
    for file in (json_file, html_file):
        if file and not file.parent.is_dir():  # said before the work is done
            raise CardioVisionError(f"cannot write {file}: there is no folder {file.parent}, make it first")
    if alarms:
        from detector import evaluate_alarms as alarming

        alarming.show(figures := alarming.evaluate_alarms(records, model=model))
        if json_file:
            json_file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        return
    levels = snr or scoring.SNR
    evaluation = scoring.evaluate(records, model=model, labels=labels, peaks=peaks, noise=noise, snr=levels)
    show(evaluation)
    if json_file:
        scoring.write_json(evaluation, json_file)
    if html_file:
        scoring.write_html(evaluation, html_file)
    if evaluation.unreadable:
        raise typer.Exit(1)


@app.command(
    epilog=_examples(
        "train data/mitdb --out models", "train data/mitdb data/svdb --noise data/nstdb --out models --folds 5"
    )
)
def train(
    folders: Annotated[
        list[Path], typer.Argument(metavar="FOLDER...", help="Folders of WFDB records with .atr beat annotations.")
    ],
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write models, checksums and scores to.")],
    noise: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="WFDB records of noise (nstdb), to learn from noise too."),
    ] = None,
    kind: Annotated[
        Literal["both", "stream", "row"], typer.Option(help="Which models: of beats in a stream, of beats alone.")
    ] = "both",
    epochs: Annotated[int, typer.Option(min=1, metavar="N", help="Times that all beats are seen.")] = 6,
    members: Annotated[int, typer.Option(min=1, metavar="N", help="Networks of each model, which vote.")] = 3,
    folds: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="First score on patients not seen, in so many folds; 0: do not."),
    ] = 0,
    splits: Annotated[int, typer.Option(min=1, metavar="N", help="Cut into folds so often, each time anew.")] = 1,
    seed: Seed = 0,
    verbose: Verbose = False,
) -> None:
    """Learn the weights of the models anew from records, on the CPU; the shipped ones are made so.

    It writes stream.keras, row.keras, checksums.json, training.json (what was learned from, and scores) and
    training.log.jsonl. Cut short, it goes on where it was when begun again.
    """
    from detector.training.train import Plan
    from detector.training.train import train as learn

    _log(verbose, quiet=True)
    if folds == 1:
        raise typer.BadParameter(
            "one fold leaves nothing to learn from; expected 0, or 2 or more", param_hint="--folds"
        )
    plan = Plan(epochs=epochs, members=members, folds=folds, splits=splits, seed=seed)
    learn(folders, out, plan, noise=noise, kinds=("stream", "row") if kind == "both" else (kind,))
    typer.echo(f"{out}: training.json tells what was done and scored")


@app.command(epilog=_examples("demo --beds 16", "demo --records mitdb/106 mitdb/119", "demo --records beats.csv"))
def demo(
    more: Annotated[list[str] | None, typer.Argument(metavar="[RECORD]...", show_default=False)] = None,
    *,
    records: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RECORD...",
            help="Play these WFDB records or CSV files, one a bed, for ever, in place of simulated beds.",
        ),
    ] = None,
    beds: Annotated[
        int | None, typer.Option(min=1, metavar="N", show_default="8", help="Number of simulated beds.")
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(metavar="SCENARIO", show_default=SCENARIO, help="What they play, a name or YAML file."),
    ] = None,
    speed: Speed = 1.0,
    label_column: LabelColumn = "auto",
    fs: SamplingRate = 125.0,
    model: Model = None,
    port: Annotated[int, typer.Option(min=1, max=65535, metavar="PORT", help="TCP port of the screen.")] = WEB_PORT,
    feed_port: Annotated[int, typer.Option(min=1, max=65535, metavar="PORT", help="TCP port of the feed.")] = FEED_PORT,
    journal: HubJournal = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the logs of all parts.")] = False,
) -> None:
    """Run all of it: a hub, beds, the detector and the ward screen. Then open the address it prints.

    Everything stays on this machine, and Ctrl-C stops everything.
    """
    import demo as everything

    played = [*(records or ()), *(more or ())]
    if played and (beds or scenario):
        raise typer.BadParameter("give either --records, or --beds and --scenario")
    if played:
        _open_sources(played, label_column, fs)  # so that what is wrong with them is said at once
        source = ["replay", "--loop", f"--label-column={label_column}", f"--fs={fs}", "--", *played]
    else:
        from stream.sources.scenario import load_scenario

        load_scenario(scenario or SCENARIO)
        source = ["simulate", f"--beds={beds or 8}", "--", scenario or SCENARIO]
    if port == feed_port:
        raise CardioVisionError(f"expected two different ports, got {port} for both --port and --feed-port")
    for name, number in {"--port": port, "--feed-port": feed_port}.items():
        supervisor.check_port(HOST, number, name)
    feed = f"ws://{HOST}:{feed_port}"
    _run(
        everything.run(
            [
                everything.part("hub", "hub", f"--port={feed_port}", f"--journal={_journal(journal, feed_port)}"),
                everything.part("detector", "detect", f"--feed={feed}", *([f"--model={model}"] if model else [])),
                everything.part(
                    "keeper", "keep", f"--feed={feed}", f"--folder={_archive(None, feed_port)}", "--mb=2000"
                ),
                everything.part(
                    "screen",
                    "web",
                    f"--feed={feed}",
                    f"--port={port}",
                    f"--journal={_journal(journal, feed_port)}",
                    f"--folder={_archive(None, feed_port)}",
                ),
            ],
            everything.part("beds", source[0], f"--feed={feed}", f"--speed={speed or 'max'}", *source[1:]),
            feed=feed,
            page=f"http://{HOST}:{port}",
            log=everything.state_folder() / f"demo-{port}.log",
            verbose=verbose,
        )
    )


def _open_sources(names: Sequence[str], label_column: str, fs: float) -> "list[WaveSource | BeatSource]":
    """Open records and CSV files by their names."""
    sources: list[WaveSource | BeatSource] = []
    for name in names:
        if Path(name).suffix.lower() in CSV:
            from stream.sources.beats_csv import read_beats

            sources.append(read_beats(Path(name), label_column=label_column, fs=fs))
        else:
            from stream.sources.wfdb import open_record

            sources.append(open_record(name))
    return sources


def _journal(where: str | None, port: int = FEED_PORT) -> str | Path:
    """The journal of the hub at a port: as named, else in the state folder; hubs on other ports do not share it."""
    import demo as everything

    return where or everything.state_folder() / ("journal.sqlite" if port == FEED_PORT else f"journal-{port}.sqlite")


def _archive(folder: Path | None, port: int = FEED_PORT) -> Path:
    """The folder of what is kept of the hub at a port: as named, else in the state folder."""
    import demo as everything

    return folder or everything.state_folder() / ("archive" if port == FEED_PORT else f"archive-{port}")


def _log(verbose: bool, *, quiet: bool = False) -> None:
    level = logging.WARNING if quiet else logging.INFO
    logs.setup(logging.DEBUG if verbose else level)


def _run(work: Coroutine[Any, Any, object]) -> None:
    if not supervisor.run_until_signalled(work):
        raise typer.Exit(130)


def main() -> None:
    """Run the command line."""
    supervisor.end_with_parent()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's C++ side talks much at its start
    try:
        app()
    except CardioVisionError as error:
        print(f"cardiovision: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(supervisor.USER_FAULT)


if __name__ == "__main__":
    main()
