"""Fits until converged: the rule by hand, what is held out, the best kept, and runs that are killed in between."""

import csv
import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from neural import loop as of_loop, train as of_train
from neural.convergence import NEVER, Converged, HeldOut, Patience
from neural.directory import RunDirectory
from neural.loop import run
from neural.plan import Plan
from neural.train import Fit, Training, train
from neural.training_set import TrainingRows
from tests.neural.test_loop import LEARNER, Number, Stopped, files
from theory import Accumulate, AccumulateSubsample, FreshReal, Pool, Replace, Workflow

RULE = Converged(validation=0.25, check_every=10, patience=2, most_steps=400)
TRAINING = Training(batch_size=8, learning_rate=0.2, until=RULE, chunk=7)
PLAN = Plan(iterations=2, T=16, seeds=2, seed=3, sample_batch=64)


def walk(losses, rule=RULE):
    """The rule in words, for one fit whose state is the step it came from: (state, best, end, latest) by check."""
    best, best_loss, mark, waited, end, latest, found = 0, np.inf, np.inf, 0, NEVER, np.inf, []
    for number, loss in enumerate(losses, 1):
        step, state = number * rule.check_every, number
        if step <= end:
            latest = loss
            if loss < best_loss:
                best, best_loss = number, loss
            progress = np.isinf(mark) or loss < mark - 1e-3 * abs(mark)
            mark, waited = (loss, 0) if progress else (mark, waited + 1)
            following = step + rule.check_every
            full = following + stretch(following, rule) > rule.most
            if end == NEVER and (waited >= rule.patience or full):
                state, end = best, step + stretch(best * rule.check_every, rule)
        found.append((state, best, end, latest))
    return found


def stretch(step, rule):
    return rule.check_every * max(1, -(-step // (4 * rule.check_every)))


LOSSES = [
    pytest.param([5, 4, 3, 3.5, 3.6, 2.9, 2.8, 9], id="patience runs out, and the last stretch betters it"),
    pytest.param([-1, -2, -2.001, -2.0015, -9, -9], id="of negative losses; a thousandth is no progress"),
    pytest.param([3, 2.99, 2.98, 2.97, 2.9699, 2.9698, 9, 9], id="three thousandths are progress"),
    pytest.param([1, 0.99903, 0.99897, 9, 9, 9], id="a thousandth is progress, and a little less is not"),
    pytest.param([1.0, 2, 3, 0.5, 0.1, 0.05], id="the first is the best; nothing counts behind the end"),
    pytest.param([1 / n for n in range(1, 41)], id="no room for more"),
    pytest.param([np.inf, 2, 1, 3, 3, 3], id="nothing to compare with at first"),
]


@pytest.mark.parametrize("losses", LOSSES)
def test_the_rule_is_as_in_words(losses):
    patience = jax.tree.map(lambda leaf: leaf[0], Patience.begin((jnp.zeros(1, jnp.int32),), 1))
    checked = jax.jit(lambda patience, state, step, loss: patience.checked(RULE, state, step, loss))
    end = NEVER
    for number, (loss, (state, best, end, latest)) in enumerate(zip(losses, walk(losses), strict=True), 1):
        now = (jnp.int32(number),)
        (gone_on,), patience = checked(patience, now, jnp.int32(10 * number), jnp.float32(loss))
        assert (int(gone_on), int(patience.best[0]), int(patience.end)) == (state, best, end)
        assert patience.has_ended(10 * number) == (10 * number >= end)
        assert float(patience.latest) == np.float32(latest)  # an average of weights goes on to move behind the end
        if best:
            assert (float(patience.loss), int(patience.step)) == (np.float32(losses[best - 1]), 10 * best)
    assert 10 * len(losses) >= end, "the case does not come to its end"
    assert end <= RULE.most


def test_no_fit_is_longer_than_the_largest_number_of_steps():
    for most in (20, 29, 30, 95, 130, 400):
        rule = dataclasses.replace(RULE, most_steps=most)
        *_, (_, _, end, _) = walk([1 / n for n in range(1, 50)], rule)
        assert end <= rule.most <= most
        assert rule.most - end <= 0.25 * most


def test_the_rate_rises_stays_and_falls_to_nothing():
    patience = Patience.begin((), 1)
    known = dataclasses.replace(patience, end=jnp.array([120]), stretch=jnp.array([40]))

    def rates(patience, steps):
        training = dataclasses.replace(TRAINING, warmup=0.5)  # of two checks of ten steps: 10 steps
        of_one = jax.tree.map(lambda leaf: leaf[0], patience)
        return [float(training.rate(jnp.int32(step), jnp.int32(RULE.most), of_one)) / 0.2 for step in steps]

    np.testing.assert_allclose(rates(patience, (0, 5, 9, 10, 390)), [0.05, 0.55, 0.95, 1, 1], rtol=1e-5)
    np.testing.assert_allclose(rates(known, (79, 80, 100, 119, 120, 399)), [1, 39.5 / 40, 19.5 / 40, 0.5 / 40, 0, 0])


def test_held_out_rows_are_in_no_batch_and_each_seed_has_its_own():
    pools = {Pool(j): 100 * j + np.arange(20)[None].repeat(2, 0) for j in (1, 2, 3)}
    for workflow, rows in ((Accumulate(), 60), (AccumulateSubsample(), 20)):
        seeds = [(0, 1), (0, 2)]
        split = TrainingRows(workflow, 3, 20, pools, seeds, held_out=6)
        whole = TrainingRows(workflow, 3, 20, pools, seeds)
        held, weights = split.held_out()
        assert held.shape == weights.shape == (2, 6)
        trained, _ = split.batches(0, 2 * (rows - 6), 1)  # two passes
        every, _ = whole.batches(0, rows, 1)
        for seed in range(2):
            assert split.rows == rows - 6
            assert not set(held[seed]) & set(trained[:, seed].ravel())
            assert set(held[seed]) | set(trained[:, seed].ravel()) == set(every[:, seed].ravel())
        assert set(held[0]) != set(held[1])
    # killed, a fit goes on with the same ones also in another version
    numbers = np.sort(TrainingRows(Accumulate(), 3, 20, pools, [(0, 1)], held_out=6).held_out()[0][0])
    assert numbers.tolist() == [116, 203, 214, 219, 300, 318]
    weighted = TrainingRows(Accumulate(), 3, 20, pools, [(0, 1)], held_out=6)
    np.testing.assert_array_equal(weighted.held_out()[0], weighted.held_out()[0])


def test_the_held_out_loss_reads_each_row_as_often_with_its_weight():
    rows, weights = np.arange(6, dtype=np.float32)[None], np.array([[1, 1, 1, 2, 2, 2]], np.float32)
    held_out = HeldOut(jnp.asarray(rows), jnp.asarray(weights), jr.split(jr.key(0), 1), 8)
    found = held_out.loss(
        lambda rows, weights, key: (rows * weights).mean(), jax.tree.map(lambda x: x[0], held_out.seeds)
    )
    np.testing.assert_allclose(found, (rows * weights).mean(), rtol=1e-6)
    keys = []
    held_out.loss(
        lambda rows, weights, key: keys.append(key) or jr.uniform(key), jax.tree.map(lambda x: x[0], held_out.seeds)
    )
    random = held_out.loss(lambda rows, weights, key: jr.uniform(key), jax.tree.map(lambda x: x[0], held_out.seeds))
    by_hand = np.mean([jr.uniform(jr.fold_in(held_out.keys[0], batch)) for batch in range(3)])
    np.testing.assert_allclose(random, by_hand, rtol=1e-6)


def overshooting(training, steps=None):
    """Fits from 0 and 1 on to rows at 5, with held-out rows at 2: (steps, fit) after each chunk."""

    def batches(start, end):
        return np.full((end - start, 2, 4), 5, np.float32), np.ones((end - start, 2, 4), np.float32)

    held_out = HeldOut(jnp.full((2, 3), 2, jnp.float32), jnp.ones((2, 3), jnp.float32), jr.split(jr.key(1), 2), 4)
    fit = Fit.begin(Number(jnp.array([0.0, 1.0], jnp.float32)), training)
    chunks = train(
        fit,
        LEARNER.loss,
        batches,
        training,
        start=0,
        steps=training.budget(12) if steps is None else steps,
        keys=jr.split(jr.key(0), 2),
        held_out=held_out,
    )
    # Copies: each chunk uses up the fit before it.
    return [(step, jax.tree.map(lambda x: x.copy() if eqx.is_array(x) else x, fit)) for step, fit, _ in chunks]


def test_the_best_weights_are_kept_and_the_fit_goes_back_to_them():
    training = dataclasses.replace(TRAINING, learning_rate=0.02, chunk=5)
    found = overshooting(training)
    fits = {step: fit for step, fit in found if step % 10 == 0}
    values = np.array([fits[step].models.value for step in fits])
    losses = np.array([fits[step].patience.latest for step in fits])
    np.testing.assert_allclose(losses[:3], (values[:3] - 2) ** 2, rtol=1e-5)
    last = found[-1][1]
    for seed in (0, 1):
        assert abs(last.result.value[seed] - 2) < 0.2  # on the way to 5
        np.testing.assert_allclose((last.result.value[seed] - 2) ** 2, last.patience.loss[seed], rtol=1e-5)
        assert last.patience.loss[seed] == losses[:, seed].min()
    assert last.patience.step[1] < last.patience.step[0]  # it is nearer
    assert found[-1][0] == int(last.patience.end.max()) < RULE.most
    # ended, a seed stays where it is while another goes on
    first = int(last.patience.end.min())
    assert first < found[-1][0]
    assert len({float(fit.models.value[1]) for step, fit in fits.items() if step >= first}) == 1


def test_chunks_and_neighbours_change_no_digit():
    ends = [overshooting(dataclasses.replace(TRAINING, chunk=chunk))[-1] for chunk in (1, 7, 30)]
    for step, fit in ends[1:]:
        assert step == ends[0][0]
        np.testing.assert_array_equal(fit.result.value, ends[0][1].result.value)


EVERYTHING = Accumulate()


def go(path, *, workflow: Workflow = EVERYTHING, plan=PLAN, training=TRAINING, resume=False, learner=LEARNER):
    directory = RunDirectory(path, {"workflow": str(workflow)}, resume=resume)
    return run(learner, workflow, plan, training, directory, checkpoint_seconds=0.0)


@pytest.mark.slow
@pytest.mark.parametrize("training", [TRAINING, dataclasses.replace(TRAINING, averaging=0.9)], ids=["plain", "average"])
def test_a_run_stopped_within_any_check_goes_on_to_the_same_files(training, tmp_path, monkeypatch):
    straight = go(tmp_path / "straight", training=training)
    check, calls, stop_at = of_train._check, 0, 0

    def stopping(*parts):
        nonlocal calls
        calls += 1
        if calls == stop_at:
            raise Stopped
        return check(*parts)

    monkeypatch.setattr(of_train, "_check", stopping)
    stops = 0
    while True:
        # The first check of an attempt goes again over what the one before was stopped in.
        calls, stop_at = 0, 2 + stops % 2
        try:
            again = go(tmp_path / "stopped", training=training, resume=True)
            break
        except Stopped:
            stops += 1
            assert stops < 100, "no stop came further than the one before"
    assert stops >= 5
    assert files(tmp_path / "stopped") == files(tmp_path / "straight")
    for name, values in straight.items():
        np.testing.assert_array_equal(values, again[name])


@pytest.mark.slow
def test_a_run_stopped_after_its_fit_still_tells_how_that_went(tmp_path, monkeypatch):
    straight = go(tmp_path / "straight")
    with monkeypatch.context() as patch:
        patch.setattr(of_loop.Chain, "sample", lambda *_: (_ for _ in ()).throw(Stopped))
        with pytest.raises(Stopped):
            go(tmp_path / "stopped")
    again = go(tmp_path / "stopped", resume=True)
    assert {"held_out_loss", "fit_steps"} <= again.keys()
    for name, values in straight.items():
        np.testing.assert_array_equal(values, again[name])
    assert files(tmp_path / "stopped") == files(tmp_path / "straight")


def test_no_step_draws_as_the_held_out_rows_do(tmp_path, monkeypatch):
    given = []

    def stopped(*_, keys, held_out, steps, **others):
        given.append((keys, held_out.keys, steps))
        raise Stopped

    monkeypatch.setattr(of_loop, "train", stopped)
    with pytest.raises(Stopped):
        go(tmp_path)
    ((keys, held_out, steps),) = given
    of_steps = jax.vmap(jax.vmap(jr.fold_in, (None, 0)), (0, None))(keys, jnp.arange(steps))
    every = np.concatenate([jr.key_data(each).reshape(-1, 2) for each in (keys, held_out, of_steps)])
    assert steps > 100
    assert len(np.unique(every, axis=0)) == len(every)


def test_watched_is_the_average_and_held_out_rows_have_their_weights(tmp_path, monkeypatch):
    """With averages of 4 now and of 5 at best the test loss after a chunk is (4 - 3)^2, and the model's (5 - 3)^2."""
    given = []

    def train(fit, *_, steps, held_out, **others):
        given.append(held_out)
        weights, average, best = (Number(jnp.full(2, value, jnp.float32)) for value in (9, 4, 5))
        loss = jnp.full(2, 0.5, jnp.float32)
        patience = dataclasses.replace(fit.patience, best=(weights, fit.optimiser, best), loss=loss, latest=loss)
        yield steps, Fit(weights, fit.optimiser, average, patience), np.zeros((1, 2), np.float32)

    monkeypatch.setattr(of_loop, "train", train)
    directory = RunDirectory(tmp_path, {}, resume=False)
    found = run(LEARNER, FreshReal(1, "3/4"), PLAN, TRAINING, directory, watch=True)
    assert [float(row["test_loss"]) for row in directory.training()] == [1] * 4
    assert found["test_loss"].tolist() == [[4, 4], [4, 4]]
    # three quarters of the weight are fresh real rows', half of all
    pool = np.load(tmp_path / "pools" / "real-2.npy")
    for seed in range(2):
        real = np.isin(given[1].rows[seed], pool[seed])
        assert 0 < real.sum() < real.size == 8
        assert given[1].weights[seed].tolist() == np.where(real, 1.5, 0.5).tolist()


def test_the_table_of_losses_has_the_held_out_ones_and_the_metrics_the_best(tmp_path):
    found = go(tmp_path, workflow=Replace())
    with (tmp_path / "training.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if (row["iteration"], row["seed"]) == ("1", "1")]
    checks = {int(row["step"]): float(row["held_out_loss"]) for row in rows if row["held_out_loss"]}
    assert list(checks) == [step for step in map(int, (row["step"] for row in rows)) if step % 10 == 0]
    best, steps = found["held_out_loss"][1, 0], int(found["fit_steps"][1, 0])
    assert checks[steps] == best == min(checks.values())
    later = [loss for step, loss in checks.items() if step > steps]
    assert later
    assert min(later) > best  # each as it was found


@pytest.mark.slow
def test_a_chain_depends_on_its_seed_and_index_alone(tmp_path):
    one = go(tmp_path / "one", plan=dataclasses.replace(PLAN, seeds=1))
    two = go(tmp_path / "two")
    np.testing.assert_array_equal(one["fit_steps"], two["fit_steps"][:1])
    np.testing.assert_allclose(one["value"], two["value"][:1], rtol=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"validation": 0.0}, "validation is a share of the training set, above 0 and below 1; got 0"),
        ({"validation": 1.0}, "validation is a share of the training set"),
        ({"check_every": 0}, "check_every must be at least 1; got 0"),
        ({"patience": 0}, "patience must be at least 1; got 0"),
        ({"most_steps": 19}, "most_steps must be at least two checks, 20 steps"),
        ({"most_steps": 2**31 - 1}, "below 2\\^31 - 1"),
    ],
)
def test_rules_that_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(RULE, **changes)


def test_an_empty_split_is_refused_before_anything_is_written(tmp_path):
    for share, held in ((0.01, 0), (0.99, 16)):
        training = dataclasses.replace(TRAINING, until=dataclasses.replace(RULE, validation=share))
        with pytest.raises(ValueError, match=f"{share} holds {held} of 16 rows out .* use another --validation"):
            go(tmp_path / "run", training=training)
    with pytest.raises(ValueError, match="--first-steps is of fits of a given length"):
        go(tmp_path / "run", plan=dataclasses.replace(PLAN, first_steps=5))
    assert not (tmp_path / "run").exists()


def test_a_held_out_loss_that_is_not_finite_stops():
    def batches(start, end):
        return np.zeros((end - start, 2, 4), np.float32), np.ones((end - start, 2, 4), np.float32)

    rows = jnp.array([[1, 1, 1], [1, jnp.nan, 1]], jnp.float32)
    held_out = HeldOut(rows, jnp.ones((2, 3), jnp.float32), jr.split(jr.key(1), 2), 4)
    fit = Fit.begin(Number(jnp.zeros(2, jnp.float32)), TRAINING)
    keys = jr.split(jr.key(0), 2)
    chunks = train(fit, LEARNER.loss, batches, TRAINING, start=0, steps=400, keys=keys, held_out=held_out)
    assert next(chunks)[0] == 7
    with pytest.raises(FloatingPointError, match="held-out loss of seed 1 is not finite at step 10 of 400"):
        next(chunks)
