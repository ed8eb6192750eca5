"""The diffusion model: symmetries, padding, and Gaussian positions, whose noise is known exactly."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from neural.conformers.network import (
    TIMES,
    Architecture,
    Denoiser,
    Graph,
    bells,
    centred,
    error,
    levels,
    noise,
    sample,
    training_times,
)
from neural.train import Fit, Training, train
from tests.neural.drawn import drawn_apart

ATOMS = 4
ARCHITECTURE = Architecture(features=2, kinds=4, width=16, layers=2)


def chain(atoms=ATOMS, padding=0):
    """Atoms in a row, alike but for the ends; kinds of pairs tell how many bonds apart, up to 3."""
    features = np.zeros((atoms + padding, 2), np.int8)
    features[:atoms, 0] = 1
    features[[0, atoms - 1], 1] = 1
    pairs = np.zeros((atoms + padding, atoms + padding), np.int8)
    number = np.arange(atoms)
    pairs[:atoms, :atoms] = np.abs(number[:, None] - number[None]).clip(0, 3)
    return Graph(jnp.asarray(features), jnp.asarray(pairs))


def lively(dtype, key):
    """A model whose moves are not zero, as they are at first."""
    made = Denoiser(ARCHITECTURE, key=key)
    made = eqx.tree_at(
        lambda m: [layer.move for layer in m.layers], made, [jr.normal(key, (16,), jnp.float32) for _ in made.layers]
    )
    return jax.tree.map(lambda leaf: leaf.astype(dtype) if eqx.is_inexact_array(leaf) else leaf, made)


PREDICT = eqx.filter_jit(lambda model, graph, x, t: model(graph, x, t))
ROTATION = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
ROTATION *= np.linalg.det(ROTATION)


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [pytest.param(jnp.float32, 1e-5, marks=pytest.mark.slow), (jnp.float64, 1e-12)]
)
def test_symmetries(dtype, tolerance):
    model, graph = lively(dtype, jr.key(0)), chain()
    x = np.random.default_rng(1).normal(size=(ATOMS, 3)) * 1.5

    def at(graph, x):
        return np.asarray(PREDICT(model, graph, jnp.asarray(x, dtype), jnp.asarray(0.4, dtype)))

    found = at(graph, x)
    scale = np.abs(found).max()
    assert scale > 0.1
    assert np.abs(found.sum(0)).max() < tolerance * scale  # no mean, as the noise has none
    reflection = np.diag([1.0, 1.0, -1.0]) @ ROTATION
    for turn in (ROTATION, reflection):
        assert np.abs(at(graph, x @ turn) - found @ turn).max() < tolerance * scale
    assert np.abs(at(graph, x + np.array([3.0, -1.0, 2.0])) - found).max() < 10 * tolerance * scale  # of larger numbers
    order = np.array([2, 0, 3, 1])
    permuted = Graph(graph.atoms[order], graph.pairs[order][:, order])
    assert np.abs(at(permuted, x[order]) - found[order]).max() < tolerance * scale
    # a molecule that is stretched is another one: the test would see a model that is blind
    assert np.abs(at(graph, 1.1 * x) - found).max() > 0.01 * scale


@pytest.mark.slow
def test_padding_changes_nothing():
    model = lively(jnp.float32, jr.key(0))
    draw = eqx.filter_jit(lambda graph: sample(model, graph, 4, ancestral=True, key=jr.key(3)))
    alone, padded = (np.asarray(draw(chain(padding=rows))) for rows in (0, 3))
    np.testing.assert_allclose(padded[:ATOMS], alone, rtol=1e-4, atol=1e-4)  # an error of rounding passes four models
    assert (padded[ATOMS:] == 0).all()
    assert np.abs(alone).max() > 0.1


def test_distances_are_seen_as_bells_half_an_angstrom_apart():
    expected = [*(np.exp(-(((1.1 - k / 2) / 0.5) ** 2) / 2) for k in range(1, 9)), 1.1, 1 / 2.1]
    np.testing.assert_allclose(bells(jnp.float32(1.1)), expected, rtol=1e-5)


def test_a_new_model_takes_positions_for_gaussian_ones():
    """Of variance 2.7: the mean of the noise given x_t, as no atom is moved at first."""
    model, x = Denoiser(ARCHITECTURE, key=jr.key(0)), np.random.default_rng(1).normal(size=(ATOMS, 3))
    assert drawn_apart(model)
    x = (x - x.mean(0)).astype(np.float32)
    for t in (0.2, 0.5, 0.9):
        alpha, sigma = map(float, levels(jnp.float32(t)))
        found = PREDICT(model, chain(), jnp.asarray(x), jnp.float32(t))
        np.testing.assert_allclose(found, sigma * x / (alpha**2 * 2.7 + sigma**2), rtol=1e-3, atol=1e-4)


def test_the_noise_is_what_messages_from_pair_to_pair_make_of_it():
    """By NumPy, one pair of atoms after the other: who hears whom, and which way an atom moves."""
    rng, t = np.random.default_rng(5), 0.3
    model = jax.tree.map(
        lambda leaf: jnp.asarray(rng.normal(0, 0.4, leaf.shape), jnp.float32) if eqx.is_array(leaf) else leaf,
        lively(jnp.float32, jr.key(0)),
    )
    kinds = np.array([[0, 1, 2, 3], [1, 0, 1, 2], [2, 1, 0, 1], [3, 2, 1, 0]])
    x = rng.normal(size=(ATOMS, 3)).astype(np.float32)

    def affine(part, x):
        return np.asarray(part.weight, float) @ x + np.asarray(part.bias, float)

    def silu(x):
        return x / (1 + np.exp(-x))

    alpha, sigma = map(float, levels(jnp.float32(t)))
    time = silu(affine(model.time, np.cos(np.pi * t * np.arange(1, 9))))
    h = [affine(model.embed, atom) + time for atom in ([1, 1], [1, 0], [1, 0], [1, 1])]
    at = 2.7 * alpha / (2.7 * alpha**2 + sigma**2) * x  # the best linear estimate
    for layer in model.layers:
        moves, heard = np.zeros((ATOMS, 3)), np.zeros((ATOMS, 16))
        for i, j in np.ndindex(ATOMS, ATOMS):
            distance = np.sqrt(((at[i] - at[j]) ** 2).sum() + 1e-6)
            seen = [*np.exp(-(((distance - 0.5 * np.arange(1, 9)) / 0.5) ** 2) / 2), distance, 1 / (1 + distance)]
            told = affine(layer.receiver, h[i]) + affine(layer.sender, h[j]) + np.asarray(layer.kind)[kinds[i, j]]
            message = silu(told + seen @ np.asarray(layer.distance, float))
            moves[i] += message @ np.asarray(layer.move) / (1 + distance) * (at[i] - at[j])
            heard[i] += message / 4
        h = [
            one + affine(layer.update, silu(affine(layer.gather, np.concatenate([one, told]))))
            for one, told in zip(h, heard, strict=True)
        ]
        at = at + np.sqrt(sigma) * moves
    expected = (x - alpha * at) / sigma
    found = PREDICT(model, chain(), jnp.asarray(x), jnp.float32(t))
    np.testing.assert_allclose(found, expected - expected.mean(0), rtol=1e-3, atol=1e-3)


def test_levels_are_those_of_the_sigmoid_schedule():
    steps = np.arange(5000)
    rates = (2e-3 - 1e-7) / (1 + np.exp(-np.linspace(-6, 6, 5000))) + 1e-7  # GeoDiff's configuration of GEOM-Drugs
    left = np.cumprod(1 - rates) ** 0.5
    alpha, sigma = map(np.asarray, jax.vmap(levels)(jnp.asarray((steps + 1) / 5000)))
    np.testing.assert_allclose(alpha**2 + sigma**2, 1, rtol=1e-12)
    # theirs is in 5,000 pieces, with a last digit more in each, and begins at no noise
    np.testing.assert_allclose(alpha, left, rtol=0.003)
    assert (np.diff(sigma) > 0).all()


#: Springs between neighbours in the chain: covariance of the atoms, centred, the same in each dimension.
SPRINGS = 2 * np.eye(ATOMS) - np.eye(ATOMS, k=1) - np.eye(ATOMS, k=-1)
SPRINGS[0, 0] = SPRINGS[-1, -1] = 1
COVARIANCE = np.linalg.pinv(SPRINGS)
VARIANCES, MODES = (part[..., 1:] for part in np.linalg.eigh(COVARIANCE))


def exact(rate=1.0):
    """The exact noise in Gaussian positions, sigma (alpha^2 K + sigma^2)^-1 x; or that of another schedule."""

    def predict(graph, x, t):
        del graph
        alpha, sigma = levels(rate * t)
        inner = jnp.asarray(VARIANCES, jnp.float32) * alpha**2 + sigma**2
        modes = jnp.asarray(MODES, jnp.float32)
        return sigma * modes @ ((modes.T @ x) / inner[:, None])

    return predict


def positions(key):
    return jnp.asarray(MODES * np.sqrt(VARIANCES), jnp.float32) @ jr.normal(key, (ATOMS - 1, 3), jnp.float32)


@pytest.mark.slow
def test_the_exact_noise_has_the_error_that_theory_says():
    graph, keys = chain(), jr.split(jr.key(1), 20_000)
    for t in (0.1, 0.5, 0.9):
        at = jnp.float32(t)

        def one(key, at=at):
            return error(exact(), graph, positions(jr.fold_in(key, 1)), at, key=key)

        found = np.asarray(eqx.filter_jit(jax.vmap(one))(keys), np.float64)
        alpha, sigma = (float(level) for level in levels(jnp.float64(t)))
        law = (alpha**2 * VARIANCES / (alpha**2 * VARIANCES + sigma**2)).mean()
        assert abs(found.mean() - law) < 5 * found.std() / len(found) ** 0.5
        assert 5 * found.std() / len(found) ** 0.5 < 0.05 * law


@pytest.mark.slow
@pytest.mark.parametrize("ancestral", [True, False])
def test_samplers_recover_mean_and_covariance(ancestral):
    graph, keys = chain(), jr.split(jr.key(2), 10_000)

    @eqx.filter_jit
    def draw(steps, rate):
        return jax.vmap(lambda key: sample(exact(rate), graph, steps, ancestral=ancestral, key=key))(keys)

    def covariance(steps, rate=1.0):
        """Of the modes, and where it should be 1."""
        modes = np.einsum("am,nad->mnd", MODES, np.asarray(draw(steps, jnp.float32(rate)), np.float64)).reshape(3, -1)
        assert np.abs(modes.mean(1)).max() < 5 * (VARIANCES.max() / modes.shape[1]) ** 0.5
        return modes @ modes.T / modes.shape[1] / np.sqrt(VARIANCES[:, None] * VARIANCES[None])

    few, many = covariance(100), covariance(200)
    wrong = covariance(100, rate=0.9)
    # of a variance of Gaussian draws, relative; half of it for a correlation, and more for a difference of two
    bound = 5 * (2 / (3 * len(keys))) ** 0.5
    assert np.abs(many - np.eye(3)).max() < 0.05
    # the error of few steps falls as one over their number, so this is the limit of many
    assert np.abs(2 * many - few - np.eye(3)).max() < 5**0.5 * bound < 0.1
    assert np.abs(wrong - np.eye(3)).max() > 0.3  # a wrong schedule would show


@pytest.mark.slow
def test_a_model_trained_on_gaussian_positions_learns_the_exact_noise():
    graph, training = chain(), Training(batch_size=128, learning_rate=5e-3, steps=900, chunk=100)
    rows = np.asarray(jax.vmap(positions)(jr.split(jr.key(4), 100 * 128)))

    def batches(start, end):
        shape = (end - start, 1, 128)
        chosen = np.random.default_rng(start).integers(0, len(rows), shape)
        return rows[chosen], np.ones(shape, np.float32)

    def loss_of_rows(model, rows, weights, *, key):
        times, keys = training_times("uniform", len(rows), key=key)
        losses = jax.vmap(lambda row, t, key: error(model, graph, row, t, key=key))(rows, times, keys)
        return (weights * losses).mean()

    start = Fit.begin(eqx.filter_vmap(lambda key: Denoiser(ARCHITECTURE, key=key))(jr.split(jr.key(5), 1)), training)
    untrained = jax.tree.map(lambda leaf: leaf + 0 if eqx.is_array(leaf) else leaf, start.models)
    *_, (_, fit, _) = train(start, loss_of_rows, batches, training, start=0, steps=900, keys=jr.split(jr.key(6), 1))

    @eqx.filter_jit
    @eqx.filter_vmap(in_axes=(eqx.if_array(0), None))
    def misses(model, t):
        """Mean squared distance of the predicted noise from the exact one, which is the score but for a factor."""

        def one(key):
            alpha, sigma = levels(t)
            x = alpha * positions(jr.fold_in(key, 1)) + sigma * noise(graph.present, key=key)
            return ((model(graph, x, t) - exact()(graph, x, t)) ** 2).sum() / (3 * (ATOMS - 1))

        return jax.vmap(one)(jr.split(jr.key(7), 2000)).mean()

    for t in (0.2, 0.4, 0.6, 0.8):
        before, after = (float(misses(models, jnp.float32(t))[0]) for models in (untrained, fit.models))
        assert after < 0.01  # of a noise of variance one
        assert after < 0.3 * before


def test_centred_noise_has_one_atom_less_of_freedom():
    present = jnp.arange(6) < 5
    drawn = np.asarray(jax.vmap(lambda key: noise(present, key=key))(jr.split(jr.key(8), 20_000)), np.float64)
    np.testing.assert_allclose(drawn.sum(1), 0, atol=1e-5)
    assert (drawn[:, 5] == 0).all()
    assert abs((drawn**2).sum((1, 2)).mean() - 12) < 5 * (2 * 12 / len(drawn)) ** 0.5
    moved = centred(jnp.ones((6, 3)) * 7, present)
    np.testing.assert_allclose(moved, 0, atol=1e-12)


def test_bad_sizes():
    with pytest.raises(ValueError, match="sizes must be at least 1; got Architecture"):
        Architecture(features=1, kinds=1, width=0, layers=1)


@pytest.mark.parametrize("ancestral", [True, False])
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_a_step_of_the_sampler_is_the_forward_process_given_both_ends(steps, ancestral):
    """With the exact noise, from the same random numbers: x_s given x_t and the estimate of x by conditioning.

    Given x, (x_s, x_t) is Gaussian with means alpha x, variances sigma^2 and covariance (alpha_t/alpha_s) sigma_s^2.
    The ancestral step draws x_s from that, the deterministic one keeps the noise. In the modes of the springs all are
    numbers, and so is the variance of what is drawn.
    """
    graph, key = chain(), jr.key(9)
    found = eqx.filter_jit(lambda: sample(exact(), graph, steps, ancestral=ancestral, key=key))()
    normal = [MODES.T @ np.asarray(noise(graph.present, key=k), np.float64) for k in jr.split(key, steps)]
    times = [1.0] if steps == 1 else [1 - n / (steps - 1) for n in range(steps)]  # from 1 to 0, both included

    def level(t):
        left = -(2.5e-4 + 10 / 12 * (np.log1p(np.exp(12 * t - 6)) - np.log1p(np.exp(-6))))
        return np.exp(left / 2), np.sqrt(-np.expm1(left))

    def estimate(x, t):
        alpha, sigma = level(t)
        return (alpha * VARIANCES / (alpha**2 * VARIANCES + sigma**2))[:, None] * x

    x = normal[0]
    for t, s, z in zip(times[:-1], times[1:], normal[1:], strict=True):
        (alpha, sigma), (alpha_s, sigma_s) = level(t), level(s)
        end = estimate(x, t)
        if ancestral:
            slope = alpha / alpha_s * sigma_s**2 / sigma**2
            variance = sigma_s**2 - slope**2 * sigma**2
            x = alpha_s * end + slope * (x - alpha * end) + np.sqrt(variance) * z
        else:
            x = alpha_s * end + sigma_s * (x - alpha * end) / sigma
    # float32, of positions of a few angstrom
    np.testing.assert_allclose(found, MODES @ estimate(x, times[-1]), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("how", TIMES)
def test_training_times_have_the_density_that_they_say(how):
    keys = jr.split(jr.key(8), 400)
    times, noises = jax.vmap(lambda key: training_times(how, 16, key=key))(keys)
    assert len(np.unique(jr.key_data(noises).reshape(-1, 2), axis=0)) == 400 * 16
    times = np.asarray(times)
    assert ((times >= 0) & (times <= 1)).all()
    expected = {"uniform": 0.5, "spread": 0.5, "middle": 0.7}[how]
    within = ((times > 0.3) & (times < 0.8)).mean(1)
    # Of 6,400 independent times the share is known to 0.006; evenly spread ones are not left to chance.
    assert abs(within.mean() - expected) < 0.035
    if how == "uniform":
        first = np.asarray(jax.vmap(jax.vmap(lambda key: jr.normal(key, (), jnp.float32)))(noises))
        # a correlation of N independent pairs is known to 1/sqrt(N); of one key the two would rise together
        assert abs(np.corrcoef(times.ravel(), first.ravel())[0, 1]) < 5 / times.size**0.5
        assert np.ptp(within) > 0.3
    else:
        assert np.ptp(within) <= 2 / 16
        assert len(np.unique(times)) == times.size  # another start for each batch
