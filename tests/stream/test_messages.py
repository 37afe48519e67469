"""The words on the wire: written and read without loss, and refused in a sentence."""

import json

import msgspec
import numpy as np
import pytest

from stream.alarms import Acknowledge, Alarm, AudioPause, Bell, Limits, Quality, Rhythm, SetLimits, Verdict
from stream.arrangement import Arrangement
from stream.errors import FrameError
from stream.explanation import Facts, Reason
from stream.messages import (
    KINDS,
    MISSING,
    SUBPROTOCOLS,
    VERSION,
    Beat,
    Close,
    Control,
    CutBeat,
    Explain,
    Explanation,
    Gap,
    Hello,
    Lead,
    Numerics,
    Open,
    Problem,
    Reference,
    Status,
    Subscribe,
    Subscribed,
    Wave,
    Welcome,
    decode_frame,
    encode,
    encode_frame,
    frame,
    pack,
    unpack_floats,
    unpack_wave,
)

ONE_OF_EACH = [
    Open(
        bed="ICU 7",
        stream="s1",
        fs=360.0,
        leads=(Lead(name="MLII"), Lead(name="Vß", units="µV", gain=0.5, baseline=1024)),
        epoch=1.7e9,
        first=360,
        title="mitdb/119",
        speed=0.0,
    ),
    Wave(bed="1", stream="s", start=2**40, samples=bytes(range(200)), sent=1.7e9),
    CutBeat(bed="1", stream="s", row=3, start=561, samples=bytes(4 * 187), truth="V"),
    Reference(bed="1", stream="s", sample=77, symbol="+", aux="(AFIB"),
    Close(bed="1", stream="s", sample=650_000),
    Beat(bed="1", stream="s", sample=9, label="V", probabilities=(0.1, 0, 0.8, 0.1, 0), rr=0.5, hr=120.0),
    Numerics(bed="1", stream="s", sample=250, hr=71.5),
    Explanation(
        bed="1",
        stream="s",
        sample=9,
        label="V",
        confidence=0.8,
        leads=("II",),
        fs=250.0,
        start=1.25,
        wave=bytes(8),
        heat=bytes(8),
        reasons=(Reason(name="rr_before", share=0.5, value=0.66), Reason(name="qrs", share=-0.25)),
        row=3,
        truth="N",
        probabilities=(0.1, 0.0, 0.8, 0.1, 0.0),
        usual=bytes(8),
        facts=Facts(
            rr=0.66, rr_after=1.3, irregular=0.02, qrs=148.0, qrs_usual=96.0, qrs_onset=-68.0, likeness=0.4, p="none"
        ),
    ),
    Gap(bed="1", stream="s", start=5, stop=9, reason="slow", seq=12),
    Status(component="source", state="lost", bed="1", detail="cable"),
    Alarm(
        bed="ICU 7",
        stream="s1",
        id="s1/hr_high/9",
        name="hr_high",
        priority="medium",
        state="active",
        onset=9,
        announced=99,
        text="HR 134 > 120",
        beats=(9, 77),
        seq=8,
    ),
    Bell(bed="ICU 7", sounds="medium", alarm="s1/hr_high/9", seq=9),
    Rhythm(bed="ICU 7", stream="s1", sample=9, text="Sinus rhythm", code="(N", seq=10),
    Quality(bed="ICU 7", stream="s1", sample=9, leads=("good", "off"), seq=11),
    Limits(bed="ICU 7", values={"hr_high": 130.0}, off=("missed_beat",), by="a nurse", seq=12),
    Verdict(bed="ICU 7", alarm="s1/hr_high/9", verdict="false", comment="moved", by="a nurse", seq=13),
    Arrangement(order=("ICU 7", "2"), names={"2": "Fenster"}, by="a nurse", seq=14),
    Hello(name="screen"),
    Welcome(session="f00", seq=8),
    Subscribe(beds=("1", "2"), kinds=("wave",), since=4, session="f00", waves="all"),
    Subscribed(session="f00", seq=9, missed=2),
    Control(bed="1", action="seek", value=12.5),
    Explain(bed="1", stream="s", sample=9),
    Acknowledge(bed="ICU 7", alarm="s1/hr_high/9", by="a nurse"),
    AudioPause(bed="ICU 7", seconds=120.0, by="a nurse"),
    SetLimits(bed="ICU 7", values={"hr_high": 130.0}, by="a nurse"),
    Problem(text="expected a bed", bed="1"),
]


def test_an_explanation_of_an_older_detector_has_no_facts():
    """Fields are only ever added: what was written before is read, and what is not known is left out."""
    (new,) = (message for message in ONE_OF_EACH if isinstance(message, Explanation))
    added = ("probabilities", "usual", "facts")
    old = {name: value for name, value in msgspec.json.decode(msgspec.json.encode(new)).items() if name not in added}
    read = decode_frame(msgspec.json.encode([old | {"of a later version": 1}]), "json")[0]
    assert (read.probabilities, read.usual, read.facts) == ((), b"", None)
    assert all(getattr(read, name) == getattr(new, name) for name in new.__struct_fields__ if name not in added)


def test_one_of_each_is_one_of_each():
    assert {message.__struct_config__.tag for message in ONE_OF_EACH} == set(KINDS)


@pytest.mark.parametrize("encoding", ["msgpack", "json"])
def test_what_is_written_is_read(encoding):
    assert decode_frame(encode_frame(ONE_OF_EACH, encoding), encoding) == ONE_OF_EACH
    # Joining what is already encoded gives the same as encoding all at once.
    assert decode_frame(frame([encode(m, encoding) for m in ONE_OF_EACH], encoding), encoding) == ONE_OF_EACH


def test_any_reader_of_the_encodings_can_read_a_frame():
    parts = [encode(message) for message in ONE_OF_EACH]
    plain = msgspec.msgpack.decode(frame(parts))
    assert [message["kind"] for message in plain] == list(KINDS)
    texts = json.loads(frame([encode(message, "json") for message in ONE_OF_EACH], "json"))
    assert [message["kind"] for message in texts] == list(KINDS)
    assert len(texts[0]["leads"]) == 2


def test_json_comes_as_text_or_bytes():
    assert decode_frame('[{"kind":"hello","name":"ü"}]', "json") == [Hello(name="ü")]
    assert decode_frame('[{"kind":"hello","name":"ü"}]'.encode(), "json") == [Hello(name="ü")]


def test_a_field_or_default_that_is_new_to_the_reader_is_ignored():
    assert decode_frame('[{"kind":"hello","name":"a","mood":"good"}]', "json") == [Hello(name="a")]


@pytest.mark.parametrize("encoding", ["msgpack", "json"])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage",
        b"\x00\xff" * 50,
        b"[" * 100_000,
        b"\x91" * 100_000,  # MessagePack arrays in arrays
        b"\xdd\xff\xff\xff\xff",  # an array of four thousand million messages
        b"{}",
        b'{"kind":"hello","name":"a"}',  # not in an array
        b'[{"kind":"nonsense"}]',
        b'[{"kind":"wave","bed":"1"}]',
        b'[{"kind":"hello","name":7}]',
        b'[{"kind":"hello","name":"\\ud800"}]',  # half a character
        b'[{"kind":"wave","bed":"1","stream":"s","start":1.5,"samples":""}]',
        b'[{"kind":"wave","bed":"1","stream":"s","start":9007199254740992,"samples":""}]',
        b'[{"kind":"wave","bed":"1","stream":"s","start":1180591620717411303424,"samples":""}]',
        b'[{"kind":"wave","bed":"1","stream":"s","start":1,"samples":"no base64!"}]',
        b'[{"kind":"control","bed":"1","action":"explode"}]',
    ],
    ids=lambda data: repr(data[:40]),
)
def test_garbage_is_refused_in_a_sentence(data, encoding):
    with pytest.raises(FrameError, match=rf"^expected a {encoding} array of messages .*, got {len(data)} bytes: ") as e:
        decode_frame(data, encoding)
    assert "\n" not in str(e.value)


def test_samples_travel_little_endian_lead_after_lead():
    samples = np.array([[1, -2, MISSING], [256, 0, 32767]], np.int16)
    assert pack(samples) == bytes.fromhex("0100 feff 0080 0001 0000 ff7f")
    assert pack(samples.astype(">i2")) == pack(samples)
    assert pack(samples.T.copy().T) == pack(samples)  # whatever the order in memory
    np.testing.assert_array_equal(unpack_wave(pack(samples), 2), samples)
    floats = np.array([[0.5, -1.25]])
    assert unpack_floats(pack(floats)).dtype == np.float32
    np.testing.assert_array_equal(unpack_floats(pack(floats)), floats)


def test_the_version_is_in_the_names():
    assert set(SUBPROTOCOLS.values()) == {"msgpack", "json"}
    assert all(f".v{VERSION}." in name for name in SUBPROTOCOLS)
