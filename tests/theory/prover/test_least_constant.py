"""What a least constant says of itself: whether it is one of a limit, and that the clock goes on in its proof."""

import pytest
import sympy as sp

from theory import Accumulate, LinearRegression, Replace, Tightest, Undecided, law, tightest
from theory.prover import least_constant

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
