"""Pools of other sizes, and edited ones: which rows they have, the law that they follow, and what is refused."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from neural.generated import check_edits, edited
from tests.helpers import command, refused
from tests.neural.test_loop import PLAN, go
from theory import Accumulate, Generator, Replace, ReplaceGrowing
from theory.tasks.regression.edited import gains

MIXTURE = "--learner tests.examples.own_learner:Mixture --preset smoke --run-dir {tmp}/run"


def pools(path, name, count):
    return [np.load(path / "pools" / f"{name}-{number}.npy") for number in range(1, count + 1)]


def test_a_row_of_an_edited_pool_is_the_sampled_one_or_that_before(tmp_path):
    plan = replace(PLAN, T=48, generator=Generator(edited="3/4", fading="1/3"))
    fitted = go(tmp_path, Replace(), plan=plan)["value"]
    before = np.load(tmp_path / "pools" / "real-1.npy")
    places = set()
    of_models = zip(pools(tmp_path, "synthetic", 4), pools(tmp_path, "sampled", 4), strict=True)
    for model, (new, sampled) in enumerate(of_models):
        np.testing.assert_allclose(fitted[:, model], before.mean(1), rtol=1e-3)
        chosen = new == sampled
        np.testing.assert_array_equal(new[~chosen], before[~chosen])
        share = 0.75 / 3**model
        assert abs(chosen.mean() - share) < 5 * (share * (1 - share) / chosen.size) ** 0.5
        places |= {tuple(map(bool, each)) for each in chosen}
        before = new
    assert len(places) == 4 * PLAN.seeds  # each pool and chain has places of its own


def test_editing_is_that_of_the_law():
    """Means of T numbers: c_4 is 13/4 at one half, where Replace has 4."""
    chains, T, share = 3000, 48, Generator(edited="1/2")
    random = np.random.default_rng(19)
    rows = random.normal(size=(chains, T))
    for model in range(1, 4):
        sampled = rows.mean(1, keepdims=True) + random.normal(size=rows.shape)
        rows = edited(rows, sampled, share.edited_by(model), [(chain, model) for chain in range(chains)])
    squares = T * rows.mean(1) ** 2
    expected = float(gains(share, 4)[-1])
    assert abs(squares.mean() - expected) < 5 * squares.std() / chains**0.5 < 4 - expected


def test_pools_have_the_sizes_that_are_given(tmp_path):
    plan = replace(PLAN, generator=Generator(sizes=[1, 2, "1/2", 3, 1]))
    fitted = go(tmp_path, Accumulate(), plan=plan)["value"]
    rows = [np.load(tmp_path / "pools" / "real-1.npy"), *pools(tmp_path, "synthetic", 4)]
    assert [pool.shape[1] for pool in rows] == [4, 8, 2, 12, 4]
    for model in range(1, 5):  # 4, 12, 14 and 26 rows: each counts alike
        expected = np.concatenate(rows[:model], 1).mean(1)
        np.testing.assert_allclose(fitted[:, model - 1], expected, rtol=1e-3 if 48 % expected.size == 0 else 0.2)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("accumulate --edited 1/5", "edits the training set as it was, which is Replace(); Accumulate() has another"),
        ("replace --edited 1/5 --sizes 1,2,1", "give sizes or an edited share, not both"),
        ("replace --edited 2", "edited shares must be from 0 to 1; got 2"),
        ("replace --sizes 1,2", "sizes are given for pools 1 to 2; pool 3 needs one too"),
        ("replace --sizes 2,1,1", "pool 1 has T rows"),
        ("replace --sizes 1,1/7,1", "which is not a whole number; choose another T"),
        ("replace --sizes 1,x", "must be a number such as 2, 1/2 or 0.5; got 'x'"),
        ("replace --bias 1", "--bias"),
    ],
)
def test_what_makes_no_sense_is_one_line(line, message, tmp_path, capsys):
    refused(command(capsys, "neural", f"own {line} {MIXTURE}".format(tmp=tmp_path)), "python -m neural", message)
    assert not (tmp_path / "run").exists()


def test_pools_that_grow_are_not_edited():
    check_edits(Generator(edited="1/5"), Replace(), 3)
    check_edits(Generator(edited="1/5"), ReplaceGrowing(), 1)  # of T rows
    with pytest.raises(ValueError, match=r"which is Replace\(\); ReplaceGrowing\(\) has another"):
        check_edits(Generator(edited="1/5"), ReplaceGrowing(), 2)


class HalfAtFirst(Replace):
    """Model 1 has half of the rows."""

    def drawn(self, iteration):
        return Fraction(1, 2) if iteration == 1 else None


def test_the_first_training_set_is_edited_whole_too():
    with pytest.raises(ValueError, match=r"edits the training set as it was"):
        check_edits(Generator(edited="1/5"), HalfAtFirst(), 3)


def test_noise_and_bias_of_labels_are_none_of_networks():
    with pytest.raises(ValueError, match=r"Generator\(temperature=1/2\) is of labels of regression.* its sampler's"):
        replace(PLAN, generator=Generator(temperature="1/2", edited="1/5"))
