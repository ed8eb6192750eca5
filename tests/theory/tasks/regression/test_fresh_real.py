"""FreshReal at fresh design: the moments of the matrix beta and the contraction, by independent means."""

import numpy as np
import pytest
import sympy as sp

import theory
from theory import FreshReal
from theory.symbols import T, n
from theory.tasks.regression.moments import beta_sandwich, trace_times_inverse_trace
from theory.tasks.regression.symbols import d, sigma


@pytest.mark.parametrize(("numerator", "rows"), [(3, 7), (5, 6), (10, 40)])
def test_beta_at_one_feature(numerator, rows):
    # d = 1: B is beta(numerator/2, (rows - numerator)/2) and E[B M B] = E[B^2] M
    a, b = (x.subs(d, 1) for x in beta_sandwich(sp.Integer(numerator), sp.Integer(rows)))
    assert a + b == sp.Rational(numerator * (numerator + 2), rows * (rows + 2))


def test_beta_of_all_rows_is_the_identity():
    a, b = beta_sandwich(T, T)
    assert (sp.simplify(a), sp.simplify(b)) == (1, 0)


@pytest.mark.parametrize(("features", "sampled", "fresh"), [(2, 4, 5), (3, 12, 6)])
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
    a, b = (float(x.subs(d, features)) for x in beta_sandwich(sp.Integer(sampled), sp.Integer(sampled + fresh)))
    expected = a * m + b * np.trace(m) * np.eye(features)
    error = sandwich.std(0) / np.sqrt(draws)
    assert (np.abs(sandwich.mean(0) - expected) < 5 * error).all()
    assert error.max() < 0.01 * expected.max()
    traces = np.trace(gram, axis1=1, axis2=2) * np.trace(np.linalg.inv(gram), axis1=1, axis2=2)
    exact = float(trace_times_inverse_trace(T).subs({T: sampled + fresh, d: features}))
    assert abs(traces.mean() - exact) < 5 * traces.std() / np.sqrt(draws)


@pytest.mark.parametrize("ratio", [1, 2, 5])
def test_the_recursion_and_its_limits(ratio):
    law = theory.linear.test_error(FreshReal(ratio), design="fresh")
    assert law.exact
    at = {T: 11, d: 4, sigma: 1}
    one, two, three, far = (law.expr.subs(at).subs(n, m) for m in (1, 2, 3, 400))
    assert one == sp.Rational(4, 6)
    # an affine recursion: the ratio of differences is rho, constant, below 1; the limit is its fixed point
    rho = (three - two) / (two - one)
    assert 0 < rho < 1
    assert (law.expr.subs(at).subs(n, 4) - three) / (three - two) == rho
    assert abs(float(law.limit().subs(at) - far)) < 1e-12
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


@pytest.mark.parametrize("workflow", [FreshReal("1/2"), FreshReal(1, "1/3")], ids=str)
def test_other_weights_and_ratios_are_large_T_laws(workflow):
    assert not theory.linear.test_error(workflow, design="fresh").exact
