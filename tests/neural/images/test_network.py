"""The autoencoder: against probabilistic PCA, importance sampling, finite differences, and NumPy pixel by pixel."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from scipy.stats import norm

from neural.images.image_set import ImageSet
from neural.images.learner import ImageModel
from neural.images.network import VAE, Architecture, Convolution, elbo, log_likelihood, loss, loss_terms, sample
from neural.loop import begin
from neural.train import Training, train
from tests.neural.drawn import drawn_apart

SMALL = Architecture("convolutional", 4, 4, 1, latent=2, features=2, halvings=1, beta=0.05)
LINEAR = Architecture("linear", 2, 3, 1, latent=2, features=1, halvings=1, beta=0.2)


def model(architecture=SMALL, dtype=jnp.float64):
    made = VAE(architecture, key=jr.key(0))
    return jax.tree.map(lambda leaf: leaf.astype(dtype) if eqx.is_inexact_array(leaf) else leaf, made)


def image(shape=(4, 4, 1), dtype=jnp.float64):
    return jr.uniform(jr.key(1), shape, dtype)


@pytest.mark.parametrize(
    ("side", "channels", "halvings", "style"),
    [(8, 1, 2, "convolutional"), (8, 1, 3, "convolutional"), (64, 3, 4, "convolutional"), (8, 1, 1, "linear")],
)
def test_sizes_from_digits_to_faces(side, channels, halvings, style):
    a = Architecture(style, side, side, channels, latent=5, features=4, halvings=halvings, beta=0.01)
    made = eqx.filter_eval_shape(lambda: VAE(a, key=jr.key(0)))
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(eqx.filter(made, eqx.is_array_like)))
    x = jax.ShapeDtypeStruct(a.shape, jnp.float32)
    mean, log_variance = eqx.filter_eval_shape(lambda m, x: m.encode(x), made, x)
    assert mean.shape == log_variance.shape == (5,)
    drawn = eqx.filter_eval_shape(lambda m: sample(m, noisy=True, key=jr.key(0)), made)
    assert (drawn.shape, drawn.dtype) == (a.shape, jnp.float32)
    if style == "convolutional":
        assert made.encode.posterior.in_features == (side >> halvings) ** 2 * 4 * 2 ** (halvings - 1)


def test_encoder_and_decoder_are_as_they_are_described():
    """By NumPy, of an image that is no square: with no two arrays of weights alike, biases among them."""
    a = Architecture("convolutional", 4, 8, 3, latent=2, features=2, halvings=2, beta=0.05)
    rng = np.random.default_rng(6)
    made = jax.tree.map(
        lambda leaf: jnp.asarray(rng.normal(0, 0.6, leaf.shape), jnp.float32) if hasattr(leaf, "shape") else leaf,
        eqx.filter_eval_shape(lambda: VAE(a, key=jr.key(0))),
    )
    x, z = rng.uniform(size=a.shape), rng.normal(size=2)

    def affine(part, x):
        return np.asarray(part.weight, float) @ x + np.asarray(part.bias, float)

    def convolved(part, x, stride):
        """Each place sees the nine around it; every second place of every second row where the image is halved."""
        height, width, channels = x.shape
        weight = np.asarray(part.weight, float).reshape(3, 3, channels, -1)
        framed = np.zeros((height + 2, width + 2, channels))
        framed[1:-1, 1:-1] = x
        found = [
            [np.einsum("ijc,ijco->o", framed[i : i + 3, j : j + 3], weight) for j in range(0, width, stride)]
            for i in range(0, height, stride)
        ]
        return np.array(found) + np.asarray(part.bias, float)

    def silu(x):
        return x / (1 + np.exp(-x))

    first, second = made.encode.convolutions
    posterior = affine(made.encode.posterior, silu(convolved(second, silu(convolved(first, x, 2)), 2)).ravel())
    first, second = made.decode.convolutions
    y = silu(affine(made.decode.first, z)).reshape(1, 2, 4)
    for part in (first, second):
        y = silu(convolved(part, np.kron(y, np.ones((2, 2, 1))), 1))
    mean = 1 / (1 + np.exp(-convolved(made.decode.last, y, 1)))
    found = eqx.filter_jit(lambda x, z: (*made.encode(x), made.decode(z)))(
        jnp.asarray(x, jnp.float32), jnp.asarray(z, jnp.float32)
    )
    for one, expected in zip(found, (posterior[:2], posterior[2:], mean), strict=True):
        np.testing.assert_allclose(one, expected, rtol=1e-4, atol=1e-4)
    assert np.ptp(mean) > 0.3


@pytest.mark.parametrize(("inputs", "stride"), [(1, 2), (16, 1)])
def test_new_convolutions_keep_the_scale_of_what_they_read(inputs, stride):
    """By He et al. (2015): variance 2 over the numbers read, nine places of each channel."""
    made = Convolution(inputs, 600, stride, key=jr.key(3))
    # the standard deviation of N normal numbers is known to 1/sqrt(2 N)
    assert abs(float(made.weight.std()) / (2 / (9 * inputs)) ** 0.5 - 1) < 5 / (2 * made.weight.size) ** 0.5 < 0.05
    assert not made.bias.any()


@pytest.mark.slow
def test_the_gradient_is_that_of_finite_differences():
    made, x = model(), image()
    value = eqx.filter_jit(lambda m: loss(m, x, key=jr.key(2)))
    arrays, static = eqx.partition(made, eqx.is_inexact_array)
    gradient = eqx.filter_jit(eqx.filter_grad(lambda m: loss(m, x, key=jr.key(2))))(made)
    leaves, tree = jax.tree.flatten(jax.tree.map(np.asarray, arrays))
    slopes = jax.tree.leaves(eqx.filter(gradient, eqx.is_inexact_array))
    random = np.random.default_rng(3)
    for index, leaf in enumerate(leaves):  # each array of weights, in a random direction
        direction = random.normal(size=leaf.shape)
        moved = [[*leaves[:index], leaf + h * direction, *leaves[index + 1 :]] for h in (1e-5, -1e-5)]
        ends = [float(value(eqx.combine(tree.unflatten(map(jnp.asarray, m)), static))) for m in moved]
        slope = float((np.asarray(slopes[index]) * direction).sum())
        # central differences: error of order h^2, rounding of order 1e-16 / h
        assert slope == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-5, abs=1e-9)
        assert abs(slope) > 1e-6


def exact(a, made, x):
    """Log-density of a linear model: x is N(b, W W' + sigma^2 I)."""
    W, b = np.asarray(made.decode.mean.weight, np.float64), np.asarray(made.decode.mean.bias, np.float64)
    covariance = W @ W.T + a.noise**2 * np.eye(a.pixels)
    residual = np.asarray(x, np.float64).ravel() - b
    _, logdet = np.linalg.slogdet(covariance)
    return -0.5 * (residual @ np.linalg.solve(covariance, residual) + logdet + a.pixels * np.log(2 * np.pi))


@pytest.mark.slow
def test_the_bounds_are_ordered_and_importance_sampling_comes_to_the_exact_density():
    made, x = model(LINEAR), image(LINEAR.shape)
    keys = jr.split(jr.key(4), 4000)
    bound = eqx.filter_jit(lambda draws: jax.vmap(lambda key: log_likelihood(made, x, draws, key=key))(keys))
    at_one, at_many = np.asarray(bound(1)), np.asarray(bound(50))
    bounds = np.asarray(eqx.filter_jit(jax.vmap(lambda key: elbo(made, x, key=key)))(keys))
    truth = exact(LINEAR, made, x)
    errors = [5 * values.std() / len(values) ** 0.5 for values in (bounds, at_one, at_many)]
    # at one draw importance sampling is the ELBO, whose KL is exact and so less scattered
    assert abs(bounds.mean() - at_one.mean()) < np.hypot(*errors[:2])
    assert bounds.mean() + errors[0] < at_many.mean() - errors[2]  # far apart, so that the order shows
    assert at_many.mean() < truth + errors[2]
    assert truth - at_many.mean() < 0.2 * (truth - bounds.mean())


@pytest.mark.slow
def test_a_convolutional_bound_lies_below_an_importance_sampled_likelihood():
    made, x, keys = model(), image(), jr.split(jr.key(5), 500)
    bounds = np.asarray(eqx.filter_jit(jax.vmap(lambda key: elbo(made, x, key=key)))(keys))
    better = np.asarray(eqx.filter_jit(jax.vmap(lambda key: log_likelihood(made, x, 50, key=key)))(keys))
    assert bounds.mean() < better.mean() - 5 * np.hypot(bounds.std(), better.std()) / len(keys) ** 0.5


@pytest.mark.slow
def test_loss_is_the_bound_without_its_constant():
    made, x = model(), image()
    error, divergence = loss_terms(made, x, key=jr.key(6))
    assert float(error) > 0
    assert float(divergence) > 0
    sigma2, D = SMALL.beta / 2, SMALL.pixels
    log_density = -D * float(error) / (2 * sigma2) - D / 2 * np.log(2 * np.pi * sigma2)
    assert float(elbo(made, x, key=jr.key(6))) == pytest.approx(log_density - D * float(divergence), rel=1e-12)
    mean, log_variance = map(np.asarray, made.encode(x))
    deviation = np.exp(log_variance / 2)
    draws = mean + deviation * np.random.default_rng(7).normal(size=(200_000, 2))
    ratio = norm.logpdf(draws, mean, deviation) - norm.logpdf(draws)
    assert abs(ratio.sum(1).mean() - D * float(divergence)) < 5 * ratio.sum(1).std() / len(draws) ** 0.5


def test_observation_noise_has_variance_beta_over_two():
    made = model(dtype=jnp.float32)
    assert drawn_apart(made)
    keys = jr.split(jr.key(8), 10_000)
    clean, noisy = (
        np.asarray(eqx.filter_jit(lambda n: jax.vmap(lambda k: sample(made, noisy=n, key=k))(keys))(flag), np.float64)
        for flag in (False, True)
    )
    difference = noisy - clean  # the same latent codes
    # the variance of a variance of N Gaussian draws is 2 / N, relative
    assert abs(difference.var() / (SMALL.beta / 2) - 1) < 5 * (2 / difference.size) ** 0.5
    assert 0 < clean.min()
    assert clean.max() < 1


@pytest.mark.slow
def test_a_linear_autoencoder_reaches_the_optimum_of_probabilistic_pca():
    """Maximum likelihood with fixed sigma^2 has W W' = U (L - sigma^2) U' on the principal directions above sigma^2."""
    scales = np.array([1.5, 1.0, 0.4, 0.3, 0.2, 0.1])
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(6, 6)))[0]
    rows = (np.random.default_rng(0).normal(size=(256, 6)) * scales) @ rotation + 0.5
    rows = rows.astype(np.float32).reshape(256, *LINEAR.shape)
    values = np.linalg.eigvalsh(np.cov(rows.reshape(256, 6), rowvar=False, bias=True))[::-1]
    sigma2 = LINEAR.beta / 2
    model_variances = np.where(np.arange(6) < 2, np.maximum(values, sigma2), sigma2)
    optimum = sigma2 * (np.log(model_variances / sigma2) + values / model_variances).mean()

    learner = ImageModel(ImageSet(rows, rows), LINEAR, noisy=False)
    training = Training(batch_size=256, learning_rate=0.03, steps=1500, clip=100.0, chunk=250)
    keys = jr.split(jr.key(9), 2)

    def batches(start, end):
        shape = (end - start, 2, 256)
        return np.broadcast_to(rows, (*shape[:2], *rows.shape)), np.ones(shape, np.float32)

    start = begin(keys, learner, training)
    untrained = jax.tree.map(lambda leaf: leaf + 0 if eqx.is_array(leaf) else leaf, start.models)
    *_, (_, fit, _) = train(start, learner.loss, batches, training, start=0, steps=1500, keys=keys)

    @eqx.filter_jit
    @eqx.filter_vmap
    def mean_loss(made):
        draws = jr.split(jr.key(10), (200, 256))
        return jax.vmap(lambda keys: jax.vmap(lambda x, k: loss(made, x, key=k))(jnp.asarray(rows), keys))(draws).mean()

    found = np.asarray(mean_loss(fit.models), np.float64)
    assert (found < 1.01 * optimum).all()
    assert (found > 0.998 * optimum).all()  # not below but for the 51,200 draws
    assert (np.asarray(mean_loss(untrained)) > 1.5 * optimum).all()
    for seed in range(2):
        W = np.asarray(fit.models.decode.mean.weight[seed])
        np.testing.assert_allclose(np.linalg.svd(W, compute_uv=False) ** 2, values[:2] - sigma2, rtol=0.05)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"style": "deep"}, "style must be convolutional or linear; got 'deep'"),
        ({"channels": 2}, "channels must be 1 \\(grey\\) or 3 \\(RGB\\); got 2"),
        ({"halvings": 3}, "3 halvings need sides that are multiples of 8; got 4 x 4"),
        ({"width": 5}, "1 halvings need sides that are multiples of 2; got 4 x 5"),
        ({"height": 5}, "1 halvings need sides that are multiples of 2; got 5 x 4"),
        ({"beta": 0.0}, "beta positive"),
        ({"latent": 0}, "sizes must be at least 1"),
    ],
)
def test_bad_sizes(changes, message):
    with pytest.raises(ValueError, match=message):
        Architecture(**{**vars(SMALL), **changes})


def test_latent_code_and_observation_noise_are_drawn_apart():
    """With as many codes as pixels and the identity for a decoder both would be the same numbers from the same key."""
    a = Architecture("linear", 2, 3, 1, latent=6, features=1, halvings=1, beta=0.5)
    made = eqx.tree_at(lambda m: m.decode.mean.weight, VAE(a, key=jr.key(0)), jnp.eye(6, dtype=jnp.float32))
    made = eqx.tree_at(lambda m: m.decode.mean.bias, made, jnp.zeros(6, jnp.float32))
    keys = jr.split(jr.key(3), 2000)
    draw = eqx.filter_jit(lambda noisy: jax.vmap(lambda key: sample(made, noisy=noisy, key=key))(keys))
    code = np.asarray(draw(False)).reshape(-1)
    noise = (np.asarray(draw(True)).reshape(-1) - code) / a.noise
    assert abs((code * noise).mean()) < 5 / len(code) ** 0.5
    for drawn in (code, noise):  # of the prior N(0, I), and of the noise in units of its deviation
        assert abs((drawn**2).mean() - 1) < 5 * (2 / len(drawn)) ** 0.5


def test_each_image_of_a_batch_has_a_draw_of_its_own():
    x = image(SMALL.shape, jnp.float32)
    made = ImageModel(ImageSet(np.asarray(x)[None], np.asarray(x)[None]), SMALL, noisy=False)
    vae, both = made.model(key=jr.key(0)), jnp.stack([x, x])
    loss_of = eqx.filter_jit(lambda weights: made.loss(vae, both, weights, key=jr.key(4)))
    first, second, mean = (
        float(loss_of(jnp.array(weights, jnp.float32))) for weights in ([2.0, 0.0], [0.0, 2.0], [1.0, 1.0])
    )
    assert abs(first - second) > 1e-4 * first
    assert mean == pytest.approx((first + second) / 2, rel=1e-5)


def test_the_latent_code_is_drawn_from_the_posterior():
    """Of a linear decoder the expected squared error is |x - decode(mean)|^2 + sum_j variance_j |W_j|^2."""
    made, x = model(LINEAR), image(LINEAR.shape)
    assert drawn_apart(made)
    made = eqx.tree_at(lambda m: m.encode.log_variance, made, jnp.array([-1.5, 0.7]))
    keys = jr.split(jr.key(4), 20_000)
    errors = np.asarray(eqx.filter_jit(jax.vmap(lambda key: loss_terms(made, x, key=key)[0]))(keys))
    mean, _ = made.encode(x)
    W = np.asarray(made.decode.mean.weight)
    squares = ((np.asarray(x) - np.asarray(made.decode(mean))) ** 2).sum() + (np.exp([-1.5, 0.7]) * (W**2).sum(0)).sum()
    standard_error = errors.std() / len(errors) ** 0.5
    assert abs(errors.mean() - squares / LINEAR.pixels) < 5 * standard_error
    assert 5 * standard_error < 0.05 * errors.mean()
