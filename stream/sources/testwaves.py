"""Test waves for heart rate meters and their alarms, each a source that says what a monitor must make of it.

Modelled on what vendors' manuals report of IEC 60601-2-27 (201.7.9.2.9.101) and ANSI/AAMI EC13:2002 (4.1.2 to 4.1.4);
the standards' own figures were not at hand, so no claim of conformity follows from passing. The irregular rhythms
(3a to 3d) and tachycardias (4a, 4b) of EC13 are recordings; here they are drawn, with the rates, heights and names of
the originals (PhysioNet, ANSI/AAMI EC13 Test Waveforms), and as there the tachycardias follow 30 s of triangles.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from stream.errors import SourceError
from stream.messages import Lead
from stream.sources import Mark

FS: Final = 500.0
GAIN: Final = 1000.0
"""Sampling rate in Hz and units per mV of all test waves."""
RANGE: Final = 10.0
"""What goes beyond these mV is cut off, as an amplifier does."""
SECONDS: Final = 60.0
ONSET: Final = 30.0
"""How long a wave lasts, and when what is tested begins if it follows something else."""
SETTLED: Final = 20.0
"""Seconds after which a heart rate must be right, where nothing else is said."""
IN_TIME: Final = 10.0
"""Seconds from the onset within which alarms and new heart rates are due."""

_SLOW: Final = {"extreme_low": 20.0}  # so that slow rates are no alarm of high priority
TACHYCARDIAS: Final = ("ventricular_tachycardia", "ventricular_fibrillation", "extreme_tachycardia")

Floats: TypeAlias = NDArray[np.float64]
_Shape: TypeAlias = Callable[[Floats], Floats]  # mV at seconds from the peak


@dataclass(frozen=True, slots=True)
class Reads:
    """From ``begin`` to ``end`` seconds, the heart rate is ``rate`` (1/min); None: there is none to tell."""

    begin: float
    end: float
    rate: float | None

    def tolerates(self, rate: float | None) -> bool:
        """Whether a rate that was told is right, to the standard's larger of 10 % and 5/min."""
        if self.rate is None or rate is None:
            return rate is self.rate
        return abs(rate - self.rate) <= max(5.0, 0.1 * self.rate)


@dataclass(frozen=True, eq=False)
class TestWave:
    """A test wave of one lead: a :class:`stream.sources.WaveSource`, and what must be said of it.

    Attributes
    ----------
    name
        Short, different for each.
    wave
        Samples in mV at :data:`FS`, shape ``(n,)``.
    beats
        Seconds at which its QRS peak.
    reads
        Which heart rate must be told, when.
    alarms
        One of these must be announced within :data:`IN_TIME` of :data:`ONSET`; none: no alarm of high priority may be.
    limits
        Alarm limits to be set before.
    """

    __test__ = False  # no test case, whatever its name makes pytest think

    name: str
    wave: Floats
    beats: Floats
    reads: Sequence[Reads] = ()
    alarms: Sequence[str] = ()
    limits: Mapping[str, float] = field(default_factory=dict)
    fs: float = FS
    seekable: bool = True

    @property
    def titles(self) -> Sequence[str]:
        """The name."""
        return (self.name,)

    @property
    def leads(self) -> Sequence[tuple[Lead, ...]]:
        """One lead II."""
        return ((Lead(name="II", gain=GAIN),),)

    @property
    def length(self) -> int:
        """Number of samples."""
        return len(self.wave)

    def read(self, start: int, stop: int) -> NDArray[np.int16]:
        """Give samples ``start`` to ``stop``, shape ``(1, 1, stop - start)``."""
        if not 0 <= start <= stop <= self.length:
            raise SourceError(f"{self.name}: expected a stretch within {self.length} samples, got {start} to {stop}")
        return np.rint(self.wave[start:stop].clip(-RANGE, RANGE) * GAIN).astype(np.int16)[None, None]

    def marks(self, start: int, stop: int) -> list[Mark]:
        """Tell the beats, as ``N`` whatever they are."""
        at = np.rint(self.beats * self.fs).astype(int)
        return [Mark(0, sample, "N") for sample in at.tolist() if start <= sample < stop]


# ------------------------------------------------------------------------------------------------- the waves


def all_waves() -> list[TestWave]:
    """Every test wave."""
    families = (sizes, rates, tall_t_waves, rate_steps, irregular, pacing, tachycardias, standstill)
    return [wave for family in families for wave in family()]


def sizes() -> Iterator[TestWave]:
    """QRS of 0.5 to 5 mV and 40 to 120 ms, upright and inverted, at 80/min."""
    for height in (0.5, 1.0, 2.0, 5.0, -0.5, -5.0):
        for width in (0.04, 0.07, 0.1, 0.12):
            yield _steady(f"QRS {height:g} mV {1000 * width:g} ms", 80, triangle(height, width))


def rates() -> Iterator[TestWave]:
    """Rates from 30 to 300/min; QRS of 1 mV and 70 ms, as quick hearts have no wide ones."""
    for rate in (30, 40, 60, 80, 100, 120):
        yield _steady(f"rate {rate}", rate, triangle(1.0, 0.07))
    for rate in (150, 180, 200, 250, 300):  # too quick for peace: an alarm, after half a minute of 80/min
        beats = np.concatenate([_every(80, 1.0, ONSET), _every(rate, ONSET, SECONDS)])
        reads = (Reads(ONSET + SETTLED, SECONDS, rate),)
        yield TestWave(f"rate {rate}", train(beats, triangle(1.0, 0.07)), beats, reads, TACHYCARDIAS)


def tall_t_waves() -> Iterator[TestWave]:
    """T up to 1.2 mV beside a QRS of 1 mV and 100 ms; T 180 ms wide, QT 350 ms (EC13 4.1.2.1 c)."""
    for height in (0.3, 0.6, 0.9, 1.2):
        for rate in (40, 80, 100):
            yield _steady(f"T {height:g} mV at {rate}", rate, _sum(triangle(1.0, 0.1), tee(height)))


def rate_steps() -> Iterator[TestWave]:
    """The rate goes at once from 80 to 120 and from 80 to 40: told, and alarmed of, in time (EC13 4.1.2.1 f, 4.2)."""
    for rate, limits, alarm in ((120, {"hr_high": 100.0}, "hr_high"), (40, _SLOW | {"hr_low": 60.0}, "hr_low")):
        beats = np.concatenate([_every(80, 1.0, ONSET), _every(rate, ONSET, SECONDS)])
        reads = (Reads(SETTLED, ONSET, 80), Reads(ONSET + IN_TIME + 1.0, SECONDS, rate))
        yield TestWave(f"80 to {rate}", train(beats, triangle(1.0, 0.07)), beats, reads, (alarm,), limits)


def irregular() -> Iterator[TestWave]:
    """The rhythms of EC13's figures 3a to 3d, drawn: every QRS counts."""
    normal = _sum(triangle(1.0, 0.08), tee(0.25))
    wide = _sum(triangle(1.3, 0.15), tee(-0.35))
    small = _sum(triangle(0.7, 0.14), tee(-0.25))
    for name, rate, share, shapes in (
        ("3a ventricular bigeminy", 80, 0.38, (normal, wide)),
        ("3b slow alternating bigeminy", 60, 0.36, (normal, small)),
        ("3c rapid alternating bigeminy", 120, 0.44, (normal, small)),
        ("3d bidirectional systoles", 90, 0.5, (wide, lambda time: -wide(time))),
    ):
        first = np.arange(1.0, SECONDS - 1.0, 120.0 / rate)
        second = first + share * 120.0 / rate
        wave = train(first, shapes[0]) + train(second, shapes[1])
        beats = np.sort(np.concatenate([first, second]))
        yield TestWave(name, wave, beats, (Reads(SETTLED, SECONDS - 1.0, rate),))


def pacing() -> Iterator[TestWave]:
    """Pulses of 2 to 700 mV and 0.1 to 2 ms are no beats (EC13 4.1.4): before a QRS, beside a slow heart, and alone."""
    paced = _sum(triangle(1.0, 0.14), tee(0.3))
    for height in (2.0, -2.0, 20.0, 700.0, -700.0):
        for width in (0.1, 0.5, 2.0):
            name = f"{height:g} mV {width:g} ms"
            beats = _every(70, 1.0, SECONDS)
            wave = train(beats, paced) + pulses(beats - 0.1, height, width)
            yield TestWave(f"paced {name}", wave, beats, (Reads(SETTLED, SECONDS, 70),))
    for height, width, tail in ((2.0, 2.0, 0.0), (-700.0, 0.5, 0.0), (20.0, 2.0, 0.025), (4.0, 1.0, 0.25)):
        name = f"{height:g} mV {width:g} ms" + (" with tail" if tail else "")
        beats = _every(40, 1.0, SECONDS)
        wave = train(beats, paced) + pulses(_every(80, 1.2, SECONDS), height, width, tail)
        yield TestWave(f"pulses beside 40/min, {name}", wave, beats, (Reads(SETTLED, SECONDS, 40),), (), _SLOW)
        beats = _every(80, 1.0, ONSET)
        wave = train(beats, paced) + pulses(_every(80, 0.9, SECONDS), height, width, tail) + _line()
        reads = (Reads(ONSET + IN_TIME, SECONDS, None),)
        yield TestWave(f"pulses alone, {name}", wave, beats, reads, ("asystole",))


def tachycardias() -> Iterator[TestWave]:
    """EC13's figures 4a (1 mV from top to bottom, 206/min) and 4b (2 mV, 195/min), drawn; also half and double size."""
    for name, rate, height, shape in (("4a", 206.0, 1.0, _rounded), ("4b", 195.0, 2.0, _pointed)):
        for factor, size in ((0.5, "half size"), (1.0, "full size"), (2.0, "double size")):
            before = _every(80, 1.0, ONSET - 0.5)
            time = np.arange(round(SECONDS * FS)) / FS
            phase = (time - ONSET) * rate / 60.0
            wave = train(before, triangle(1.0, 0.07)) + np.where(phase >= 0.0, factor * height * shape(phase), 0.0)
            beats = np.concatenate([before, ONSET + np.arange(0.0, (SECONDS - ONSET) * rate / 60.0) * 60.0 / rate])
            yield TestWave(f"{name} {size}", wave, beats, (), TACHYCARDIAS)


def standstill() -> Iterator[TestWave]:
    """Beats of 80/min, then none: a line with the noise of any amplifier, for one without it has come off."""
    beats = _every(80, 1.0, ONSET)
    shape = _sum(triangle(1.0, 0.08), tee(0.25))
    yield TestWave(
        "standstill", train(beats, shape) + _line(), beats, (Reads(ONSET + IN_TIME, SECONDS, None),), ("asystole",)
    )


# ------------------------------------------------------------------------------------------------ what they are of


def triangle(height: float, width: float) -> _Shape:
    """QRS as EC13 draws it: up and down in ``width`` s."""
    return lambda time: height * np.clip(1.0 - np.abs(time) / (width / 2.0), 0.0, None)


def tee(height: float, width: float = 0.18, qt: float = 0.35, qrs: float = 0.1) -> _Shape:
    """T wave: half a sine that ends ``qt`` s after the QRS of ``qrs`` s begins."""

    def shape(time: Floats) -> Floats:
        phase = (time - (qt - width - qrs / 2.0)) / width
        return np.where((phase > 0.0) & (phase < 1.0), height * np.sin(np.pi * phase), 0.0)

    return shape


def train(beats: Floats, shape: _Shape, seconds: float = SECONDS) -> Floats:
    """A shape at each of some beats."""
    time = np.arange(round(seconds * FS)) / FS
    out = np.zeros_like(time)
    for beat in beats:
        part = slice(*np.searchsorted(time, (beat - 0.5, beat + 0.7)))
        out[part] += shape(time[part] - beat)
    return out


def pulses(times: Floats, height: float, width: float, tail: float = 0.0) -> Floats:
    """Pacing pulses of ``height`` mV and ``width`` ms, as a recorder samples them: their mean over each sample.

    With a ``tail``, each is followed by its opposite of that share of its height (2 mV at most), which dies away with
    a time constant of 50 ms (EC13 4.1.4.2: 4 to 100 ms).
    """
    out = np.zeros(round(SECONDS * FS))
    after = np.arange(round(0.4 * FS)) / FS
    over = -np.sign(height) * min(tail * abs(height), 2.0) * np.exp(-after / 0.05)
    for time in times:
        whole, part = divmod(time * FS, 1.0)
        area = height * width / 1000.0 * FS
        for at, share in ((int(whole), 1.0 - part), (int(whole) + 1, part)):
            if at < len(out):
                out[at] += area * share
        end = min(len(out), int(whole) + 2 + len(after))
        out[int(whole) + 2 : end] += over[: max(0, end - int(whole) - 2)]
    return out


def _steady(name: str, rate: float, shape: _Shape) -> TestWave:
    beats = _every(rate, 1.0, SECONDS)
    return TestWave(name, train(beats, shape), beats, (Reads(SETTLED, SECONDS, rate),), (), _SLOW)


def _line() -> Floats:
    """Noise of 5 uV (RMS), of the 30 uV from top to bottom that EC13 allows an amplifier."""
    return np.random.default_rng(0).normal(0.0, 0.005, round(SECONDS * FS))


def _every(rate: float, begin: float, end: float) -> Floats:
    return np.arange(begin, end - 0.3, 60.0 / rate)


def _sum(*shapes: _Shape) -> _Shape:
    return lambda time: np.sum([shape(time) for shape in shapes], axis=0)


def _rounded(phase: Floats) -> Floats:
    """A wave like a sine, slower to fall than to rise, that swells a little; 1 from top to bottom."""
    angle = 2.0 * np.pi * phase
    return (0.47 + 0.02 * np.sin(angle / 9.0)) * np.sin(angle + 0.35 * np.sin(angle)) + 0.02 * np.sin(2.0 * angle)


def _pointed(phase: Floats) -> Floats:
    """A wide upright complex and a T against it; about 1 from top to bottom."""
    place = (phase + 0.5) % 1.0 - 0.5
    up = np.exp(-0.5 * (place / 0.13) ** 2)
    return 0.75 * up - 0.3 * np.exp(-0.5 * ((np.abs(place) - 0.42) / 0.1) ** 2)
