"""Model files: the shipped ones, people's own, old ones, broken ones and wicked ones."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers
from scipy.special import softmax

from detector import model as module
from detector.beats import NOW, RHYTHM, STEPS
from detector.model import LEAN, MEMBER, ROW, ModelError, check, ensemble, load, shipped
from detector.segmentation import LENGTH
from detector.shape import LEADS


def own(shape: tuple[int, ...] = (187, 1), classes: int = 5) -> Any:
    """A model like those that people train on the public heartbeat files."""
    return keras.Sequential(
        [
            keras.Input(shape),
            layers.Conv1D(8, 5, activation="relu"),
            layers.MaxPooling1D(4),
            layers.LSTM(8),
            layers.Dense(classes, activation="softmax"),
        ]
    )


def refused(path: Path) -> str:
    """What is said of a model file that is not taken: one line, naming it."""
    with pytest.raises(ModelError) as told:
        load(path)
    text = str(told.value)
    assert "\n" not in text
    assert str(path) in text
    return text


def given(model: Any, beats: int = 7) -> Any:
    """Input of a model, by chance."""
    rng = np.random.default_rng(0)
    inputs = [rng.normal(0, 1, (beats, *i.shape[1:])).astype(np.float32) for i in model.inputs]
    return inputs if len(inputs) > 1 else inputs[0]


@pytest.mark.parametrize(
    ("name", "shapes"), [("stream", [(LENGTH, 2 * LEADS), (STEPS, RHYTHM), (NOW,)]), ("row", [(ROW, 1)])]
)
def test_the_models_of_the_package(name: str, shapes: list[tuple[int, ...]]) -> None:
    one, two = MEMBER[name](), ensemble(name, 2)
    for model in (one, two):
        assert [i.shape[1:] for i in model.inputs] == shapes
        check(model, name)
    assert two.name == name
    assert two.count_params() == 2 * one.count_params()
    assert one.count_params() < 50_000


@pytest.mark.parametrize(("name", "members", "temperature"), [("stream", 2, 1.7), ("row", 1, 0.6)])
def test_an_ensemble_is_the_mean_of_its_logits_and_leans(
    tmp_path: Path, name: str, members: int, temperature: float
) -> None:
    model = ensemble(name, members, temperature)
    x = given(model)
    logits = np.mean([np.asarray(model.get_layer(f"member_{k}")(x)) for k in range(members)], axis=0)
    assert np.abs(logits).max() > 0.01
    expected = softmax((logits + LEAN[name]) / temperature, axis=1)
    np.testing.assert_allclose(model(x), expected, atol=1e-6)
    model.save(tmp_path / "own.keras")
    np.testing.assert_allclose(load(tmp_path / "own.keras")(x), expected, atol=1e-6)


def test_the_networks_of_an_ensemble_are_not_one() -> None:
    model = ensemble("row", 2)
    x = given(model)
    assert not np.allclose(model.get_layer("member_0")(x), model.get_layer("member_1")(x))


@pytest.mark.parametrize("name", ["stream", "row"])
def test_the_shipped_models_load_and_say_probabilities(name: str) -> None:
    model = shipped(name)
    said = model(given(model), training=False).numpy()
    np.testing.assert_allclose(said.sum(axis=1), 1, rtol=1e-5)
    assert (module.MODELS / f"{name}.keras").stat().st_size < 5e6


def test_a_shipped_model_that_was_changed_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(module.MODELS, tmp_path / "models")
    monkeypatch.setattr(module, "MODELS", tmp_path / "models")
    path = tmp_path / "models" / "row.keras"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match="not the file that was shipped"):
        shipped("row")
    path.unlink()
    with pytest.raises(ModelError, match="missing"):
        shipped("row")
    (tmp_path / "models" / "checksums.json").write_text("{")
    with pytest.raises(ModelError, match="missing"):
        shipped("stream")


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.filterwarnings("ignore")
def test_a_model_of_ones_own_loads_and_says_the_same(tmp_path: Path, suffix: str) -> None:
    model = own()
    model.compile("adam", "categorical_crossentropy")
    model.save(tmp_path / f"own{suffix}")
    x = np.random.default_rng(0).random((3, 187, 1), np.float32)
    np.testing.assert_allclose(load(tmp_path / f"own{suffix}")(x), model(x), rtol=1e-5)


def as_keras_2_wrote_it(path: Path, time_major: bool) -> None:
    """Rewrite a model's description as Keras 2 put it into ``.h5`` files."""
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        for layer in config["config"]["layers"]:
            if layer["class_name"] in ("LSTM", "GRU"):
                layer["config"] |= {"time_major": time_major, "implementation": 2}
            if layer["class_name"] == "InputLayer":
                layer["config"]["batch_input_shape"] = layer["config"].pop("batch_shape")
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = "2.11.0"


@pytest.mark.parametrize("recurrent", [layers.LSTM, layers.GRU])
@pytest.mark.filterwarnings("ignore")
def test_files_of_keras_2_with_recurrent_layers(tmp_path: Path, recurrent: Any) -> None:
    model = keras.Sequential([keras.Input((187, 1)), recurrent(4), layers.Dense(5, activation="softmax")])
    model.save(tmp_path / "old.h5")
    as_keras_2_wrote_it(tmp_path / "old.h5", time_major=False)
    x = np.random.default_rng(0).random((3, 187, 1), np.float32)
    np.testing.assert_allclose(load(tmp_path / "old.h5")(x), model(x), rtol=1e-5)
    as_keras_2_wrote_it_again = tmp_path / "older.h5"
    model.save(as_keras_2_wrote_it_again)
    as_keras_2_wrote_it(as_keras_2_wrote_it_again, time_major=True)
    assert "time_major" in refused(as_keras_2_wrote_it_again)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.filterwarnings("ignore")
def test_code_in_a_model_is_never_run(tmp_path: Path, suffix: str) -> None:
    ran = tmp_path / "ran"
    name = str(ran)
    model = keras.Sequential(
        [
            keras.Input((187, 1)),
            layers.Lambda(lambda x: (open(name, "w").close(), x)[1]),
            layers.Flatten(),
            layers.Dense(5, activation="softmax"),
        ]
    )
    assert ran.exists()  # it would, if it were run
    model.save(tmp_path / f"wicked{suffix}")
    ran.unlink()
    said = refused(tmp_path / f"wicked{suffix}")
    assert "never run" in said
    assert "safe_mode" not in said
    assert not ran.exists()


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    assert "no model file" in refused(tmp_path / "none.keras")
    assert "no model file" in refused(tmp_path)


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".txt", ""])
@pytest.mark.parametrize("content", [b"", b"not a model at all\n" * 50])
def test_what_is_no_model(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(content)
    assert "cannot be read as a Keras model" in refused(path)


def test_archives_that_hold_no_model(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.keras", "w") as file:
        file.writestr("readme.txt", "hello")
    refused(tmp_path / "x.keras")
    with zipfile.ZipFile(tmp_path / "y.keras", "w") as file:
        file.writestr("config.json", "[1, 2]")
        file.writestr("metadata.json", "{}")
        file.writestr("model.weights.h5", b"")
    refused(tmp_path / "y.keras")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["x"] = 1
    refused(tmp_path / "x.h5")


@pytest.mark.filterwarnings("ignore")
def test_damaged_files_are_told_and_never_crash(tmp_path: Path) -> None:
    own().save(tmp_path / "own.h5")
    rng = np.random.default_rng(0)
    for good in (module.MODELS / "row.keras", tmp_path / "own.h5"):
        content, path = good.read_bytes(), tmp_path / f"damaged{good.suffix}"
        path.write_bytes(content[: len(content) // 2])
        refused(path)
        for _ in range(15):
            damaged = bytearray(content)
            for at in rng.integers(0, len(damaged), 20):
                damaged[at] ^= 255
            path.write_bytes(damaged)
            try:
                load(path)  # in .h5 there is no checksum: damaged weights are weights
            except ModelError as error:
                assert "\n" not in str(error)  # noqa: PT017


@pytest.mark.parametrize("shape", [(187, 3), (None, 1)])
@pytest.mark.filterwarnings("ignore")
def test_input_of_another_shape(tmp_path: Path, shape: tuple[int, ...]) -> None:
    own(shape).save(tmp_path / "x.keras")
    text = refused(tmp_path / "x.keras")
    assert f"takes input of shape {shape}" in text
    assert "(samples, 1)" in text


def test_output_of_another_shape(tmp_path: Path) -> None:
    own(classes=4).save(tmp_path / "x.keras")
    assert "gives output of shape (4,); expected (5,), the probabilities of N S V F Q" in refused(tmp_path / "x.keras")


@pytest.mark.filterwarnings("ignore")
def test_a_model_that_was_never_built(tmp_path: Path) -> None:
    keras.Sequential([layers.Dense(5)]).save(tmp_path / "x.keras")
    assert "save it after it was built" in refused(tmp_path / "x.keras")
