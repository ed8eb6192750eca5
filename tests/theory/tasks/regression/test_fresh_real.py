"""FreshReal at fresh design: the moments of the matrix beta and the contraction, by independent means."""

from typing import Any

import numpy as np
import pytest
import sympy as sp

import theory
from tests.helpers import thinned
from theory import FreshReal
from theory.algebra import reading
from theory.algebra.by_parts import positive_moment
from theory.algebra.indices import FEATURES, ROWS
from theory.algebra.rules.designs import beta_coefficients
from theory.symbolic_workflow import SymbolicWorkflow
from theory.symbols import T, n
from theory.tasks.regression.symbols import d, sigma


def moments(sampled, fresh) -> Any:
    """(a, b) of E[B M B] = a M + b tr(M) I, with so many sampled rows beside fresh ones, numbers for both."""
    ratio = sp.Rational(sampled, fresh)
    assert ratio.is_integer
    setting = reading.counted(SymbolicWorkflow(FreshReal(int(ratio))), "fresh")
    return tuple(x.subs(ROWS, fresh) for x in beta_coefficients(setting, sp.Integer(2)))


@pytest.mark.parametrize(("numerator", "rows"), [(3, 6), (6, 9), (10, 15)])
def test_beta_at_one_feature(numerator, rows):
    # d = 1: B is beta(numerator/2, (rows - numerator)/2) and E[B M B] = E[B^2] M
    a, b = moments(numerator, rows - numerator)
    assert a + b == sp.Rational(numerator * (numerator + 2), rows * (rows + 2))


@pytest.mark.parametrize(("features", "sampled", "fresh"), thinned([(2, 5, 5), (3, 12, 6)], every=2))
def test_beta_by_monte_carlo(features, sampled, fresh):
    generator = np.random.default_rng(0)
    draws = 200_000
    x = generator.normal(size=(draws, sampled + fresh, features))
    gram = np.einsum("rti,rtj->rij", x, x)
    w = np.einsum("rti,rtj->rij", x[:, :sampled], x[:, :sampled])
    values, vectors = np.linalg.eigh(gram)
    root = np.einsum("rij,rj,rkj->rik", vectors, values**-0.5, vectors)
    beta = root @ w @ root
    m = np.diag(np.arange(1.0, features + 1))
    sandwich = beta @ m @ beta
    a, b = (float(x) for x in moments(sampled, fresh))
    expected = a * m + b * np.trace(m) * np.eye(features)
    error = sandwich.std(0) / np.sqrt(draws)
    assert (np.abs(sandwich.mean(0) - expected) < 5 * error).all()
    assert error.max() < 0.01 * expected.max()
    traces = np.trace(gram, axis1=1, axis2=2) * np.trace(np.linalg.inv(gram), axis1=1, axis2=2)
    moment: Any = positive_moment((1, -1), sp.Integer(sampled + fresh))
    exact = float(moment.subs({FEATURES: features}))
    assert abs(traces.mean() - exact) < 5 * traces.std() / np.sqrt(draws)


@pytest.mark.parametrize("ratio", [1, 2, 5])
def test_the_recursion_and_its_limits(ratio):
    law = theory.linear.test_error(FreshReal(ratio), design="fresh")
    assert law.exact
    at = {T: 11, d: 4, sigma: 1}
    expr: Any = law.expr
    limit: Any = law.limit()
    one, two, three, far = (expr.subs(at).subs(n, m) for m in (1, 2, 3, 400))
    assert one == sp.Rational(4, 6)
    # an affine recursion: the ratio of differences is rho, constant, below 1; the limit is its fixed point
    rho = (three - two) / (two - one)
    assert 0 < rho < 1
    assert (expr.subs(at).subs(n, 4) - three) / (three - two) == rho
    assert abs(float(limit.subs(at) - far)) < 1e-12
    # for T -> oo it is the gain's law
    large = law.evaluate(T=10**8, d=4, n=range(1, 9)) / law.evaluate(T=10**8, d=4, n=1)
    np.testing.assert_allclose(large, [float(c) for c in law.gain(8)], rtol=1e-6)


def test_symbolic_ratio():
    ratio = sp.Symbol("s", integer=True, positive=True)
    family = theory.linear.test_error(FreshReal(ratio), design="fresh")
    member = theory.linear.test_error(FreshReal(3), design="fresh")
    assert family.exact
    at = {T: 17, d: 5, n: 6, sigma: 1}
    assert family.expr.subs(ratio, 3).subs(at) == member.expr.subs(at)


@pytest.mark.parametrize("workflow", [FreshReal("1/2"), FreshReal("1/2", "1/3")], ids=str)
def test_ratios_that_are_not_whole_are_large_T_laws(workflow):
    assert not theory.linear.test_error(workflow, design="fresh").exact
