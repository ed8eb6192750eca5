"""The transformer: sizes, causality, a known source, the cache, and the share of each token."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from neural.language.network import (
    PAPER,
    Architecture,
    Sampler,
    Transformer,
    counted,
    log_probabilities,
    rotate,
    sample,
)
from neural.train import Fit, Training, train
from tests.helpers import thinned
from tests.neural.drawn import drawn_apart

STYLES = ("gpt2", "llama2")


def small(style, vocabulary=11, context=12):
    return Architecture(style, vocabulary, context, width=16, layers=2, heads=2, hidden=24)


@eqx.filter_jit  # operation by operation each would be compiled alone
def begin(architecture, key):
    return Transformer(architecture, key=key)


def make(style, seed=0, **sizes):
    """A small model whose weights are large enough for every part of it to matter."""
    model = begin(small(style, **sizes), jr.key(seed))
    return jax.tree.map(lambda leaf: 2 * leaf if eqx.is_array(leaf) else leaf, model)


def stack(*models):
    return jax.tree.map(lambda *leaves: jnp.stack(leaves) if eqx.is_array(leaves[0]) else leaves[0], *models)


@pytest.mark.parametrize(
    ("name", "published"),
    [("gpt2-9m", 8_890_880), ("llama2-12m", 12_488_960), ("llama2-42m", 41_755_136), ("llama2-126m", 125_553_408)],
)
def test_parameter_counts_are_the_papers(name, published):
    shapes = eqx.filter_eval_shape(lambda: Transformer(PAPER[name], key=jr.key(0)))
    assert sum(leaf.size for leaf in jax.tree.leaves(shapes) if hasattr(leaf, "size")) == published


@pytest.mark.parametrize("style", thinned(STYLES[::-1], every=2))
def test_the_future_is_not_seen(style):
    model, tokens = make(style), jnp.arange(1, 9, dtype=jnp.int32)

    # d (sum of the logits at `place`) / d (embedding of a token that occurs once, at `other`)
    head = model.embedding if model.head is None else model.head
    held = eqx.tree_at(lambda m: m.head, model, head, is_leaf=lambda leaf: leaf is None)
    jacobian = jax.jacrev(lambda e: eqx.tree_at(lambda m: m.embedding, held, e)(tokens[None])[0].sum(1))
    reads = eqx.filter_jit(jacobian)(model.embedding)
    moved = np.abs(np.asarray(reads)).sum(-1)[:, np.asarray(tokens)]
    assert (moved[np.triu_indices(8, 1)] == 0).all()
    assert (moved[np.tril_indices(8)] > 1e-6).all()


@pytest.mark.parametrize("style", thinned(STYLES[::-1], every=2))
def test_cached_sampling_draws_the_tokens_of_the_uncached_path(style):
    models, sampler, length = (make(style, 1), make(style, 2)), Sampler(1.5), 12
    keys = jr.split(jr.key(3), (2, 12))
    drawn = eqx.filter_jit(sample)(stack(*models), sampler, length, keys=keys)
    draw = jax.jit(lambda logits, key, place: sampler(logits, key=jr.fold_in(key, place)))
    for model, row_keys, rows in zip(map(eqx.filter_jit, models), keys, drawn, strict=True):
        for key, row in zip(row_keys, rows, strict=True):
            tokens = np.zeros(length + 1, np.int32)
            for place in range(length):
                token = draw(model(tokens[None, :length])[0, place], key, place)
                tokens[place + 1] = token
                if token == 0:
                    break
            assert row.tolist() == tokens[1:].tolist()
    # some rows ended early, so that ending is tested too
    lengths = np.asarray(counted(drawn).sum(-1))
    assert lengths.min() < length


@pytest.mark.slow
def test_extending_by_several_tokens_is_a_call():
    for style in STYLES:
        model, tokens = make(style), jr.randint(jr.key(1), (2, 10), 0, 11, dtype=jnp.int32)
        extend = eqx.filter_jit(model.extend)
        first, caches = extend(tokens[:, :4], model.empty_caches(2, 12), 0)
        second, _ = extend(tokens[:, 4:], caches, 4)
        np.testing.assert_allclose(
            np.concatenate([first, second], 1), eqx.filter_jit(model)(tokens), rtol=2e-5, atol=2e-5
        )


def test_samples_follow_softmax_at_their_temperature():
    logits, temperature, draws = jnp.array([0.0, 1.0, -1.0, 0.5], jnp.float32), 0.7, 40_000
    drawn = jax.vmap(lambda key: Sampler(temperature)(logits, key=key))(jr.split(jr.key(5), draws))
    weights = [math.exp(x / temperature) for x in (0, 1, -1, 0.5)]
    for token, weight in enumerate(weights):
        share = weight / sum(weights)
        assert abs(float((drawn == token).mean()) - share) < 5 * math.sqrt(share * (1 - share) / draws)


def test_rotary_scores_depend_on_distance_alone():
    query, key = jr.normal(jr.key(0), (2, 1, 1, 1, 8))

    def score(i, j):
        return float((rotate(query, i) * rotate(key, j)).sum())

    assert score(3, 1) == pytest.approx(score(9, 7), rel=1e-4)
    assert abs(score(3, 1) - score(3, 2)) > 1e-3


def test_only_tokens_up_to_the_first_end_count():
    assert counted(jnp.array([3, 5, 0, 0, 0])).tolist() == [True, True, True, False, False]
    assert counted(jnp.array([0, 0])).tolist() == [True, False]
    assert counted(jnp.array([3, 5])).tolist() == [True, True]


@pytest.mark.parametrize("style", thinned(STYLES, every=2))
def test_log_probabilities_sum_to_one_over_all_rows(style):
    model = make(style, vocabulary=3)
    rows = jnp.array(
        [(0, 0, 0), *[(a, 0, 0) for a in (1, 2)], *[(a, b, c) for a in (1, 2) for b in (1, 2) for c in range(3)]]
    )
    total = jnp.exp(eqx.filter_jit(log_probabilities)(model, rows).sum(1)).sum()
    assert float(total) == pytest.approx(1, rel=1e-5)


def fitted(model, rows, *, steps, rate):
    """The model fitted by the project's own loop, as a run of one seed, and the loss at each step."""

    def loss(model, rows, weights, *, key):
        return -log_probabilities(model, rows).sum() / counted(rows).sum().astype(jnp.float32)

    training = Training(batch_size=rows.shape[1], learning_rate=rate, steps=steps, chunk=steps)

    def batches(start, end):
        return rows[start:end, None], np.ones((end - start, 1, rows.shape[1]), np.float32)

    begun = Fit.begin(stack(model), training)
    [(_, fit, losses)] = train(begun, loss, batches, training, start=0, steps=steps, keys=jr.split(jr.key(0), 1))
    return jax.tree.map(lambda leaf: leaf[0] if eqx.is_array(leaf) else leaf, fit.models), losses[:, 0]


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_one_batch_is_learned_by_heart(style):
    rows = jr.randint(jr.key(1), (4, 8), 1, 11, dtype=jnp.int32)
    _, losses = fitted(make(style), np.broadcast_to(rows, (300, *rows.shape)), steps=300, rate=1e-2)
    # what no model can know is which of the four rows comes: ln 4 nats a row
    assert losses[-1] < math.log(4) / 8 + 0.01


@pytest.mark.slow
def test_a_markov_source_is_learned_to_its_entropy():
    states, steps, length = 5, 300, 24
    generator = np.random.default_rng(0)
    move = generator.dirichlet(np.full(states, 0.5), size=states)
    values, vectors = np.linalg.eig(move.T)
    stationary = np.real(vectors[:, np.argmax(np.real(values))])
    stationary /= stationary.sum()
    known = np.where(move > 0, move, 1)
    entropy = float(-(stationary[:, None] * move * np.log(known)).sum())

    def chains(count):
        rows = np.empty((count, length), np.int32)
        rows[:, 0] = generator.choice(states, count, p=stationary)
        cumulative = move.cumsum(1)
        for place in range(1, length):
            rows[:, place] = (generator.random(count)[:, None] > cumulative[rows[:, place - 1]]).sum(1)
        return 1 + rows

    model, _ = fitted(
        make("gpt2", vocabulary=6, context=length),
        chains(64 * steps).reshape(steps, 64, length),
        steps=steps,
        rate=5e-3,
    )
    held_out = chains(4000)
    found = -eqx.filter_jit(log_probabilities)(model, jnp.asarray(held_out))[:, 1:]
    # against the same rows' log-probability under the source, so that the noise of the rows cancels
    moves = held_out - 1
    floor = -np.log(move[moves[:, :-1], moves[:, 1:]])
    excess = float(np.mean(np.asarray(found) - floor))
    assert -0.001 * entropy < excess < 0.01 * entropy


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        (("gpt3", 5, 5, 8, 1, 2, 8), "style must be gpt2 or llama2"),
        (("gpt2", 5, 5, 9, 1, 2, 8), "multiple of the heads"),
        (("llama2", 5, 5, 6, 1, 2, 8), "an even one"),
    ],
)
def test_sizes_that_do_not_go_together(sizes, message):
    with pytest.raises(ValueError, match=message):
        Architecture(*sizes)


def test_temperature_must_be_positive():
    with pytest.raises(ValueError, match="temperature must be positive"):
        Sampler(0.0)


def test_rotary_positions_turn_pairs_of_features_as_complex_numbers():
    """Feature j with j + half as one complex number, times exp(i position 10000^(-j / half))."""
    x = np.random.default_rng(2).normal(size=(2, 5, 3, 8)).astype(np.float32)
    turned = (x[..., :4] + 1j * x[..., 4:]) * np.exp(
        1j * (7 + np.arange(5))[:, None, None] / 10_000 ** (np.arange(4) / 4)
    )
    expected = np.concatenate([turned.real, turned.imag], axis=-1)
    # angles up to 11 in float32
    np.testing.assert_allclose(rotate(jnp.asarray(x), 7), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("style", STYLES)
def test_new_weights_have_the_scale_of_gpt2(style):
    """0.02 at a width of 768, by the root of the width; smaller by sqrt(2 layers) what adds to the stream."""
    model = begin(Architecture(style, 50, 12, width=64, layers=2, heads=2, hidden=96), jr.key(0))
    scale = 0.02 * math.sqrt(768 / 64)
    block = model.blocks
    inner = [model.embedding, block.attend.weight, block.feed_forward.up.weight]
    inner += [model.positions] if style == "gpt2" else [model.head, block.feed_forward.gate.weight]
    residual = [block.project.weight, block.feed_forward.down.weight]
    for weights, expected in (*((w, scale) for w in inner), *((w, scale / 2) for w in residual)):
        # the standard deviation of N normal numbers is known to 1/sqrt(2 N)
        assert abs(float(weights.std()) / expected - 1) < 5 / math.sqrt(2 * weights.size)
    assert drawn_apart((model.embedding, model.positions, model.head), block)


@pytest.mark.parametrize("style", STYLES)
def test_a_transformer_is_that_of_its_papers(style):
    """The logits by NumPy, place by place and head by head, with no two arrays of weights alike, norms among them."""
    rng, tokens = np.random.default_rng(4), np.array([0, *range(1, 11), 3])
    model = jax.tree.map(
        lambda leaf: jnp.asarray(rng.normal(0.5, 0.5, leaf.shape), jnp.float32) if eqx.is_array(leaf) else leaf,
        make(style),
    )

    def of(part, x, layer=0):
        weight, bias = (None if w is None else np.asarray(w, float) for w in (part.weight, part.bias))
        if not isinstance(part, eqx.nn.Linear):
            x = x - x.mean(-1, keepdims=True) if style == "gpt2" else x
            x = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-5)
            return x * weight + (0 if bias is None else bias)
        return x @ weight.T + (0 if bias is None else bias)

    def turned(x):  # (places, features)
        half = x.shape[1] // 2
        spun = (x[:, :half] + 1j * x[:, half:]) * np.exp(
            1j * np.arange(len(x))[:, None] / 10_000 ** (np.arange(half) / half)
        )
        return np.concatenate([spun.real, spun.imag], axis=1)

    x = np.asarray(model.embedding, float)[tokens]
    x = x + np.asarray(model.positions, float) if style == "gpt2" else x
    for layer in range(2):
        block = jax.tree.map(lambda leaf, n=layer: leaf[n] if eqx.is_array(leaf) else leaf, model.blocks)
        query, key, value = np.split(of(block.attend, of(block.norm1, x)), 3, axis=1)
        mixed = np.zeros_like(x)
        for head in (slice(0, 8), slice(8, 16)):
            q, k = (part[:, head] if style == "gpt2" else turned(part[:, head]) for part in (query, key))
            for place in range(len(tokens)):
                shares = np.exp(k[: place + 1] @ q[place] / math.sqrt(8))
                mixed[place, head] = shares / shares.sum() @ value[: place + 1, head]
        x = x + of(block.project, mixed)
        normal, inner = of(block.norm2, x), block.feed_forward
        hidden = of(inner.up, normal)
        if style == "gpt2":
            hidden = hidden * (1 + np.tanh(math.sqrt(2 / math.pi) * (hidden + 0.044715 * hidden**3))) / 2
        else:
            gate = of(inner.gate, normal)
            hidden = gate / (1 + np.exp(-gate)) * hidden
        x = x + of(inner.down, hidden)
    expected = of(model.norm, x) @ np.asarray(model.embedding if style == "gpt2" else model.head, float).T
    found = eqx.filter_jit(lambda model, tokens: model(tokens))(model, tokens[None].astype(np.int32))
    np.testing.assert_allclose(found[0], expected, rtol=1e-3, atol=1e-3)
