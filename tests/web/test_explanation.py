"""The figure of an explanation, its panel and picture, and what becomes of bad ones."""

import base64
import json
from typing import Any

import msgspec
import numpy as np
import pytest

from stream.explanation import Facts, Reason
from stream.messages import Explanation, pack
from web.components.because import drawn, saved
from web.components.explanation import explanation_figure
from web.components.picture import SIZE, file_name, picture
from web.components.probabilities import probability_list
from web.components.sentence import sentence

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


def names_of(figure: Any) -> dict[str, str]:
    """The names of the leads, by where they stand."""
    return {note.xref: note.text for note in figure.layout.annotations}


def test_each_lead_is_a_line_over_its_heat() -> None:
    figure = explanation_figure(explanation(), FS)
    heats, lines = figure.data[0::2], figure.data[1::2]
    assert [one.type for one in (*heats, *lines)] == ["heatmap"] * 2 + ["scatter"] * 2
    np.testing.assert_allclose(lines[0].y, np.linspace(-0.5, 1.5, 100), atol=1e-6)
    np.testing.assert_allclose(heats[0].z[0], np.linspace(0, 1, 100), atol=1e-6)
    assert [(one.zmin, one.zmax) for one in heats] == [(0, 1), (0, 1)]
    assert names_of(figure) == {"x domain": "<b>MLII</b> mV", "x2 domain": "<b>V1</b> mV"}


def test_the_usual_beat_lies_faint_beneath_each_lead() -> None:
    usual = np.vstack([np.linspace(0, 3, 100), np.full(100, np.nan)]).astype("f4")
    figure = explanation_figure(explanation(usual=pack(usual)), FS)
    assert [one.type for one in figure.data] == ["heatmap", "scatter", "scatter"] * 2
    beneath, beat = figure.data[1], figure.data[2]
    np.testing.assert_allclose(beneath.y, usual[0])
    np.testing.assert_array_equal(beneath.x, beat.x)
    assert beneath.line.dash == "dot"
    assert beneath.line.color != beat.line.color
    assert figure.layout.yaxis.range[1] > 3  # both fit
    assert figure.layout.xaxis2.title.text == "ms from R · dotted: usual"
    assert np.isfinite(figure.layout.yaxis2.range).all()


def test_a_bar_under_the_wave_is_as_long_as_qrs_was_measured() -> None:
    figure = explanation_figure(explanation(facts=Facts(qrs=148.0, qrs_onset=-68.0)), FS)
    assert [(bar.xref, bar.yref, bar.x0, bar.x1) for bar in figure.layout.shapes] == [
        ("x", "y domain", -68, 80),
        ("x2", "y2 domain", -68, 80),
    ]
    assert figure.layout.xaxis2.title.text == "ms from R · bar: QRS"
    assert len(explanation_figure(explanation(facts=Facts(rr=1.0)), FS).layout.shapes) == 0


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
    assert names_of(figure)["x domain"] == "<b>&lt;b&gt;I&lt;/b&gt;</b> mV"
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
    figure, reasons, said, probabilities = drawn({"message": message, "fs": FS, "when": "now"})
    assert (reasons, probabilities) == ([], [])
    assert figure.layout.title.text.startswith("V Ventricular")
    assert said == sentence(explanation())


def test_without_an_explanation_nothing_is_shown() -> None:
    figure, *rest = drawn(None)
    assert figure.layout.annotations[0].text == ""
    assert rest == [[], "", []]
    assert saved(None, "png", 1) == ""


WHOLE = {
    "reasons": (Reason(name="qrs", share=0.61, value=0.41), Reason(name="t_wave", share=-0.2, value=0.8)),
    "probabilities": (0.01, 0.01, 0.97, 0.01, 0.0),
    "usual": explanation().wave,
    "facts": Facts(rr=0.66, qrs=148.0, qrs_usual=96.0, likeness=0.41, p="none"),
}


def test_each_class_has_its_probability_and_a_bar() -> None:
    (rows,) = probability_list(explanation(**WHOLE))
    shares = [row.children[2].children for row in rows.children]
    assert shares == [f"{p}\N{NO-BREAK SPACE}%" for p in (1, 1, 97, 1, 0)]
    assert [row.children[1].children.style["width"] for row in rows.children] == [
        "1.0%",
        "1.0%",
        "97.0%",
        "1.0%",
        "0.0%",
    ]
    assert [row.className for row in rows.children] == ["", "", "said", "", ""]
    assert probability_list(explanation(probabilities=(0.5, 0.5))) == []


def layout_texts(figure: Any) -> str:
    return " ".join([figure.layout.title.text, *(note.text for note in figure.layout.annotations)])


@pytest.mark.parametrize("leads", [1, 2, 4])
def test_a_picture_tells_all_on_white_paper(leads: int) -> None:
    wave = pack(np.tile(np.linspace(-1, 1, 50, dtype="f4"), (leads, 1)))
    names = ("I", "II", "V1", "V5")[:leads]
    figure = picture(
        explanation(**(WHOLE | {"wave": wave, "heat": wave, "usual": wave, "leads": names})), FS, "12:00 UTC"
    )
    assert [one.type for one in figure.data] == ["heatmap", "scatter", "scatter"] * leads + ["bar", "bar"]
    for line, name in zip(figure.data[2::3], names, strict=False):
        assert names_of(figure)[f"{line.xaxis} domain"] == f"<b>{name}</b> mV"
    probabilities, reasons = figure.data[-2:]
    assert list(probabilities.x) == list(WHOLE["probabilities"])
    assert list(reasons.x) == [0.61, -0.2]
    assert figure.layout.paper_bgcolor == "#ffffff"
    said = layout_texts(figure).replace("<br>", " ")
    for text in (sentence(explanation(**WHOLE)), "Bed bed 1 · 12:00 UTC", "Not a medical device"):
        assert text in said


def test_a_picture_of_a_row_has_no_reasons_and_takes_tags_for_text() -> None:
    figure = picture(explanation(bed="<b>1</b>", row=7, truth="N"), FS)
    assert [one.type for one in figure.data][-1] == "bar"
    assert "&lt;b&gt;1&lt;/b&gt;" in layout_texts(figure)


@pytest.mark.parametrize(("kind", "scale"), [("png", 2), ("svg", 1)])
def test_what_is_saved_has_a_name_that_every_system_takes(kind: str, scale: int) -> None:
    data = {"message": msgspec.json.decode(msgspec.json.encode(explanation(**WHOLE))), "fs": FS}
    told = json.loads(saved(data, kind, 1))
    assert told["name"] == f"bed-1-beat-3600-V.{kind}"
    assert told["options"] == {"format": kind, "width": SIZE[0], "height": SIZE[1], "scale": scale}
    assert len(told["figure"]["data"]) == 8
    assert saved(data, kind, 1) != saved(data, kind, 2)  # asked again
    assert saved(None, kind, 1) == ""
    assert file_name(explanation(bed="../é/1", row=7), kind) == f"é-1-row-7-V.{kind}"
    assert file_name(explanation(bed="***"), kind).startswith("bed-beat-")


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"message": {"kind": "beat"}, "fs": FS},
        {"message": msgspec.to_builtins(explanation(wave=b"abc")), "fs": FS},
        {"message": msgspec.to_builtins(explanation(leads=())), "fs": FS},
        {"message": msgspec.to_builtins(explanation()), "fs": 0},
        {"message": msgspec.to_builtins(explanation(usual=b"1234")), "fs": FS},
        {"message": msgspec.to_builtins(explanation()) | {"facts": {"p": "perhaps"}}, "fs": FS},
        {"message": msgspec.to_builtins(explanation(fs=0.0)), "fs": FS},
        {
            "message": msgspec.to_builtins(explanation()) | {"reasons": [{"name": "qrs", "share": float("nan")}]},
            "fs": FS,
        },
        {"message": msgspec.to_builtins(explanation()) | {"reasons": [{"name": "qrs"}]}, "fs": FS},
    ],
)
def test_what_is_no_explanation_is_said_and_not_raised(data: Any) -> None:
    figure, *rest = drawn(data)
    assert "could not be drawn" in figure.layout.annotations[0].text
    assert rest == [[], "", []]
    assert saved(data, "png", 1) == ""
