"""What the lab's process does: reads a file of beats, names beats, tells what in one of them decided.

TensorFlow and pandas are imported here alone and when needed, never in the process that serves the screen.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from stream.errors import CardioVisionError, SourceError
from stream.messages import AAMI

if TYPE_CHECKING:
    from detector.classifier import Classifier

WIDEST: Final = 10_000
"""Samples of a beat; a row that is longer is a recording, not a beat."""

MOST: Final = 1_000_000
"""Rows of a file."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What a file was found to be.

    Attributes
    ----------
    rows, width
        Number of beats, and samples of each.
    truth
        The file's own labels as indices into ``N S V F Q``, int8 of shape ``(rows,)``, or None.
    words
        The same in a sentence.
    """

    rows: int
    width: int
    truth: NDArray[np.int8] | None
    words: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What the model takes: a beat of ``width`` samples; beats of other widths only if ``stretches``."""

    width: int
    stretches: bool


class Work:
    """The work, with the model once it is loaded.

    Parameters
    ----------
    model
        A Keras model that takes a beat a row; None: the shipped one.
    """

    def __init__(self, model: Path | None) -> None:
        self._path: Final = model
        self._loaded: Classifier | None = None

    def read(self, source: Path, samples: Path, label_column: str) -> Understood:
        """Read a CSV file of beats and leave its samples, float32 ``(rows, width)``, in ``samples`` (.npy).

        Raises
        ------
        SourceError
            If it is no such file (see :func:`stream.sources.beats_csv.read_beats`), or beyond :data:`WIDEST` or
            :data:`MOST`.
        """
        from stream.sources.beats_csv import read_beats  # brings pandas

        beats = read_beats(source, label_column=label_column)
        if beats.width > WIDEST:
            raise SourceError(
                f"{source}: expected one beat a row, at most {WIDEST:,} samples, got rows of {beats.width:,}; a whole "
                "recording is played on the replay desk"
            )
        if beats.rows > MOST:
            raise SourceError(f"{source}: expected at most {MOST:,} beats, got {beats.rows:,}; split the file")
        np.save(samples, beats.samples)
        truth = None if beats.labels is None else np.array([AAMI.index(name) for name in beats.labels], np.int8)
        return Understood(beats.rows, beats.width, truth, beats.describe())

    def load(self) -> Taken:
        """Load and compile the model, unless that was done.

        Raises
        ------
        ModelError
            If it cannot be read, or does not take a beat a row.
        """
        classifier = self._classifier()
        return Taken(int(classifier.model.inputs[0].shape[1]), stretches=self._path is None)

    def name(self, samples: Path, start: int, stop: int) -> NDArray[np.float32]:
        """Give the probabilities of N S V F Q for rows ``start`` to ``stop``: shape ``(stop - start, 5)``."""
        classifier = self._classifier()
        return classifier.probabilities(classifier.of_rows(list(np.load(samples, mmap_mode="r")[start:stop])))

    def explain(self, samples: Path, row: int, label: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Give a row and how much each of its samples spoke for a class: two of shape ``(width,)``, heat 0 to 1."""
        from detector.segmentation import normalize_length

        classifier = self._classifier()
        wave = np.array(np.load(samples, mmap_mode="r")[row])
        heat = classifier.lead_heat(classifier.heat(classifier.of_rows([wave]), [label]), 1)
        return wave, normalize_length(heat[0, 0], len(wave))

    def example(self) -> str:
        """Write the example file; see :mod:`web.beatlab.example`."""
        from web.beatlab.example import example_csv

        return example_csv()

    def _classifier(self) -> "Classifier":
        if self._loaded is None:
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
            from detector.classifier import Classifier
            from detector.model import ModelError, load, shipped

            model: Any = shipped("row") if self._path is None else load(self._path)
            classifier = Classifier(model, "row" if self._path is None else self._path.name)
            if not classifier.alone:
                raise ModelError(
                    f"{self._path} names beats of a stream; the beat lab needs a model that takes a beat a row, input "
                    "(samples, 1) or (samples,): start the screen with another --model, or without"
                )
            self._loaded = classifier
        return self._loaded


def check_width(taken: Taken, width: int) -> None:
    """See that a file's beats are as wide as the model's.

    Raises
    ------
    CardioVisionError
        If they are not, and the model is not known to bear stretching.
    """
    if width != taken.width and not taken.stretches:
        raise CardioVisionError(
            f"the model takes beats of {taken.width} samples, this file has {width}: bring a file of that width, or "
            "start the screen with a model (--model) that fits"
        )
