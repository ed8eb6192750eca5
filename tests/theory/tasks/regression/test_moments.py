import pytest
import sympy as sp
from scipy import integrate, stats

from theory import RuleDoesNotApply
from theory.symbols import T, i, n
from theory.tasks.regression.moments import inverse_wishart_trace
from theory.tasks.regression.symbols import d


@pytest.mark.parametrize("rows", [4, 7, 30])
@pytest.mark.parametrize("features", [1, 2])
def test_inverse_wishart_trace(rows, features):
    # A diagonal entry of A^-1 is 1/chi^2 with rows - d + 1 degrees of freedom.
    entry = stats.chi2(rows - features + 1)
    exact = features * integrate.quad(lambda w: entry.pdf(w) / w, 0, 500, epsrel=1e-10)[0]
    found = inverse_wishart_trace(T).subs({T: rows, d: features})
    assert abs(float(found) - exact) < 1e-7 * exact


@pytest.mark.parametrize("rows", [d + 2, T, i * T, n * T, T + d])
def test_condition_that_holds(rows):
    assert inverse_wishart_trace(rows) == d / (rows - d - 1)


@pytest.mark.parametrize("rows", [d + 1, T - 1, 2 * d, T / 2, i * d, sp.Symbol("m")])
def test_condition_that_does_not_follow(rows):
    with pytest.raises(RuleDoesNotApply, match="does not follow from T >= d \\+ 2"):
        inverse_wishart_trace(rows)
