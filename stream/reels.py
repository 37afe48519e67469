"""How a source becomes messages, whatever its form: waves and their marks, or beats already cut."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final, Literal, Protocol, TypeAlias, cast

from stream.messages import CutBeat, Lead, Message, Reference, Wave, pack
from stream.pacer import BLOCK_SECONDS
from stream.sources import BeatSource, WaveSource

FLAT_SECONDS: Final = 5.0
"""Longest block when played as fast as possible."""

BLOCK_BYTES: Final = 192 << 10
"""Most bytes of samples in a block of all beds of a source, so that a frame stays under 256 KiB."""

Source: TypeAlias = WaveSource | BeatSource


class Reel(Protocol):
    """What a player needs to know of a source, whatever its form; positions are samples of the stream."""

    @property
    def form(self) -> Literal["wave", "beats"]: ...  # noqa: D102
    @property
    def fs(self) -> float: ...  # noqa: D102
    @property
    def titles(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def leads(self) -> Sequence[tuple[Lead, ...]]: ...  # noqa: D102
    @property
    def length(self) -> int | None: ...  # noqa: D102
    @property
    def seekable(self) -> bool: ...  # noqa: D102
    @property
    def step(self) -> float: ...  # noqa: D102
    @property
    def most(self) -> int: ...  # noqa: D102

    def place(self, seconds: float) -> int:
        """Find the sample nearest to a time at which playing can begin."""
        ...

    def messages(
        self, start: int, stop: int, beds: Sequence[str], streams: Sequence[str], wall: float
    ) -> list[Message]:
        """Make the messages of a block.

        Raises
        ------
        SourceError
            If the source cannot give it.
        """
        ...


class WaveReel:
    """A source of continuous samples: each bed's block as a :class:`Wave`, then its marks."""

    form: Final[Literal["wave"]] = "wave"

    def __init__(self, source: WaveSource) -> None:
        self.source = source
        self.fs = source.fs
        self.titles = source.titles
        self.leads = source.leads
        self.length = source.length
        self.seekable = source.seekable
        self.step = BLOCK_SECONDS * source.fs
        self._silent: Final[Callable[[int, int], frozenset[int]]] = getattr(source, "silent", lambda *_: frozenset())
        size = 2 * self.step * sum(len(leads) for leads in source.leads)
        self.most = max(1, min(round(FLAT_SECONDS / BLOCK_SECONDS), int(BLOCK_BYTES / size)))

    def place(self, seconds: float) -> int:
        """See :meth:`Reel.place`."""
        return round(seconds * self.fs)

    def messages(
        self, start: int, stop: int, beds: Sequence[str], streams: Sequence[str], wall: float
    ) -> list[Message]:
        """See :meth:`Reel.messages`."""
        block = self.source.read(start, stop)
        marks: defaultdict[int, list[Message]] = defaultdict(list)
        for mark in self.source.marks(start, stop):
            marks[mark.bed].append(
                Reference(
                    bed=beds[mark.bed],
                    stream=streams[mark.bed],
                    sample=mark.sample,
                    symbol=mark.symbol,
                    aux=mark.aux,
                )
            )
        out: list[Message] = []
        silent = self._silent(start, stop)
        for row, (bed, stream) in enumerate(zip(beds, streams, strict=True)):
            if row in silent:
                continue
            out.append(Wave(bed=bed, stream=stream, start=start, samples=pack(block[row]), sent=wall))
            out += marks.get(row, ())
        return out


class BeatReel:
    """A source of beats already cut: each row as a :class:`CutBeat`, end to end."""

    form: Final[Literal["beats"]] = "beats"
    seekable: Final = True

    def __init__(self, source: BeatSource) -> None:
        self.source = source
        self.fs = source.fs
        self.titles = (source.title,)
        self.leads = ((Lead(name="beat", units="NU", gain=1.0),),)
        self._width = len(source.beats(0, 1)[0][0])
        self.length: int | None = source.rows * self._width
        self.step = float(self._width)
        self.most = max(1, BLOCK_BYTES // (4 * self._width))

    def place(self, seconds: float) -> int:
        """See :meth:`Reel.place`: where a row begins."""
        return int(seconds * self.fs / self._width) * self._width

    def messages(
        self, start: int, stop: int, beds: Sequence[str], streams: Sequence[str], wall: float
    ) -> list[Message]:
        """See :meth:`Reel.messages`."""
        first = start // self._width
        return [
            CutBeat(
                bed=beds[0],
                stream=streams[0],
                row=row,
                start=row * self._width,
                samples=pack(samples),
                truth=label,
            )
            for row, (samples, label) in enumerate(self.source.beats(first, stop // self._width), first)
        ]


def thread(source: Source) -> Reel:
    """Put a source on the reel that fits its form."""
    if hasattr(source, "beats"):
        return BeatReel(cast(BeatSource, source))
    return WaveReel(source)
