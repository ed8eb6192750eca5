"""Pairs of bounds, one true and one just false: sums with a factor, squares, gaps between integers, orders."""

import pytest
import sympy as sp

import theory
from tests.helpers import thinned
from theory import Accumulate, FreshReal, Replace, ReplaceGrowing, Workflow, check_bound
from theory.prover.verdicts import Refuted
from theory.symbols import n
from theory.tasks.regression.symbols import ONE_FIT

U = "(sigma**2*d/(T-d-1))"
THREE_HALVES = sp.harmonic(n, sp.Rational(3, 2))
SLOWEST = sp.zeta(1 + 1 / n)

#: The workflow, what is true, what is not. The comment says where the two meet.
PAIRS: list[tuple[Workflow, str | sp.Expr, str | sp.Expr]] = [
    (ReplaceGrowing(), f"(digamma(n+5/2)+EulerGamma)*{U}", f"(digamma(n+1/2)+EulerGamma)*{U}"),  # at n + 1
    (ReplaceGrowing(), f"(digamma(n+1)+EulerGamma)*{U}", f"0.9999*(digamma(n+1)+EulerGamma)*{U}"),
    (Replace(), f"n*Sum(1/i**2,(i,1,n))*{U}", f"0.9999*n*Sum(1/i**2,(i,1,n))*{U}"),  # n = 1
    (Replace(), f"(n+1)*Sum(1/(i*(i+1)),(i,1,n))*{U}", f"0.9999*(n+1)*Sum(1/(i*(i+1)),(i,1,n))*{U}"),  # equal
    (Replace(), f"4*n**2*Sum(1/(i+1)**2,(i,1,n))*{U}", f"3.9999*n**2*Sum(1/(i+1)**2,(i,1,n))*{U}"),  # n = 1
    (Replace(), "n*sqrt(sigma**4+1)*d/(T-d-1)", "0.9999*n*sqrt(sigma**4+1)*d/(T-d-1)"),  # large sigma
    (Replace(), "n*(sigma**4+1)/2*d/(T-d-1)", "n*(sigma**4+0.9999)/2*d/(T-d-1)"),  # sigma = 1
    (Replace(), f"(n**2/10**9+10**9/4)*{U}", f"(n**2/10**9+10**9/4-1/100)*{U}"),  # n = 5 * 10^8
    (Replace(), f"n*(1+(T-d-3)*(T-d-4))*{U}", f"n*(0.9999+(T-d-3)*(T-d-4))*{U}"),  # T - d = 3 or 4
    (Replace(), f"n*(1+(T-d-3)*(T-d-4))*{U}", f"n*(1+(T-d-3)*(T-d-5))*{U}"),
    (Replace(), f"(n+(n-2)*(n-3))*{U}", f"(n-0.0001+(n-2)*(n-3))*{U}"),  # n = 2 or 3
    (Replace(), f"(n+(n-5)*(n-6)*(n-1))*{U}", f"(n+(n-5)*(n-7)*(n-1))*{U}"),
    # pi^2/6 + zeta(3/2) = 4.2573
    (Accumulate(), ONE_FIT * (5 - THREE_HALVES), ONE_FIT * (sp.Rational(42, 10) - THREE_HALVES)),
    (Accumulate(), ONE_FIT * SLOWEST, ONE_FIT * SLOWEST / 2),
    (Accumulate(), ONE_FIT * SLOWEST * sp.Rational(62, 100), ONE_FIT * SLOWEST * sp.Rational(6, 10)),  # 6/pi^2 = 0.608
    (FreshReal(), f"(2/3+4**(1-n)/3)*{U}", f"(2/3+4.0004**(1-n)/3)*{U}"),  # equal
    (FreshReal(), f"(2/3+3.9996**(1-n)/3)*{U}", f"(2/3+0.9999*4**(1-n)/3)*{U}"),
    (FreshReal(), f"(2/3+exp(-n))*{U}", f"(2/3+0.9*exp(-n))*{U}"),  # n = 1: 1/3 < 1/e
]


def _law(workflow: Workflow) -> theory.Law:
    return theory.linear.test_error(workflow, design="fixed")


@pytest.mark.parametrize(("workflow", "bound"), thinned([(w, true) for w, true, _ in PAIRS], every=3), ids=str)
def test_the_true_one_is_proved(workflow: Workflow, bound: str | sp.Expr) -> None:
    assert check_bound(_law(workflow), bound).verdict == "proved"


@pytest.mark.parametrize(("workflow", "bound"), [(w, false) for w, _, false in PAIRS], ids=str)
def test_the_false_one_is_refuted(workflow: Workflow, bound: str | sp.Expr) -> None:
    assert isinstance(check_bound(_law(workflow), bound), Refuted)
