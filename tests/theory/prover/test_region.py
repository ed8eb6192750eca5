"""Regions: signs are shown only where they hold, quotients keep values and poles, runs say where they begin."""

import math
import random
from fractions import Fraction
from typing import Any

import pytest
import sympy as sp

from theory.prover.canonical import partial_product, partial_sum
from theory.prover.certificate import is_defined
from theory.prover.quotients import ratio
from theory.prover.region import Between, From, Only, Region, RootFrom
from theory.symbols import T, i, n
from theory.sympy_types import rational, substituted, symbols
from theory.tasks.regression.symbols import DOMAIN, d, sigma

CELL = DOMAIN.cells()[0]
FIRST, SECOND = (Region(CELL, From(least)) for least in (1, 2))
#: Negative at n >= 1, with a denominator that keeps a leading coefficient of 1 and is negative all the same.
BELOW = n * sp.log(2) - n
L = sp.log(2)
#: A little above pi, and too near to tell at the precision of signs.
NEAR_PI = sp.Rational(math.floor(sp.N(sp.pi, 200) * 2**400) + 1, 2**400)


@pytest.mark.parametrize(
    ("expression", "nonnegative", "positive"),
    [
        (1 / (d - T) ** 2, True, True),
        (-1 / (d - T) ** 2, False, False),
        (1 / (d - T), False, False),
        (-1 / (d - T) ** 3, True, True),
        # a denominator that is negative: an even power is not, an odd one is
        (1 / BELOW**2, True, True),
        (-1 / BELOW**2, False, False),
        (-1 / BELOW, True, True),
        (1 / BELOW, False, False),
        (1 / (BELOW**3 * (n + 1) ** 2), False, False),
        # zero somewhere on the border
        (n - 2, True, False),
        (sigma * (n - 2), True, False),
        (1 / (n - 2), False, False),
        (1 / (sigma * (n - 2)), False, False),
        (sigma, True, True),
        (sigma * (n - 1), True, True),
        # a pole stays one
        (n / (n - 5) - 5 / (n - 5), False, False),
        # a constant whose sign is not known
        ((NEAR_PI - sp.pi) * n, False, False),
        ((sp.pi - NEAR_PI) * n, False, False),
        # exponentials: no more than the first terms of the series, the same variable for powers of one number
        (2**n - 4 - 4 * L * (n - 2) - 2 * L**2 * (n - 2) ** 2, True, False),
        (2**n - 4 - 4 * L * (n - 2) - 2 * L**2 * (n - 2) ** 2 * sp.Rational(51, 50), False, False),
        (2**n - 4 - 4 * L * (n - 2) * sp.Rational(51, 50), False, False),
        (4**n - 4 * 2**n, True, False),
        (4 * 2**n - 4**n, False, False),
        (sp.Rational(1, 2) ** n - sp.Rational(1, 4) ** n * 4, True, False),
        (sp.Rational(1, 4) ** n * 4 - sp.Rational(1, 2) ** n, False, False),
        (sp.exp(n) - sp.exp(2), True, False),
        (sp.exp(-n) - sp.exp(-2), False, False),
        (sp.exp(-2) - sp.exp(-n), True, False),
    ],
    ids=str,
)
def test_signs_are_shown_where_they_hold(expression: sp.Expr, *, nonnegative: bool, positive: bool) -> None:
    assert SECOND.is_nonnegative(expression) is nonnegative
    assert SECOND.is_positive(expression) is positive


def test_a_sum_up_to_a_number_has_all_its_terms() -> None:
    assert Region(CELL, Only(3)).write(partial_sum(1 / i)) == sp.Rational(11, 6)
    assert Region(CELL, Only(1)).write(partial_sum(1 / i)) == 1


def test_onwards_is_every_later_n() -> None:
    for run in (Only(3), Between(3, 9), From(3, 2)):
        assert Region(CELL, run).onwards == Region(CELL, From(3))


@pytest.mark.parametrize("scale", [1, 2, 3, 5])
@pytest.mark.parametrize("shift", [-4, -1, 0, 1, 3])
@pytest.mark.parametrize(("root", "degree"), [(2, 2), (3, 2), (2, 3), (7, 1)])
def test_a_run_of_roots_begins_at_the_first_n_beyond_the_power(root: int, degree: int, scale: int, shift: int) -> None:
    run = RootFrom(root, degree, scale, shift)
    assert run.least == next(k for k in range(-9, 99) if scale * k + shift >= root**degree)
    (m,) = symbols(run.iteration())
    assert scale * run.iteration().subs(m, 5) + shift == (root + 5) ** degree


def test_runs_are_written_from_their_first_n_on() -> None:
    for run, far in ((From(3), sp.oo), (From(3, 2), sp.oo), (Between(3, 9), 9)):
        (m,) = symbols(run.iteration())
        assert run.iteration().subs(m, 0) == run.least == 3
        assert sp.limit(run.iteration(), m, sp.oo) == far
    assert From(3, 2).iteration().subs(m, 2) == 7


def _rational(rng: random.Random, depth: int) -> sp.Expr:
    if depth == 0:
        return rng.choice([n, d, T, sp.Integer(rng.choice([-3, -1, 2, 5])), sp.Rational(2, 3)])
    a, b = _rational(rng, depth - 1), _rational(rng, depth - 1)
    # unevaluated, so that SymPy does not cancel poles
    ways = [
        sp.Add(a, b, evaluate=False),
        sp.Mul(a, b, evaluate=False),
        sp.Pow(a, rng.choice([-3, -2, -1, 2, 3]), evaluate=False),
        sp.Add(a, sp.Mul(-2, sp.Pow(b, -1, evaluate=False), evaluate=False), evaluate=False),
    ]
    return rng.choice(ways)


def _exactly(expression: sp.Expr, point: dict[sp.Symbol, Fraction]) -> Fraction | None:
    """Its value by plain arithmetic; `None` at a pole."""
    if isinstance(expression, sp.Rational):
        return Fraction(int(expression.p), int(expression.q))
    if isinstance(expression, sp.Symbol):
        return point[expression]
    values = [_exactly(part, point) for part in expression.args if isinstance(part, sp.Expr)]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    if isinstance(expression, sp.Pow):
        base, exponent = known
        return None if base == 0 and exponent < 0 else base ** int(exponent)
    return sum(known, Fraction(0)) if isinstance(expression, sp.Add) else math.prod(known, start=Fraction(1))


def _divides(expression: sp.Expr) -> bool:
    return any(power.exp < 0 for power in expression.atoms(sp.Pow))


def test_quotients_keep_values_and_poles() -> None:
    """Numerator over denominators, at points from a small grid so that poles are met."""
    rng, compared, poles = random.Random(5), 0, 0
    for _ in range(100):
        expression = _rational(rng, rng.randint(1, 4))
        found = ratio(expression)
        if found is None:  # it divides by what is zero everywhere
            point = {x: Fraction(rng.randint(10**6, 10**7)) for x in (n, d, T)}
            assert _exactly(expression, point) is None
            continue
        for _ in range(6):
            point = {x: Fraction(rng.randint(1, 4)) for x in (n, d, T)}
            at: dict[Any, sp.Rational] = {x: rational(value) for x, value in point.items()}
            exact = _exactly(expression, point)
            below = substituted(found.denominator(), at)
            if exact is None:
                # what divides by a quotient goes on where that has a pole, and is 0 there
                assert below == 0 or any(_divides(p.base) for p in expression.atoms(sp.Pow) if p.exp < 0)
                poles += below == 0
            else:
                assert below != 0
                assert substituted(found.numerator.as_expr(), at) / below == rational(exact)
                compared += 1
        assert all(base.LC == 1 and power > 0 for base, power in found.denominators.items())
    assert compared > 200
    assert poles > 5


@pytest.mark.parametrize(
    ("expression", "defined"),
    [
        (1 / n, True),
        (1 / (n - 1), False),
        ((n - 5) ** -2, False),
        (1 / (d - T), True),
        (1 / ((n - 1) ** 2 + (d - 1) ** 2), False),  # at n = d = 1
        (sp.sqrt(n - 1), True),
        (sp.sqrt(n - 2), False),
        (1 / sp.sqrt(n - 1), False),
        (sp.sqrt(d - T), False),
        ((d - T) ** (1 / n), False),
        ((n - 1) ** (n - 1), True),  # 0^0 = 1
        ((n - 1) ** (-n), False),
        ((-2) ** (-n), True),
        (sp.sqrt(sp.log(n)), True),
        (sp.sqrt(sp.log(n / 2)), False),  # below 0 at n = 1
        (sp.sqrt(sp.log(T - d - 1)), True),
        (sp.sqrt(sp.log(T - d - 1) - sp.log(2)), False),
        (sp.log(n), True),
        (sp.log(n - 1), False),
        (sp.log(n * (n - 1)), False),
        (sp.log((n - 1) ** 2 + (d - 1) ** 2), False),
        (sp.log(sp.log(n + 1)), True),
        (sp.log(sp.log(n)), False),  # log 1 = 0
        (sp.log(sp.log(sigma + 1)), True),
        (sp.log(sp.log(sigma)), False),
        (1 / sp.log(n), False),
        (sp.log(sp.log(n + 1) + (d - 1) ** 2), True),
        (sp.log(sp.log(n + 1) - (d - 1) ** 2), False),
        (sp.log(sp.harmonic(n)), True),
        (sp.log(sp.harmonic(n - 1)), False),  # H_0 = 0
        (sp.harmonic(n - 1, 2), True),
        (sp.harmonic(n - 2), False),
        (sp.polygamma(1, T - d), True),
        (sp.polygamma(0, n - 1), False),
        (sp.polygamma(n, n), False),  # of no known order
        (sp.zeta(n + 1), True),
        (sp.zeta(n), False),  # at 1
        (sp.zeta(n + 1, T - d - 2), False),
        (sp.exp(1 / (n - 1)), False),
        (sp.sin(n), False),  # of which nothing is known
        (partial_sum(1 / i), True),
        (partial_sum(1 / (i - 1)), False),
        (partial_sum(1 / (i + T - d)), True),
        (n * partial_sum(sp.log(i - 1)), False),
    ],
    ids=str,
)
def test_what_is_real_everywhere(expression: sp.Expr, *, defined: bool) -> None:
    assert is_defined(expression, FIRST) is defined


def test_the_terms_of_sums_and_products_are_real_from_the_first_on() -> None:
    """Also on a region of later n."""
    assert is_defined(1 / (n - 1), SECOND)
    assert not is_defined(partial_sum(1 / (i - 1)), SECOND)
    assert is_defined(partial_product(1 / i), SECOND)
    assert not is_defined(partial_product(1 / (i - 1)), SECOND)
