"""Whether a map of a beat is true to the model: figures for any method that explains, on arrays alone.

*Randomisation* (Adebayo et al. 2018, arXiv:1810.03292): a map that hardly changes when the model's weights are
replaced by random ones shows the beat, not the model. *Deletion and insertion* (Petsiuk et al. 2018,
arXiv:1806.07421): what a map calls decisive is taken away, or put in, first; the class must fall, or rise, faster than
in random order. *Pointing* (Zhang et al. 2018, IJCV 126:1084): does the hottest sample lie where the finding is?
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from detector.rows import Floats

STEPS: Final = 20
"""Steps in which a beat is deleted or inserted: 5 % of its samples in each."""


def spearman(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float64]:
    """Rank correlation of the maps of each beat, over all samples and leads; 0 where one of them is flat.

    Parameters
    ----------
    a, b
        Maps, ``(beats, ...)``, of one shape.
    """
    ranks = [rankdata(x.reshape(len(x), -1), axis=-1) for x in (a, b)]
    a, b = (r - r.mean(axis=-1, keepdims=True) for r in ranks)
    power = np.sqrt((a * a).sum(-1) * (b * b).sum(-1))
    return np.asarray(np.where(power > 0, (a * b).sum(-1) / np.maximum(power, 1e-12), 0), np.float64)


def order(heat: NDArray[Any], rng: np.random.Generator) -> NDArray[np.intp]:
    """Place of each sample of each beat, the hottest being 0; equally hot ones in random order. Shaped as ``heat``."""
    flat = heat.reshape(len(heat), -1)
    by_heat = np.lexsort((rng.random(flat.shape), -flat), axis=-1)
    place = np.empty_like(by_heat)
    np.put_along_axis(place, by_heat, np.broadcast_to(np.arange(flat.shape[1]), flat.shape), axis=-1)
    return place.reshape(heat.shape)


def steps(wave: Floats, baseline: Floats, place: NDArray[np.intp], *, insert: bool = False) -> Floats:
    """Beats that turn into their baseline sample by sample, or, with ``insert``, out of it.

    Parameters
    ----------
    wave, baseline
        What there was, and what takes its place: ``(beats, ...)``.
    place
        In which order, as :func:`order` tells it; shaped as ``wave``.

    Returns
    -------
    waves : array of shape ``(STEPS + 1, beats, ...)``
        From nothing done to all.
    """
    size = place[0].size
    done = np.stack([place < round(size * step / STEPS) for step in range(STEPS + 1)])
    return np.where(done, wave, baseline) if insert else np.where(done, baseline, wave)


def area(probability: NDArray[Any]) -> NDArray[np.float64]:
    """Mean height of the curve of the class' probability over the steps: ``(STEPS + 1, beats)`` to ``(beats,)``."""
    return np.asarray(np.trapezoid(probability, axis=0) / (len(probability) - 1), np.float64)


def points(heat: NDArray[Any], window: slice) -> NDArray[np.bool_]:
    """Whether the hottest sample of each beat, ``(beats, leads, n)``, lies in a window; never in a map without heat.

    The chance of it is the window's share of the beat.
    """
    over_time = heat.max(axis=1)
    hottest = over_time.argmax(axis=-1)
    inside = (window.start <= hottest) & (hottest < window.stop)
    return np.asarray(inside & (over_time.max(axis=-1) > 0))
