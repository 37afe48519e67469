"""CSV files of beats already cut: one beat a row, with or without a label in the last column.

The public heartbeat files (Kachuee, Fazeli and Sarrafzadeh 2018, "ECG Heartbeat Classification: A Deep
Transferable Representation") have 187 samples at 125 Hz, scaled to 0..1 and padded with zeros at the end,
then the class as ``0.0`` to ``4.0``. Others leave the label out, so a last column is taken for labels only if
its values say so, all of them: see :func:`is_label_column`.
"""

import csv
import math
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stream.errors import SourceError
from stream.messages import AAMI, FS_RANGE

BARE_WIDTHS: Final = (187, 216)
"""Known numbers of samples of a beat: a numeric table just as wide has no label."""

LABEL_NAMES: Final = frozenset({"label", "labels", "class", "target", "type", "symbol", "annotation"})
"""Names that, in a header, tell the label column."""

ROW_NAMES: Final = frozenset({"", "id", "index", "row", "unnamed: 0"})
"""Names that, in a header, tell that the first column numbers the rows; pandas writes it under no name."""

_LARGEST: Final = float(np.finfo(np.float32).max)
_FAULTS: Final = (OSError, UnicodeError, csv.Error)


@dataclass(frozen=True, slots=True)
class _Form:
    """How a file is written; ``skip`` lines come first, ``named`` is the label column if already told."""

    delimiter: str
    skip: int
    header: tuple[str, ...] | None
    columns: int
    named: int | None


class BeatsCsv:
    """Beats of a CSV file as a :class:`~stream.sources.BeatSource`; see :func:`read_beats`.

    Attributes
    ----------
    samples
        Float32, shape ``(rows, width)``, as in the file: padding is kept.
    labels
        AAMI class of each row, or None if the file has none.
    label_column
        Where the labels were, in words, or None.
    numbered
        Whether a first column, which numbered the rows, was left out.
    """

    def __init__(
        self,
        title: str,
        samples: NDArray[np.float32],
        labels: tuple[str, ...] | None,
        *,
        fs: float,
        label_column: str | None,
        numbered: bool = False,
    ) -> None:
        self.title = title
        self.samples = samples
        self.labels = labels
        self.fs = fs
        self.label_column = label_column
        self.numbered = numbered

    @property
    def rows(self) -> int:
        """Number of beats."""
        return len(self.samples)

    @property
    def width(self) -> int:
        """Number of samples of each beat."""
        return int(self.samples.shape[1])

    def beats(self, start: int, stop: int) -> list[tuple[NDArray[np.float32], str | None]]:
        """Give rows ``start`` to ``stop`` (exclusive): samples of shape ``(width,)`` and label of each."""
        labels = self.labels[start:stop] if self.labels else (None,) * (stop - start)
        return list(zip(self.samples[start:stop], labels, strict=True))

    def describe(self) -> str:
        """Say in a sentence what was understood."""
        counts = Counter(self.labels or ())
        told = ", ".join(f"{name} {counts[name]:,}" for name in AAMI if counts[name])
        labels = f"labels in {self.label_column}: {told}" if self.labels else "no labels"
        numbered = "row numbers in column 1 left out, " if self.numbered else ""
        return f"{self.rows:,} rows of {self.width} samples, {numbered}{labels}"


def read_beats(path: str | os.PathLike[str], *, label_column: str = "auto", fs: float = 125.0) -> BeatsCsv:
    """Read a CSV file of beats.

    Separated by comma, semicolon or tab; decimal commas where the separator is another; header or none. A first
    column that numbers the rows, as pandas writes it, is left out.

    Parameters
    ----------
    path
        The file.
    label_column
        ``auto`` (a column so named in the header, else the last if its values are labels), ``none``,
        ``last``, or a name in the header.
    fs
        Sampling rate of the beats in Hz, which the file does not tell.

    Raises
    ------
    SourceError
        If the file is missing or empty, a cell is no finite number, rows differ in width, or a label is none
        of 0-4 or N S V F Q; the text names the row (line of the file) and column, counted from 1.
    """
    path = Path(path).expanduser()
    low, high = FS_RANGE
    if not low <= fs <= high:
        raise SourceError(f"{path}: expected a sampling rate of {low:g} to {high:g} Hz, got {fs:g} Hz")
    try:
        form = _look(path, label_column)
        table = _read_table(path, form)
        numbered = int(_numbers_rows(table[:, 0], form))
        table = table[:, numbered:]
        at = form.named - numbered if form.named is not None else _decide(table, label_column)
        if table.shape[1] - (at is not None) < 2:
            raise SourceError(f"{path}: expected rows of at least 2 samples, got {table.shape[1]} columns")
        if at is None:
            return BeatsCsv(path.name, table, None, fs=fs, label_column=None, numbered=bool(numbered))
        codes = table[:, at]
        if not _are_labels(codes).all():
            raise _fault(path, form, at + numbered)
    except UnicodeError as error:
        raise SourceError(f"{path}: expected a CSV file in UTF-8, got something else; save it as CSV UTF-8") from error
    except _FAULTS as error:
        reason = getattr(error, "strerror", None) or error
        raise SourceError(f"{path}: expected a CSV file of beats, cannot read it: {reason}") from error
    where = "the last column" if at == table.shape[1] - 1 else f"column {at + numbered + 1}"
    if form.header:
        where += f" ({form.header[at + numbered]})"
    samples = table[:, :-1] if at == table.shape[1] - 1 else np.delete(table, at, axis=1)
    labels = tuple(AAMI[code] for code in codes.astype(int).tolist())
    return BeatsCsv(path.name, samples, labels, fs=fs, label_column=where, numbered=bool(numbered))


def is_label_column(last: NDArray[np.float32], others: NDArray[np.float32]) -> bool:
    """Tell whether the last column of a numeric table holds labels.

    It never does in a table of 187 or 216 columns. Elsewhere its values must be whole numbers, at least half
    of them 0 to 4 (the rest are then faults). That suffices with 187 or 216 columns before it. With other
    widths it must also not be all zero (padding); where it holds numbers beyond 0 to 4, the rest of the table
    must not be whole numbers too (raw samples); and if it holds 0 and 1 only, some 1 must follow a sample
    below 0.5, since scaled samples reach 1 too but do not jump there by half the scale.

    Parameters
    ----------
    last
        Shape ``(rows,)``.
    others
        The columns before it, shape ``(rows, columns - 1)``.
    """
    width = others.shape[1]
    if width + 1 in BARE_WIDTHS or width == 0 or np.any(last % 1):
        return False
    inside = _are_labels(last)
    if inside.mean() < 0.5:
        return False
    if width in BARE_WIDTHS:
        return True
    if not last.any() or (not inside.all() and not np.any(others % 1)):
        return False
    return bool(last.max() > 1 or np.any((last == 1) & (others[:, -1] < 0.5)))


def _are_labels(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    return np.isin(values, np.arange(len(AAMI)))


def _numbers_rows(first: NDArray[np.float32], form: _Form) -> bool:
    """Tell whether the first column numbers the rows: by its name, else by counting three rows or more from 0 or 1."""
    if form.columns < 2 or form.named == 0:
        return False
    if form.header:
        return form.header[0].casefold() in ROW_NAMES
    return len(first) > 2 and first[0] in {0, 1} and bool((np.diff(first) == 1).all())


def _decide(table: NDArray[np.float32], label_column: str) -> int | None:
    """Find the label column of a numeric table whose header does not tell."""
    last = table.shape[1] - 1
    labelled = label_column == "last" or (label_column == "auto" and is_label_column(table[:, -1], table[:, :-1]))
    return last if labelled else None


def _look(path: Path, label_column: str) -> _Form:
    """Look at the first two rows: separator, header, and the label column if header or letters tell it."""
    with _open(path) as file:
        first = next((line for line in file if line.strip()), None)
        if first is None:
            raise SourceError(f"{path}: expected rows of beats, the file is empty")
        delimiter = next((char for char in ";\t" if char in first), ",")
        file.seek(0)
        reader = csv.reader(file, delimiter=delimiter)
        rows = (row for row in reader if any(cell.strip() for cell in row))
        top = [cell.strip() for cell in next(rows)]
        header = tuple(top) if _is_header(top, delimiter) else None
        skip = reader.line_num if header else 0
        row = next(rows, None) if header else top
    if row is None:
        raise SourceError(f"{path}: expected rows of beats, found only a header")
    columns = len(header or row)
    if columns == 1:
        raise SourceError(
            f"{path}: expected a beat in each row, its samples separated by comma, semicolon or tab; got 1 column"
        )
    named: int | None = None
    if label_column not in {"auto", "none", "last"}:
        names = [name.casefold() for name in header or ()]
        if label_column.casefold() not in names:
            known = f"a column among {header[0]} ... {header[-1]}" if header else "a header that names it"
            raise SourceError(f"{path}: expected {known} for labels, got {label_column!r}")
        named = names.index(label_column.casefold())
    elif label_column == "auto" and header:
        named = next((at for at, name in enumerate(header) if name.casefold() in LABEL_NAMES), None)
    if label_column != "none" and named is None and _letter(row[-1]) is not None:
        named = columns - 1
    return _Form(delimiter, skip, header, columns, named)


def _is_header(cells: list[str], delimiter: str) -> bool:
    """Tell whether a first row names columns: mostly by words, or by counting 0, 1, 2 ... as pandas does."""
    cells = cells[1:] if cells[:1] == [""] else cells
    words = sum(_number(cell, delimiter) is None for cell in cells)
    body = cells if words == 0 else cells[:-1]
    first = 1 if body[:1] == ["1"] else 0
    counted = len(body) > 2 and body == [str(n) for n in range(first, first + len(body))]
    return counted or words > max(1, len(cells) // 2)


def _read_table(path: Path, form: _Form) -> NDArray[np.float32]:
    """Read all cells as float32, labels as their codes; shape ``(rows, columns)``."""
    cells: dict[int, type] = dict.fromkeys(range(form.columns), np.float32)
    if form.named is not None:
        cells[form.named] = str
    for decimal in "." if form.delimiter == "," else ".,":
        try:
            with np.errstate(over="ignore"):  # too large for float32 is infinite, and a fault below
                frame = pd.read_csv(
                    path,
                    sep=form.delimiter,
                    decimal=decimal,
                    header=None,
                    skiprows=form.skip,
                    dtype=cells,
                    encoding="utf-8-sig",
                )
        except UnicodeError:
            raise
        except ValueError as error:
            problem = str(error).splitlines()[0]
            continue
        if form.named is not None:
            frame[form.named] = frame[form.named].map(_code)
        table: NDArray[np.float32] = frame.to_numpy(dtype=np.float32)
        if table.shape[1] == form.columns and np.isfinite(table).all():
            return table
        problem = f"{table.shape[1]} columns"
    raise _fault(path, form, form.named, problem)


def _fault(path: Path, form: _Form, label_at: int | None, problem: str = "") -> SourceError:
    """Go through a file that cannot be taken, cell by cell, and name the first fault."""
    for number, row in _rows(path, form):
        if len(row) != form.columns:
            return SourceError(f"{path}: row {number}: expected {form.columns} columns, got {len(row)}")
        for at, cell in enumerate(row):
            value = _number(cell, form.delimiter)
            where = f"{path}: row {number}, column {at + 1}"
            if at == label_at:
                if _letter(cell) is None and value not in range(len(AAMI)):
                    return SourceError(
                        f"{where}: expected a label (0-4 or {' '.join(AAMI)}), got {cell.strip()[:40]!r}; "
                        "if the column holds samples, set the label column to none"
                    )
            elif value is None or not abs(value) <= _LARGEST:
                label = label_at is None and at == form.columns - 1 and cell.strip()
                expected = f"a number, or a label (0-4 or {' '.join(AAMI)})" if label else "a number"
                return SourceError(f"{where}: expected {expected}, got {cell.strip()[:40]!r}")
    return SourceError(f"{path}: expected numbers in {form.columns} columns, cannot read them: {problem}")


def _rows(path: Path, form: _Form) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows below the header, each with its line number."""
    with _open(path) as file:
        reader = csv.reader(file, delimiter=form.delimiter)
        rows = ((reader.line_num, row) for row in reader if any(cell.strip() for cell in row))
        if form.header:
            next(rows)
        yield from rows


def _open(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", newline="")


def _number(cell: str, delimiter: str) -> float | None:
    try:
        return float(cell if delimiter == "," else cell.replace(",", "."))
    except ValueError:
        return None


def _code(cell: object) -> float:
    """Give the code of a label written as a letter or number; NaN if it is neither."""
    letter = _letter(str(cell))
    number = _number(str(cell), ",") if letter is None else letter
    return math.nan if number is None else number


def _letter(cell: str) -> int | None:
    """Give the code of a label written as a letter, else None."""
    letter = cell.strip().strip('"').upper()
    return AAMI.index(letter) if letter in AAMI else None
