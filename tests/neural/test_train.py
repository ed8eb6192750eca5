"""The inner loop on a model of one number: Adam by hand, seeds apart, resumed, never compiled twice, stopped."""

import dataclasses
import math

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from neural import train as of_train
from neural.conformers.network import Architecture as DenoiserArchitecture, Denoiser
from neural.images.network import VAE, Architecture as VAEArchitecture
from neural.language.network import Architecture as TransformerArchitecture, Transformer
from neural.train import Fit, Training, decayed, train

TRAINING = Training(batch_size=2, learning_rate=0.1, steps=10, warmup=0.2, clip=1.5, chunk=4)
KEYS = jr.split(jr.key(0), 3)
TRACES = []


class Number(eqx.Module):
    """A location."""

    value: jax.Array


def loss(model, rows, weights, *, key):
    """Weighted squares."""
    TRACES.append(rows.shape)
    return (weights * (rows - model.value) ** 2).sum()


def begin(training=TRAINING):
    return Fit.begin(Number(jnp.arange(3, dtype=jnp.float32)), training)


def batches(start, end):
    """Rows that tell the step and the seed, weighted unequally."""
    steps = np.arange(start, end, dtype=np.float32)[:, None, None]
    rows = np.cos(steps) + np.arange(3, dtype=np.float32)[None, :, None] * np.array([1, 2], np.float32)
    return rows, np.broadcast_to(np.array([0.5, 1.5], np.float32), rows.shape)


def run(fit, *, start=0, steps=10, training=TRAINING, batches=batches):
    return list(train(fit, loss, batches, training, start=start, steps=steps, keys=KEYS))


def by_hand(seed, steps):
    """The loop as the formulas have it: clipped gradient, Adam with bias correction, linear rise and cosine fall."""
    value, m, v = float(seed), 0.0, 0.0
    for step in range(steps):
        rows, weights = (part[0, seed] for part in batches(step, step + 1))
        gradient = float((-2 * weights * (rows - value)).sum())
        gradient *= min(1.0, 1.5 / abs(gradient))
        m, v = 0.9 * m + 0.1 * gradient, 0.95 * v + 0.05 * gradient**2
        done = (step + 0.5) / steps
        rate = 0.1 * (done / 0.2 if done < 0.2 else 0.5 * (1 + math.cos(math.pi * (done - 0.2) / 0.8)))
        value -= rate * (m / (1 - 0.9 ** (step + 1))) / (math.sqrt(v / (1 - 0.95 ** (step + 1))) + 1e-8)
    return value


def test_each_seed_is_adam_by_hand():
    chunks = run(begin())
    assert [step for step, _, _ in chunks] == [4, 8, 10]
    assert [len(losses) for _, _, losses in chunks] == [4, 4, 2]
    np.testing.assert_allclose(chunks[-1][1].models.value, [by_hand(seed, 10) for seed in range(3)], rtol=1e-5)


def test_going_on_from_a_chunk_ends_alike():
    straight = run(begin())
    done, fit, _ = next(train(begin(), loss, batches, TRAINING, start=0, steps=10, keys=KEYS))
    resumed = run(fit, start=done)
    np.testing.assert_array_equal(straight[-1][1].models.value, resumed[-1][1].models.value)
    np.testing.assert_array_equal(straight[-1][2], resumed[-1][2])


def test_other_step_counts_compile_nothing_anew():
    run(begin())
    before = len(TRACES)
    run(begin(), steps=23)
    run(begin(), steps=3)
    assert len(TRACES) == before


def test_a_loss_that_is_not_finite_stops_with_step_and_seed():
    def poisoned(start, end):
        rows, weights = batches(start, end)
        for step in range(start, end):
            if step >= 5:
                rows[step - start, 1] = np.nan
        return rows, weights

    chunks = train(begin(), loss, poisoned, TRAINING, start=0, steps=10, keys=KEYS)
    assert next(chunks)[0] == 4
    with pytest.raises(
        FloatingPointError, match=r"seed 1 is not finite at step 6 of 10; lower the learning rate \(now 0.1\)"
    ):
        next(chunks)


def test_budget_in_epochs_grows_with_the_data_and_in_steps_does_not():
    epochs = dataclasses.replace(TRAINING, steps=None, epochs=1.5)
    assert [epochs.budget(rows) for rows in (1, 100, 300)] == [1, 75, 225]
    assert [epochs.budget(rows) for rows in (99, 101, 3)] == [74, 76, 2]  # to the nearest
    assert [TRAINING.budget(rows) for rows in (1, 100, 300)] == [10, 10, 10]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 1.0}, "in epochs or in steps, one of them"),
        ({"steps": None}, "in epochs or in steps, one of them"),
        ({"steps": 0}, "steps must be positive; got 0"),
        ({"learning_rate": -1.0}, "learning_rate must be positive"),
        ({"warmup": 1.0}, "warmup is a share"),
        ({"weight_decay": -0.1}, "weight_decay times the learning rate"),
        ({"weight_decay": 10.0}, "at least 0 and below 1; got 10.0 times 0.1"),
        ({"averaging": 1.0}, "averaging is a share that is kept, at least 0 and below 1; got 1.0"),
        ({"averaging": 1.5}, "averaging is a share that is kept, at least 0 and below 1; got 1.5"),
        ({"averaging": -0.5}, "averaging is a share that is kept, at least 0 and below 1; got -0.5"),
        ({"warmup": 1.5}, "warmup is a share"),
        ({"warmup": -0.5}, "warmup is a share"),
    ],
)
def test_bad_budgets(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(TRAINING, **changes)


def test_every_step_and_seed_has_a_key_of_its_own():
    """A loss that is the key's own number, whatever the model: it differs between all steps and seeds."""

    def random(model, rows, weights, *, key):
        return jr.uniform(key, (), jnp.float32) + 0 * model.value

    chunks = train(begin(), random, batches, TRAINING, start=0, steps=10, keys=KEYS)
    losses = np.concatenate([losses for _, _, losses in chunks])
    assert losses.shape == (10, 3)
    assert len(np.unique(losses)) == 30


@pytest.mark.parametrize("budget", [{"steps": 2**31}, {"steps": 10**18}, {"epochs": 1e300}, {"epochs": 1.7e308}])
def test_steps_beyond_what_is_counted_are_refused(budget):
    with pytest.raises(ValueError, match="a fit has fewer than 2.31 steps; got .* Use fewer --epochs or --steps"):
        Training(batch_size=2, learning_rate=0.1, **budget).budget(100)
    assert Training(batch_size=2, learning_rate=0.1, steps=2**31 - 1).budget(100) == 2**31 - 1


class Line(eqx.Module):
    """A linear map of one number, with a scale and a table beside it that are not to decay."""

    map: eqx.nn.Linear
    norm: eqx.nn.LayerNorm
    table: jax.Array

    def __init__(self, key):
        self.map = eqx.nn.Linear(1, 1, key=key, dtype=jnp.float32)
        self.norm, self.table = eqx.nn.LayerNorm(1, dtype=jnp.float32), jnp.ones(1, jnp.float32)


def test_weight_decay_takes_its_share_of_linear_maps_alone():
    """With a loss that is flat, a step takes rate times decay off the weights, and nothing off the rest."""
    training = dataclasses.replace(TRAINING, weight_decay=0.5)
    lines = eqx.filter_vmap(Line)(jr.split(jr.key(1), 3))
    before = jax.tree.map(lambda x: np.array(x) if eqx.is_array(x) else x, lines)

    def flat(model, rows, weights, *, key):
        return jnp.float32(0) * sum(leaf.sum() for leaf in jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array)))

    *_, (_, fit, _) = train(Fit.begin(lines, training), flat, batches, training, start=0, steps=10, keys=KEYS)
    done = [(step + 0.5) / 10 for step in range(10)]
    rates = [0.1 * (x / 0.2 if x < 0.2 else 0.5 * (1 + math.cos(math.pi * (x - 0.2) / 0.8))) for x in done]
    kept = math.prod(1 - 0.5 * rate for rate in rates)
    assert kept < 0.8
    np.testing.assert_allclose(fit.models.map.weight, kept * before.map.weight, rtol=1e-5)
    for of in (lambda line: line.map.bias, lambda line: line.norm.weight, lambda line: line.table):
        np.testing.assert_array_equal(of(fit.models), of(before))


MODELS = {
    "transformer": (Transformer, TransformerArchitecture("gpt2", 9, 5, 4, 2, 2, 8), 4),
    "vae": (VAE, VAEArchitecture("convolutional", 4, 4, 1, 2, 3, 1, 0.1), 5),
    "diffusion": (Denoiser, DenoiserArchitecture(3, 2, 4, 2), 2 + 2 * 4),
}


@pytest.mark.parametrize("name", MODELS)
def test_what_decays_in_each_network(name):
    network, architecture, maps = MODELS[name]
    model = eqx.filter(eqx.filter_eval_shape(network, architecture, key=KEYS[0]), lambda leaf: hasattr(leaf, "shape"))
    model = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, jnp.float32), model)
    marked = jax.tree_util.tree_leaves_with_path(decayed(model))
    chosen = [jax.tree_util.keystr(path) for path, mark in marked if mark]
    assert len(chosen) == maps
    for path in chosen:
        assert path.endswith(".weight")
        assert "norm" not in path


def test_no_scale_and_no_table_decays():
    tables = eqx.filter_eval_shape(lambda key: eqx.nn.Embedding(3, 2, key=key, dtype=jnp.float32), KEYS[0])
    norms = [norm(2, dtype=jnp.float32) for norm in (eqx.nn.LayerNorm, eqx.nn.RMSNorm)]
    norms += [eqx.nn.GroupNorm(1, 2, dtype=jnp.float32)]
    for module in (*norms, jax.tree.map(lambda leaf: np.zeros(leaf.shape, np.float32), tables)):
        assert module.weight.size >= 2
        assert not any(jax.tree.leaves(decayed(eqx.filter(module, eqx.is_array))))


def test_the_average_is_of_the_weights_after_each_step():
    training = dataclasses.replace(TRAINING, averaging=0.6, chunk=1)
    average, value = np.zeros(3), np.zeros(3)
    for step, fit, _ in train(begin(training), loss, batches, training, start=0, steps=10, keys=KEYS):
        value, keeps = np.array(fit.models.value), min(0.6, (step - 1) / (step + 8))
        average = keeps * average + (1 - keeps) * value
        np.testing.assert_allclose(fit.result.value, average, rtol=1e-5)
    assert np.abs(average - value).max() > 1e-3


def test_what_came_after_results_were_recorded_is_told_where_it_is_set():
    told = "Training(batch_size=2, learning_rate=0.1, epochs=None, steps=10, warmup=0.2, clip=1.5, chunk=4)"
    assert str(TRAINING) == told
    later = dataclasses.replace(TRAINING, weight_decay=0.1, averaging=0.5)
    assert str(later) == told.replace(" chunk", " weight_decay=0.1, averaging=0.5, chunk")


def test_on_a_cpu_a_device_is_one_thread(monkeypatch):
    """Else several devices wait for the same threads."""
    asked = {}
    monkeypatch.setattr(eqx, "filter_jit", lambda compute, **options: asked.update(options) or compute)
    of_train._compiled.__wrapped__()
    assert jax.local_devices()[0].platform == "cpu"
    assert asked["compiler_options"] == {"xla_cpu_multi_thread_eigen": False}
