"""What the header of a WFDB record says, checked: which signals are ECG, and whether their files are whole.

Header fields are those of ``header(5)``, formats those of ``signal(5)`` in the WFDB Applications Guide.
``wfdb`` parses them leniently; here what it understood is held against the text, and against the files.
"""

import logging
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import wfdb
from wfdb.io._signal import BYTES_PER_SAMPLE

from stream.errors import SourceError
from stream.messages import FS_RANGE, MAX_LEADS

log = logging.getLogger(__name__)

FAULTS: Final = (OSError, ValueError, IndexError, KeyError, TypeError, OverflowError, RuntimeError)
"""What ``wfdb`` raises on files that are not as they should be."""

Key: TypeAlias = tuple[str, int]
"""Names a signal within a record: its name and, as names may repeat, how often the name came before."""

_VOLTS: Final = re.compile(r"([nuµμm]?v|(micro|milli)?volts?)", re.IGNORECASE)
_NOT_ECG: Final = re.compile(
    r"^(i?bp|n?ibp|abp|art|pap?|cvp|icp|lap|[fru]?ap|p[0-9]|pleth|ppg|s[apv]o2|(et)?co2|o2|resp|rsp|air|flow|gsr|eda"
    r"|scg|bcg|pcg|phono|temp|hr|rr|pulse|press|thor|acc|gyro|snore|sound|pos|body|light|stim|trig|marker|event)\b"
    r"|^(abp|art|pleth|resp|airflow|pulse|press|temp|acc)|\b(eeg|emg|eog|egg)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal as the header of its segment describes it; ``file_frame`` counts a frame of all its file."""

    channel: int
    name: str
    units: str
    gain: float
    baseline: int
    per_frame: int
    fmt: str
    file: Path
    offset: int
    file_frame: int

    @property
    def is_ecg(self) -> bool:
        """Whether it is an ECG lead, as far as units and name tell."""
        return bool(_VOLTS.fullmatch(self.units)) and not _NOT_ECG.search(self.name)

    @property
    def frames(self) -> int | None:
        """How many whole frames its file holds; None if compressed, as its size does not tell then."""
        try:
            size = self.file.stat().st_size
        except OSError as error:
            reason = error.strerror
            raise SourceError(f"{self.file}: expected the record's signals, cannot read it: {reason}") from error
        width = BYTES_PER_SAMPLE[self.fmt] * self.file_frame
        return max(0, math.floor((size - self.offset) / width + 1e-6)) if width else None


@dataclass(frozen=True, slots=True)
class Segment:
    """Frames ``start`` to ``stop`` of a record; ``path`` is None where nothing was recorded."""

    start: int
    stop: int
    path: Path | None
    signals: dict[Key, Signal]


@dataclass(frozen=True, slots=True)
class Layout:
    """A record as its headers describe it; ``signals`` are those chosen, in order of leads."""

    title: str
    path: Path
    frame_rate: float
    per_frame: int
    segments: tuple[Segment, ...]
    signals: dict[Key, Signal]

    @property
    def fs(self) -> float:
        """Sampling rate in Hz."""
        return self.frame_rate * self.per_frame

    @property
    def length(self) -> int:
        """Number of samples of each lead."""
        return self.segments[-1].stop * self.per_frame if self.segments else 0


def read_layout(path: Path, names: Sequence[str] | None = None) -> Layout:
    """Read and check the headers of the record at ``path`` (without extension), and look at its signal files.

    Raises
    ------
    SourceError
        If a header is broken, a signal file missing or truncated, the sampling rate not within
        :data:`~stream.messages.FS_RANGE`, there is no ECG lead, or none of the ``names`` asked for.
    """
    title = f"{path.parent.name}/{path.name}" if path.parent.name else path.name
    header = _read_header(path)
    segments = tuple(_segments(path, header))
    found: dict[Key, Signal] = {}
    for segment in segments:
        found |= {key: signal for key, signal in segment.signals.items() if key not in found}
    chosen = _choose(title, found, names)
    rates = sorted({found[key].per_frame for key in chosen})
    if len(rates) > 1:
        raise SourceError(f"{title}: expected leads of one sampling rate, got {rates} samples a frame")
    layout = Layout(title, path, float(header.fs), rates[0], segments, {key: _upright(found[key]) for key in chosen})
    low, high = FS_RANGE
    if not low <= layout.fs <= high:
        raise SourceError(f"{title}: expected a sampling rate of {low:g} to {high:g} Hz, got {layout.fs:g} Hz")
    for segment in segments:
        _check_files(segment, chosen)
    if layout.length == 0:
        raise SourceError(f"{title}: expected samples, got a record of length 0")
    return layout


def _read_header(path: Path) -> Any:
    """Read a header with wfdb, then hold what it understood against what is written.

    ``wfdb`` takes the default where a field is not as it expects: a rate of ``-360`` would be read as 250 Hz.
    """
    file = path.with_name(path.name + ".hea")
    try:
        lines = file.read_text("ascii", errors="replace").splitlines()
        first = next((text.split() for text in lines if text.strip() and not text.lstrip().startswith("#")), [])
        if not first:
            raise ValueError("it is empty")
        header = wfdb.rdheader(str(path))
        if len(first) > 2 and float(re.split(r"[/(]", first[2])[0]) != header.fs:
            raise ValueError(f"the sampling rate is written {first[2]!r}")
        if len(first) > 3 and int(first[3]) != (header.sig_len or 0):
            raise ValueError(f"the number of samples is written {first[3]!r}")
        signals = header.file_name or () if isinstance(header, wfdb.Record) else header.seg_name
        count = header.n_sig if isinstance(header, wfdb.Record) else header.n_seg
        if len(signals) != count:
            raise ValueError(f"{count} signals or segments are announced, {len(signals)} are described")
    except FAULTS as error:
        raise SourceError(f"{file}: expected a WFDB header, cannot read it: {line(error)}") from error
    if header.n_sig == 0:
        raise SourceError(f"{file}: expected ECG leads, got a record of zero signals")
    return header


def _segments(path: Path, header: Any) -> Iterator[Segment]:
    """Yield the segments of a record; a plain record is one of one segment."""
    if isinstance(header, wfdb.Record):
        signals = _signals(path, header)
        yield Segment(0, header.sig_len or _infer_length(path, next(iter(signals.values()))), path, signals)
        return
    start = 0
    for name, length in zip(header.seg_name, header.seg_len, strict=True):
        if length == 0:  # the layout of a variable-layout record
            continue
        part = None if name == "~" else path.with_name(name)
        inner = _read_header(part) if part else None
        if inner and not (isinstance(inner, wfdb.Record) and inner.fs == header.fs):
            raise SourceError(f"{part}: expected a plain segment at {header.fs:g} Hz, got another kind or rate")
        yield Segment(start, start + length, part, _signals(part, inner) if part else {})
        start += length


def _signals(path: Path, header: Any) -> dict[Key, Signal]:
    """Gather all signals of a header."""
    signals: dict[Key, Signal] = {}
    for channel in range(header.n_sig):
        signal = Signal(
            channel=channel,
            name=_printable(header.sig_name[channel] or f"lead {channel + 1}"),
            units=header.units[channel],
            gain=header.adc_gain[channel],
            baseline=header.baseline[channel],
            per_frame=header.samps_per_frame[channel],
            fmt=header.fmt[channel],
            file=path.with_name(header.file_name[channel]),
            offset=header.byte_offset[channel] or 0,
            file_frame=sum(
                count
                for count, file in zip(header.samps_per_frame, header.file_name, strict=True)
                if file == header.file_name[channel]
            ),
        )
        if signal.fmt not in BYTES_PER_SAMPLE:
            raise SourceError(f"{path}.hea: expected a WFDB signal format (16, 212 ...), got {signal.fmt}")
        if not math.isfinite(signal.gain) or abs(signal.baseline) > 2**31 or signal.per_frame < 1:
            raise SourceError(
                f"{path}.hea: expected of {signal.name} a finite gain, a baseline of 32 bits and samples in "
                f"a frame, got {signal.gain:g}, {signal.baseline} and {signal.per_frame}"
            )
        signals[signal.name, sum(signal.name == other for other, _ in signals)] = signal
    return signals


def _printable(name: str) -> str:
    """Make a lead's name one that the feed takes: 64 printable characters at most."""
    return "".join(char if char.isprintable() else "?" for char in name)[:64]


def _upright(signal: Signal) -> Signal:
    """Describe a lead with a gain above zero; where it was below, its values will be negated."""
    return signal if signal.gain > 0 else replace(signal, gain=-signal.gain, baseline=-signal.baseline)


def _choose(title: str, found: dict[Key, Signal], names: Sequence[str] | None) -> list[Key]:
    """Choose the signals asked for by name, else all that are ECG."""
    listed = ", ".join(f"{signal.name} ({signal.units})" for signal in found.values())
    if names is not None:
        chosen = [key for name in names for key in found if key[0].casefold() == name.casefold()]
        if missing := [name for name in names if name.casefold() not in {key[0].casefold() for key in found}]:
            raise SourceError(f"{title}: expected leads of {listed}, got {', '.join(missing)}")
        if not 1 <= len(chosen) <= MAX_LEADS:
            raise SourceError(f"{title}: expected 1 to {MAX_LEADS} leads, got {len(chosen)}")
        return chosen
    chosen = [key for key, signal in found.items() if signal.is_ecg]
    if not chosen:
        raise SourceError(f"{title}: expected an ECG lead, got only {listed or 'empty segments'}")
    if len(chosen) > MAX_LEADS:
        log.warning("more leads than can be shown", extra={"record": title, "leads": len(chosen), "taken": MAX_LEADS})
    return chosen[:MAX_LEADS]


def _infer_length(path: Path, first: Signal) -> int:
    """Tell the length in frames of a record whose header does not, from the size of its first file."""
    if first.frames is None:
        raise SourceError(f"{path}.hea: expected the number of samples, which format {first.fmt} needs")
    return first.frames


def _check_files(segment: Segment, chosen: Iterable[Key]) -> None:
    """Make sure that the files of the chosen leads are there and long enough."""
    expected = segment.stop - segment.start
    for signal in (segment.signals[key] for key in chosen if key in segment.signals):
        frames = signal.frames
        if frames is not None and frames < expected:
            raise SourceError(
                f"{signal.file}: truncated, expected {expected} samples of each lead, found {frames}; "
                "get the file again"
            )


def line(error: Exception) -> str:
    """Give the first line of an error's text, or its kind."""
    if isinstance(error, IndexError):  # as wfdb raises it, "list index out of range" tells a person nothing
        return "it ends too early"
    return str(error).splitlines()[0] if str(error) else type(error).__name__
