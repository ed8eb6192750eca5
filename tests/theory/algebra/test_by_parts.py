"""Wishart moments by integration by parts against exact numbers that were found otherwise."""

from typing import Any

import numpy as np
import pytest
import sympy as sp
from scipy import integrate, stats

from theory.algebra import by_parts
from theory.algebra.by_parts import rows_needed
from theory.algebra.indices import FEATURES, fresh


def trace_moment(powers, rows) -> Any:
    """Of any type, for SymPy's own are too wide."""
    return by_parts.trace_moment(powers, rows)


#: Of 10 rows and 2 features.
AT_TEN = {
    (1,): 20,
    (2,): 260,
    (1, 1): 440,
    (3,): 4080,
    (2, 1): 6240,
    (1, 1, 1): 10560,
    (-1,): sp.Rational(2, 7),
    (1, -1): sp.Rational(36, 7),
    (2, -1): sp.Rational(440, 7),
    (1, 1, -1): sp.Rational(720, 7),
    (-2,): sp.Rational(9, 140),
    (-1, -1): sp.Rational(1, 10),
    (0, 1): 40,
    (0,): 2,
}


@pytest.mark.parametrize(("powers", "value"), AT_TEN.items(), ids=str)
def test_ten_rows(powers, value):
    assert trace_moment(powers, sp.Integer(10)).subs(FEATURES, 2) == value
    rows = fresh()
    assert sp.simplify(trace_moment(powers, rows).subs({rows: 10, FEATURES: 2}) - value) == 0


def test_the_inverse_square_in_general():
    rows, d = fresh(), FEATURES
    known = d * (rows - 1) / ((rows - d) * (rows - d - 1) * (rows - d - 3))
    assert sp.simplify(trace_moment((-2,), rows) - known) == 0


@pytest.mark.parametrize("power", [1, 2, 3, 4, 5])
def test_one_feature_is_a_chi_square(power):
    assert trace_moment((power,), sp.Integer(7)).subs(FEATURES, 1) == round(stats.chi2(7).moment(power))


@pytest.mark.parametrize("rows", [4, 7, 30])
@pytest.mark.parametrize("features", [1, 2])
def test_the_inverse_by_quadrature(rows, features):
    # a diagonal entry of A^-1 is 1/chi^2 with rows - d + 1 degrees of freedom
    entry: Any = stats.chi2(rows - features + 1)
    exact = features * integrate.quad(lambda w: entry.pdf(w) / w, 0, 500, epsrel=1e-10)[0]
    assert abs(float(trace_moment((-1,), sp.Integer(rows)).subs(FEATURES, features)) - exact) < 1e-7 * exact


@pytest.mark.parametrize(("rows", "exists"), [(3, True), (2, False)])
def test_the_inverse_mean_exists_from_d_plus_2_rows_on(rows, exists):
    # plain quadrature at more and more nodes: the changes shrink where E 1/chi^2 is finite, and do not where it is not
    assert (rows >= rows_needed((-1,)).subs(FEATURES, 1)) == exists
    values = []
    for nodes in (20, 40, 80, 160):
        x, w = np.polynomial.laguerre.laggauss(nodes)
        values.append((w * (2 * x) ** (rows / 2 - 2)).sum())
    changes = np.diff(values)
    assert (np.abs(changes[1:]) < 0.75 * np.abs(changes[:-1])).all() == exists


def test_beyond_two_inverses_nothing_is_said():
    assert trace_moment((-3,), fresh()) is None
    assert trace_moment((2, -3), fresh()) is None
    assert rows_needed((-1, -1)) == FEATURES + 4
    assert rows_needed((3,)) == 0
