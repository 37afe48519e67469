"""What a beat looks like: the heart's dipole as a sum of Gaussians, seen from any of the twelve leads.

After McSharry et al. (2003), "A dynamical model for generating synthetic electrocardiogram signals", IEEE
Trans. Biomed. Eng. 50:289-294, each wave is a Gaussian. As in Sameni et al. (2007), "Multichannel ECG and
noise modeling", EURASIP J. Adv. Signal Process. 2007:43407, the Gaussians make the three Frank components of
one dipole, so every lead is a view of the same heart. The waves are placed in time around the R peak instead
of in phase of the cycle, so that the QRS keeps its width at any rate while the T wave moves with the square
root of the RR interval (Bazett 1920), a little of it for the PR interval.
"""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

LEADS: Final[dict[str, tuple[float, float, float]]] = {
    "I": (0.632, -0.235, 0.059),
    "II": (0.235, 1.066, -0.132),
    "III": (-0.397, 1.301, -0.191),
    "aVR": (-0.434, -0.415, 0.037),
    "aVL": (0.515, -0.768, 0.125),
    "aVF": (-0.081, 1.184, -0.162),
    "V1": (-0.515, 0.157, -0.917),
    "V2": (0.044, 0.164, -1.387),
    "V3": (0.882, 0.098, -1.277),
    "V4": (1.213, 0.127, -0.601),
    "V5": (1.125, 0.127, -0.086),
    "V6": (0.831, 0.076, 0.230),
}
"""Each lead's view of the Frank components x (left), y (feet), z (back): Dower et al. (1980), "Deriving the
12-lead electrocardiogram from four (EASI) electrodes", and the older Dower matrix it rests on."""

Kind: TypeAlias = Literal["sinus", "no P", "atrial", "right", "left", "tall T", "blocked", "paced", "flutter"]


class Wave(NamedTuple):
    """One Gaussian: centre and standard deviation in s (at an RR of 1 s), amplitude in mV on x, y, z."""

    at: float
    width: float
    x: float
    y: float
    z: float


@dataclass(frozen=True)
class Morphology:
    """A kind of beat: its WFDB symbol and the waves of each part."""

    symbol: str
    p: tuple[Wave, ...]
    qrs: tuple[Wave, ...]
    t: tuple[Wave, ...]


_QRS: Final = (
    Wave(-0.027, 0.0075, -0.10, -0.06, -0.20),  # septum: to the right and forward: r in V1, q in I and V5
    Wave(-0.006, 0.0095, 0.55, 0.60, -0.05),
    Wave(0.006, 0.0105, 0.60, 0.62, 0.62),  # left ventricle: left, down, back
    Wave(0.029, 0.0095, -0.10, -0.26, 0.36),  # base: up and back
)
_T: Final = (
    Wave(0.245, 0.055, 0.11, 0.10, -0.08),  # slow to rise
    Wave(0.300, 0.034, 0.17, 0.17, -0.11),  # quick to fall
)
_P: Final = (
    Wave(-0.178, 0.019, 0.03, 0.085, -0.06),  # right atrium
    Wave(-0.146, 0.019, 0.06, 0.075, 0.055),  # left atrium
)
_TALL: Final = 3.6  # so that T is as high as R in II
MORPHOLOGIES: Final[dict[Kind, Morphology]] = {
    "sinus": Morphology("N", _P, _QRS, _T),
    "no P": Morphology("N", (), _QRS, _T),
    # from low in the left atrium: a short PR, and a P that points the other way
    "atrial": Morphology("A", (Wave(-0.135, 0.017, -0.07, -0.10, -0.05),), _QRS, _T),
    # outflow tract of the right ventricle: left bundle branch block, axis down; T against the QRS
    "right": Morphology(
        "V",
        (),
        (
            Wave(-0.036, 0.013, 0.08, 0.36, -0.22),
            Wave(-0.006, 0.018, 0.40, 1.20, 0.70),
            Wave(0.030, 0.016, 0.25, 0.80, 0.85),
        ),
        (Wave(0.255, 0.062, -0.14, -0.42, -0.40), Wave(0.320, 0.042, -0.05, -0.15, -0.12)),
    ),
    # foot of the left ventricle: right bundle branch block, axis up; T against the QRS
    "left": Morphology(
        "V",
        (),
        (
            Wave(-0.040, 0.013, 0.10, 0.22, -0.40),
            Wave(-0.004, 0.018, -0.45, -1.15, -0.80),
            Wave(0.034, 0.017, -0.50, -0.75, -0.40),
        ),
        (Wave(0.255, 0.062, 0.20, 0.42, 0.34), Wave(0.320, 0.042, 0.06, 0.14, 0.10)),
    ),
    "tall T": Morphology("N", _P, _QRS, tuple(wave._replace(x=_TALL * wave.x, y=_TALL * wave.y) for wave in _T)),
    "blocked": Morphology("x", _P, (), ()),
    # paced from the apex of the right ventricle: left bundle branch block, axis up
    "paced": Morphology(
        "/",
        (),
        (
            Wave(-0.034, 0.015, 0.20, -0.25, 0.10),
            Wave(0.000, 0.020, 0.65, -0.85, 0.65),
            Wave(0.038, 0.018, 0.35, -0.55, 0.75),
        ),
        (Wave(0.265, 0.062, -0.18, 0.30, -0.30), Wave(0.330, 0.042, -0.06, 0.11, -0.11)),
    ),
    # no QRS and no T: crest and trough that follow each other make nearly a sine wave at 180 to 350/min
    "flutter": Morphology("!", (), (), (Wave(0.0, 0.09, 0.30, 0.80, 0.50), Wave(0.23, 0.09, -0.30, -0.80, -0.50))),
}

BEFORE: Final = 0.35
"""Seconds before the R peak at which every beat is still zero."""
AFTER: Final = 0.75
"""Seconds after it at which every beat is zero again."""
_STRETCHES: Final = np.linspace(0.45, 1.35, 31)  # square roots of the RR intervals there are templates for
_FINENESS: Final = 2000.0  # a beat is placed to within 1 / 2000 s or one sample, whichever is finer


def dipole(kind: Kind, rr: float, time: NDArray[np.float64]) -> NDArray[np.float64]:
    """Frank components of a beat in mV, shape ``(3, n)``, at ``time`` seconds from its R peak.

    ``rr`` is the RR interval in seconds to which the PR and QT intervals fit.
    """
    stretch = rr**0.5
    shape = MORPHOLOGIES[kind]
    total = np.zeros((3, len(time)))
    for waves, move, widen in (
        (shape.p, stretch**0.5, 1.0),
        (shape.qrs, 1.0, 1.0),
        (shape.t, stretch, stretch),
    ):
        for wave in waves:
            bell = np.exp(-0.5 * ((time - wave.at * move) / (wave.width * widen)) ** 2)
            total += np.outer((wave.x, wave.y, wave.z), bell)
    return total


def projection(leads: tuple[str, ...]) -> NDArray[np.float64]:
    """Matrix of shape ``(leads, 3)`` that takes Frank components to leads, names as in :data:`LEADS`."""
    return np.array([LEADS[lead] for lead in leads])


class Templates:
    """Every kind of beat, at a range of RR intervals and positions between two samples, made when first asked for.

    Parameters
    ----------
    leads
        Names of the leads.
    fs
        Sampling rate in Hz.

    Attributes
    ----------
    before
        Samples from a template's begin to its R peak.
    width
        Samples in a template.
    """

    def __init__(self, leads: tuple[str, ...], fs: float) -> None:
        self.before = int(np.ceil(BEFORE * fs))
        self.width = self.before + int(np.ceil(AFTER * fs))
        self._phases = max(1, round(_FINENESS / fs))
        self._fine = (np.arange(self.width * self._phases) / self._phases - self.before) / fs
        # The first phase is a beat right on a sample; each next one comes 1/phases of a sample later.
        self._late = (np.arange(self.width)[None, :] * self._phases - np.arange(self._phases)[:, None]).clip(0)
        self._view = projection(leads)
        self._fs = fs
        self._known: dict[Kind, tuple[NDArray[np.float32], float]] = {}

    def _make(self, kind: Kind) -> tuple[NDArray[np.float32], float]:
        """Templates of a kind, shape (stretches, phases, leads, samples), and samples from its time to its peak."""
        table = np.empty((len(_STRETCHES), self._phases, len(self._view), self.width), np.float32)
        for s, stretch in enumerate(_STRETCHES):
            table[s] = (self._view @ dipole(kind, stretch**2, self._fine))[:, self._late].transpose(1, 0, 2)
        near = np.arange(-0.1, 0.1, 1e-4) if MORPHOLOGIES[kind].qrs else np.arange(-0.25, 0.25, 1e-4)
        return table, near[np.abs(self._view[0] @ dipole(kind, 0.8, near)).argmax()] * self._fs

    def beat(self, kind: Kind, rr: float, sample: float) -> tuple[NDArray[np.float32], int, int]:
        """Look up a beat whose Gaussians are centred at a (fractional) sample.

        Returns
        -------
        template
            In mV, shape ``(leads, width)``.
        first
            The sample at which the template begins.
        peak
            The sample of the strongest deflection of the first lead's QRS (of P or flutter, if it has none).
        """
        if kind not in self._known:
            self._known[kind] = self._make(kind)
        table, late = self._known[kind]
        step = _STRETCHES[1] - _STRETCHES[0]
        stretch = min(max(round((rr**0.5 - _STRETCHES[0]) / step), 0), len(_STRETCHES) - 1)
        ticks = round(sample * self._phases)
        whole, phase = divmod(ticks, self._phases)
        return table[stretch, phase], whole - self.before, round(sample + late)
