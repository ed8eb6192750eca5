"""The outer loop with a model of one number, whose best fit is known: pools, shares, subsamples, and going on."""

import csv
import dataclasses
from fractions import Fraction

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from neural import generated as of_generated, loop as of_loop, training_set as of_training
from neural.directory import RunDirectory, look
from neural.loop import Learner, checked_steps, run
from neural.plan import Plan
from neural.real_data import check_available
from neural.sizes import check_pools
from neural.train import Training
from neural.training_set import TrainingRows
from tests.helpers import thinned
from theory import (
    Accumulate,
    AccumulateFresh,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Generator,
    Pool,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    by_count,
    real,
)

#: 48 rows a step hold every training set of 4, 8, 12 or 16 rows a whole number of times: each step sees all the data.
TRAINING = Training(batch_size=48, learning_rate=0.3, steps=200, clip=100.0, chunk=75)
PLAN = Plan(iterations=4, T=4, seeds=3, seed=7, sample_batch=6)


class Number(eqx.Module):
    """A location."""

    value: jax.Array


@jax.jit  # once for all tests, operation by operation would be anew at each call
def standard_normal(keys):
    """A number for each key of each seed."""
    return jax.vmap(jax.vmap(lambda key: jr.normal(key, (), jnp.float32)))(keys)


@dataclasses.dataclass(frozen=True, eq=False)
class Gaussian(Learner):
    """Numbers scattered around a location, which is fitted by weighted least squares."""

    def real(self, iteration, rows, *, key):
        return np.asarray(3.0 + jr.normal(jr.fold_in(key, iteration), (rows,), jnp.float32))

    def model(self, *, key):
        return Number(jr.normal(key, (), jnp.float32))

    def loss(self, model, rows, weights, *, key):
        return (weights * (rows - model.value) ** 2).mean()

    def sample(self, models, *, keys):
        return np.asarray(models.value[:, None] + standard_normal(keys))

    def test(self, models):
        return {"test_loss": np.asarray((models.value - 3.0) ** 2)}

    def evaluate(self, models, samples):
        return {"value": np.asarray(models.value)}

    def show(self, samples):
        return "txt", "\n".join(f"seed {n}: {row[0]:.3f}" for n, row in enumerate(samples)).encode()


#: One for all tests: what is compiled for it is compiled once.
LEARNER = Gaussian()


def go(path, workflow, *, plan=PLAN, resume=False, watch=False):
    directory = RunDirectory(path, {"workflow": str(workflow)}, resume=resume)
    return run(LEARNER, workflow, plan, TRAINING, directory, checkpoint_seconds=0.0, watch=watch)


WHOLE = [
    Replace(),
    ReplaceGrowing(),
    Accumulate(),
    SlidingWindow(2),
    FixedReal(Fraction(1, 3)),
    FreshReal(Fraction(2)),
    FreshReal(Fraction(1), Fraction(3, 4)),
]


@pytest.mark.parametrize("workflow", thinned(WHOLE, every=4), ids=str)
def test_each_model_is_the_best_fit_to_the_shares_that_the_workflow_names(workflow, tmp_path):
    fitted = go(tmp_path, workflow)["value"]
    for iteration in range(1, PLAN.iterations + 1):
        expected = np.zeros(PLAN.seeds)
        for pool, share in workflow.shares(iteration).items():
            name = f"synthetic-{pool.labelled_by}" if pool.labelled_by else f"real-{pool.index}"
            rows = np.load(tmp_path / "pools" / f"{name}.npy")
            assert rows.shape == (PLAN.seeds, workflow.size(pool) * PLAN.T)
            expected += float(share) * rows.mean(1)
        np.testing.assert_allclose(fitted[:, iteration - 1], expected, rtol=1e-3)
    # the seeds are different chains, and the pools different data
    assert np.ptp(fitted, axis=0).min() > 1e-2


def test_a_subsample_is_drawn_anew_without_replacement():
    pools = {Pool(j): np.arange(20)[None].repeat(2, 0) + 100 * j for j in range(1, 6)}
    seeds = [(0, 1), (0, 2)]
    drawn = []
    for iteration in (4, 5):
        training_set = TrainingRows(AccumulateSubsample(), iteration, 20, pools, seeds)
        rows, weights = training_set.batches(0, 2, 10)
        assert training_set.rows == 20
        assert (weights == 1).all()
        for seed in range(2):
            one_pass = rows[:, seed].ravel()
            assert len(set(one_pass)) == 20
            assert set(one_pass // 100) <= set(range(1, iteration + 1))
            assert len(set(one_pass // 100)) >= 2
            drawn.append(frozenset(one_pass))
        again, _ = training_set.batches(2, 4, 10)
        assert set(again[:, 0].ravel()) == drawn[-2]  # the same rows in the next pass,
        assert (again[:, 0].ravel() != rows[:, 0].ravel()).any()  # in another order
    assert len(set(drawn)) == 4


def test_a_batch_is_the_same_whatever_was_asked_before():
    pools = {Pool(j): np.random.default_rng(j).normal(size=(2, 7)) for j in (1, 2, 3)}
    training_set = TrainingRows(Accumulate(), 3, 7, pools, [(1, 2), (3, 4)])
    rows, weights = training_set.batches(0, 12, 5)
    for step in range(12):
        for whole, one in zip((rows, weights), training_set.batches(step, step + 1, 5), strict=True):
            np.testing.assert_array_equal(whole[step], one[0])
    np.testing.assert_array_equal(
        np.sort(rows[:, 0].ravel()[:21]), np.sort(np.concatenate([p[0] for p in pools.values()]))
    )


class Stopped(Exception):
    """Stands for a killed process."""


def files(path):
    """Everything a run leaves, but for its checksums: a run that was stopped keeps those of what it did not write."""
    found = {str(p.relative_to(path)): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}
    return {name: content for name, content in found.items() if name != "checksums.json"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("workflow", "generator"),  # with draws, with real data, and edited
    [(AccumulateSubsample(), Generator()), (FreshReal(), Generator()), (Replace(), Generator(edited="1/2"))],
    ids=str,
)
def test_a_run_stopped_at_any_write_goes_on_to_the_same_files(workflow, generator, tmp_path, monkeypatch):
    plan = dataclasses.replace(PLAN, generator=generator)
    straight = go(tmp_path / "straight", workflow, plan=plan, watch=True)
    writes, stop_at = 0, None
    import sim.seals

    real_write = sim.seals.write_whole

    def write(path, fill):
        nonlocal writes
        writes += 1
        if writes == stop_at:
            raise Stopped
        real_write(path, fill)

    monkeypatch.setattr(sim.seals, "write_whole", write)
    writes, path = 0, tmp_path / "stopped"
    go(tmp_path / "counted", workflow, plan=plan, watch=True)
    total = writes
    assert total > 30
    # a run that is stopped again and again, each time a few writes further on
    stops = 0
    while True:
        writes, stop_at = 0, 12
        try:
            again = go(path, workflow, plan=plan, resume=True, watch=True)
            break
        except Stopped:
            stops += 1
            assert stops < 100, "no stop came further than the one before"
            table = path / "training.csv"
            if table.exists():
                with table.open("a") as file:
                    file.write("1,3")  # and half a line
    assert stops >= 3
    for name, values in straight.items():
        np.testing.assert_array_equal(values, again[name])
    assert files(path) == files(tmp_path / "straight")


def test_metrics_are_a_line_a_value_and_samples_can_be_read(tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(Gaussian, "show", lambda _, rows, show=Gaussian.show: shown.append(rows) or show(LEARNER, rows))
    monkeypatch.setattr(of_loop, "SHOWN", 2)
    found = go(tmp_path, Replace())
    with (tmp_path / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * PLAN.seeds * PLAN.iterations
    for row in rows:
        value = found[row["metric"]][int(row["seed"]), int(row["iteration"]) - 1]
        assert float(row["value"]) == value
    text = (tmp_path / "samples" / "model-2.txt").read_text()
    pool = np.load(tmp_path / "pools" / "synthetic-2.npy")
    assert text.startswith(f"seed 0: {pool[0, 0]:.3f}\n")
    assert shown[1].tolist() == pool[:, :2].tolist()  # the first rows of each seed, and not all rows of some
    with (tmp_path / "training.csv").open() as file:
        steps = [int(row["step"]) for row in csv.DictReader(file) if row["iteration"] == "3" and row["seed"] == "1"]
    assert steps == [75, 150, 200]


@pytest.mark.slow
def test_watched_the_test_loss_is_kept_after_each_chunk_and_changes_nothing(tmp_path):
    plain, watched = go(tmp_path / "plain", Replace()), go(tmp_path / "watched", Replace(), watch=True)
    for name in plain:
        np.testing.assert_array_equal(plain[name], watched[name])
    tables = []
    for name in ("plain", "watched"):
        with (tmp_path / name / "training.csv").open() as file:
            tables.append(list(csv.DictReader(file)))
    assert {row["test_loss"] for row in tables[0]} == {""}
    assert len(tables[1]) == 3 * PLAN.seeds * PLAN.iterations
    for row in tables[1]:
        if row["step"] == "200":
            assert float(row["test_loss"]) == watched["test_loss"][int(row["seed"]), int(row["iteration"]) - 1]
    first = [float(row["test_loss"]) for row in tables[1] if (row["iteration"], row["seed"]) == ("1", "0")]
    assert len(set(first)) == 3


@pytest.mark.slow
def test_losses_of_an_older_table_are_kept(tmp_path):
    go(tmp_path, Replace(), plan=dataclasses.replace(PLAN, iterations=2))
    table = tmp_path / "training.csv"
    new = table.read_text().splitlines()
    table.write_text("".join(line.rsplit(",", 1)[0] + "\n" for line in new))  # without the column test_loss
    (tmp_path / "checksums.json").unlink()
    go(tmp_path, Replace(), resume=True)
    assert table.read_text().splitlines()[: len(new)] == new


def test_a_folder_that_holds_nothing_but_a_refused_configuration_is_free(tmp_path):
    RunDirectory(tmp_path, {"heads": 5}, resume=False)
    RunDirectory(tmp_path, {"heads": 4}, resume=False).record(1, {"test_loss": np.zeros(1)})
    with pytest.raises(ValueError, match="holds a run already"):
        RunDirectory(tmp_path, {"heads": 4}, resume=False)


def test_the_first_fit_may_have_steps_of_its_own(tmp_path):
    found = go(tmp_path, Replace(), plan=dataclasses.replace(PLAN, iterations=2, first_steps=40))
    with (tmp_path / "training.csv").open() as file:
        rows = list(csv.DictReader(file))
    last = {n: max(int(row["step"]) for row in rows if row["iteration"] == n) for n in ("1", "2")}
    assert last == {"1": 40, "2": 200}
    # 40 steps do not reach the best fit to the real data, 200 reach that to the sampled
    real, sampled = (np.load(tmp_path / "pools" / f"{name}.npy").mean(1) for name in ("real-1", "synthetic-1"))
    assert np.abs(found["value"][:, 0] - real).max() > 1e-2
    np.testing.assert_allclose(found["value"][:, 1], sampled, rtol=1e-3)
    with pytest.raises(ValueError, match="first_steps must be at least 1; got 0"):
        dataclasses.replace(PLAN, first_steps=0)


@pytest.mark.slow
def test_a_chain_depends_on_its_seed_and_index_alone(tmp_path):
    few = go(tmp_path / "few", Accumulate(), plan=dataclasses.replace(PLAN, seeds=2, sample_batch=100))
    more = go(tmp_path / "more", Accumulate())
    np.testing.assert_allclose(few["value"], more["value"][:2], rtol=1e-5)


@pytest.mark.parametrize(
    ("configuration", "resume", "message"),
    [
        ({"workflow": "Replace()"}, False, "holds a run already; --resume goes on with it"),
        (
            {"workflow": "Accumulate()"},
            True,
            "another configuration \\(workflow: there Replace\\(\\), now Accumulate\\(\\)\\)",
        ),
    ],
)
def test_a_directory_of_another_run_is_refused(configuration, resume, message, tmp_path):
    RunDirectory(tmp_path / "run", {"workflow": "Replace()"}, resume=False).record(1, {"test_loss": np.zeros(1)})
    with pytest.raises(ValueError, match=message):
        RunDirectory(tmp_path / "run", configuration, resume=resume)
    assert look(tmp_path / "run", configuration, resume=resume).there


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(ValueError, match="is not empty and holds no run"):
        RunDirectory(tmp_path, {}, resume=True)
    assert not look(tmp_path, {}, resume=True).there
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_sizes_must_be_whole_rows(tmp_path):
    with pytest.raises(ValueError, match="4/3 times T = 4 rows, which is not a whole number"):
        go(tmp_path, FreshReal(Fraction(1, 3)))


def test_no_two_purposes_share_a_key():
    """Chains, iterations and purposes, real data, and held-out data: all keys of a plan are different."""
    plan = dataclasses.replace(PLAN, iterations=12)
    found = [plan.keys, plan.held_out_key[None]]
    for iteration in range(1, plan.iterations + 1):
        found += [plan.keys_for(iteration, purpose) for purpose in ("initialise", "fit", "sample", "order")]
    every = np.concatenate([jr.key_data(keys) for keys in found])
    assert len(np.unique(every, axis=0)) == len(every) == PLAN.seeds * (1 + 12 * 4) + 1
    other = np.concatenate([jr.key_data(dataclasses.replace(plan, seed=8).keys), jr.key_data(plan.keys)])
    assert len(np.unique(other, axis=0)) == 2 * PLAN.seeds


@pytest.mark.parametrize(("T", "batch", "seeds", "rows"), [(40, 12, 5, 2), (40, 1000, 5, 40), (40, 3, 5, 1)])
def test_rows_sampled_at_once_are_of_all_seeds_together(T, batch, seeds, rows):
    assert dataclasses.replace(PLAN, T=T, sample_batch=batch, seeds=seeds).sampled_at_once == rows


def test_draws_and_passes_have_streams_of_their_own(monkeypatch):
    streams = []

    def generator(seed, stream):
        streams.append((tuple(seed), stream))
        return np.random.default_rng([*seed, stream])

    monkeypatch.setattr(of_training, "generator", generator)
    pools = {Pool(j): np.arange(20)[None].repeat(2, 0) for j in (1, 2)}
    monkeypatch.setattr(of_generated, "stream_of", generator)
    seeds = [(0, 1), (0, 2)]
    rows = TrainingRows(AccumulateSubsample(), 2, 20, pools, seeds, held_out=5)
    rows.batches(0, 3, 10)  # two passes over 15 rows
    of_generated.edited(pools[Pool(1)], pools[Pool(2)], Fraction(1, 2), seeds)
    assert len(streams) == len(set(streams)) == 2 * (1 + 1 + 2 + 1)


@dataclasses.dataclass(frozen=True, eq=False)
class Few(Gaussian):
    """Real data for three iterations; nothing may be trained."""

    def check_real(self, iteration, rows):
        check_available(3 * PLAN.T, iteration, rows, noun="numbers", option="numbers")

    def loss(self, model, rows, weights, *, key):
        raise AssertionError("it was trained")


@dataclasses.dataclass(frozen=True)
class Odd(Replace):
    """Samples pools that are no whole number of rows, and that no model is trained on."""

    def pool_size(self, pool):
        return Fraction(1, 3)

    def training_set(self, iteration):
        return by_count(real(1))


@pytest.mark.parametrize(
    ("workflow", "message"),
    [
        (FreshReal(), "iteration 4 needs 4 real numbers beside those before it, 16 in all, and there are 12"),
        (FreshReal(weight=Fraction(1, 2)), "use fewer --numbers or --iterations"),
        (AccumulateFresh(2), r"real\(2\) has 2 times T rows; neural collects T of them"),
        (Odd(), r"synthetic\(1\) has 1/3 times T = 4 rows"),
    ],
)
def test_what_will_be_refused_is_refused_before_anything_is_trained(workflow, message, tmp_path):
    directory = RunDirectory(tmp_path / "run", {}, resume=False)
    with pytest.raises(ValueError, match=message):
        run(Few(), workflow, PLAN, TRAINING, directory)
    assert not (tmp_path / "run").exists()


def test_the_last_training_set_is_looked_at_too():
    """Model 2 alone has the real rows that are twice as many."""
    check_pools(AccumulateFresh(2), dataclasses.replace(PLAN, iterations=1))
    with pytest.raises(ValueError, match=r"real\(2\) has 2 times T rows"):
        check_pools(AccumulateFresh(2), dataclasses.replace(PLAN, iterations=2))


def test_every_number_of_samples_is_looked_at_before_anything_is_trained(monkeypatch):
    asked = []
    monkeypatch.setattr(Few, "check_samples", lambda _, rows: asked.append(rows))
    plan = dataclasses.replace(PLAN, generator=Generator(sizes=(1, 2, Fraction(1, 2), 1, 3)))  # of the pools, times T
    checked_steps(Few(), plan.generator.sized(Replace()), plan, TRAINING)
    assert sorted(asked) == [2, 4, 8, 12]


def test_numbers_that_no_machine_has_are_refused():
    with pytest.raises(ValueError, match="iterations must be at most 1,000; got 1,000,000,000"):
        dataclasses.replace(PLAN, iterations=10**9)
    with pytest.raises(ValueError, match="seeds must be at most 10,000; got 10,001"):
        dataclasses.replace(PLAN, seeds=10_001)
    assert dataclasses.replace(PLAN, seeds=10_000, iterations=1000).T == PLAN.T
