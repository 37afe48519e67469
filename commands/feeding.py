"""Commands of the feed: the hub, what plays onto it, what steers that."""

from typing import Annotated, Literal

import typer

from commands.options import (
    FEED,
    FEED_PORT,
    HOST,
    SCENARIO,
    FeedUrl,
    Host,
    HubJournal,
    LabelColumn,
    Loop,
    Port,
    SamplingRate,
    Seed,
    Speed,
    Verbose,
    examples,
    log_to_stderr,
    open_sources,
    run_until_done,
)
from commands.places import journal_of

app = typer.Typer()


@app.command(
    epilog=examples("hub", "hub --port 9000", "hub --journal ward.sqlite --keep-days 30", "hub --journal none")
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

    log_to_stderr(verbose)
    keep = Retention(days=keep_days, megabytes=keep_mb)
    run_until_done(serve(host, port, journal=None if journal == "none" else journal_of(journal, port), keep=keep))


@app.command(
    epilog=examples(
        "replay mitdb/119 --loop",
        "replay ward/a ward/b --bed A --bed B --speed 10",
        "replay beats.csv --fs 125",
    )
)
def replay(
    records: Annotated[
        list[str],
        typer.Argument(
            metavar="RECORD_OR_CSV",
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

    log_to_stderr(verbose)
    sources = open_sources(records, label_column, fs)
    beds = bed or default_beds(records)
    run_until_done(play(sources, feed, beds=beds, speed=speed, loop=loop, start=start, stop=stop))


@app.command(
    epilog=examples(
        "control 119 pause", "control 119 seek 600", "control 119 speed 10", "control 119 resume", "control 119 stop"
    )
)
def control(
    bed: Annotated[str, typer.Argument(metavar="BED", help="Name of a bed that is being played.")],
    action: Annotated[Literal["pause", "resume", "seek", "speed", "stop"], typer.Argument(help="What to do.")],
    value: Annotated[
        float, typer.Argument(min=0, metavar="SEC|X", help="Seconds to seek to, or the factor of speed.")
    ] = 0.0,
    feed: FeedUrl = FEED,
) -> None:
    """Steer a replay: pause it, go on, seek, change its speed, stop it.

    Beds of one source, as simulated ones are, are steered together. It says what came of it.
    """
    from stream.control import control as steer

    log_to_stderr(verbose=False, quiet=True)

    async def say() -> None:
        typer.echo(await steer(feed, bed, action, value))

    run_until_done(say())


@app.command(epilog=examples("simulate", "simulate my-ward.yaml --beds 16 --seed 7"))
def simulate(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="A YAML file, or the name of a shipped scenario.")
    ] = SCENARIO,
    *,
    beds: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Number of beds; as in the scenario if left out.")
    ] = None,
    bed: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Name of a bed, in place of the scenario's; repeat it, one a bed."),
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

    log_to_stderr(verbose)
    simulator = Simulator(load_scenario(scenario), seed=seed, beds=beds)
    run_until_done(play([simulator], feed, beds=bed or simulator.beds, speed=speed))
