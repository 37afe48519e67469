"""``python -m benchmarks [NAME ...] [--quick] [--json FILE]``: all benchmarks, or some."""

import json
import os
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import annotate, crashes, explain, pace, screen, seed, ward
from benchmarks.figures import Report, as_json, machine
from stream import logs
from stream.errors import CardioVisionError

app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


class Name(StrEnum):
    """The benchmarks, in the order they are carried out."""

    ward = "ward"
    pace = "pace"
    annotate = "annotate"
    seed = "seed"
    explain = "explain"
    crashes = "crashes"
    screen = "screen"


@app.command()
def main(
    names: Annotated[
        list[Name] | None,
        typer.Argument(metavar="[NAME]...", help="ward, pace, annotate, seed, explain, crashes, screen."),
    ] = None,
    *,
    quick: Annotated[bool, typer.Option("--quick", help="10 s a measurement in place of 60; rougher.")] = False,
    seconds: Annotated[float | None, typer.Option(min=1, metavar="SEC", help="Length of a measurement.")] = None,
    beds: Annotated[
        list[int] | None,
        typer.Option(min=1, metavar="N", help="ward and screen: a number of beds; repeat it, rising."),
    ] = None,
    minutes: Annotated[
        float, typer.Option(min=0, metavar="MIN", help="screen: look for so long whether memory grows.")
    ] = 0.0,
    to: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the figures here too.")] = None,
) -> None:
    """Measure how much the service carries on this machine. docs/benchmarks.md says what each figure means."""
    logs.setup(40)  # a part that is not up yet is no news here
    console = Console(width=None if sys.stdout.isatty() else 160)
    about = machine()
    console.print(
        f"{about['when']}  {about['processor']}, {about['cores']} cores, {about['memory_gb']} GB, "
        f"Python {about['python']}, load {about['load_at_start']} before",
        highlight=False,
    )
    if about["load_at_start"] > 0.25 * about["cores"]:
        console.print("This machine is busy with something else: the figures will be too bad.", style="yellow")
    length = seconds or (10.0 if quick else 60.0)

    reports: list[Report] = []
    with Console(stderr=True).status("") as status:

        def tell(text: str) -> None:
            status.update(f"{name.value}: {text}")

        work: dict[Name, Callable[[], Report]] = {
            Name.ward: lambda: ward.bench(beds or ward.LADDER, seconds=length, tell=tell),
            Name.pace: lambda: pace.bench(seconds=length, tell=tell),
            Name.annotate: lambda: annotate.bench(minutes=3.0 if quick else annotate.MINUTES, tell=tell),
            Name.seed: lambda: seed.bench(seconds=min(length, 20.0), tell=tell),
            Name.explain: lambda: explain.bench(a_record=2 if quick else 10, models=1 if quick else 5, tell=tell),
            Name.crashes: lambda: crashes.bench(6 if quick else 50, tell=tell),
            Name.screen: lambda: screen.bench(beds or screen.BEDS, seconds=length, minutes=minutes, tell=tell),
        }
        for name in names or list(Name):
            reports.append(work[name]())
            reports[-1].show(console)
    if to is not None:
        to.write_text(json.dumps(as_json(about, reports), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        app()
    except CardioVisionError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        sys.exit(2)
