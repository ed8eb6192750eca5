"""Populations against least squares, noise by noise, and the eigenvalues of their matrices."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings, strategies as st

from theory import FixedReal, FreshReal, Population, gain, symmetric_limit, symmetric_population
from theory.population import POOLS, REAL_DATA

KINDS = [(pools, real_data) for pools in POOLS for real_data in REAL_DATA]
PAIR = Population([[0, "3/4"], ["1/3", "1/3"]], ["1/4", "1/3"], sizes=[2, "1/2"])


@st.composite
def populations(draw):
    models = draw(st.integers(1, 4))
    rows = [
        draw(st.lists(st.integers(0, 3), min_size=models + 1, max_size=models + 1).filter(any)) for _ in range(models)
    ]
    shares = [[Fraction(x, sum(row)) for x in row] for row in rows]
    sizes = draw(st.lists(st.fractions(Fraction(1, 3), 3, max_denominator=4), min_size=models, max_size=models))
    pools, real_data = draw(st.sampled_from(KINDS))
    return Population([row[1:] for row in shares], [row[0] for row in shares], pools, real_data, sizes)


def noise_by_noise(population, iterations):
    """Coefficients of every single noise, named by where it comes from."""
    models = range(population.models)
    errors: list[dict[tuple, float]] = [{("real", a): 1.0} for a in models]
    size: dict[tuple, float] = {("real", a): 1.0 for a in models}
    found = [[1.0] * population.models]
    for iteration in range(2, iterations + 1):
        new = []
        for a in models:
            mine = ("real", a) if population.real_data == "fixed" else ("real", a, iteration)
            row = {mine: float(population.real[a])}
            size[mine] = 1.0
            for b in models:
                share = float(population.shares[a][b])
                pool = ("pool", b, iteration) if population.pools == "shared" else ("pool", b, iteration, a)
                size[pool] = float(population.sizes[b])
                for noise, coefficient in {**errors[b], pool: 1.0}.items():
                    row[noise] = row.get(noise, 0) + share * coefficient
            new.append(row)
        errors = new
        found.append([sum(c**2 / size[j] for j, c in row.items()) for row in errors])
    return np.array(found)


@settings(max_examples=40)
@given(populations())
def test_any_population(population):
    found = np.array([[float(c) for c in row] for row in population.gains(6)])
    np.testing.assert_allclose(found, noise_by_noise(population, 6), rtol=1e-12)


@pytest.mark.slow
@settings(max_examples=30)
@given(populations())
def test_bounded_where_the_spectral_radius_is_below_one(population):
    radius = np.abs(np.linalg.eigvals(np.array(population.shares, dtype=float))).max()
    assert population.is_bounded == (radius < 1 - 1e-9)
    far = np.array([[float(c) for c in row] for row in population.gains(120)[-2:]])
    if population.is_bounded:
        limits = [float(c) for c in population.limits()]
        assert population.slopes() == [0] * population.models
        if radius < 0.8:
            np.testing.assert_allclose(far[-1], limits, rtol=1e-8)
    else:
        assert population.limits() is None
        assert "no real data reach" in population.reason
        if population.slopes() is not None and radius_of_the_rest(population) < 0.8:
            np.testing.assert_allclose(far[-1] - far[-2], [float(s) for s in population.slopes()], atol=1e-8)


def radius_of_the_rest(population):
    """The largest eigenvalue but those of modulus one."""
    sizes = np.abs(np.linalg.eigvals(np.array(population.shares, dtype=float)))
    return max((size for size in sizes if size < 1 - 1e-9), default=0.0)


@pytest.mark.parametrize(("pools", "real_data"), KINDS)
def test_against_least_squares(pools, real_data):
    """Three models, fixed design, T = 20, d = 2."""
    T, d, replicates, random = 20, 2, 20_000, np.random.default_rng(4)
    population = Population(
        [["1/2", "1/4", 0], [0, "1/2", "1/4"], ["1/4", 0, 0]], ["1/4", "1/4", "3/4"], pools, real_data
    )
    x = random.normal(size=(replicates, T, d))
    gram, across = np.swapaxes(x, 1, 2) @ x, np.swapaxes(x, 1, 2)

    def noise():
        return random.normal(size=(replicates, T, 1))

    real = [noise() for _ in range(3)]
    models = [np.linalg.solve(gram, across @ y) for y in real]
    for iteration in range(2, 5):
        labels = [x @ model + noise() for model in models]
        new = []
        for a in range(3):
            own = real[a] if real_data == "fixed" else noise()
            total = float(population.real[a]) * own
            for b in range(3):
                seen = labels[b] if pools == "shared" else x @ models[b] + noise()
                total = total + float(population.shares[a][b]) * seen
            new.append(np.linalg.solve(gram, across @ total))
        models = new
        errors = np.array([(model**2).sum((1, 2)) for model in models])
        mean, error = errors.mean(1), errors.std(1) / np.sqrt(replicates)
        expected = np.array([float(c) for c in population.gains(iteration)[-1]]) * d / (T - d - 1)
        assert (error < 0.01 * expected * 2).all()
        assert (np.abs(mean - expected) < 5 * error).all()


@pytest.mark.parametrize(
    ("pools", "real_data", "known"),
    [
        ("shared", "fixed", 0.7135947712),
        ("shared", "fresh", 0.4390849673),
        ("separate", "fixed", 0.6089760348),
        ("separate", "fresh", 0.3344662309),
    ],
)
def test_symmetric(pools, real_data, known):
    M, w = sp.symbols("M w", positive=True)
    formula = symmetric_limit(M, w, pools=pools, real_data=real_data)
    three = symmetric_population(3, "3/10", pools=pools, real_data=real_data)
    assert abs(float(formula.subs({M: 3, w: sp.Rational(3, 10)})) - known) < 1e-10
    alone = symmetric_limit(3, "3/10", pools=pools, real_data=real_data)
    assert [sp.Rational(limit) for limit in three.limits()] == [alone] * 3
    square = (1 - w) ** 2 / (w * (2 - w))
    published = {
        ("shared", "fixed"): 1 / M + w**2 * (1 - 1 / M) + square / M,
        ("shared", "fresh"): w**2 * (1 - 1 / M) + (w**2 + (1 - w) ** 2) / (M * w * (2 - w)),
        ("separate", "fixed"): 1 / M + w**2 * (1 - 1 / M) + (1 - w) ** 2 / M * (1 + square / M),
        ("separate", "fresh"): w**2 + (1 - w) ** 2 / M + square * (w**2 + (1 - w) ** 2 / M) / M,
    }
    assert sp.simplify(formula - published[pools, real_data]) == 0


@pytest.mark.parametrize("pools", POOLS)
def test_one_model_is_a_workflow(pools):
    for real_data, workflow in (("fixed", FixedReal("3/10")), ("fresh", FreshReal(1, "3/10"))):
        alone = symmetric_population(1, "3/10", pools=pools, real_data=real_data)
        assert [row[0] for row in alone.gains(6)] == gain(workflow, 6)
    assert symmetric_limit(1, "3/10", pools=pools) == sp.Rational(1 / (Fraction(3, 10) * Fraction(17, 10)))


@pytest.mark.parametrize("models", [1, 2, 5])
def test_larger_populations_collapse_slower(models):
    assert symmetric_population(models, 0).slopes() == [Fraction(1, models)] * models


def test_a_known_slope():
    """The squares of the stationary law, over the sizes."""
    P = [["1/5", "3/10", "1/2"], ["2/5", "2/5", "1/5"], ["1/2", "1/4", "1/4"]]
    found = Population(P, [0, 0, 0], sizes=[1, 2, 1]).slopes()
    matrix = np.array([[float(Fraction(x)) for x in row] for row in P])
    law = np.linalg.matrix_power(matrix, 200)[0]
    np.testing.assert_allclose([float(s) for s in found], law**2 @ [1, 0.5, 1], rtol=1e-12)
    # with pools of their own each model's noise is that of its own draws: as the covariances grow
    separate = Population(P, [0, 0, 0], pools="separate", sizes=[1, 2, 1])
    covariance = [np.eye(3)]
    for _ in range(200):
        covariance.append(matrix @ covariance[-1] @ matrix.T + np.diag(matrix**2 @ [1, 0.5, 1]))
    slopes = [float(s) for s in separate.slopes()]
    np.testing.assert_allclose(slopes, (covariance[-1] - covariance[-2]).diagonal(), rtol=1e-12)


def test_periods_have_no_slope():
    turns = Population([[0, 1], [1, 0]], [0, 0], sizes=[1, 2])
    assert turns.slopes() is None
    assert not turns.is_bounded


@pytest.mark.parametrize("models", [2, 5, 6, 9, 17])
def test_a_way_back_may_be_as_long_as_there_are_models(models):
    """Each learns from the next, and the last from the first: without real data they collapse, with some at one not."""
    ring = np.roll(np.eye(models, dtype=int), 1, axis=1).tolist()
    alone = Population(ring, [0] * models)
    assert alone.without_real_data == alone.closed_classes == [[*range(1, models + 1)]]
    assert not alone.is_bounded
    some = Population([*ring[:-1], ["1/2", *[0] * (models - 1)]], [*[0] * (models - 1), "1/2"])
    assert some.closed_classes == alone.closed_classes
    assert some.is_bounded


def test_reasons():
    assert PAIR.is_bounded
    assert PAIR.closed_classes == [[1, 2]]
    assert "there is a way" in PAIR.reason
    lost = Population([["1/2", "1/2", 0], [1, 0, 0], [0, "1/2", 0]], [0, 0, "1/2"])
    assert lost.without_real_data == [[1, 2]]
    assert "models 1, 2," in lost.reason
    with_real_elsewhere = Population([[1, 0], ["1/2", 0]], [0, "1/2"])
    assert not with_real_elsewhere.is_bounded


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (([], []), "at least one model; got none"),
        (([["1/2", "1/4"], [0, 1]], [0, 0]), "of model 1 must be at least 0 and add up to 1; got 1/2, 1/4 on models"),
        (([[2]], [-1]), "must be at least 0"),
        (([[1, 0]], [0]), "1 models need 1 rows of 1 shares"),
        (([[1]], [0], "shared", "fixed", [0]), "sizes must be more than 0"),
        (([[1]], [0], "both"), "pools must be 'shared' or 'separate'"),
        (([[1]], [0], "shared", "old"), "real_data must be 'fixed' or 'fresh'"),
        (([["x"]], [0]), "a number is needed"),
    ],
)
def test_mistakes(given, message):
    with pytest.raises(ValueError, match=message):
        Population(*given)


def test_mistakes_in_numbers():
    with pytest.raises(ValueError, match="Ask for at least one"):
        PAIR.gains(0)
    with pytest.raises(ValueError, match="at least one model; got 0"):
        symmetric_population(0, "1/2")
    with pytest.raises(ValueError, match="must be more than 0"):
        symmetric_limit(3, 0)
    with pytest.raises(ValueError, match="is at most 1; got 3/2"):
        symmetric_limit(3, "3/2")
    with pytest.raises(ValueError, match="pools must be 'shared' or 'separate'; got 'both'"):
        symmetric_limit(3, "1/2", pools="both")
    with pytest.raises(ValueError, match="real_data must be 'fixed' or 'fresh'; got 'old'"):
        symmetric_limit(3, "1/2", real_data="old")
