"""Beat-by-beat evaluation, against cases worked out by hand, properties that must hold, and real records."""

import json
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
import wfdb
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.training.ec57 import TABLE_LABELS, BeatComparison, compare, summarise, without_foremost
from detector.training.labels import Beats, aami_class
from detector.training.matching import Matching, match, within
from detector.training.scores import Score, average, beat_scores, bootstrap
from stream.errors import CardioVisionError

FS = 100  # so that the match window is 15 samples and the learning period, where there is one, 3000
END = 10_000


def pairing(reference: list[int], test: list[int], **options: object) -> Matching:
    return match(reference, test, FS, **{"end": END, "learning": 0.0, **options})  # type: ignore[arg-type]


def outcome(m: Matching) -> tuple[list[list[int]], list[int], list[int]]:
    return m.pairs.tolist(), m.missed.tolist(), m.extra.tolist()


def scored(reference: str, test: str, *, every: int = 100, **options: object) -> BeatComparison:
    """Compare two strings of labels, a beat each ``every`` samples; ``.`` is no beat."""
    sides = [Beats.of(np.arange(len(s)) * every + 1000, list(s)) for s in (reference, test)]
    return compare("made", *sides, FS, **{"end": END, "learning": 0.0, **options})  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------- labels


def test_label_maps_differ_in_escape_beats_alone() -> None:
    symbols = 'NLRejnBAaJSVErFQ/f?[]!+~|"x'
    aami = [aami_class(s) for s in symbols]
    assert "".join(c or "." for c in aami) == "NNNNNNNSSSSVVVFQQQQ........"
    differing = {s for s, c in zip(symbols, aami, strict=True) if c != aami_class(s, "bxb")}
    assert differing == {"e", "j", "n"}
    assert {aami_class(s, "bxb") for s in "ejn"} == {"S"}


def test_unknown_label_map_is_told() -> None:
    with pytest.raises(CardioVisionError, match="aami or bxb, got 'aha'"):
        aami_class("N", "aha")  # type: ignore[arg-type]


def test_beats_drop_what_is_no_beat_sort_and_find_flutter() -> None:
    beats = Beats.of([50, 10, 20, 30, 40, 60, 5], ["V", "+", "[", "!", "]", "[", "]"])
    assert (beats.samples.tolist(), beats.classes.tolist()) == ([50], [2])
    assert beats.flutter[0] == (20, 40)
    assert beats.flutter[1][0] == 60  # never closed: to the end of any record
    assert beats.flutter[1][1] > 10**15
    with pytest.raises(CardioVisionError, match="one symbol for each of 2 samples, got 1"):
        Beats.of([1, 2], ["N"])


# ------------------------------------------------------------------------------------------------ pairing


@pytest.mark.parametrize(("offset", "paired"), [(-16, False), (-15, True), (0, True), (15, True), (16, False)])
def test_window_edges_are_inclusive(offset: int, paired: bool) -> None:
    assert outcome(pairing([1000], [1000 + offset])) == (([[0, 0]], [], []) if paired else ([], [0], [0]))


def test_window_is_cut_to_whole_samples() -> None:
    # 0.15 s at 250 Hz is 37.5 samples: 37 is in, 38 is out.
    assert len(match([1000], [1037], 250, end=END, learning=0.0).pairs) == 1
    assert len(match([1000], [1038], 250, end=END, learning=0.0).pairs) == 0


@pytest.mark.parametrize(
    ("test", "pair"),
    [([990, 1005], 1), ([995, 1010], 0), ([1002, 1010], 0), ([990, 1010], 1), ([1000, 1000], 0)],
)
def test_of_two_test_beats_near_one_reference_the_nearer_is_paired(test: list[int], pair: int) -> None:
    assert outcome(pairing([1000], test)) == ([[0, pair]], [], [1 - pair])


def test_of_two_reference_beats_near_one_test_beat_the_nearer_is_paired() -> None:
    assert outcome(pairing([990, 1005], [1000])) == ([[1, 0]], [0], [])
    assert outcome(pairing([995, 1010], [1000])) == ([[0, 0]], [1], [])


def test_a_beat_whose_better_partner_is_better_off_elsewhere_is_paired() -> None:
    # The case for which bxb's rule was amended in 2002: 32 is not less than 32, but 25 is.
    m = match([96, 160], [128, 185], 250, end=END, learning=0.0)
    assert outcome(m) == ([[0, 0], [1, 1]], [], [])
    # And the same with the roles changed.
    assert outcome(match([128, 185], [96, 160], 250, end=END, learning=0.0))[0] == [[0, 0], [1, 1]]


def test_misses_extras_and_empty_lists() -> None:
    assert outcome(pairing([1000, 1100, 1200], [1001, 1150, 1201])) == ([[0, 0], [2, 2]], [1], [1])
    assert outcome(pairing([], [1000, 2000])) == ([], [], [0, 1])
    assert outcome(pairing([1000, 2000], [])) == ([], [0, 1], [])
    assert outcome(pairing([], [])) == ([], [], [])


def test_nothing_is_counted_beyond_the_end_but_a_pair_across_it() -> None:
    assert outcome(pairing([END, END + 1], [END + 500])) == ([], [0], [])
    assert outcome(pairing([END + 5], [END - 5])) == ([[0, 0]], [], [])
    assert outcome(pairing([END - 5], [END + 5])) == ([[0, 0]], [], [])


@pytest.mark.parametrize(
    ("reference", "test", "expected"),
    [
        # what lies in the learning period does not count
        ([2000, 3000], [2500, 3000], ([[1, 1]], [], [], [])),
        # the last test beat of the learning period may match the first reference beat of the period ...
        ([3005], [2991], ([[0, 0]], [], [], [])),
        ([3005], [2989], ([], [0], [], [])),
        # ... if no later one is nearer; a tie goes to the later one
        ([3005], [2995, 3006], ([[0, 1]], [], [], [])),
        ([3005], [2995, 3016], ([[0, 0]], [], [1], [])),
        ([3005], [2995, 3015], ([[0, 1]], [], [], [])),
        # an unmatched test beat just after the start is not counted, for its reference may lie before
        ([2995, 3100], [3005, 3100], ([[1, 1]], [], [], [0])),
        ([2995, 3100], [3015, 3100], ([[1, 1]], [], [], [0])),
        ([2995, 3100], [3016, 3100], ([[1, 1]], [], [0], [])),
        # but a matched one is
        ([3001, 3100], [3005, 3100], ([[0, 0], [1, 1]], [], [], [])),
    ],
)
def test_begin_of_the_period(
    reference: list[int], test: list[int], expected: tuple[list[list[int]], list[int], list[int], list[int]]
) -> None:
    m = pairing(reference, test, learning=30.0)
    assert (*outcome(m), m.ignored.tolist()) == expected


def test_flutter_is_left_out_edges_included() -> None:
    flutter = [(2000, 3000)]
    m = pairing([1900, 2000, 2500, 3000, 3100], [1900, 2000, 2600, 3000, 3001, 3100], flutter=flutter)
    assert outcome(m) == ([[0, 0], [4, 5]], [], [4])
    assert m.ignored.tolist() == [1, 2, 3]
    # A test beat within may still match a reference beat outside.
    assert outcome(pairing([3005], [2998], flutter=flutter)) == ([[0, 0]], [], [])


@pytest.mark.parametrize("samples", [[2, 1], [1.5, 2.5], [[1, 2]]])
def test_lists_that_are_no_rising_samples_are_refused(samples: list[object]) -> None:
    with pytest.raises(CardioVisionError, match="the test beats as a rising list"):
        match([1], samples, FS, end=END)  # type: ignore[arg-type]


rising = st.lists(st.integers(0, 2000), max_size=60).map(sorted)


@given(rising, rising, st.sampled_from([0.0, 3.0, 10.0]), st.integers(0, 2000), st.integers(0, 400))
def test_every_beat_of_the_period_is_accounted_for_once(
    reference: list[int], test: list[int], learning: float, first: int, length: int
) -> None:
    flutter, end, start, w = [(first, first + length)], 1500, int(learning * FS), 15
    m = match(reference, test, FS, end=end, learning=learning, flutter=flutter)
    ref, tst = np.array(reference, dtype=int), np.array(test, dtype=int)
    seen_ref, seen_test = [*m.pairs[:, 0], *m.missed], [*m.pairs[:, 1], *m.extra, *m.ignored]
    assert len(set(seen_ref)) == len(seen_ref)
    assert len(set(seen_test)) == len(seen_test)
    assert set(np.flatnonzero((ref >= start) & (ref <= end) & ~within(ref, flutter))) <= set(seen_ref)
    assert set(np.flatnonzero((tst >= start) & (tst <= end))) <= set(seen_test)
    # What is counted as an error lies in the period; pairs lie within the window and never cross.
    assert ((ref[m.missed] >= start) & (ref[m.missed] <= end) & ~within(ref[m.missed], flutter)).all()
    assert ((tst[m.extra] >= start) & (tst[m.extra] <= end) & ~within(tst[m.extra], flutter)).all()
    assert (np.abs(ref[m.pairs[:, 0]] - tst[m.pairs[:, 1]]) <= w).all()
    assert (np.diff(m.pairs, axis=0) > 0).all()


distinct = st.lists(st.integers(100, 2000), max_size=60, unique=True)


@given(distinct, st.data())
def test_roles_changed_misses_become_extras(samples: list[int], data: st.DataObject) -> None:
    sides = data.draw(st.lists(st.booleans(), min_size=len(samples), max_size=len(samples)))
    reference = sorted(s for s, side in zip(samples, sides, strict=True) if side)
    test = sorted(s for s, side in zip(samples, sides, strict=True) if not side)
    there, back = pairing(reference, test), pairing(test, reference)
    assert there.pairs.tolist() == back.pairs[:, ::-1].tolist()
    assert there.missed.tolist() == back.extra.tolist()
    assert there.extra.tolist() == back.missed.tolist()


@given(
    st.lists(st.integers(32, 120), max_size=40),
    st.lists(st.tuples(st.integers(-60, 60), st.booleans()), min_size=40, max_size=40),
)
def test_where_no_window_holds_two_beats_any_pairing_must_agree(gaps: list[int], moves: list[tuple[int, bool]]) -> None:
    """A second, naive way: beats so far apart that at most one of the other list is within reach."""
    reference = np.cumsum([1000, *gaps])
    moved = zip(reference, moves, strict=False)
    test = np.unique([r + by for r, (by, found) in moved if found])
    near = np.abs(reference[:, None] - test[None]) <= 15
    if (near.sum(0) > 1).any() or (near.sum(1) > 1).any():
        return  # somewhere there is a choice
    m = pairing(reference.tolist(), test.tolist())
    assert m.pairs.tolist() == np.argwhere(near).tolist()
    assert m.missed.tolist() == np.flatnonzero(~near.any(1)).tolist()
    assert m.extra.tolist() == np.flatnonzero(~near.any(0)).tolist()


@pytest.mark.parametrize(("at", "counted"), [(38_399, False), (38_400, True)])
def test_the_period_begins_five_minutes_in_at_any_rate(at: int, counted: bool) -> None:
    assert len(match([at], [], 128, end=60_000).missed) == counted
    assert len(match([at], [at], 128, end=60_000).pairs) == counted


# ------------------------------------------------------------------------------------------------- scores


def test_confusion_table_has_misses_in_the_last_column_and_extras_in_the_last_row() -> None:
    table = scored("NNSV.F.Q", "NSSVVN.").table
    cells = {(TABLE_LABELS[r], TABLE_LABELS[c]): int(table[r, c]) for r, c in zip(*np.nonzero(table), strict=True)}
    assert cells == {
        ("N", "N"): 1,
        ("N", "S"): 1,
        ("S", "S"): 1,
        ("V", "V"): 1,
        ("O", "V"): 1,
        ("F", "N"): 1,
        ("Q", "O"): 1,
    }


def test_class_rules_of_ec57_cell_by_cell() -> None:
    # Each cell holds another power of two, so that a sum tells which cells are in it.
    cell = {(r, c): 1 << (6 * i + k) for i, r in enumerate("NSVFQO") for k, c in enumerate("NSVFQO")}
    cell["O", "O"] = 0
    table = np.array([[cell[r, c] for c in "NSVFQO"] for r in "NSVFQO"])
    scores = beat_scores(table)

    def of(rows: str, columns: str) -> int:
        return sum(cell[r, c] for r in rows for c in columns)

    qrs = of("NSVFQ", "NSVFQ")
    assert scores["QRS"] == Score(qrs, of("NSVFQ", "O"), qrs, of("O", "NSVFQ"))
    assert scores["V"] == Score(of("V", "V"), of("V", "NSFQO"), of("V", "V"), of("NSO", "V"))
    assert scores["S"] == Score(of("S", "S"), of("S", "NVFQO"), of("S", "S"), of("NVFO", "S"))
    assert scores["N"] == Score(of("N", "N"), of("N", "SVFQO"), of("N", "N"), of("SVFQO", "N"))
    assert scores["F"] == Score(of("F", "F"), of("F", "NSVQO"), of("F", "F"), of("NSVQO", "F"))
    assert scores["Q"] == Score(of("Q", "Q"), of("Q", "NSVFO"), of("Q", "Q"), of("NSVFO", "Q"))


def test_rates_and_where_they_are_undefined() -> None:
    score = Score(8, 2, 8, 8)
    assert (score.se, score.ppv) == (0.8, 0.5)
    assert score.f1 == pytest.approx(16 / 26)
    never_said, not_there, nothing = Score(0, 3, 0, 0), Score(0, 0, 0, 3), Score()
    assert (never_said.se, never_said.f1, np.isnan(never_said.ppv)) == (0, 0, True)
    assert (not_there.ppv, np.isnan(not_there.se), np.isnan(not_there.f1)) == (0, True, True)
    assert nothing.to_json() == {
        **dict.fromkeys(("found", "missed", "right", "false"), 0),
        **dict.fromkeys(("se", "ppv", "f1")),
    }


def test_gross_weighs_beats_and_average_weighs_records_where_defined() -> None:
    records = [scored("V" * 8, "V" * 8), scored("VV", "NN"), scored("NN", "NN")]
    summary = summarise(records)
    assert summary.gross["V"].se == 0.8
    assert summary.average["V"].tolist() == [0.5, 1.0, 0.5]  # +P is defined in the first record alone
    assert summary.table.sum() == 12


def test_without_the_record_that_has_most_the_others_are_left() -> None:
    records = [scored("SSN", "SNN"), scored("S" * 8, "S" * 8), scored("NN", "NS")]
    most, score = without_foremost(summarise(records), "S")
    assert most == "made"
    assert score == Score(1, 1, 1, 1)
    assert without_foremost(summarise(records[:1]), "S")[1] == Score()


def test_pairs_say_which_beat_is_which() -> None:
    result = scored("NS.VN", "N.SVN")
    assert result.pairs.tolist() == [[0, 0], [2, 2], [3, 3]]


def test_one_side_empty() -> None:
    nothing, beats = Beats.of([], []), Beats.of([1000, 1100], ["N", "V"])
    for reference, test in ((beats, nothing), (nothing, beats), (nothing, nothing)):
        result = compare("made", reference, test, FS, end=END, learning=0.0)
        assert result.scores["QRS"] == Score(0, len(reference.samples), 0, len(test.samples))
        assert result.table.sum() == len(reference.samples) + len(test.samples)
        assert not result.errors.size


def test_interval_is_seeded_covers_the_estimate_and_widens_with_clustering() -> None:
    rng = np.random.default_rng(7)
    alike = np.array([[[90, 10, 90, 10]]] * 12)
    found = rng.integers(40, 100, 12)
    unlike = np.stack([found, 100 - found, found, 100 - found], axis=-1)[:, None]
    first, again, other = bootstrap(unlike, seed=3), bootstrap(unlike, seed=3), bootstrap(unlike, seed=4)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    low, high = first[0][:, 0, 0]
    assert low < found.mean() / 100 < high
    assert high - low > 0.1
    assert np.ptp(bootstrap(alike)[0], axis=0).max() == 0
    # As wide as the theory of means has it: 2 x 1.96 standard errors.
    assert high - low == pytest.approx(2 * 1.96 * found.std() / 100 / np.sqrt(12), rel=0.1)
    # All records have the same number of beats, so gross and average agree in sensitivity.
    assert np.allclose(first[0][..., 0], first[1][..., 0])


def test_no_interval_from_one_record_or_where_a_class_never_occurs() -> None:
    assert np.isnan(bootstrap(np.array([[[9, 1, 9, 1]]]))).all()
    gross, mean = bootstrap(np.array([[[9, 1, 9, 1], [0, 0, 0, 0]]] * 2))
    assert np.isnan(gross[:, 1]).all()
    assert np.isnan(mean[:, 1]).all()
    assert np.isfinite(gross[:, 0]).all()
    assert np.isnan(average(np.zeros((2, 1, 4), dtype=np.int64))).all()


def test_summary_is_plain_json() -> None:
    summary = summarise([scored("NVVN", "NVVN"), scored("NSN", "NNN")], draws=50)
    plain = json.loads(json.dumps(summary.to_json(), allow_nan=False))
    assert plain["gross"]["QRS"]["se"] == 1.0
    assert plain["gross"]["F"]["interval"]["f1"] == [None, None]
    assert plain["records"][1]["scores"]["S"]["missed"] == 1
    assert plain["r_peak_error_ms"] == {"pairs": 7, "mean": 0.0, "sd": 0.0, "median_abs": 0.0}
    with pytest.raises(CardioVisionError, match="at least one record"):
        summarise([])


def test_position_error_is_in_milliseconds_and_signed() -> None:
    reference = Beats.of([1000, 1100, 1200, 1300], list("NNNN"))
    test = Beats.of([1001, 1101, 1201, 1297], list("NNNN"))
    result = compare("made", reference, test, FS, end=END, learning=0.0).to_json()["r_peak_error_ms"]
    assert result["pairs"] == 4
    assert (result["mean"], result["median_abs"]) == (0.0, 10.0)
    assert result["sd"] == pytest.approx(np.sqrt(300))


@settings(max_examples=50)
@given(st.text("NSVFQ.", max_size=60), st.text("NSVFQ.", max_size=60))
def test_table_adds_up_to_the_beats(reference: str, test: str) -> None:
    result = scored(reference, test)
    table, both = result.table, sum(a != "." != b for a, b in zip(reference, test, strict=False))
    assert table[:5, :5].sum() == both == len(result.errors)
    for k, name in enumerate("NSVFQ"):
        assert table[k].sum() == reference.count(name)
        assert table[:, k].sum() == test.count(name)


# --------------------------------------------------------------------------------------------------- runs


def runs(reference: str, test: str, **options: object) -> dict[str, Score]:
    """Only the scores of runs that count something."""
    scores = scored(reference, test, **options).scores
    return {name: score for name, score in scores.items() if " " in name and score != Score()}


@pytest.mark.parametrize(
    ("reference", "test", "expected"),
    [
        ("NVNVVN", "NVNVVN", {"V couplet": Score(1, 0, 1, 0)}),  # a single beat is no run
        ("NVVVN", "NVVVN", {"V run 3-5": Score(1, 0, 1, 0)}),
        ("NVVVVVN", "NVVVVVN", {"V run 3-5": Score(1, 0, 1, 0)}),
        ("NVVVVVVN", "NVVVVVVN", {"V run 6+": Score(1, 0, 1, 0)}),
        ("NSSNSSS", "NSSNSSS", {"S couplet": Score(1, 0, 1, 0), "S run 3-5": Score(1, 0, 1, 0)}),
        # a fusion beat carries the run on, an S, N or Q ends it
        ("NVFN", "NVVN", {"V couplet": Score(1, 0, 1, 0)}),
        ("NVVNVVN", "NVVSVVN", {"V couplet": Score(2, 0, 2, 0)}),
        ("NVVQVN", "NVVNNN", {"V couplet": Score(1, 0, 1, 0)}),
        # found too short: the couplet claimed lies in a longer run, so it is right
        ("NVVVN", "NVVNN", {"V run 3-5": Score(0, 1, 0, 0), "V couplet": Score(0, 0, 1, 0)}),
        # found too long: the couplet is found, the longer run is false
        ("NVVNN", "NVVVN", {"V couplet": Score(1, 0, 0, 0), "V run 3-5": Score(0, 0, 0, 1)}),
        # 3 beats for 5: both are short runs
        ("NVVVVVN", "NVVVNNN", {"V run 3-5": Score(1, 0, 1, 0)}),
        ("NVVVVVVN", "NVVVVVNN", {"V run 6+": Score(0, 1, 0, 0), "V run 3-5": Score(0, 0, 1, 0)}),
        # two halves make no whole
        ("NVVVVVVVN", "NVVVNVVVN", {"V run 6+": Score(0, 1, 0, 0), "V run 3-5": Score(0, 0, 2, 0)}),
        ("NVVN", "NNNN", {"V couplet": Score(0, 1, 0, 0)}),
        ("NNNN", "NVVN", {"V couplet": Score(0, 0, 0, 1)}),
        ("", "", {}),
    ],
)
def test_runs(reference: str, test: str, expected: dict[str, Score]) -> None:
    assert runs(reference, test) == expected


def test_run_window_reaches_150_ms_beyond_the_run() -> None:
    reference = Beats.of([1000, 1100, 1200, 1300], list("NVVN"))
    for shift, met in [(15, 1), (16, 0), (-15, 1), (-16, 0)]:
        test = Beats.of(reference.samples + shift, list("NVVN"))
        result = compare("made", reference, test, FS, end=END, learning=0.0)
        assert result.scores["V couplet"] == Score(met, 1 - met, met, 1 - met)


def test_a_run_is_cut_at_the_period_begin() -> None:
    # Beats at 1000, 1100 ...: a run of four of which two lie in the period.
    assert runs("NVVVVN", "NVVVVN", learning=12.5) == {"V couplet": Score(1, 0, 1, 0)}


def test_flutter_is_a_long_run_on_either_side() -> None:
    reference = Beats.of([1000, 2000, 3000, 3100], ["N", "[", "]", "N"])
    calls = Beats.of(np.arange(2050, 2950, 100), ["V"] * 9)
    result = compare("made", reference, calls, FS, end=END, learning=0.0)
    assert result.scores["V run 6+"] == Score(1, 0, 1, 0)
    assert result.table.sum() == 2  # the two normal beats, missed
    silent = compare("made", reference, Beats.of([], []), FS, end=END, learning=0.0)
    assert silent.scores["V run 6+"] == Score(0, 1, 0, 0)
    assert compare("made", reference, reference, FS, end=END, learning=0.0).scores["V run 6+"].f1 == 1
    # A couplet claimed in the midst of flutter is right.
    couplet = Beats.of([2400, 2500], ["V", "V"])
    claimed = compare("made", reference, couplet, FS, end=END, learning=0.0)
    assert claimed.scores["V couplet"] == Score(0, 0, 1, 0)


def test_of_flutter_begun_while_learning_only_the_rest_is_looked_at() -> None:
    reference = Beats.of([500, 3000], ["[", "]"])
    for begin, met in [(600, 0), (2200, 1)]:
        calls = Beats.of(begin + 100 * np.arange(6), ["V"] * 6)
        result = compare("made", reference, calls, FS, end=END, learning=20.0)
        assert result.scores["V run 6+"] == Score(met, 1 - met, met, 0)


# ------------------------------------------------------------------------------------------- real records


def ectopic_runs(annotation: wfdb.Annotation, in_period_from: float) -> list[int]:
    """Lengths of the ventricular runs, told from the symbols in their order; flutter waves are run beats."""
    symbols = [
        s
        for at, s in zip(annotation.sample, annotation.symbol, strict=True)
        if at >= in_period_from and s in "NLRBAaJSejnVErF/fQ?!"
    ]
    return [len(list(group)) for ectopic, group in groupby(symbols, lambda s: s in "VErF!") if ectopic]


@pytest.mark.records
@pytest.mark.parametrize("record", ["119", "207", "223"])
def test_a_real_record_against_itself_and_against_known_damage(data: Path, record: str) -> None:
    annotation = wfdb.rdann(str(data / "mitdb" / record), "atr")
    header = wfdb.rdheader(str(data / "mitdb" / record))
    fs, end = float(header.fs), int(header.sig_len)
    reference = Beats.of(annotation.sample, annotation.symbol)

    same = compare(record, reference, reference, fs, end=end)
    in_period = (reference.samples >= 300 * fs) & ~within(reference.samples, reference.flutter)
    assert same.table.sum() == np.trace(same.table) == in_period.sum() > 1000
    assert all(score.f1 == 1 for score in same.scores.values() if score != Score())
    lengths = ectopic_runs(annotation, in_period_from=300 * fs)
    assert same.scores["V couplet"].found == lengths.count(2)
    assert same.scores["V run 3-5"].found == sum(3 <= n <= 5 for n in lengths)
    assert same.scores["V run 6+"].found == sum(n >= 6 for n in lengths)

    # Every seventh beat taken away, the rest moved by up to 20 samples (56 ms), and every third V renamed.
    rng = np.random.default_rng(1)
    kept = np.arange(len(reference.samples)) % 7 != 3
    moved = reference.samples[kept] + rng.integers(-20, 21, int(kept.sum()))
    classes = reference.classes[kept].copy()
    renamed = np.flatnonzero(classes == 2)[::3]
    classes[renamed] = 0
    order = np.argsort(moved, kind="stable")
    damaged = compare(record, reference, Beats(moved[order], classes[order]), fs, end=end)
    counted = in_period[kept]
    assert damaged.scores["QRS"] == Score(int(counted.sum()), int((in_period & ~kept).sum()), int(counted.sum()), 0)
    assert damaged.table[2, 0] == counted[renamed].sum()
    assert np.abs(damaged.errors).max() <= 20 / 360 * 1000 + 1e-9
    assert np.abs(damaged.errors).std() > 0
