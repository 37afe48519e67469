"""All that was found in one record: beats, rhythm, signal quality and alarms, and how it is written down."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import wfdb

from stream.messages import Alarm, Beat, Message, Quality, Rhythm

ANNOTATOR: Final = "cvd"
"""Extension of the annotation files, WFDB's "annotator name"."""


@dataclass(slots=True)
class Findings:
    """What the detector said of a bed; an alarm stands as it was last told."""

    beats: list[Beat] = field(default_factory=list)
    alarms: dict[str, Alarm] = field(default_factory=dict)
    rhythms: list[Rhythm] = field(default_factory=list)
    qualities: list[Quality] = field(default_factory=list)

    def hear(self, said: Message) -> None:
        """Take down one message of the detector, if it is a finding."""
        match said:
            case Beat():
                self.beats.append(said)
            case Alarm():
                self.alarms[said.id] = said
            case Rhythm():
                self.rhythms.append(said)
            case Quality():
                self.qualities.append(said)
            case _:
                pass

    def lines(self, fs: float) -> Iterator[dict[str, Any]]:
        """Everything in order of time, as ``RECORD.events.jsonl`` has it; ``fs`` turns samples into seconds."""
        dated: list[tuple[int, dict[str, Any]]] = []
        for beat in self.beats:
            line = {"kind": "beat", "sample": beat.sample, "time": round(beat.sample / fs, 3), "label": beat.label}
            line |= {"probabilities": beat.probabilities, "rr": beat.rr, "hr": beat.hr}
            dated.append((beat.sample, line))
        for rhythm in self.rhythms:
            dated.append((rhythm.sample, _dated("rhythm", rhythm.sample, fs, text=rhythm.text, code=rhythm.code)))
        for quality in self.qualities:
            line = _dated("quality", quality.sample, fs, leads=quality.leads, analysis=quality.analysis)
            dated.append((quality.sample, line))
        for alarm in self.alarms.values():
            line = {"kind": alarm.name, "priority": alarm.priority, "onset": alarm.onset}
            line |= {"announced": alarm.announced, "ended": alarm.ended, "time": round(alarm.onset / fs, 3)}
            dated.append((alarm.announced, line | {"text": alarm.text, "beats": alarm.beats}))
        dated.sort(key=lambda one: one[0])  # stable: what was said first stays first
        for _, line in dated:
            yield line

    def write(self, name: str, fs: float, folder: Path) -> tuple[Path, Path]:
        """Write ``NAME.cvd`` and ``NAME.events.jsonl`` into a folder.

        The annotations are beats ``N S V F Q`` at R, rhythm changes ``+`` with the rhythm as WFDB names it, changes of
        signal quality ``~``, and alarms as comments ``"`` at their announcement.

        Raises
        ------
        OSError
            If a file cannot be written.
        """
        events = folder / f"{name}.events.jsonl"
        with events.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in self.lines(fs))
        marks = [(beat.sample, 1, beat.label, "") for beat in self.beats]
        marks += [(rhythm.sample, 0, "+", rhythm.code) for rhythm in self.rhythms if rhythm.code]
        marks += [(quality.sample, 0, "~", " ".join(quality.leads)) for quality in self.qualities]
        marks += [(alarm.announced, 2, '"', f"{alarm.priority}: {alarm.text}") for alarm in self.alarms.values()]
        if not marks:  # WFDB has no empty annotation file
            marks = [(0, 0, '"', "nothing found")]
        marks.sort(key=lambda mark: mark[:2])
        annotations = folder / f"{name}.{ANNOTATOR}"
        with TemporaryDirectory(dir=folder, prefix=".writing-") as aside:  # wrann refuses names such as "ward 3.1"
            wfdb.wrann(
                "r",
                ANNOTATOR,
                np.array([sample for sample, *_ in marks], np.int64),
                symbol=[symbol for *_, symbol, _ in marks],
                aux_note=[note for *_, note in marks],
                fs=fs,
                write_dir=aside,
            )
            Path(aside, f"r.{ANNOTATOR}").replace(annotations)
        return annotations, events


def _dated(kind: str, sample: int, fs: float, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "sample": sample, "time": round(sample / fs, 3), **more}
