"""The derived laws against expectations found without the derivation: quadrature, exact matrices, published forms."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import sympy as sp
from scipy import stats

from tests.helpers import Made, thinned
from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Pool,
    Pools,
    Replace,
    ReplaceGrowing,
    SlidingWindow,
    Workflow,
    by_count,
    by_weight,
    gain,
    linear,
    pools,
    real,
    subsample,
    synthetic,
)
from theory.symbolic_workflow import SymbolicWorkflow
from theory.symbols import T, i, n
from theory.sympy_types import as_expression
from theory.tasks.regression import whole_runs
from theory.tasks.regression.symbols import d, sigma

SCALE = sigma**2 * d / (T - d - 1)

#: Published, or proved by hand in the literature cited by each law; not used by the derivation.
PUBLISHED = [
    (Replace(), "fixed", n * SCALE),
    (Replace(), "fresh", n * SCALE),
    (Accumulate(), "fixed", SCALE * sp.Sum(1 / i**2, (i, 1, n))),
    (Accumulate(), "fresh", sigma**2 * d * sp.Sum(1 / (i * (i * T - d - 1)), (i, 1, n))),
    (ReplaceGrowing(), "fixed", SCALE * sp.Sum(1 / i, (i, 1, n))),
    (ReplaceGrowing(), "fresh", sigma**2 * d * sp.Sum(1 / (i * T - d - 1), (i, 1, n))),
]


def exactly(expression, **at):
    symbols = {"T": T, "d": d, "n": n, "sigma": sigma}
    return sp.Rational(expression.subs({symbols[name]: value for name, value in at.items()}).doit())


@pytest.mark.parametrize(("workflow", "design", "expected"), PUBLISHED, ids=str)
def test_derived_law_is_the_published_one(workflow, design, expected):
    law = linear.test_error(workflow, design=design)
    generator = np.random.default_rng(0)
    for _ in range(20):
        features = int(generator.integers(1, 40))
        at: dict[str, Any] = {
            "d": features,
            "T": features + 2 + int(generator.integers(0, 60)),
            "n": int(generator.integers(1, 12)),
        }
        at["sigma"] = sp.Rational(int(generator.integers(1, 9)), 4)
        assert exactly(law.expr, **at) == exactly(expected, **at)
    assert law.exact
    assert sp.Ge(T, d + 2) in law.assumptions


@pytest.mark.parametrize("design", linear.DESIGNS)
def test_every_law_tells_the_gain_of_its_workflow(design):
    """Whatever the rule that derived it, also where that has no use for a gain."""
    known = [workflow for workflow, *_ in PUBLISHED[::2]]
    for workflow in (
        *known,
        SlidingWindow(2),
        FixedReal("1/3"),
        FreshReal(2),
        FreshReal(2, "1/3"),
        AccumulateSubsample(),
    ):
        formula = linear.test_error(workflow, design=design).gain_expr
        assert formula is not None, workflow
        assert [as_expression(formula.subs(n, m).doit()) for m in range(1, 6)] == gain(workflow, 5), workflow


def chi2_mean(function, *degrees):
    """E function(W_1, …) for independent chi-squares, by Gauss-Legendre quadrature over W = x^2."""
    nodes, weights = np.polynomial.legendre.leggauss(300)
    x = (nodes + 1) * 12.0  # up to 24^2 = 576
    grids = np.meshgrid(*[x] * len(degrees), indexing="ij")
    density = np.ones_like(grids[0])
    for degree, grid, axis in zip(degrees, grids, range(len(degrees)), strict=True):
        shape = [-1 if a == axis else 1 for a in range(len(degrees))]
        one: Any = stats.chi2(degree)
        density = density * one.pdf(grid**2) * 2 * grid * (weights * 12.0).reshape(shape)
    return float((density * function(*[grid**2 for grid in grids])).sum())


@pytest.mark.parametrize("samples", thinned([5, 8, 13], every=3))
def test_one_feature_by_quadrature(samples):
    # d = 1: X'X is a chi-square W with T degrees of freedom, and the newest pool adds E[W_n / A_n^2].
    one = chi2_mean(lambda w: 1 / w, samples)
    second = chi2_mean(lambda a, w: w / (a + w) ** 2, samples, samples)
    third = chi2_mean(lambda a, w: w / (a + w) ** 2, 2 * samples, samples)
    grown = chi2_mean(lambda a: 1 / a, 2 * samples)
    expected = {
        (Replace, "fixed"): [one, 2 * one, 3 * one],
        (Replace, "fresh"): [one, 2 * one, 3 * one],
        (Accumulate, "fixed"): [one, one * 5 / 4, one * 49 / 36],
        (Accumulate, "fresh"): [one, one + second, one + second + third],
        (ReplaceGrowing, "fresh"): [one, one + grown],
    }
    for (workflow, design), values in expected.items():
        law = linear.test_error(workflow(), design=design)
        found = law.evaluate(T=samples, d=1, n=range(1, len(values) + 1))
        np.testing.assert_allclose(found, values, rtol=1e-10)  # the quadrature's own error


def test_two_features_by_quadrature():
    # d = 2: tr A^-1 = (l_1 + l_2)/(l_1 l_2) under the joint density of the eigenvalues of a Wishart matrix.
    samples = 9

    def density(small, large):
        return np.exp(-(small + large) / 2) * (small * large) ** ((samples - 3) / 2) * (large - small)

    nodes, weights = np.polynomial.legendre.leggauss(400)
    half = 60.0
    mass = trace = 0.0
    for large, weight in zip((nodes + 1) * half, weights * half, strict=True):
        small = (nodes + 1) * large / 2
        here = weight * density(small, large) * weights * large / 2
        mass += here.sum()
        trace += (here * (small + large) / (small * large)).sum()
    law = linear.test_error(Replace(), design="fixed")
    np.testing.assert_allclose(law.evaluate(T=samples, d=2, n=1), trace / mass, rtol=1e-8)  # cut at 120


@pytest.mark.parametrize("workflow", [Replace(), Accumulate(), ReplaceGrowing()], ids=str)
@pytest.mark.parametrize("design", linear.DESIGNS)
def test_each_identity_on_exact_matrices(workflow, design):
    """The normal equations solved outright, with integer designs, give the error that the derivation states."""
    T_, d_, iterations = 3, 2, 4
    generator = np.random.default_rng(1)

    def draw(rows):
        return sp.Matrix(rows, d_, [int(x) for x in generator.integers(-5, 6, rows * d_)])

    shared = draw(T_)
    sizes = [int(workflow.size(Pool(k))) for k in range(1, iterations + 1)]
    designs = [sp.Matrix.vstack(*[shared] * m) if design == "fixed" else draw(m * T_) for m in sizes]
    noises = [sp.Matrix(sp.symbols(f"e{k}_:{m * T_}")) for k, m in enumerate(sizes)]
    truth = sp.Matrix(sp.symbols(f"w:{d_}"))

    models = [truth]
    stated = sp.zeros(d_, 1)
    for iteration in range(1, iterations + 1):
        members = [pool.index for pool in workflow.shares(iteration)]
        x = sp.Matrix.vstack(*[designs[k - 1] for k in members])
        y = sp.Matrix.vstack(*[designs[k - 1] * models[k - 1] + noises[k - 1] for k in members])
        models.append(((x.T * x).LUsolve(x.T * y)).expand())
        newest = iteration - 1
        stated += (x.T * x).inv() * designs[newest].T * noises[newest]
        assert (models[-1] - truth - stated).expand() == sp.zeros(d_, 1)


def test_derivation_lists_the_rules():
    rules = [step.rule for step in linear.test_error(Accumulate(), design="fresh").derivation]
    assert rules == [
        "whitening", "normal equations", "labels", "errors", "difference", "isolate", "unroll", "squared",
        "white noise", "exchangeability", "inverse wishart mean", "summation",
    ]  # fmt: skip
    assert "single pool" in {step.rule for step in linear.test_error(Replace(), design="fixed").derivation}
    derivation = linear.test_error(Accumulate(), design="fixed").derivation
    assert derivation.latex().count(r"\\") == len(derivation) - 1
    assert derivation.latex().count("{") == derivation.latex().count("}")
    assert derivation.steps[-1].statement.endswith(r"\sum_{i=1}^{n} \frac{1}{i^{2}}}{T - d - 1}")
    assert str(derivation).startswith("1. whitening")
    limit = linear.test_error(SlidingWindow(2), design="fresh").derivation
    assert r" &\simeq " in limit.latex()


@dataclass(frozen=True)
class EveryOther(Workflow):
    """Branches on the iteration, so it has no symbolic reading."""

    def training_set(self, iteration):
        return by_count(pools(1, iteration)) if iteration > 3 else by_count(pools(iteration, iteration))


@pytest.mark.parametrize(
    ("workflow", "message"),
    [
        (Made(lambda i: by_count(pools(i - 1, i))), "does not go on"),
        (EveryOther(), "cannot be read at symbolic n"),
        (Made(lambda i: by_count(real(i))), "does not go on"),
        (Made(lambda i: by_count(pools(1, i - 1))), "does not go on"),
        (Made(lambda i: by_weight({pools(1, i): 1})), "all rows counting"),
        (Made(lambda i: by_count(pools(1, i)), lambda j: 2), "go on from"),
    ],
    ids=str,
)
@pytest.mark.parametrize("design", linear.DESIGNS)
def test_no_exact_law_where_its_condition_fails(workflow, message, design):
    assert message in (whole_runs.objection(SymbolicWorkflow(workflow), design) or "")


def test_unknown_design():
    with pytest.raises(ValueError, match="'fixed' .* or 'fresh' .* got 'random'"):
        linear.test_error(Replace(), design="random")


@dataclass(frozen=True)
class Bigger(Workflow):
    """As Replace, but sampled pools have `factor` times T rows."""

    factor: Any

    def training_set(self, iteration):
        return by_count(pools(iteration, iteration))

    def pool_size(self, pool):
        return self.factor


@pytest.mark.parametrize("design", linear.DESIGNS)
def test_a_symbol_of_the_users_is_not_taken_for_a_pool(design):
    k = sp.Symbol("k", integer=True, positive=True)
    law = linear.test_error(Bigger(k), design=design)
    other = linear.test_error(Bigger(sp.Symbol("m", integer=True, positive=True)), design=design)
    m = sp.Symbol("m", integer=True, positive=True)
    assert sp.simplify(law.expr - other.expr.subs({m: k})) == 0
    gains = [as_expression(sp.sympify(c)) for c in law.gain(3)]
    assert [sp.simplify(c - e) for c, e in zip(gains, [1, 1 + 1 / k, 1 + 2 / k], strict=True)] == [0, 0, 0]
    assert law.derivation.replay() == []


@pytest.mark.parametrize("symbol", [T, n, i, d, sigma], ids=str)
def test_a_symbol_that_the_law_has_itself_is_refused(symbol):
    with pytest.raises(ValueError, match="has another meaning in the laws"):
        linear.test_error(Bigger(symbol), design="fixed")


@dataclass(frozen=True)
class Drawn(Workflow):
    """Half of the last pool's rows."""

    def training_set(self, iteration):
        return subsample(pools(iteration, iteration), rows="1/2")


#: Workflow, and at which designs its law is exact at finite T.
EXACT = [
    (Replace(), "fixed fresh"),
    (ReplaceGrowing(), "fixed fresh"),
    (Accumulate(), "fixed fresh"),
    (SlidingWindow(2), "fixed"),
    (FixedReal("1/3"), "fixed"),
    (FreshReal(), "fixed fresh"),
    (FreshReal(2), "fixed fresh"),
    (FreshReal(2, "1/3"), "fixed fresh"),
    (FreshReal("1/2"), ""),
    (FreshReal("3/2"), ""),
    (FreshReal("1/2", "1/3"), ""),
    (AccumulateSubsample(), ""),
    (Drawn(), ""),
    (Made(lambda i: by_count(pools(1, i)), lambda j: 2), "fixed fresh"),
    # one pool more than the exact laws at fresh design have, or another one
    (Made(lambda i: by_count(real(1), real(i), synthetic(i - 1))), "fixed"),
    (Made(lambda i: by_count(real(i), pools(i - 1, i))), "fixed"),
    (Made(lambda i: by_count(Pools(i - 1, i, fresh_real=True), synthetic(i - 1))), "fixed"),
    (Made(lambda i: by_count(Pools(i - 1, i - 1, fresh_real=True), synthetic(i - 1))), "fixed"),
    (Made(lambda i: by_weight({real(1): "1/4", real(i): "1/4", synthetic(i - 1): "1/2"})), "fixed"),
    (Made(lambda i: subsample(real(i), synthetic(i - 1))), ""),
    (Made(lambda i: by_count(pools(1, i)), lambda j: "5/2"), ""),
]


@pytest.mark.parametrize(("workflow", "designs"), EXACT, ids=str)
def test_which_laws_are_exact_at_finite_T(workflow, designs):
    for design in linear.DESIGNS:
        law = linear.test_error(workflow, design=design)
        assert law.exact == (design in designs.split()), design
        assert law.validity == ("exact" if law.exact else "large-T")
