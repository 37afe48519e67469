"""The CNN-LSTMs that name a beat in a stream and a beat that comes alone; how model files are read.

Both are written with Keras 3 layers alone, so they train on any of its backends.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import keras
from keras import layers

from detector.beats import NOW, RHYTHM, STEPS
from detector.checksums import MODELS, ModelError, compare
from detector.segmentation import LENGTH
from detector.shape import LEADS
from stream.messages import AAMI

ROW: Final = 187
"""Samples of a beat that comes alone, as in the public heartbeat files (Kachuee et al. 2018, IEEE ICHI: 125 Hz,
from R, zero padded)."""


def stream_member() -> Any:
    """One network for beats in a stream: wave and usual beat by a CNN, past rhythm by an LSTM, fused.

    Inputs ``wave`` (LENGTH, 2 * LEADS), ``rhythm`` (STEPS, RHYTHM) and ``now`` (NOW) as in
    :class:`detector.beats.Beats`; output the logits of N S V F Q.
    """
    wave = keras.Input((LENGTH, 2 * LEADS), name="wave")
    rhythm = keras.Input((STEPS, RHYTHM), name="rhythm")
    now = keras.Input((NOW,), name="now")
    x = _convolve(wave)
    x = layers.Concatenate()([layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)])
    shape = layers.Dense(32, activation="relu")(layers.Dropout(0.3)(x))
    past = layers.LSTM(24, unroll=True)(_standardize(rhythm))
    x = layers.Concatenate()([shape, layers.Dropout(0.2)(past), layers.Dropout(0.2)(_standardize(now))])
    x = layers.Dropout(0.3)(layers.Dense(64, activation="relu")(x))
    return keras.Model([wave, rhythm, now], layers.Dense(len(AAMI))(x))


def row_member() -> Any:
    """One network for beats that come alone: a CNN; of its features mean, most, and what an LSTM reads along the beat.

    Input (ROW, 1), scaled to 0..1; output the logits of N S V F Q.
    """
    row = keras.Input((ROW, 1), name="row")
    x = _convolve(row)
    along = layers.LSTM(32, unroll=True)(x)
    x = layers.Concatenate()([along, layers.GlobalMaxPooling1D()(x), layers.GlobalAveragePooling1D()(x)])
    x = layers.Dense(64, activation="relu")(layers.Dropout(0.3)(x))
    return keras.Model(row, layers.Dense(len(AAMI))(layers.Dropout(0.3)(x)))


def _convolve(x: Any) -> Any:
    for filters, kernel in ((24, 7), (32, 5), (48, 5)):
        x = layers.MaxPooling1D(2)(layers.Conv1D(filters, kernel, padding="same", activation="relu")(x))
    return x


def _standardize(x: Any) -> Any:
    """Mean 0 and deviation 1, as in what was learned from."""
    return layers.BatchNormalization(center=False, scale=False, momentum=0.95)(x)


MEMBER: Final[dict[str, Callable[[], Any]]] = {"stream": stream_member, "row": row_member}


LEAN: Final = {"stream": (0.0, 0.0, 0.5, 0.0, -1.0), "row": (0.0,) * len(AAMI)}
"""What is added to the mean logits of N, S, V, F and Q. Ventricular beats are missed oftener than called wrongly, and
what one patient's paced beats taught of Q holds for few others. Chosen in steps of a quarter by the F1 of N, S and V in
patient-wise folds (docs/evaluation.md)."""


def ensemble(name: str, members: int, temperature: float = 1.0) -> Any:
    """The model that is shipped: networks of one kind, ``stream`` or ``row``, whose logits are averaged.

    To their mean :data:`LEAN` is added; it is divided by ``temperature``, which makes the probabilities mean what they
    say (Guo et al. 2017, arXiv:1706.04599), and goes through a softmax.
    """
    networks = [MEMBER[name]() for _ in range(members)]
    for k, network in enumerate(networks):
        network.name = f"member_{k}"
    inputs = [keras.Input(i.shape[1:], name=i.name) for i in networks[0].inputs]
    given = inputs if len(inputs) > 1 else inputs[0]
    logits = [network(given) for network in networks]
    mean = layers.Average()(logits) if members > 1 else logits[0]
    offset = [lean / temperature for lean in LEAN[name]]
    return keras.Model(given, layers.Softmax()(layers.Rescaling(1 / temperature, offset)(mean)), name=name)


def shipped(name: str) -> Any:
    """A model that comes with the package, ``stream`` or ``row``, its checksum compared.

    Raises
    ------
    ModelError
        If it is missing or is not the file that was shipped.
    """
    path = MODELS / f"{name}.keras"
    compare(path)
    return load(path)


class _OldLSTM(layers.LSTM):  # type: ignore[misc]
    """An LSTM as Keras 2 wrote it into ``.h5`` files: with a ``time_major`` that Keras 3 does not know."""

    def __init__(self, *, time_major: bool = False, **options: Any):
        super().__init__(**_without(time_major, options))


class _OldGRU(layers.GRU):  # type: ignore[misc]
    """A GRU as Keras 2 wrote it; see :class:`_OldLSTM`."""

    def __init__(self, *, time_major: bool = False, **options: Any):
        super().__init__(**_without(time_major, options))


def _without(time_major: bool, options: dict[str, Any]) -> dict[str, Any]:
    if time_major:
        raise ValueError("it has a recurrent layer with time_major, which Keras 3 cannot do")
    return options


def load(path: Path) -> Any:
    """Read a model file, ``.keras`` or ``.h5``, without running any code that may be in it.

    Raises
    ------
    ModelError
        If it cannot be read, or its input or output are none that beats can be given to.
    """
    if not path.is_file():
        raise ModelError(f"no model file at {path}")
    old = {"LSTM": _OldLSTM, "GRU": _OldGRU} if path.suffix != ".keras" else None
    try:
        model = keras.saving.load_model(path, custom_objects=old, compile=False, safe_mode=True)
    except Exception as error:  # a damaged file can fail anywhere in zipfile, json, h5py and Keras
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        if "safe_mode" in first:  # Keras would have its reader switch that off
            first = "it has a Lambda layer, which is code"
        raise ModelError(
            f"{path} cannot be read as a Keras model (.keras or .h5; damaged, or it holds code of its own, which is "
            f"never run): {first}"
        ) from error
    check(model, str(path))
    return model


def check(model: Any, name: str) -> None:
    """See that beats can be given to a model.

    Raises
    ------
    ModelError
        Telling what input and output were expected and which the model has.
    """
    try:
        shapes = [tuple(i.shape[1:]) for i in model.inputs]
        outputs = [tuple(o.shape[1:]) for o in model.outputs]
    except (AttributeError, TypeError, ValueError):
        raise ModelError(f"{name} does not tell its input's shape: save it after it was built") from None
    expected = [(LENGTH, 2 * LEADS), (STEPS, RHYTHM), (NOW,)]
    alone = len(shapes) == 1 and None not in shapes[0] and (len(shapes[0]) == 1 or shapes[0][1:] == (1,))
    if shapes != expected and not alone:
        raise ModelError(
            f"{name} takes input of shape {', '.join(map(str, shapes))}; expected one beat a row, (samples, 1) or "
            f"(samples,), or the three inputs of the shipped model, {', '.join(map(str, expected))}"
        )
    if outputs != [(len(AAMI),)]:
        raise ModelError(
            f"{name} gives output of shape {', '.join(map(str, outputs))}; expected ({len(AAMI)},), the "
            f"probabilities of {' '.join(AAMI)}"
        )
