"""The figure of an explanation, and what becomes of bad ones."""

import base64
from typing import Any

import msgspec
import numpy as np
import pytest

from stream.messages import Explanation, pack
from web.components.explanation import explanation_figure
from web.pages.bed import drawn

FS = 360.0


def explanation(**other: Any) -> Explanation:
    """Two leads of 100 samples at 180 Hz around the R at sample 3600 of a stream at 360 Hz."""
    wave = np.vstack([np.linspace(-0.5, 1.5, 100), np.zeros(100)]).astype("f4")
    heat = np.vstack([np.linspace(0, 1, 100), np.ones(100)]).astype("f4")
    values: dict[str, Any] = {
        "bed": "bed 1", "stream": "s1", "sample": 3600, "label": "V", "confidence": 0.934,
        "leads": ("MLII", "V1"), "fs": 180.0, "start": 3510.5, "wave": pack(wave), "heat": pack(heat),
    }  # fmt: skip
    return Explanation(**(values | other))


def test_each_lead_is_a_line_over_its_heat() -> None:
    figure = explanation_figure(explanation(), FS)
    heats, lines = figure.data[0::2], figure.data[1::2]
    assert [one.type for one in (*heats, *lines)] == ["heatmap"] * 2 + ["scatter"] * 2
    np.testing.assert_allclose(lines[0].y, np.linspace(-0.5, 1.5, 100), atol=1e-6)
    np.testing.assert_allclose(heats[0].z[0], np.linspace(0, 1, 100), atol=1e-6)
    assert [(one.zmin, one.zmax) for one in heats] == [(0, 1), (0, 1)]
    assert figure.layout.yaxis.title.text == "MLII (mV)"
    assert figure.layout.yaxis2.title.text == "V1 (mV)"


def test_times_are_ms_from_r_by_both_sampling_rates() -> None:
    x = explanation_figure(explanation(), FS).data[1].x
    assert x[0] == pytest.approx(-89.5 / 360 * 1000)
    assert x[1] - x[0] == pytest.approx(1000 / 180)


def test_title_says_class_confidence_and_truth() -> None:
    assert explanation_figure(explanation(), FS).layout.title.text == "V Ventricular, confidence 93%"
    cut = explanation_figure(explanation(row=7, truth="N"), FS)
    assert cut.layout.title.text.endswith("labelled N in the file")
    assert cut.layout.xaxis2.title.text == "ms from the row's begin"


def test_tags_in_names_are_text() -> None:
    figure = explanation_figure(explanation(leads=("<b>I</b>", "V1"), truth="<i>"), FS)
    assert figure.layout.yaxis.title.text == "&lt;b&gt;I&lt;/b&gt; (mV)"
    assert "<" not in figure.layout.title.text


@pytest.mark.parametrize("wave", [np.zeros(50), np.full(50, np.nan), np.full(50, 3.0)])
def test_a_flat_or_missing_wave_still_has_an_axis(wave: np.ndarray) -> None:
    one = explanation(leads=("I",), wave=pack(wave.astype("f4")), heat=pack(np.zeros(50, "f4")))
    low, high = explanation_figure(one, FS).layout.yaxis.range
    assert np.isfinite([low, high]).all()
    assert high > low


def test_wave_and_heat_of_two_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        explanation_figure(explanation(heat=pack(np.zeros(100, "f4"))), FS)


def test_what_the_browser_sends_is_drawn() -> None:
    message = msgspec.json.decode(msgspec.json.encode(explanation()))
    assert base64.b64decode(message["wave"]) == explanation().wave  # as the browser writes it
    figure, reasons = drawn({"message": message, "fs": FS})
    assert reasons == []
    assert figure.layout.title.text.startswith("V Ventricular")


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"message": {"kind": "beat"}, "fs": FS},
        {"message": msgspec.to_builtins(explanation(wave=b"abc")), "fs": FS},
        {"message": msgspec.to_builtins(explanation(leads=())), "fs": FS},
        {"message": msgspec.to_builtins(explanation()), "fs": 0},
        {"message": msgspec.to_builtins(explanation(fs=0.0)), "fs": FS},
        {
            "message": msgspec.to_builtins(explanation()) | {"reasons": [{"name": "qrs", "share": float("nan")}]},
            "fs": FS,
        },
        {"message": msgspec.to_builtins(explanation()) | {"reasons": [{"name": "qrs"}]}, "fs": FS},
    ],
)
def test_what_is_no_explanation_is_said_and_not_raised(data: Any) -> None:
    figure, reasons = drawn(data)
    assert "could not be drawn" in figure.layout.annotations[0].text
    assert reasons == []
