"""Commands of what is kept: waves, strips, reports, adjudication."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from commands.options import (
    FEED,
    ArchiveFolder,
    FeedUrl,
    JournalPath,
    Verbose,
    examples,
    log_to_stderr,
    run_until_done,
)
from commands.places import archive_of, journal_of, port_of

app = typer.Typer()


@app.command(epilog=examples("keep", "keep --folder /data/ward --hours 168 --mb 100000"))
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

    log_to_stderr(verbose)
    bounds = Bounds(hours=hours, strip_hours=24 * strip_days, bytes=mb * 1e6)
    run_until_done(write(feed, archive_of(folder, port_of(feed)), bounds=bounds, waves=waves))


@app.command(
    epilog=examples(
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

    log_to_stderr(verbose=False, quiet=True)
    archive = Archive(archive_of(folder))
    if alarm is not None and bed is start is stop is None:
        name, data = exporting.export_alarm(archive, alarm, form)
    elif alarm is None and bed is not None and start is not None and stop is not None:
        period = read_time(start), read_time(stop)
        name, data = exporting.export_period(archive, bed, *period, form)
    else:
        raise typer.BadParameter("give either --alarm, or --bed with --from and --to")
    exporting.save(data, out or Path(name))
    typer.echo(str(out or name))


@app.command(epilog=examples("report", "report --since 2026-11-22 --bed 119 --json"))
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

    log_to_stderr(verbose=False, quiet=True)
    begin = read_time(since).timestamp() if since else 0.0
    found = reporting.read(journal_of(journal), since=begin, bed=bed)
    if as_json:
        typer.echo(json.dumps(reporting.as_json(found)))
    else:
        reporting.show(found)


@app.command(epilog=examples('adjudicate 3f2a/asystole/90210 false --comment "lead off" --by "Dr. Li"'))
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

    log_to_stderr(verbose=False, quiet=True)
    said = Verdict(
        bed=bed_of(journal_of(journal, port_of(feed)), alarm),
        alarm=alarm,
        verdict=verdict,
        comment=comment,
        by=by or getpass.getuser(),
    )
    run_until_done(judge(feed, said))
    typer.echo(f"{said.alarm}: {said.verdict}, by {said.by}")
