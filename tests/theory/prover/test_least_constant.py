"""What a least constant says of itself: whether it is one of a limit, and that the clock goes on in its proof."""

import pytest
import sympy as sp

from tests.helpers import Made
from theory import Accumulate, LinearRegression, Replace, Tightest, Undecided, by_count, law, real, synthetic, tightest
from theory.prover import least_constant
from theory.symbols import n

ALL, CHAIN = (law(LinearRegression(design="fixed"), workflow) for workflow in (Accumulate(), Replace()))


@pytest.mark.parametrize("asymptotic", [False, True])
def test_a_constant_of_a_limit_says_so(asymptotic):
    found = tightest(ALL, asymptotic=asymptotic)
    assert isinstance(found, Tightest)
    assert (found.constant, found.attained, found.asymptotic) == (sp.pi**2 / 6, False, asymptotic)
    none = tightest(CHAIN, asymptotic=asymptotic)
    assert isinstance(none, Tightest)
    assert (none.constant, none.attained, none.asymptotic) == (sp.oo, False, asymptotic)


@pytest.mark.parametrize("asymptotic", [False, True])
def test_without_a_proof_there_is_none_and_it_has_the_time_that_is_left(monkeypatch, asymptotic):
    given = []

    def judge(*_, time_limit):
        given.append(time_limit)
        return Undecided(("no proof",))

    monkeypatch.setattr(least_constant, "judge", judge)
    found = tightest(ALL, asymptotic=asymptotic, time_limit=1000)
    assert isinstance(found, Undecided)
    assert found.asymptotic == asymptotic
    assert found.tried == ("law <= pi**2/6 * family: undecided",)
    assert 0 < given[0] < 1000
    tightest(ALL, asymptotic=asymptotic)
    assert given[1] is None


UNIT = "sigma**2*d/(T-d-1)"


@pytest.mark.parametrize(
    ("family", "domain", "constant", "attained"),
    [
        (None, (), sp.oo, False),
        pytest.param(f"n*{UNIT}", (), sp.S.One, True, marks=pytest.mark.slow),
        pytest.param(f"n*{UNIT}", "n >= 2", sp.Rational(2, 3), True, marks=pytest.mark.slow),
    ],
)
def test_a_gain_that_alternates_has_the_larger_limit(family, domain, constant, attained):
    """All data from the model two iterations ago: c_n = ceil(n/2)."""
    workflow = Made(lambda i: by_count(synthetic(i - 2)) if i > 2 else by_count(real(1)))
    found = tightest(law(LinearRegression(design="fixed"), workflow), family, domain=domain)
    assert isinstance(found, Tightest)
    assert (found.constant, found.attained) == (constant, attained)


TURNING = (-1) ** n


@pytest.mark.parametrize(
    ("gain", "limit"),
    [
        (3 + TURNING, 4),
        (3 - TURNING / 2, sp.Rational(7, 2)),
        (2 + TURNING * (1 + 1 / n) / 3, sp.Rational(7, 3)),
        (n - n * TURNING, sp.oo),
        (3 + TURNING + TURNING / 2**n - (-sp.S.Half) ** n, 4),
        (5 + (-1) ** (n + 1) + 1 / n, 6),
        (2 + TURNING / n, 2),
        (1 + (-2) ** -n, 1),
        ((-2) ** n, None),
    ],
)
def test_a_limit_is_that_of_even_or_of_odd_n(gain: sp.Expr, limit: object) -> None:
    assert least_constant._limit(gain, sp.S.One) == limit
