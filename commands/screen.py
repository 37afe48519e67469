"""Commands of the screen: alone, and with all parts at once."""

from typing import Annotated

import typer

import supervisor
from commands.options import (
    FEED,
    FEED_PORT,
    HOST,
    SCENARIO,
    WEB_PORT,
    ArchiveFolder,
    FeedUrl,
    Host,
    HubJournal,
    LabelColumn,
    Library,
    Model,
    Port,
    SamplingRate,
    Speed,
    Verbose,
    examples,
    log_to_stderr,
    open_sources,
    run_until_done,
)
from commands.places import archive_of, journal_of, port_of, state_folder
from stream.errors import CardioVisionError

app = typer.Typer()


@app.command(epilog=examples("demo --beds 16", "demo --records mitdb/106 mitdb/119", "demo --records beats.csv"))
def demo(
    more: Annotated[
        list[str] | None, typer.Argument(metavar="RECORD", help="More of what --records names.", show_default=False)
    ] = None,
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
    library: Library = None,
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
        open_sources(played, label_column, fs)  # so that what is wrong with them is said at once
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
    run_until_done(
        everything.run(
            [
                everything.part("hub", "hub", f"--port={feed_port}", f"--journal={journal_of(journal, feed_port)}"),
                everything.part("detector", "detect", f"--feed={feed}", *([f"--model={model}"] if model else [])),
                everything.part(
                    "keeper", "keep", f"--feed={feed}", f"--folder={archive_of(None, feed_port)}", "--mb=2000"
                ),
                everything.part(
                    "screen",
                    "web",
                    f"--feed={feed}",
                    f"--port={port}",
                    f"--journal={journal_of(journal, feed_port)}",
                    f"--folder={archive_of(None, feed_port)}",
                    *([f"--library={library}"] if library else []),
                    *([f"--model={model}"] if model else []),
                ),
            ],
            everything.part("beds", source[0], f"--feed={feed}", f"--speed={speed or 'max'}", *source[1:]),
            feed=feed,
            page=f"http://{HOST}:{port}",
            log=state_folder() / f"demo-{port}.log",
            verbose=verbose,
        )
    )


@app.command(epilog=examples("web", "web --port 8051"))
def web(
    host: Host = HOST,
    port: Port = WEB_PORT,
    feed: FeedUrl = FEED,
    journal: HubJournal = None,
    folder: ArchiveFolder = None,
    library: Library = None,
    model: Model = None,
    verbose: Verbose = False,
) -> None:
    """Serve the screen to a browser on this machine.

    The browser itself opens the feed, and says so on screen while the hub is away.
    """
    from web.app import run
    from web.settings import Settings

    log_to_stderr(verbose)
    kept = None if journal == "none" else journal_of(journal, port_of(feed))
    uploads = state_folder() / "uploads"
    run(host, port, Settings(feed, kept, archive_of(folder, port_of(feed)), library, uploads, model))
