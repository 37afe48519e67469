"""One beat at a time, as this project began, against all beats together, as it works now.

Then: for each beat one ``model.predict`` and one eager gradient. Now: :class:`detector.classifier.Classifier`, compiled
for a batch. The same model and the same simulated beats for both.
"""

import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from benchmarks.figures import Report
from benchmarks.records import SCENARIO
from stream.sources.scenario import load_scenario
from stream.sources.simulator import Simulator

BEDS: Final = 64
STREAM_SECONDS: Final = 40.0


def bench(*, seconds: float = 10.0, tell: Callable[[str], object] = lambda _: None) -> Report:
    """Time both ways, each for about ``seconds``."""
    tell("loading TensorFlow")
    import tensorflow as tf

    from detector.classifier import Classifier
    from detector.explain import attributions, heat_of
    from detector.model import shipped
    from detector.reasons import usual_inputs

    model = shipped("stream")
    classifier = Classifier(model, "stream")
    inputs = classifier.of_stream(beats())
    count = len(inputs[0])
    probabilities = classifier.probabilities(inputs)
    label = probabilities.argmax(-1)
    target = np.eye(probabilities.shape[1], dtype=np.float32)[label]

    def one(k: int) -> list[Any]:
        return [x[k : k + 1] for x in inputs]

    def predict(k: int) -> Any:
        return model.predict(one(k), verbose=0)[0]

    def explain(k: int) -> Any:
        inputs = one(k)
        given = [list(map(tf.constant, part)) for part in (inputs, usual_inputs(inputs))]
        return heat_of(attributions(model, *given, tf.constant(target[k : k + 1]))[0].numpy())[0]

    tell("one beat at a time")
    slow_name, answers = each(predict, count, seconds / 2)
    slow_heat, maps = each(explain, count, seconds / 2)
    tell("all together")
    fast_name = together(lambda: classifier.probabilities(inputs), count, seconds / 2)
    fast_heat = together(lambda: classifier.heat(inputs, label.tolist()), count, seconds / 2)

    heat = classifier.heat([x[: len(maps)] for x in inputs], label[: len(maps)].tolist())
    report = Report("seed", "A beat at a time (model.predict, one eager CAM) against all beats together")
    report.add("naming and explaining: times as fast", (slow_name + slow_heat) / (fast_name + fast_heat))
    report.add("naming: times as fast", slow_name / fast_name)
    report.add("explaining: times as fast", slow_heat / fast_heat)
    report.add("naming, a beat at a time", 1 / slow_name, "beats/s")
    report.add("naming, together", 1 / fast_name, "beats/s")
    report.add("explaining, a beat at a time", 1 / slow_heat, "beats/s")
    report.add("explaining, together", 1 / fast_heat, "beats/s")
    for what, difference in (
        ("probabilities", np.abs(np.array(answers) - probabilities[: len(answers)]).max()),
        ("heat", np.abs(np.array(maps) - heat).max()),
    ):
        report.add(f"largest difference in {what}", difference, "", "both ways say the same")
    report.remarks.append(f"{count} beats of {BEDS} simulated beds; wall time")
    return report


def beats() -> Any:
    """Simulated beats, found by the detector: a :class:`detector.beats.Beats`."""
    from detector.bank import Ward
    from detector.beats import Beats
    from detector.physical import millivolts

    simulator = Simulator(load_scenario(SCENARIO), beds=BEDS)
    samples = simulator.read(0, round(STREAM_SECONDS * simulator.fs))
    ward = Ward()
    for bed, leads in zip(simulator.beds, simulator.leads, strict=True):
        ward.open(bed, simulator.fs, len(leads))
    block = round(simulator.fs)
    parts = []
    for start in range(0, samples.shape[-1], block):
        for row, bed in enumerate(simulator.beds):
            part = samples[row, :, start : start + block]
            parts += ward.push(bed, start, millivolts(part, simulator.leads[row]))
        parts += ward.step()
    return Beats.join([reading.beats for reading in parts])


def each(work: Callable[[int], Any], count: int, seconds: float) -> tuple[float, list[Any]]:
    """Seconds a beat of what is done beat by beat, and what came of it; the first call warms up."""
    work(0)
    results: list[Any] = []
    began = time.perf_counter()
    while len(results) < count and (not results or time.perf_counter() - began < seconds):
        results.append(work(len(results)))
    return (time.perf_counter() - began) / len(results), results


def together(work: Callable[[], object], count: int, seconds: float) -> float:
    """Seconds a beat of what is done with ``count`` beats at once; the first call warms up."""
    work()
    rounds, began = 0, time.perf_counter()
    while not rounds or time.perf_counter() - began < seconds:
        work()
        rounds += 1
    return (time.perf_counter() - began) / (rounds * count)
