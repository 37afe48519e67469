"""The net that tells QRS from other peaks."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detector.judge import MEASURES, Judge
from stream.errors import CardioVisionError


@pytest.fixture
def judge() -> Judge:
    """Three units, any weights."""
    rng = np.random.default_rng(0)
    n = len(MEASURES)
    low, high = -np.ones(n, np.float32), 2 * np.ones(n, np.float32)
    values = (rng.normal(0, 1, (n, 3)), rng.normal(0, 1, 3), rng.normal(0, 1, 3), rng.normal(0, 1, ()))
    return Judge(low, high, *(np.asarray(value, np.float32) for value in values))


def test_the_score_is_that_of_a_rectified_layer_and_a_sum(judge: Judge) -> None:
    measures = np.random.default_rng(1).normal(0, 3, (len(MEASURES), 50)).astype(np.float32)
    hidden = np.maximum(judge.weights.T @ np.clip(measures, -1, 2) + judge.bias[:, None], 0)
    np.testing.assert_allclose(judge(measures), judge.out @ hidden + judge.level, atol=1e-4)


def test_beyond_what_was_learned_nothing_changes(judge: Judge) -> None:
    edge = np.full((len(MEASURES), 1), 2, np.float32)
    np.testing.assert_array_equal(judge(100 * edge), judge(edge))


def test_company_does_not_change_a_bit(judge: Judge) -> None:
    measures = np.random.default_rng(2).normal(0, 1, (len(MEASURES), 300)).astype(np.float32)
    together = judge(measures)
    alone = [judge(measures[:, k : k + 1])[0] for k in range(300)]
    np.testing.assert_array_equal(together, alone)


def test_it_comes_back_from_its_file_the_same(judge: Judge, tmp_path: Path) -> None:
    judge.save(tmp_path / "net.npz")
    measures = np.random.default_rng(3).normal(0, 1, (len(MEASURES), 20)).astype(np.float32)
    np.testing.assert_array_equal(Judge.load(tmp_path / "net.npz")(measures), judge(measures))


def test_the_shipped_net_knows_a_qrs_from_nothing() -> None:
    judge = Judge.load()
    assert judge.weights.shape[0] == len(MEASURES)
    assert (judge.low <= judge.high).all()


def test_a_shipped_net_that_was_changed_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(Judge.SHIPPED.parent, tmp_path / "models")
    monkeypatch.setattr(Judge, "SHIPPED", tmp_path / "models" / "qrs.npz")
    Judge.load().save(Judge.SHIPPED)
    Judge.SHIPPED.write_bytes(Judge.SHIPPED.read_bytes() + b"1")
    with pytest.raises(CardioVisionError, match="not the file that was shipped"):
        Judge.load()


def test_a_file_that_is_none_or_another_s_is_said(judge: Judge, tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    with pytest.raises(CardioVisionError, match="cannot read the QRS net"):
        Judge.load(path)
    path.write_bytes(b"PK no zip")
    with pytest.raises(CardioVisionError, match="cannot read the QRS net"):
        Judge.load(path)
    np.savez(path, low=np.zeros(3))
    with pytest.raises(CardioVisionError, match="cannot read the QRS net"):
        Judge.load(path)
    replace(judge, low=judge.low[:-1], high=judge.high[:-1], weights=judge.weights[:-1]).save(path)
    with pytest.raises(CardioVisionError, match="train it again"):
        Judge.load(path)
