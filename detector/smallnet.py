"""The hidden layer of the small nets that judge peaks and tell fibrillation.

Evaluated one input at a time: elementwise sums do not depend on how many columns share the arrays, which a matrix
product's do.
"""

import numpy as np

from detector.rows import Floats


def hidden_units(inputs: Floats, low: Floats, high: Floats, weights: Floats, bias: Floats) -> Floats:
    """Rectified units of one hidden layer.

    Parameters
    ----------
    inputs
        ``(inputs, n)``; bounded to ``low`` and ``high``, ``(inputs,)``, the range that was learned from.
    low, high
        See above.
    weights, bias
        ``(inputs, hidden)`` and ``(hidden,)``.

    Returns
    -------
    units : shape ``(hidden, n)``
    """
    bounded = np.clip(inputs, low[:, None], high[:, None])
    hidden = np.repeat(bias[:, None], inputs.shape[1], axis=1)
    for weight, amount in zip(weights, bounded, strict=True):
        hidden += weight[:, None] * amount
    return np.asarray(np.maximum(hidden, 0), np.float32)
