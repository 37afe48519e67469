"""The front door: the ``cardiovision`` command.

What a person can mend is said in one line on standard error, ``cardiovision: ...``, with exit code 2.
"""

import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

import supervisor
from commands import feeding, keeping, reading, screen
from stream.errors import CardioVisionError

app = typer.Typer(
    help="Real-time ECG monitoring: replay or simulate beds, read every beat, watch the ward. "
    "Begin with [bold]cardiovision demo[/bold].\n\nResearch and teaching software, not a medical device.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for room in (screen, feeding, reading, keeping):
    app.add_typer(room.app)


@app.callback(invoke_without_command=True)
def options(
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Handle what comes before a command."""
    if show_version:
        typer.echo(f"cardiovision {version('cardiovision')}")
        raise typer.Exit


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
