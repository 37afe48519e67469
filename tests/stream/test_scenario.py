"""The scenario file: what it may say, and how it is told that it says something wrong."""

from pathlib import Path

import pytest

from stream.errors import SourceError
from stream.sources.noise import NOISES
from stream.sources.scenario import SHIPPED, load_scenario, parse_scenario

WHOLE = """
fs: 360
leads: [V5, II]
mains_hz: 60
beds:
  - name: Bed A
    title: all there is
    amplitude: 1.5
    noise: {wander: 0.05, muscle: 0.01}
    steps:
      - sinus: {rate: 72, variability: 0.02}
        seconds: 20
      - vt: {rate: 150, beats: 10, focus: right}
        noise: {muscle: 0.2}
      - bigeminy: {rate: 80}
        seconds: 15
        leads_off: [II]
        leads_saturated: all
      - asystole:
        seconds: 4
        expect: {asystole: 8}
        allow: [extreme_bradycardia]
      - pause: {rr: 3.5}
      - sinus: {rate: [60, 130]}
        seconds: 30
        amplitude: 0.2
        stopped: true
  - loop: false
    steps:
      - af: {rate: 95}
        seconds: 1.5
"""


def test_a_scenario_says_everything_once() -> None:
    scenario = parse_scenario(WHOLE)
    assert (scenario.fs, scenario.leads, scenario.mains_hz) == (360.0, ("V5", "II"), 60.0)
    first, second = scenario.scripts
    assert (first.name, first.title, first.amplitude, first.loop) == ("Bed A", "all there is", 1.5, True)
    assert (second.name, second.title, second.loop) == ("Bed 2", "af 95", False)
    sinus, run, bigeminy, asystole, pause, ramp = first.steps
    assert (sinus.rhythm, sinus.rate, sinus.variability, sinus.seconds) == ("sinus", 72.0, 0.02, 20.0)
    assert (run.seconds, run.focus) == (4.0, "right")  # ten beats at 150/min
    assert (bigeminy.every, bigeminy.off, bigeminy.saturated) == (2, (1,), (0, 1))
    assert first.seconds == 76.5
    assert (asystole.expect, asystole.allow) == (((("asystole",), 8.0),), ("extreme_bradycardia",))
    assert (pause.rr, pause.seconds) == (3.5, 3.5)
    assert (ramp.rate, ramp.to, ramp.rate_at(0), ramp.rate_at(15), ramp.rate_at(99)) == (60, 130, 60, 95, 130)
    assert (sinus.height, ramp.height) == (1.5, 0.2)
    assert (sinus.stopped, ramp.stopped) == (False, True)
    assert dict(zip(NOISES, sinus.noise, strict=True))["muscle"] == 0.01
    assert dict(zip(NOISES, run.noise, strict=True)) == {
        "wander": 0.05, "muscle": 0.2, "electrode": 0.0, "mains": 0.0, "tremor": 0.0,
    }  # fmt: skip
    assert asystole.noise == sinus.noise


def test_what_is_shipped_can_be_played() -> None:
    names = [file.stem for file in SHIPPED.glob("*.yaml")]
    assert {"ward", "alarms"} <= set(names)
    for name in names:
        assert load_scenario(name).scripts
    assert len(load_scenario("ward").scripts) == 8


def test_the_example_in_the_manual_can_be_played() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
    scenario = parse_scenario(manual.split("```yaml")[1].split("```")[0])
    assert [step.rhythm for step in scenario.scripts[0].steps] == [
        "sinus", "bigeminy", "vt", "sinus", "sinus", "sinus", "asystole",
    ]  # fmt: skip


def test_a_file_is_read_from_its_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(WHOLE)
    assert load_scenario(file).source == "mine.yaml"
    assert load_scenario(str(file)).scripts == load_scenario(file).scripts


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("rate: 72", "rate: fast", "'Bed A', step 1 (sinus): rate: expected a number from 20 to 220, got 'f"),
        ("rate: 72", "rate: 500", "rate: expected a number from 20 to 220, got 500"),
        ("rate: 72", "rate: .nan", "rate: expected a number from 20 to 220, got nan"),
        ("rate: 72, ", "", "rate: expected a number from 20 to 220, got nothing"),
        ("{rate: 72, variability: 0.02}", "72", "expected keys and values (known: rate,"),
        ("variability: 0.02", "speed: 2", "expected only known keys (rate, variability), got"),
        ("seconds: 20", "seconds: -1", "seconds: expected a number from 0.1 to 86400, got -1"),
        ("seconds: 20", "minutes: 1", "step 1: expected only known keys (sinus, pvc, couplets, bigeminy,"),
        ("- asystole:\n        ", "- ", "step 4: rhythm: expected one of sinus, pvc, couplets,"),
        ("- asystole:", "- asystole:\n        pause:", "step 4: rhythm: expected one of sinus, pvc"),
        ("beats: 10", "beats: 2.5", "(vt): beats: expected a whole number, got 2.5"),
        ("beats: 10", "beats: 0", "(vt): beats: expected a number from 1 to 10000, got 0"),
        ("noise: {muscle: 0.2}", "seconds: 3", "(vt): seconds: expected either seconds or beats, got both"),
        ("focus: right", "focus: apex", "(vt): focus: expected right, left or both, got 'apex'"),
        ("{rate: 150, beats: 10", "{rate: [150, 170], beats: 10", "(vt): rate: expected a number from 100 to 300, got"),
        ("[60, 130]", "[60, 90, 130]", "(sinus): rate: expected a number from 20 to 220, got [60, 90, 130]"),
        ("[60, 130]", "[60, 500]", "(sinus): rate: expected a number from 20 to 220, got 500"),
        ("{rr: 3.5}", "{rr: 3.5}\n        seconds: 4", "(pause): seconds: expected either seconds or rr, got both"),
        ("{asystole: 8}", "{asystolia: 8}", "(asystole), expect: expected only known keys (asystole, ventr"),
        ("{asystole: 8}", "{asystole or vf: 8}", "(asystole), expect: expected only known keys (asystole, ventr"),
        ("{asystole: 8}", "asystole", "(asystole), expect: expected keys and values (known: asystole, ventr"),
        ("{asystole: 8}", "{asystole: }", "(asystole), expect: asystole: expected a number from 0 to 600, got nothing"),
        ("[extreme_bradycardia]", "all", "allow: expected a list of different alarms of asystole, ventricular"),
        ("stopped: true", "stopped: 3", "(sinus): stopped: expected true or false, got 3"),
        ("amplitude: 0.2", "amplitude: 0", "(sinus): amplitude: expected a number from 0.05 to 10, got 0"),
        ("noise: {muscle: 0.2}", "noise: {hum: 1}", "(vt), noise: expected only known keys (wander,"),
        ("noise: {muscle: 0.2}", "noise: {muscle: x}", "muscle: expected a number from 0 to 20, got 'x'"),
        ("leads_off: [II]", "leads_off: [V1]", "leads_off: expected a list of different leads of V5, II"),
        ("leads_off: [II]", "leads_off: II", "a list of different leads of V5, II, got 'II'"),
        ("leads: [V5, II]", "leads: [V9]", "leads: expected a list of different leads of I, II, III, aVR,"),
        ("leads: [V5, II]", "leads: [II, II]", "leads: expected a list of different leads of I, II, III,"),
        ("leads: [V5, II]", "leads: []", "leads: expected 1 to 12 leads, got []"),
        ("leads: [V5, II]", "leads: [[II]]", "leads: expected a list of different leads of"),
        ("fs: 360", "fs: 0", "fs: expected a number from 50 to 10000, got 0"),
        ("fs: 360", "fs: true", "fs: expected a number from 50 to 10000, got True"),
        ("loop: false", "loop: once", "'Bed 2': loop: expected true or false, got 'once'"),
        ("loop: false", "name: Bed A", "name: expected a name of its own, got 'Bed A'"),
        ("title: all there is", "title: off", "title: expected a text (in quotes if"),
        ("amplitude: 1.5", "amplitude: 0", "amplitude: expected a number from 0.05 to 10, got 0"),
        ("beds:", "rooms:", "expected only known keys (fs, leads, mains_hz, beds), got 'rooms'"),
        ("fs: 360", "fs: [", "expected YAML, but "),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_in_one_line(old: str, new: str, text: str) -> None:
    assert old in WHOLE
    with pytest.raises(SourceError) as refusal:
        parse_scenario(WHOLE.replace(old, new), "my.yaml")
    said = str(refusal.value)
    assert text in said
    assert said.startswith("my.yaml")
    assert "\n" not in said


@pytest.mark.parametrize("text", ["", "7", "beds: []", "beds: 3", "beds: [3]", "beds: [{steps: []}]", "beds: [{}]"])
def test_an_empty_scenario_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match=r"^scenario.*expected .*, got "):
        parse_scenario(text)


def test_mains_noise_needs_a_sampling_rate_that_carries_it() -> None:
    with pytest.raises(SourceError, match=r"fs: expected more than twice mains_hz \(60\).*got 100"):
        parse_scenario("{fs: 100, mains_hz: 60, beds: [{steps: [{pause: , seconds: 1}], noise: {mains: 0.1}}]}")


def test_a_file_that_is_not_there_tells_what_is_shipped(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere: expected a scenario file or a shipped scenario \(.*ward.*No such"):
        load_scenario("nowhere")
    with pytest.raises(SourceError, match="expected a scenario file"):
        load_scenario(tmp_path)
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SourceError, match="not text in UTF-8"):
        load_scenario(binary)
