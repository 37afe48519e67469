"""Commands of the reading: live, over whole records, scored, learned."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from commands.options import (
    FEED,
    FeedUrl,
    Model,
    Seed,
    Verbose,
    examples,
    log_to_stderr,
    run_until_done,
)
from stream.errors import CardioVisionError

app = typer.Typer()


@app.command(epilog=examples("detect", "detect --model my-model.keras"))
def detect(feed: FeedUrl = FEED, model: Model = None, verbose: Verbose = False) -> None:
    """Read every bed on the feed: find its beats, name them, explain the abnormal ones.

    It needs a running hub (cardiovision hub), waits for one, and comes back by itself when the hub restarts.
    """
    from detector.service import run

    log_to_stderr(verbose)
    run_until_done(run(feed, model=model))


@app.command(epilog=examples("annotate mitdb/100 mitdb/119 --out annotations"))
def annotate(
    records: Annotated[
        list[str],
        typer.Argument(metavar="RECORD", help="WFDB records: a path without extension, or a PhysioNet name."),
    ],
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write to; made if it is not there.")],
    model: Model = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON, for scripts.")] = False,
    verbose: Verbose = False,
) -> None:
    """Read whole records as fast as it goes, by the very same detector, and write what was found.

    For each record: RECORD.cvd, WFDB annotations (beats N S V F Q, rhythm, signal quality, alarms), and
    RECORD.events.jsonl, a line for each of them: of a beat with probabilities, RR and heart rate.
    """
    from detector.annotate import annotate as read

    log_to_stderr(verbose, quiet=True)
    results = read(records, out, model=model)
    if as_json:
        typer.echo(json.dumps([asdict(result) for result in results], default=str))
        return
    for result in results:
        typer.echo(str(result))


@app.command(
    epilog=examples(
        "evaluate data/mitdb",
        "evaluate data/mitdb/119 data/svdb --json scores.json --html scores.html",
        "evaluate data/mitdb/118 data/mitdb/119 --noise data/nstdb/em --snr 12 --snr 0",
        "evaluate data/mitdb data/vfdb --alarms --json alarms.json",
    )
)
def evaluate(
    records: Annotated[
        list[Path],
        typer.Argument(metavar="RECORD_OR_DIR", help="WFDB records with .atr annotations, or folders of them."),
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

    log_to_stderr(verbose, quiet=True)
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
    epilog=examples(
        "train data/mitdb --out models", "train data/mitdb data/svdb --noise data/nstdb --out models --folds 5"
    )
)
def train(
    folders: Annotated[
        list[Path], typer.Argument(metavar="FOLDER", help="Folders of WFDB records with .atr beat annotations.")
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

    log_to_stderr(verbose, quiet=True)
    if folds == 1:
        raise typer.BadParameter(
            "one fold leaves nothing to learn from; expected 0, or 2 or more", param_hint="--folds"
        )
    plan = Plan(epochs=epochs, members=members, folds=folds, splits=splits, seed=seed)
    learn(folders, out, plan, noise=noise, kinds=("stream", "row") if kind == "both" else (kind,))
    typer.echo(f"{out}: training.json tells what was done and scored")
