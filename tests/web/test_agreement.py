"""The live count of agreement: the same as EC57's pairing of whole lists."""

from typing import Final

import numpy as np
import pytest

from detector.training.labels import Beats
from detector.training.matching import match
from web.agreement import BEFORE, WAITING, Agreement, Counts

FS: Final = 250.0


def counted(truth: list[tuple[int, str]], found: list[tuple[int, str]]) -> Counts:
    """Count as both come in: an annotation with its samples, a beat when the next is found."""
    agreement = Agreement(FS)
    late = [
        (found[n + 1][0] if n + 1 < len(found) else sample, 1, (sample, label))
        for n, (sample, label) in enumerate(found)
    ]
    for _, side, (sample, name) in sorted([(sample, 0, (sample, name)) for sample, name in truth] + late):
        (agreement.beat if side else agreement.reference)(sample, name)
    return agreement.counts


@pytest.mark.parametrize("seed", range(20))
def test_counts_as_whole_lists_are_paired(seed: int) -> None:
    chance = np.random.default_rng(seed)
    beats = np.cumsum(chance.integers(60, 300, 300))
    names = chance.choice(list("NVS"), 300)
    truth = [(int(at), str(name)) for at, name in zip(beats, names, strict=True)]
    kept = [pair for pair in truth[1:] if chance.random() > 0.1]
    moved = {at + int(chance.integers(-45, 46)): name if chance.random() > 0.1 else "Q" for at, name in kept}
    moved |= dict.fromkeys(chance.integers(beats[1], beats[-1], 20).tolist(), "N")
    found = [truth[0], *sorted(moved.items())]
    end = max(truth[-1][0], found[-1][0])
    far = [(end + 1000, "N"), (end + 2000, "N")]  # the last two of a list are not decided on

    whole = match([at for at, _ in truth], [at for at, _ in found], FS, end=end, learning=0)
    same = sum(truth[a][1] == found[b][1] for a, b in whole.pairs.tolist())
    live = counted(truth + far, found + far)
    assert live == Counts(same + 1, len(whole.pairs) - same, len(whole.missed), len(whole.extra) + len(whole.ignored))


def test_begins_where_both_have_a_beat() -> None:
    every = [(at, "N") for at in range(100, 20_000, 200)]
    assert counted(every, every[30:]) == Counts(agreed=len(every) - 31)
    assert counted(every[30:], every) == Counts(agreed=len(every) - 31)


def test_what_is_said_again_and_what_is_no_beat_is_not_counted() -> None:
    agreement = Agreement(FS)
    for at in (100, 300, 500):
        agreement.reference(at, "N")
        agreement.reference(at + 5, "+")
    for at in (100, 300, 100, 300, 500):
        agreement.beat(at, "V")
    assert agreement.counts == Counts(other=2)


def test_beats_found_in_flutter_are_not_extra() -> None:
    truth = [(100, "N"), (300, "["), (1500, "]"), (1700, "N"), (1900, "N"), (2100, "N")]
    found = [(at, "V") for at in (100, 500, 900, 1300, 1600, 1700, 1900, 2100)]
    assert counted(truth, found) == Counts(other=3, extra=1)
    symbols = [name for _, name in truth]
    assert Beats.of([at for at, _ in truth], symbols).flutter == ((300, 1500),)  # as the scoring reads it


def test_rows_of_a_table_have_their_labels_beside_them() -> None:
    agreement = Agreement(125.0)
    for label, truth in ("NN", "VV", "NV"):
        agreement.row(label, truth)
    assert (agreement.annotated, agreement.counts) == (True, Counts(agreed=2, other=1))


def test_what_waits_is_bounded() -> None:
    agreement = Agreement(FS)
    for at in range(2 * WAITING):
        agreement.beat(200 * at, "N")
    assert (agreement.annotated, len(agreement._found)) == (False, BEFORE)
    silent = Agreement(FS)
    silent.beat(0, "N")
    for at in range(WAITING + 500):
        silent.reference(200 * at, "N")
    assert silent.counts.missed == 500
