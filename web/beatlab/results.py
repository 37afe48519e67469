"""What came out of a file of beats: sorted, filtered, counted and written as CSV. Pure numpy."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from detector.training.scores import NOTHING, Score, beat_scores
from stream.messages import AAMI

Column: TypeAlias = Literal["row", "label", "confidence", "truth", "differs"]
Label: TypeAlias = Literal["N", "S", "V", "F", "Q"]

PAGE: Final = 20
"""Rows of the table that are shown at once."""

_LINES: Final = 5000  # of the CSV file, written at once


@dataclass(frozen=True, slots=True)
class Results:
    """Beats, named.

    Attributes
    ----------
    probabilities
        Of N S V F Q, shape ``(rows, 5)``.
    truth
        The file's own labels as indices into N S V F Q, shape ``(rows,)``, or None.
    label
        Index of the likeliest class, shape ``(rows,)``.
    confidence
        Its probability, shape ``(rows,)``.
    """

    probabilities: NDArray[np.float32]
    truth: NDArray[np.int8] | None
    label: NDArray[np.int8]
    confidence: NDArray[np.float32]

    @staticmethod
    def of(probabilities: NDArray[np.float32], truth: NDArray[np.int8] | None) -> "Results":
        """Take each beat for what is likeliest."""
        label = probabilities.argmax(axis=1).astype(np.int8)
        return Results(probabilities, truth, label, probabilities.max(axis=1, initial=0))

    @property
    def differs(self) -> NDArray[np.bool_] | None:
        """Where file and model disagree, or None if the file has no labels."""
        return None if self.truth is None else self.truth != self.label


class View(msgspec.Struct, frozen=True):
    """How somebody looks at the results.

    Attributes
    ----------
    sort, descending
        Order of the table; ``differs`` descending has disagreements first, those of most confidence on top.
    label, truth
        Only beats that the model, or the file, calls so.
    only
        Only beats of which model and file say the same, or not the same.
    at
        The chosen beat, counted from 0 in that order.
    row
        A row to go to, counted from 1 as in the file; it takes the place of ``at`` if it is in the view.
    explain
        The class of which is shown what spoke for it; None: the one that the model named.
    """

    sort: Column = "row"
    descending: bool = False
    label: Label | None = None
    truth: Label | None = None
    only: Literal["all", "same", "different"] = "all"
    at: int = 0
    row: int | None = None
    explain: Label | None = None


def order(results: Results, view: View) -> NDArray[np.intp]:
    """Rows that a view shows, from 0, in its order; equal ones in that of the file."""
    keep = np.ones(len(results.label), np.bool_)
    if view.label is not None:
        keep &= results.label == AAMI.index(view.label)
    if results.truth is not None:
        if view.truth is not None:
            keep &= results.truth == AAMI.index(view.truth)
        if view.only != "all":
            keep &= (results.truth != results.label) == (view.only == "different")
    rows = np.flatnonzero(keep)
    direction = -1 if view.descending else 1
    keys: tuple[NDArray[Any], ...]  # the last one weighs most
    match view.sort:
        case "label":
            keys = (direction * results.label[rows],)
        case "confidence":
            keys = (direction * results.confidence[rows],)
        case "truth" if results.truth is not None:
            keys = (direction * results.truth[rows],)
        case "differs" if results.truth is not None:
            differs = (results.truth != results.label)[rows].astype(np.int8)
            keys = (-results.confidence[rows], direction * differs)
        case _:
            return rows[::direction]
    return rows[np.lexsort(keys)]


def place(rows: NDArray[np.intp], view: View) -> int:
    """Where in the order of a view its chosen beat stands; 0 if there is none."""
    if view.row is not None:
        found = np.flatnonzero(rows == view.row - 1)
        if found.size:
            return int(found[0])
    return max(0, min(view.at, len(rows) - 1))


def confusion(results: Results) -> NDArray[np.int64]:
    """How often the file's class (rows) was given the model's class (columns): shape ``(5, 5)``.

    Raises
    ------
    ValueError
        If the file has no labels.
    """
    if results.truth is None:
        raise ValueError("expected labels in the file, there are none")
    classes = len(AAMI)
    cells = results.truth.astype(np.int64) * classes + results.label
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def class_scores(table: NDArray[np.int64]) -> dict[str, Score]:
    """Sensitivity and positive predictivity of each class, with EC57's exceptions (``detector.training.scores``)."""
    whole = np.zeros((NOTHING + 1, NOTHING + 1), np.int64)
    whole[:NOTHING, :NOTHING] = table
    scores = beat_scores(whole)
    return {name: scores[name] for name in AAMI}


def csv_parts(results: Results) -> Iterator[str]:
    """Write all beats as CSV in the order of the file, some thousand lines at a time."""
    labelled = results.truth is not None
    yield ",".join(("row", "prediction", "confidence", *AAMI, *(("label", "differs") if labelled else ()))) + "\n"
    for start in range(0, len(results.label), _LINES):
        yield "".join(_line(results, row) for row in range(start, min(start + _LINES, len(results.label))))


def _line(results: Results, row: int) -> str:
    shares = ",".join(f"{p:.4f}" for p in results.probabilities[row].tolist())
    line = f"{row + 1},{AAMI[results.label[row]]},{results.confidence[row]:.4f},{shares}"
    if results.truth is not None:
        line += f",{AAMI[results.truth[row]]},{int(results.truth[row] != results.label[row])}"
    return line + "\n"
