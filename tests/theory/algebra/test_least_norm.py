"""Fits of least norm in the algebra: traps of its rules, pseudo-inverses of the checker, and the law at numbers."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from tests.theory.algebra.cases import cases, reject_without_the_condition, states
from tests.theory.algebra.test_traps import trace_of
from theory import RuleDoesNotApply
from theory.algebra import by_parts, operations as op
from theory.algebra.checker import objections
from theory.algebra.checker.one_fit import least_norm_fit
from theory.algebra.checker.worlds import pseudo_inverse
from theory.algebra.indices import ENERGY, FEATURES, ROWS, SIGMA, N
from theory.algebra.rules import designs, expectations, laws, least_norm
from theory.algebra.terms import Equation, Value
from theory.derivation import Step

ALL = cases()["least norm"].setting
NEWEST = cases()["least norm, newest"].setting
FIXED = cases()["least norm, fixed"].setting
INVERTIBLE = cases()["accumulate, fresh"].setting
G, W, ERROR = ALL.training, ALL.chain.gram, ALL.error


def seen(rule, case):
    """The equation of a case before a rule."""
    names = [name for name, _ in states(case)]
    _, state = states(case)[names.index(rule) - 1]
    assert isinstance(state, Equation)
    return state


def through(setting, letter, equation):
    """The equation with its left side seen through another projection."""
    return replace(equation, left=op.matrix(letter, setting.error(N)))


ISOLATED = seen("least norm", "least norm")
LEAST = seen("growing span", "least norm")

#: (setting, state, rule, why it refuses, (function, (condition, without it), …) or nothing, where others refuse too).
TRAPS = {
    "the span of the newest rows alone": (
        ALL,
        Equation(
            op.matrix(W(N, 0), ERROR(N)),
            op.plus(op.matrix(W(N, 0), ERROR(N - 1)), op.matrix(W(N, -1), ALL.chain.design(N).T, ALL.chain.noise(N))),
            1,
        ),
        least_norm.least_norm,
        "not known within the span of all rows",
        (least_norm._is_the_span, ("return whole and (span.family is setting.training or alone)", "return True")),
    ),
    "the span of an older training set": (
        ALL,
        through(ALL, G(N - 1, 0), ISOLATED),
        least_norm.least_norm,
        "not known within the span of all rows",
        None,
    ),
    "a matrix that is no projection": (
        ALL,
        through(ALL, G(N), ISOLATED),
        least_norm.least_norm,
        "not known within the span of all rows",
        (least_norm._is_the_span, ("span.power != 0", "False")),
    ),
    "rows enough": (
        INVERTIBLE,
        Equation(op.matrix(INVERTIBLE.training(N), INVERTIBLE.error(N)), op.zero(), 1),
        least_norm.least_norm,
        "not known within the span of all rows",
        None,
    ),
    "model 0, which is no fit": (
        ALL,
        replace(LEAST, start=1, base=None),
        least_norm.growing_span,
        "model 0 is w",
        (
            least_norm.growing_span,
            ("if equation.start < 2:", "if False:"),
            ("equation.start) and", "2) and"),
            ("whole[1], mine[1], equation.start)", "whole[1], mine[1], 2)"),
        ),
    ),
    "older rows that are dropped": (
        NEWEST,
        Equation(
            op.matrix(NEWEST.error(N)),
            op.plus(
                op.matrix(NEWEST.training(N, 0), NEWEST.error(N - 1)),
                op.matrix(NEWEST.training(N, 0), NEWEST.truth),
                op.matrix(NEWEST.truth, coefficient=-1),
                op.matrix(NEWEST.training(N, -1), NEWEST.chain.design(N).T, NEWEST.chain.noise(N)),
            ),
            2,
            base=LEAST.base,
        ),
        least_norm.growing_span,
        "not among those of model n",
        (least_norm.growing_span, ("or not kept:", "or False:")),
    ),
    "an older error that is seen as a whole": (
        ALL,
        dict(states("least norm"))["growing span"],
        least_norm.growing_span,
        "not taken within the span",
        None,
    ),
    "the bias of another fit than the first": (
        ALL,
        Value(op.plus(trace_of(G(N, 0), coefficient=-ENERGY / FEATURES).expression, laws.number(ENERGY)), 1),
        least_norm.least_norm_fits,
        "not the bias of the first fit",
        (least_norm.least_norm_fits, ("or iteration != 1 ", "")),
    ),
    "half of the span lost": (
        ALL,
        Value(
            op.plus(trace_of(G(1, 0), start=1, coefficient=-ENERGY / (2 * FEATURES)).expression, laws.number(ENERGY)), 1
        ),
        least_norm.least_norm_fits,
        "not the bias of the first fit",
        (least_norm.least_norm_fits, ("or factored(m.coefficient + ENERGY / FEATURES) != 0", "")),
    ),
    "twice the signal": (
        ALL,
        Value(
            op.plus(trace_of(G(1, 0), start=1, coefficient=-ENERGY / FEATURES).expression, laws.number(2 * ENERGY)), 1
        ),
        least_norm.least_norm_fits,
        "not both there",
        (least_norm.least_norm_fits, ("lost != 1 or", "")),
    ),
    "no bias at all": (ALL, trace_of(G(N, -1), start=1), least_norm.least_norm_fits, "not both there", None),
    "another power of a fit": (ALL, trace_of(G(1, -2), start=1), least_norm.least_norm_fits, "has this power", None),
    "two pools": (ALL, trace_of(G(N, -1), W(1), start=1), least_norm.least_norm_fits, "of one matrix", None),
    "fits with rows enough": (
        INVERTIBLE,
        trace_of(INVERTIBLE.training(N, -1), start=1),
        least_norm.least_norm_fits,
        "fits of least norm",
        None,
    ),
    "two inverses": (ALL, trace_of(W(N, -2), start=1), designs.inverse_wishart_mean, "not known", None),
    "a signal that is squared": (
        ALL,
        Value(laws.number(ENERGY**2 + SIGMA**2), 1),
        least_norm.signal_and_noise,
        "not the sum of a loss and a noise",
        None,
    ),
    "rotations at fixed design": (
        FIXED,
        trace_of(FIXED.error(N - 1), FIXED.error(N - 1).T, FIXED.common_gram(0, 0)),
        expectations.rotation,
        "every error has met the one X",
        None,
    ),
}


@pytest.mark.parametrize("name", TRAPS)
def test_the_rule_refuses(name):
    setting, state, rule, reason, _ = TRAPS[name]
    with pytest.raises(RuleDoesNotApply, match=reason):
        rule(setting, state)


@pytest.mark.parametrize("name", [name for name, trap in TRAPS.items() if trap[-1]])
def test_the_checker_rejects_what_the_rule_makes_without_the_condition(name, monkeypatch):
    reject_without_the_condition(TRAPS[name], monkeypatch)


def test_moments_of_fewer_rows_than_features():
    """XX' is an m x m Wishart matrix of d degrees of freedom: E tr = m d, E tr of its inverse m/(d - m - 1)."""
    m, d = sp.symbols("m d", positive=True)
    assert by_parts.moment_of_nonzero((0,), m, d) == m
    assert sp.simplify(by_parts.moment_of_nonzero((1,), m, d) - m * d) == 0
    assert sp.simplify(by_parts.moment_of_nonzero((-1,), m, d) - m / (d - m - 1)) == 0
    assert designs.nonzero_moment((-1,), ROWS) == ROWS / (FEATURES - ROWS - 1)
    crossing = designs.nonzero_moment((-1,), 2 * ROWS)
    at = {rows: crossing.subs({ROWS: rows, FEATURES: 6}) for rows in (2, 4)}
    assert at == {2: sp.Rational(4, 1), 4: sp.Rational(6, 1)}
    assert designs.nonzero_moment((-2,), ROWS) is None


@pytest.mark.parametrize(("d", "rows"), [(6, 1), (6, 4), (6, 8), (6, 12), (1, 3), (30, 2)])
def test_the_checkers_fits_of_least_norm(d, rows):
    few, many = sorted((d, rows))
    bias, variance = least_norm_fit(d, rows)
    assert bias == pytest.approx(sum(x**2 for x in range(1, d + 1)) * (1 - few / d), rel=1e-12)
    assert variance == pytest.approx(few / (many - few - 1), rel=1e-10)
    with pytest.raises(ArithmeticError, match="no mean"):
        least_norm_fit(d, d + 1)


def test_the_checkers_pseudo_inverses():
    generator = np.random.default_rng(5)
    for rank in (0, 1, 2, 3, 4):
        x = generator.integers(-4, 5, (3, 1, rank, 4)) if rank else np.zeros((3, 1, 1, 4), int)
        gram = np.swapaxes(x, -1, -2) @ x
        exact = pseudo_inverse(np.vectorize(Fraction, otypes=[object])(gram.astype(object)))
        assert all(isinstance(entry, Fraction) for entry in exact.flat)
        np.testing.assert_allclose(exact.astype(float), np.linalg.pinv(gram.astype(float)), atol=1e-12)
        # the four equations of Penrose, two of them the symmetry of the products
        assert (gram @ exact @ gram == gram).all()
        assert (exact @ gram @ exact == exact).all()
        assert (gram @ exact == np.swapaxes(gram @ exact, -1, -2)).all()
    mixed = np.stack([np.diag([2, 0]), np.diag([2, 4])])[:, None].astype(object)
    mixed = np.vectorize(Fraction, otypes=[object])(mixed)
    np.testing.assert_array_equal(pseudo_inverse(mixed)[:, 0, 1, 1], [0, Fraction(1, 4)])
    # in floats, under quadrature, what is small is told from what is 0 but for rounding
    turn, _ = np.linalg.qr(generator.normal(size=(3, 3)))
    floats = turn @ np.diag([5.0, 1e-6, 0.0]) @ turn.T
    np.testing.assert_allclose(pseudo_inverse(floats), turn @ np.diag([0.2, 1e6, 0.0]) @ turn.T, rtol=1e-6, atol=1e-3)


def test_the_last_statements():
    """B, V and the solution as they stand in print."""
    last = {name: dict(states(name)) for name in ("least norm", "least norm, newest", "least norm, fixed")}
    at = {ROWS: 8, FEATURES: 20, SIGMA: sp.Rational(1, 2), ENERGY: 1}
    value = laws.law(last["least norm"]["least norm moments"])
    found = [float(value.subs({**at, N: n}).doit()) for n in range(1, 7)]
    np.testing.assert_allclose(found, [0.78182, 1.44848, 2.00404, 2.11768, 2.17031, 2.20117], atol=5.1e-6)
    value = laws.law(last["least norm, newest"]["signal and noise"])
    q = sp.Rational(8, 20)
    for n in range(1, 5):
        expected = (1 - q**n) + sp.Rational(1, 4) * sp.Rational(8, 11) * (1 - q**n) / (1 - q)
        assert sp.simplify(value.subs({**at, N: n}) - expected) == 0


def test_a_derivation_of_another_workflow_is_seen():
    steps = [Step(rule, "", "", state) for rule, state in states("least norm, fixed")]
    assert not objections(FIXED, steps)
    accumulated = [Step(rule, "", "", state) for rule, state in states("least norm")]
    assert objections(NEWEST, accumulated)
