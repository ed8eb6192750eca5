"""What is read off a model, by quantity: models made by hand against SciPy and numbers worked out on paper."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from sim.samplers.density_rows import Density
from sim.samplers.gaussian_rows import Fitted
from sim.samplers.scatter import Model
from sim.tasks import SAMPLERS, samplers_of
from theory import Bernoulli, Categorical, Gamma, Gaussian, KernelDensity, NegativeBinomial, Poisson, Replace

FLOAT64 = jnp.dtype("float64")
MEAN = np.array([0.3, -0.2, 0.5])
ROOT = np.array([[1.2, 0.0, 0.0], [0.4, 0.7, 0.0], [-0.3, 0.5, 0.9]])


def measured(task, name, of, model):
    """The quantity of a model, by the sampler of this name."""
    sampler: Any
    (sampler,) = (each for each in samplers_of(type(task)) if (each.name, each.of) == (name, of))
    return float(sampler(task, Replace(), 2, FLOAT64).measure(model))


def divergence(d):
    """The mean of a difference of log densities over the truth; a Gauss-Hermite rule is exact for a square."""
    points, weights = np.polynomial.hermite_e.hermegauss(4)
    grid = np.stack(np.meshgrid(*[points] * d), -1).reshape(-1, d)
    shares = np.prod(np.stack(np.meshgrid(*[weights] * d), -1).reshape(-1, d), 1)
    normal: Any = stats.multivariate_normal
    apart = normal.logpdf(grid, np.zeros(d), np.eye(d)) - normal.logpdf(grid, MEAN[:d], (ROOT @ ROOT.T)[:d, :d])
    return shares @ apart / shares.sum()


@pytest.mark.parametrize("name", ["sufficient", "literal"])
@pytest.mark.parametrize("d", [1, 3])
def test_of_a_gaussian(name, d):
    mean, root = MEAN[:d], ROOT[:d, :d]
    made = Model(jnp.asarray(mean), jnp.full(d, np.nan), jnp.asarray(root))  # the last step is of no consequence
    if name == "literal":
        rows = np.linalg.qr(np.random.default_rng(0).normal(size=(9, d)))[0] @ root.T
        made = Fitted(jnp.asarray(mean), jnp.asarray(rows))
    eigenvalues = np.linalg.eigvalsh(root @ root.T)
    expected = {
        "variance": eigenvalues.mean(),
        "mean_error": {1: 0.09, 3: 0.38}[d],
        "log_determinant": np.log(eigenvalues).sum(),
        "kl": divergence(d),
    }
    for of, value in expected.items():
        np.testing.assert_allclose(measured(Gaussian(9, d), name, of, made), value, rtol=1e-12, err_msg=of)


@pytest.mark.parametrize("name", ["sufficient", "literal"])
@pytest.mark.parametrize(
    ("task", "model", "expected"),
    [
        (
            Categorical(9, (0.5, 0.3, 0.2, 0.0)),
            [0.6, 0.4, 0.0, 0.0],  # the last is no part of the truth
            {"mean_error": 0.06, "diversity": 0.48, "support_lost": 1},
        ),
        (Categorical(9, (0.5, 0.3, 0.2)), [0.0, 1.0, 0.0], {"mean_error": 0.78, "diversity": 0, "support_lost": 2}),
        (Categorical(9, (0.5, 0.5)), [1.5, 0.5], {"diversity": 0.375}),  # shares of what they add up to
        # of the first share alone
        (Bernoulli(9, 0.3), [0.5, 0.5], {"mean_error": 0.04, "diversity": 0.5, "support_lost": 0}),
        (Bernoulli(9, 0.3), [0.0, 1.0], {"mean_error": 0.09, "diversity": 0, "support_lost": 1}),
        (Poisson(9, 3.0), 3.5, {"mean_error": 0.25, "variance": stats.poisson(3.5).var()}),
        (Gamma(9, 2.0, 3.0), 3.5, {"mean_error": 0.25, "variance": stats.gamma(2, scale=3.5 / 2).var()}),
        (
            NegativeBinomial(9, 2.0, 3.0),
            3.5,
            {"mean_error": 0.25, "variance": stats.nbinom(2, 2 / (2 + 3.5)).var()},
        ),
    ],
    ids=str,
)
def test_of_an_exponential_family(name, task, model, expected):
    for of, value in expected.items():
        np.testing.assert_allclose(measured(task, name, of, jnp.asarray(model)), value, rtol=1e-12, err_msg=of)


def test_of_a_kernel_density():
    nothing = jnp.zeros(9)
    made = Density(nothing, nothing, *(jnp.asarray(each) for each in (0.3, 2.0, 0.5)))
    found = {of: measured(KernelDensity(9, 0.7), "literal", of, made) for of in ("variance", "mean_error")}
    assert found == pytest.approx({"variance": 2.25, "mean_error": 0.09}, rel=1e-12)
    assert measured(KernelDensity(9, 0.7), "literal", "second_moment", made) == pytest.approx(2.34, rel=1e-12)


@pytest.mark.parametrize(("T", "moments"), [(6, 1), (7, 2)])
def test_a_divergence_has_the_moments_of_an_inverse_whichever_sampler(T, moments):
    """Of two dimensions; other quantities have all of them."""
    found: Any = {}
    for sampler in samplers_of(Gaussian):
        made: Any = sampler
        found.setdefault(made.of, []).append(made(Gaussian(T, 2), Replace(), 2, FLOAT64).moments)
    assert found.pop("kl") == [moments, moments]
    assert set(map(tuple, found.values())) == {(2, 2)}


def test_what_may_be_below_0_has_no_quantiles():
    every = [sampler for task in SAMPLERS for sampler in samplers_of(task)]
    assert {each.of for each in every if each.is_signed} == {"log_determinant", "held_out_loss"}
    for each in every:
        assert each.is_signed == (each.of in ("log_determinant", "held_out_loss"))
        assert not (each.is_signed and each.has_quantiles)
