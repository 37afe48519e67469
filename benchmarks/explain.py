"""How true the explanations are: ways to make a map of a beat compared, by figures of faithfulness.

The beats are real ones, of the records in ``CARDIOVISION_DATA``, that the model named right. docs/explanation.md tells
what the figures mean, and what was found.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import records
from benchmarks.figures import Report, Sheet
from stream.messages import AAMI

CLASSES: Final = ("S", "V", "F")
SHAPED: Final = ("V", "F")
"""Classes that rest on the shape of a beat: only of these does the wave decide."""

PACED: Final = ("102", "104", "107", "217")
ON_QRS: Final = slice(80 - 20, 80 + 25)
"""Samples of a cut beat that count as QRS: 80 ms before R to 100 ms after (R is the 80th of 200, at 250 Hz)."""

COLUMNS: Final = ("randomised", "shuffled", "deletion", "insertion", "V on QRS", "ms a beat")


@dataclass(slots=True)
class Sample:
    """Beats to explain: their moments, the model's inputs, and class."""

    moments: list[Any]
    inputs: list[Any]
    label: NDArray[np.intp]

    def of(self, *classes: str) -> NDArray[np.bool_]:
        """Which beats are of some classes."""
        return np.isin(self.label, [AAMI.index(name) for name in classes])

    def __getitem__(self, which: NDArray[np.bool_]) -> "Sample":
        moments = [moment for moment, taken in zip(self.moments, which, strict=True) if taken]
        return Sample(moments, [x[which] for x in self.inputs], self.label[which])


def bench(
    *,
    a_record: int = 10,
    models: int = 5,
    only: tuple[str, ...] | None = None,
    methods: tuple[str, ...] | None = None,
    tell: Callable[[str], object] = lambda _: None,
) -> Report:
    """Compare ways to make maps.

    Parameters
    ----------
    a_record
        Most beats of each class and record.
    models
        Random models of each kind.
    only, methods
        Records and methods, if not all; the method in service must be among them.
    tell
        Is told what is being done.
    """
    report = Report("explain", "Explanations: how true they are to the model")
    paths = [path for path in records.find_all() if path.name not in PACED and path.name in (only or {path.name})]
    if not paths:
        report.remarks.append(f"not measured: there are no records in mitdb of {records.FOLDER}")
        return report
    tell("loading TensorFlow")
    from benchmarks.maps import IN_SERVICE, METHODS, Explained
    from detector.classifier import Classifier
    from detector.model import shipped
    from detector.training.faithfulness import area

    model = shipped("stream")
    classifier = Classifier(model, "stream")
    sample = gather(paths, classifier, a_record, tell)
    shaped = sample[sample.of(*SHAPED)]
    tell("deleting in random order")
    chance = np.random.default_rng(0).random((len(shaped.label), *shaped.moments[0].cut.shape))
    by_chance = [area(curve(shaped, classifier, chance, insert=insert)).mean() for insert in (False, True)]

    subject = Explained(model)
    rows: list[list[str | float]] = []
    for name in methods or METHODS:
        tell(name)
        maps = subject.maps(METHODS[name])
        rows.append([name, *figures(sample, classifier, subject, maps, models, by_chance)])

    own = dict(zip(COLUMNS, next(row[1:] for row in rows if row[0] == IN_SERVICE), strict=True))
    expected = (ON_QRS.stop - ON_QRS.start) / chance.shape[-1]
    report.add("correlation of the map with those of random models", own["randomised"], "", "to be under 0.2")
    report.add("deletion: area, to that in random order", own["deletion"], "", "to be 0.7 at most")
    report.add("insertion: area, to that in random order", own["insertion"], "", "to be 1.2 at least")
    report.add("V whose hottest sample is on QRS", own["V on QRS"], "%", f"to be 90 % at least; chance {expected:.1%}")
    report.add("time to explain a beat", own["ms a beat"], "ms", "16 together")
    report.sheets.append(Sheet("Ways to make a map; the last is in service", ("", *COLUMNS), rows))
    report.sheets.append(by_reason(sample, classifier))
    count = ", ".join(f"{sample.of(name).sum()} {name}" for name in CLASSES)
    report.remarks += [
        f"{count}, named right, of {len(paths)} records of the training data; {models} random models",
        f"deletion and insertion of {' and '.join(SHAPED)}; in random order the areas are {by_chance[0]:.2f} and "
        f"{by_chance[1]:.2f}",
    ]
    return report


def gather(paths: list[Path], classifier: Any, a_record: int, tell: Callable[[str], object]) -> Sample:
    """Beats of each class of some records, at most so many of each, that the model names right."""
    from benchmarks.whatif import moments
    from detector.beats import Beats
    from detector.training.labels import Beats as Labels
    from stream.sources.wfdb import open_record

    rng = np.random.default_rng(0)
    sources, truth, chosen = {}, {}, {}
    for path in paths:
        source = open_record(path)
        marks = source.marks(0, source.length)
        beats = Labels.of([m.sample for m in marks], [m.symbol for m in marks])
        of_class = [np.flatnonzero(beats.classes == AAMI.index(name)) for name in CLASSES]
        some = np.concatenate([rng.permutation(of)[:a_record] for of in of_class])
        if some.size and len(source.leads[0]) > 1:
            sources[path.name], truth[path.name], chosen[path.name] = source, beats, beats.samples[some]
    found, label = [], []
    for name, moment in moments(sources, chosen, tell):
        nearest = np.abs(truth[name].samples / sources[name].fs - moment.seconds).argmin()
        found.append(moment)
        label.append(int(truth[name].classes[nearest]))
    inputs = classifier.of_stream(Beats.join([moment.beats for moment in found]))
    sample = Sample(found, inputs, np.array(label))
    return sample[(classifier.probabilities(inputs).argmax(-1) == sample.label) & (sample.label > 0)]


def figures(
    sample: Sample, classifier: Any, subject: Any, maps: Callable[..., Any], models: int, by_chance: list[float]
) -> list[float]:
    """The figures of one way to make maps, in the order of :data:`COLUMNS`."""
    from detector.training.faithfulness import area, points, spearman

    subject.learned()
    heat = maps(sample.inputs, sample.label)
    began = time.perf_counter()
    maps(sample.inputs, sample.label)
    seconds = time.perf_counter() - began
    told = []
    for change in (subject.randomised, subject.shuffled):
        alike = []
        for seed in range(models):
            change(seed)
            alike.append(spearman(heat, maps(sample.inputs, sample.label)).mean())
        told.append(np.mean(alike))
    whole = stretched(heat, sample)
    shaped = sample.of(*SHAPED)
    for insert, chance in zip((False, True), by_chance, strict=True):
        told.append(area(curve(sample[shaped], classifier, whole[shaped], insert=insert)).mean() / chance)
    told.append(100 * points(whole[sample.of("V")], ON_QRS).mean())
    return [*map(float, told), 1000 * seconds / len(sample.label)]


def stretched(heat: Any, sample: Sample) -> Any:
    """Maps brought to the length of a cut beat: ``(beats, leads, BEFORE + AFTER)``."""
    from detector.segmentation import normalize_length

    leads, n = sample.moments[0].cut.shape
    return normalize_length(heat[..., :leads].transpose(0, 2, 1), n)


def curve(sample: Sample, classifier: Any, heat: Any, *, insert: bool) -> Any:
    """Probability of the class while the hottest samples are made usual, or put in: ``(STEPS + 1, beats)``."""
    from detector.beats import Beats
    from detector.training.faithfulness import order, steps

    cut, usual = (np.stack([getattr(moment, name) for moment in sample.moments]) for name in ("cut", "usual"))
    waves = steps(cut, usual, order(heat, np.random.default_rng(0)), insert=insert)
    told = Beats.join([moment.retold(waves[:, k]) for k, moment in enumerate(sample.moments)])
    said = classifier.probabilities(classifier.of_stream(told))
    return said.reshape(len(sample.label), len(waves), -1)[np.arange(len(sample.label)), :, sample.label].T


def by_reason(sample: Sample, classifier: Any) -> Sheet:
    """Mean share of each reason by class, and the area when they are made usual one by one, weightiest first."""
    from detector.reasons import GROUPS, shares
    from detector.training.faithfulness import area

    rng = np.random.default_rng(0)
    share = shares(classifier.attributions(sample.inputs, sample.label))
    told = [area(without(sample, classifier, weights)) for weights in (share, rng.random(share.shape))]
    rows: list[list[str | float]] = []
    for name in CLASSES:
        of = sample.of(name)
        if of.any():
            rows.append([name, *(100 * share[of].mean(axis=0)).tolist(), told[0][of].mean() / told[1][of].mean()])
    title = "Reasons: mean share in %; area when they are made usual, the weightiest first, to that in random order"
    return Sheet(title, ("", *GROUPS, "area"), rows)


def without(sample: Sample, classifier: Any, weights: Any) -> Any:
    """Probability of the class while groups of inputs are made usual in order of weight: ``(groups + 1, beats)``."""
    from detector.reasons import MEMBERS, usual_inputs

    place = (-weights).argsort(axis=-1).argsort(axis=-1)
    usual = usual_inputs(sample.inputs)
    told = []
    for step in range(weights.shape[1] + 1):
        made = (place < step).astype(np.float32)
        mixed = []
        for x, x0, mine in zip(sample.inputs, usual, MEMBERS, strict=True):
            gone = np.tensordot(made, mine, axes=1)
            mixed.append(x + gone * (x0 - x))
        told.append(classifier.probabilities(mixed)[np.arange(len(sample.label)), sample.label])
    return np.stack(told)
