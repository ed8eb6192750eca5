"""Language models in the loop: loss and divergence by enumeration, weights, precision, and a model that is kept."""

import dataclasses
import functools
import itertools
import math

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from neural.directory import RunDirectory
from neural.language import learner as of_learner, metrics
from neural.language.configuration import PRESETS
from neural.language.learner import LanguageModel
from neural.language.markov import Markov
from neural.language.network import Architecture, Sampler, Transformer, log_probabilities

MOVES = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3], [0.25, 0.25, 0.5]])
#: Room for a token more than the source has.
SMALL = Architecture("gpt2", vocabulary=4, context=3, width=8, layers=1, heads=2, hidden=8)


def learner(precision="float32", texts=3000):
    corpus = Markov(MOVES, length=3, test_texts=texts, key=jr.key(0))
    return LanguageModel(corpus, SMALL, Sampler(), precision=precision, test_batch=texts // 3)


@functools.cache
def models():
    """Two with weights large enough to be unlike the source."""
    of_key = eqx.filter_jit(eqx.filter_vmap(lambda key: Transformer(SMALL, key=key)))
    return jax.tree.map(lambda leaf: 2 * leaf if eqx.is_array(leaf) else leaf, of_key(jr.split(jr.key(1), 2)))


def one(index):
    return jax.tree.map(lambda leaf: leaf[index] if eqx.is_array(leaf) else leaf, models())


def test_divergence_is_that_of_all_texts():
    made, stacked = learner(), models()
    found_metrics = made.test(stacked) | made.evaluate(stacked, np.stack([made.corpus.test] * 2))
    of_text = eqx.filter_jit(log_probabilities)
    for seed in range(2):
        model = one(seed)
        divergence = cross = tokens = 0.0
        for text in itertools.product(range(3), repeat=3):
            end = text.index(0) if 0 in text else 2
            if any(text[end + 1 :]):
                continue
            path = [0, *text[: end + 1]]
            known = [math.log(MOVES[a, b]) for a, b in itertools.pairwise(path)]
            found = np.asarray(of_text(model, jnp.array([text], jnp.int32)), np.float64)
            probability = math.exp(sum(known))
            divergence += probability * (sum(known) - found.sum())
            cross -= probability * found.sum()
            tokens += probability * len(known)
        # 3000 texts stand for all of them
        assert found_metrics["kl"][seed] == pytest.approx(divergence / tokens, rel=0.05)
        assert found_metrics["test_loss"][seed] == pytest.approx(cross / tokens, rel=0.05)
    # a token that the source does not have, and nothing else, is impossible; here the source's own texts were shown
    assert found_metrics["impossible"].tolist() == [0, 0]
    assert found_metrics["tail_lost"].tolist() == [0, 0]


def test_a_row_counts_by_its_weight():
    made, model = learner(), one(0)
    rows = np.array([[1, 2, 0], [2, 0, 0], [1, 1, 1]], np.uint16)
    loss = eqx.filter_jit(lambda weights: made.loss(model, jnp.asarray(rows), weights, key=jr.key(0)))
    twice = eqx.filter_jit(
        lambda: made.loss(model, jnp.asarray(rows[[0, 0, 2]]), jnp.ones(3, jnp.float32), key=jr.key(0))
    )
    assert float(loss(jnp.array([2.0, 0.0, 1.0], jnp.float32))) == pytest.approx(float(twice()), rel=1e-5)


@pytest.mark.slow
def test_half_precision_computes_nearly_the_same_and_learns_in_full():
    rows, weights = learner().corpus.test[:64], jnp.ones(64, jnp.float32)
    with jax.numpy_dtype_promotion("standard"):  # JAX's attention promotes by itself
        found = [
            eqx.filter_jit(eqx.filter_value_and_grad(learner(p).loss))(
                one(0), jnp.asarray(rows), weights, key=jr.key(0)
            )
            for p in ("float32", "bfloat16")
        ]
    (full, full_gradient), (half, half_gradient) = found
    assert float(half) == pytest.approx(float(full), rel=0.01)
    assert float(half) != float(full)
    for a, b in zip(jax.tree.leaves(full_gradient), jax.tree.leaves(half_gradient), strict=True):
        assert a.dtype == b.dtype == jnp.float32
        assert float(jnp.abs(a - b).max()) < 0.05 * float(jnp.abs(a).max()) + 0.01


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_everything_is_computed_in_the_precision_that_is_given(precision, monkeypatch):
    found = []

    def told(models, *_):
        found.append({leaf.dtype.name for leaf in jax.tree.leaves(eqx.filter(models, eqx.is_inexact_array))})
        raise NotImplementedError

    for name in ("_sample", "_test", "log_probabilities"):
        monkeypatch.setattr(of_learner, name, told)
    made, rows = learner(precision, texts=3), jnp.zeros((2, 3), jnp.uint16)
    for compute in (
        lambda: made.sample(models(), keys=jr.split(jr.key(0), (2, 3))),
        lambda: made.test(models()),
        lambda: made.loss(one(0), rows, jnp.ones(2, jnp.float32), key=jr.key(0)),
    ):
        with pytest.raises(NotImplementedError):
            compute()
    assert found == [{precision}] * 3


def test_a_model_kept_and_read_has_the_same_loss_to_the_bit(tmp_path):
    made, stacked = learner(), models()
    directory = RunDirectory(tmp_path, {}, resume=False)
    directory.save("model", {"step": 3}, stacked)
    found = directory.load("model", jax.tree.map(lambda x: 0 * x if eqx.is_array(x) else x, stacked))
    assert found is not None
    header, read = found
    assert header == {"step": 3}
    before, after = (made.test(m) for m in (stacked, read))
    assert before["test_loss"].tolist() == after["test_loss"].tolist()
    assert before["kl"].tolist() == after["kl"].tolist()


def test_every_preset_says_a_model_that_its_corpus_fits(tmp_path):
    for name in ("smoke", "cpu", "gpu"):
        preset = dataclasses.replace(PRESETS[name], test_stories=2)
        assert preset.learner(tmp_path).architecture.width % preset.heads == 0
    assert PRESETS["gpu"].precision == PRESETS["paper"].precision == "bfloat16"


def test_a_corpus_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="3 tokens in rows of 3, the model room for 2 in 3"):
        LanguageModel(learner(texts=3).corpus, Architecture("gpt2", 2, 3, 8, 1, 2, 8), Sampler())


def by_hand(model, rows):
    """Log-probabilities (rows, length, vocabulary) of each next token, and which places count."""
    before = np.concatenate([np.zeros((len(rows), 1), np.int32), rows[:, :-1]], axis=1).astype(np.int32)
    logits = np.asarray(eqx.filter_jit(lambda model, rows: model(rows))(model, before), np.float64)
    counts = np.ones(rows.shape, bool)
    for row, count in zip(rows, counts, strict=True):
        ends = np.flatnonzero(row == 0)
        count[ends[0] + 1 if len(ends) else len(row) :] = False
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True)), counts


def test_the_loss_is_nats_a_token_of_the_texts():
    """Of those that count: what fills a row up behind its end is no token."""
    made, model = learner(texts=30), one(0)
    rows = np.array([[1, 2, 0], [2, 0, 0], [1, 1, 1], [0, 0, 0]], np.uint16)
    weights = np.array([1.0, 3.0, 0.5, 2.0], np.float32)
    found, counts = by_hand(model, rows)
    chosen = np.take_along_axis(found, rows[..., None].astype(int), axis=2)[..., 0]
    # a text counts by its weight, and so do its tokens: 3, 2, 3 and 1 of them
    expected = -(weights[:, None] * np.where(counts, chosen, 0)).sum() / (weights * [3, 2, 3, 1]).sum()
    loss = eqx.filter_jit(lambda: made.loss(model, jnp.asarray(rows), jnp.asarray(weights), key=jr.key(0)))()
    assert float(loss) == pytest.approx(expected, rel=1e-5)
    tested = made.test(models())["test_loss"][0]
    found, counts = by_hand(model, made.corpus.test)
    chosen = np.take_along_axis(found, made.corpus.test[..., None].astype(int), axis=2)[..., 0]
    assert tested == pytest.approx(-chosen[counts].sum() / counts.sum(), rel=1e-5)


def test_divergence_is_that_of_each_next_token():
    """Exactly, on the held-out texts: the mean over their tokens of sum p log(p/q), p from the source itself."""
    made = learner(texts=30)
    kl = made.test(models())["kl"]
    rows = made.corpus.test
    before = np.concatenate([np.zeros((len(rows), 1), int), rows[:, :-1].astype(int)], axis=1)
    for seed in range(2):
        found, counts = by_hand(one(seed), rows)
        p = MOVES[before]
        each = (p * (np.log(p) - found[..., :3])).sum(-1)
        assert kl[seed] == pytest.approx(each[counts].sum() / counts.sum(), rel=1e-4)  # a difference of float32 sums


def test_metrics_are_of_the_samples_and_their_tail_of_the_real_texts():
    made = learner(texts=30)
    samples = np.array([[[1, 1, 0], [1, 1, 0]], [[2, 3, 1], [3, 0, 0]]], np.uint16)
    found = made.evaluate(models(), samples)
    for seed, rows in enumerate(samples):
        assert found["entropy"][seed] == metrics.entropy(rows)
        assert found["distinct"][seed] == metrics.distinct(rows)
        assert found["tail_lost"][seed] == metrics.tail_lost(made.corpus.test, rows) > 0


def test_texts_are_shown_by_seed():
    suffix, content = learner(texts=3).show(np.array([[[1, 2, 0], [2, 2, 2]], [[0, 0, 0], [1, 0, 0]]], np.uint16))
    assert (suffix, content.decode()) == ("txt", "seed 0\n  1 2\n  2 2 2\n\nseed 1\n  \n  1\n")


def test_sampling_is_at_the_temperature_that_is_given():
    """Nearly none: the likeliest token each time; and all else that is random is in the keys."""
    cold = dataclasses.replace(learner(texts=3), sampler=Sampler(1e-4))
    keys = jr.split(jr.key(5), (2, 6))
    drawn = cold.sample(models(), keys=keys)
    for seed, rows in enumerate(drawn):
        found, counts = by_hand(one(seed), rows)
        assert (np.where(counts, found.argmax(-1), 0) == rows).all()
    warm = dataclasses.replace(cold, sampler=Sampler(3.0)).sample(models(), keys=keys)
    assert len(np.unique(warm.reshape(-1, 3), axis=0)) > 2
