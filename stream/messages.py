"""The words on the wire: every message of the feed, and how a frame is written and read.

A frame is an **array of messages**. Each message is a map whose ``kind`` names it. Frames are MessagePack
(binary) or JSON (text, for people), chosen by the websocket subprotocol; the version is in its name.

Three families of messages travel:

* **waves** (:class:`Wave`, :class:`Numerics`): many, and of value only while fresh. A subscriber that is too
  slow for them loses a stretch and is told which, with a :class:`Gap`.
* **events** (:class:`Open`, :class:`Beat`, :class:`Gap` ...): few, never dropped, stamped by the hub with a
  sequence number ``seq`` so that whoever comes back asks for all since the last seen.
* **requests** (:class:`Subscribe`, :class:`Control`, :class:`Acknowledge` ...): said between client and hub, or
  passed on to the one that can answer, and not kept.

One clock: a ``sample`` is the index of a sample of its bed's stream; its time is ``epoch + sample / fs``.
"""

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from stream.alarms import Acknowledge, Alarm, AudioPause, Bell, Limits, Quality, Rhythm, SetLimits, Verdict
from stream.arrangement import Arrangement
from stream.base import Event, Index, Message
from stream.errors import FrameError
from stream.explanation import Explain, Explanation

VERSION: Final = 1
Encoding: TypeAlias = Literal["msgpack", "json"]
SUBPROTOCOLS: Final[dict[str, Encoding]] = {
    f"cardiovision.v{VERSION}.msgpack": "msgpack",
    f"cardiovision.v{VERSION}.json": "json",
}
"""Websocket subprotocol names, preferred first, and the encoding each stands for."""

AAMI: Final = ("N", "S", "V", "F", "Q")
"""The AAMI beat classes (ANSI/AAMI EC57), in the order of every probability vector."""

MISSING: Final = -32768
"""The sample value that stands for "no sample here", as in WFDB's 16-bit formats."""

FS_RANGE: Final = (50.0, 10_000.0)
"""Sampling rates accepted, in Hz: below, a QRS has no shape; above, no surface ECG is sampled."""

MAX_LEADS: Final = 12

MAX_WAVE: Final = 1 << 20
"""Most bytes of samples in one :class:`Wave`."""

MAX_FRAME: Final = 4 << 20
"""Most bytes of one frame to the hub."""


class Lead(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One lead and how its int16 samples become physical values: ``(sample - baseline) / gain``."""

    name: str
    units: str = "mV"
    gain: float = 200.0
    baseline: int = 0


# ---------------------------------------------------------------------------------------------- sources say


class Open(Event, frozen=True, kw_only=True, tag="open"):
    """A bed's stream begins (or, with a ``stream`` already known, its particulars are restated).

    Every break in a source's samples that is meant (a loop, a seek) opens a new stream, so that within one
    stream ``sample`` only rises. A source that comes back after an outage restates the same stream.

    Attributes
    ----------
    bed
        The bed's name, unique on the hub.
    stream
        Identifies this stretch of samples of the bed.
    form
        ``wave`` for continuous samples, ``beats`` for beats already cut (:class:`CutBeat`).
    fs
        Sampling rate in Hz.
    leads
        The leads, in the order of the rows of each :class:`Wave`.
    epoch
        UTC seconds of sample 0.
    first
        Index of the first sample that will come; not 0 when a record is replayed from its middle.
    title
        What is played, for people: ``mitdb/119``, ``sinus 72``.
    speed
        Stream seconds per second of wall time; 1 is real time, 0 means as fast as it goes.
    length
        Index one past the last sample, of a source that can go to any of its samples (:class:`Control`, ``seek``); None
        if it cannot, or has no end.
    """

    bed: str
    stream: str
    fs: float
    leads: tuple[Lead, ...]
    epoch: float
    form: Literal["wave", "beats"] = "wave"
    first: Index = 0
    title: str = ""
    speed: float = 1.0
    length: Index | None = None


class Wave(Message, frozen=True, kw_only=True, tag="wave"):
    """A block of samples of all leads of a bed, starting at sample ``start``.

    ``samples`` holds little-endian int16, lead after lead: shape ``(leads, n)`` (in JSON: base64).
    ``sent`` is the UTC time of publication, in seconds, from which lag is measured.
    """

    bed: str
    stream: str
    start: Index
    samples: bytes
    sent: float = 0.0


class CutBeat(Event, frozen=True, kw_only=True, tag="cut_beat"):
    """One beat that came already cut, a row of a CSV file.

    ``samples`` holds little-endian float32 as in the file; ``start`` is where the row begins when rows are
    drawn end to end. ``truth`` is the file's own label, one of ``N S V F Q``, if it has any.
    """

    bed: str
    stream: str
    row: Index
    start: Index
    samples: bytes
    truth: str | None = None


class Reference(Event, frozen=True, kw_only=True, tag="reference"):
    """An annotation that came with the source: of a record's ``.atr``, or the simulator's own truth."""

    bed: str
    stream: str
    sample: Index
    symbol: str
    aux: str = ""


class Close(Event, frozen=True, kw_only=True, tag="close"):
    """A bed's stream has ended at ``sample`` (one past the last); nothing more comes from it."""

    bed: str
    stream: str
    sample: Index
    reason: str = "end"


# ------------------------------------------------------------------------------------------ the detector says


class Beat(Event, frozen=True, kw_only=True, tag="beat"):
    """A beat found and named.

    Attributes
    ----------
    sample
        Sample index of the R peak (of the row's begin, for a beat already cut).
    label
        AAMI class, one of ``N S V F Q``.
    probabilities
        Of N, S, V, F, Q, in this order.
    rr
        Seconds since the beat before, if there is one without a gap between.
    hr
        Heart rate at this beat, per minute.
    row, truth
        Row number and label in the file, for a beat that came already cut.
    """

    bed: str
    stream: str
    sample: Index
    label: str
    probabilities: tuple[float, ...]
    rr: float | None = None
    hr: float | None = None
    row: Index | None = None
    truth: str | None = None


class Numerics(Message, frozen=True, kw_only=True, tag="numerics"):
    """The numbers beside a trace, once a second of stream time. ``hr`` is None while it cannot be told."""

    bed: str
    stream: str
    sample: Index
    hr: float | None = None


# ---------------------------------------------------------------------------------------------- anyone says


class Gap(Event, frozen=True, kw_only=True, tag="gap"):
    """Samples ``start`` to ``stop`` (exclusive) of a bed are not coming.

    ``reason`` is ``missing`` when the source left them out, ``slow`` when this subscriber did not keep up
    (told to that subscriber alone).
    """

    bed: str
    stream: str
    start: Index
    stop: Index
    reason: Literal["missing", "slow"] = "missing"


class Status(Event, frozen=True, kw_only=True, tag="status"):
    """How a part of the service is.

    ``component`` is ``source``, ``detector``, ``hub``, ``journal``, ``keeper`` or ``feed``.
    """

    component: str
    state: Literal["starting", "ready", "paused", "lost", "stopped", "error"]
    bed: str | None = None
    detail: str = ""


# ------------------------------------------------------------------------------------- requests and replies


class Hello(Message, frozen=True, kw_only=True, tag="hello"):
    """A client's first word: who it is, for logs and for :class:`Status`."""

    name: str


class Welcome(Message, frozen=True, kw_only=True, tag="welcome"):
    """The hub's first word: its session (a new one at each start, unless it has a journal) and latest ``seq``."""

    session: str
    seq: Index
    version: int = VERSION


class Subscribe(Message, frozen=True, kw_only=True, tag="subscribe"):
    """Asks for messages; what is None is not filtered.

    Attributes
    ----------
    beds, kinds
        Only these beds, only these kinds.
    since, session
        Resume: first send all kept events with ``seq > since``, if ``session`` is still the hub's.
        Without ``since``, only how things are is sent first: of each bed the current :class:`Open`, the alarms that
        have not ended, bell, limits, the latest rhythm, quality and numerics, its source if it was lost or paused; the
        latest :class:`Status` of each part of the service; the ward's :class:`~stream.arrangement.Arrangement`.
    last
        Without ``since``, send first too the latest so many of the kept events that are asked for.
    waves
        ``latest``: a slow subscriber loses waves, told with :class:`Gap`. ``all``: it loses none, and the
        sources are held back instead (for detectors and archives that replay faster than real time).
    history
        Also send first the waves of so many seconds of stream time before now, as far as the hub keeps them
        (:data:`stream.history.KEPT_SECONDS`), in larger blocks; after the events of the past, before what is live.
        One that comes back gets them again, and drops the samples that it has.
    """

    beds: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    since: Index | None = None
    session: str | None = None
    last: Index = 0
    waves: Literal["latest", "all"] = "latest"
    history: float = 0.0


class Subscribed(Message, frozen=True, kw_only=True, tag="subscribed"):
    """Answers :class:`Subscribe` once all that has happened is sent: what follows is live.

    ``missed`` counts events after ``since`` that are no longer kept, whether asked for or not.
    """

    session: str
    seq: Index
    missed: int = 0


class Control(Message, frozen=True, kw_only=True, tag="control"):
    """Steers the replay of a bed: ``speed`` takes a factor, ``seek`` seconds of the record, ``stop`` ends it."""

    bed: str
    action: Literal["pause", "resume", "seek", "speed", "stop"]
    value: float = 0.0


class Problem(Message, frozen=True, kw_only=True, tag="problem"):
    """The hub could not take something the client sent, and says why in a sentence for people."""

    text: str
    bed: str | None = None


Sent: TypeAlias = (
    Open | Wave | CutBeat | Reference | Close | Beat | Numerics | Explanation | Gap | Status
    | Alarm | Bell | Rhythm | Quality | Limits | Verdict | Arrangement
    | Hello | Welcome | Subscribe | Subscribed | Control | Explain | Acknowledge | AudioPause | SetLimits | Problem
)  # fmt: skip
KINDS: Final[dict[str, type[Message]]] = {str(cls.__struct_config__.tag): cls for cls in get_args(Sent)}

_encoders: Final[dict[Encoding, msgspec.msgpack.Encoder | msgspec.json.Encoder]] = {
    "msgpack": msgspec.msgpack.Encoder(),
    "json": msgspec.json.Encoder(),
}
_decoders: Final[dict[Encoding, msgspec.msgpack.Decoder[list[Sent]] | msgspec.json.Decoder[list[Sent]]]] = {
    "msgpack": msgspec.msgpack.Decoder(list[Sent]),
    "json": msgspec.json.Decoder(list[Sent]),
}


def encode(message: Message, encoding: Encoding = "msgpack") -> bytes:
    """Encode one message; :func:`frame` joins several into what is sent."""
    return _encoders[encoding].encode(message)


def frame(encoded: Sequence[bytes], encoding: Encoding = "msgpack") -> bytes:
    """Join encoded messages into one frame, without encoding them again."""
    if encoding == "json":
        return b"[" + b",".join(encoded) + b"]"
    return b"\xdd" + len(encoded).to_bytes(4, "big") + b"".join(encoded)  # MessagePack's "array 32"


def encode_frame(messages: Sequence[Message], encoding: Encoding = "msgpack") -> bytes:
    """Encode messages as one frame."""
    return _encoders[encoding].encode(messages)


def decode_frame(data: bytes | str, encoding: Encoding = "msgpack") -> list[Sent]:
    """Decode a frame.

    Raises
    ------
    FrameError
        If the frame is not an array of known messages; the text says what was expected and what came.
    """
    try:
        return _decoders[encoding].decode(data.encode() if isinstance(data, str) else data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError(
            f"expected a {encoding} array of messages (docs/protocol.md), got {len(data)} bytes: {error}"
        ) from None


def pack(samples: NDArray[Any]) -> bytes:
    """Return bytes of int16 (for :class:`Wave`) or float32 (for the rest) samples, little-endian, C order."""
    kind = "<i2" if samples.dtype.kind == "i" else "<f4"
    return np.ascontiguousarray(samples, dtype=kind).tobytes()


def unpack_wave(samples: bytes, leads: int) -> NDArray[np.int16]:
    """Return the samples of a :class:`Wave` as an array of shape ``(leads, n)``, read-only."""
    return np.frombuffer(samples, dtype="<i2").reshape(leads, -1)


def unpack_floats(values: bytes, leads: int = 1) -> NDArray[np.float32]:
    """Return values of a :class:`CutBeat` or :class:`Explanation`: shape ``(leads, n)``, read-only."""
    return np.frombuffer(values, dtype="<f4").reshape(leads, -1)
