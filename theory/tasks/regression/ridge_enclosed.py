"""What an error lies between where T and d are numbers, iteration by iteration: for bounds close to the law.

Without a ridge, under all pools at fresh design, it is a rational number at each iteration. With one, bias and variance
of a fit are enclosed in balls (`wishart_balls`) at the first iterations, and by the formulas of `ridge_envelopes` then;
at fixed design the error is, by balls. Beyond iteration s, where s T >= d + 2 and each pool has T rows, noises are

    sum_{i > s} V(iT)/i <= (d/T) sum_{i > s} 1/(i (i - a)) <= (d/T)/(s + 1 - b),
    a = (d + 1)/T,   b = max(a, (a + 1)/2),

as V(m) <= d/(m - d - 1), and i (i - a) >= (i - b) (i + 1 - b) for such b.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from math import floor
from typing import Any

import sympy as sp
from flint import acb, arb, fmpq

from ...derivation import AtNumbers
from ...gain import gain
from ...pools import Pool
from ...sympy_types import as_expression, fraction, rational
from ...workflow import Workflow
from . import wishart_balls
from .ridge import Ridge
from .ridge_envelopes import added, risk
from .symbols import sigma

#: Iterations that are looked at, and those of them that are enclosed in balls.
_MOST, _MOST_IN_BALLS = 300, 16

#: Ends of balls are rounded outwards to multiples of this.
_GRID = Fraction(1, 2**56)

#: What a number is at least, and at most.
Ends = tuple[Fraction, Fraction]

#: The pools of a training set, with their shares of the loss.
Weights = list[tuple[Pool, fmpq]]


def nested(ridge: Ridge, numbers: Mapping[str, Any]) -> AtNumbers:
    """Of B(T) + sigma^2 sum_i V(iT)/i."""
    T, d = numbers["T"], numbers["d"]
    # without a ridge the error is infinite from rows within one of the features on
    near = (i for i in range(1, (d + 1) // T + 1) if not ridge.penalty and abs(i * T - d) < 2)
    infinite, enough = next(near, None), -(-(d + 2) // T)
    last = _MOST if infinite is None else infinite - 1
    noises: list[Ends] = [(Fraction(0), Fraction(0))]

    def noise(iteration: int) -> Ends:
        for i in range(len(noises), iteration + 1):
            (low, high), before = _variance(ridge, i * T, d, closely=i <= _MOST_IN_BALLS), noises[-1]
            found = before[0] + low / i, before[1] + high / i
            noises.append(_outwards(*found) if ridge.penalty else found)
        return noises[iteration]

    def at(iteration: int) -> tuple[sp.Expr, sp.Expr]:
        return _errors(_bias(ridge, T, d), noise(iteration))

    def later(start: int) -> tuple[int, sp.Expr, sp.Expr] | None:
        first = max(start, enough)
        if first > last:
            return None
        a, (low, high) = Fraction(d + 1, T), noise(first)
        tail = Fraction(d, T) / (first + 1 - max(a, (a + 1) / 2))
        return first, *_errors(_bias(ridge, T, d), (low, high + tail))

    return AtNumbers(at, last, later, infinite)


@cache
def _bias(ridge: Ridge, rows: int, d: int) -> Ends:
    """B of one fit."""
    c, of_risk, number = fraction(added(ridge)), fraction(risk(ridge)) / d, min(rows, d)
    if c == 0:
        return of_risk * (d - number), of_risk * (d - number)
    if wishart_balls.objection(rows, d) is not None:
        return of_risk * d * (c / (rows + c)) ** 2, of_risk * d * (c / (rows - d - 1 + c) if rows >= d + 2 else 1)
    ball = _ball(c)
    low, high = _ends(wishart_balls.eigenvalues(rows, d).mean(lambda u: (ball / (u + ball)) ** 2, arb(1)))
    return of_risk * (d - number + low), of_risk * (d - number + high)


@cache
def _variance(ridge: Ridge, rows: int, d: int, *, closely: bool) -> Ends:
    """V of one fit, in units of sigma^2; without a ridge where rows are not within one of the features."""
    c, apart = fraction(added(ridge)), rows - d - 1
    if c == 0:
        exactly = Fraction(min(rows, d), abs(rows - d) - 1)
        return exactly, exactly
    if closely and wishart_balls.objection(rows, d) is None:
        ball = _ball(c)
        return _ends(wishart_balls.eigenvalues(rows, d).mean(lambda u: u / (u + ball) ** 2, 1 / (4 * arb(ball))))
    low = d * rows / (rows + d + 1 + c) ** 2
    if apart < 1:
        return low, min(rows, d) / (4 * c)
    return low, (d * apart / (apart + c) ** 2 if apart >= c else d / (apart + c))


def fixed(workflow: Workflow, ridge: Ridge, numbers: Mapping[str, Any], *, forgets: bool) -> AtNumbers | None:
    """Of the error at fixed design; `None` where there are too many features for balls.

    Args:
        workflow: of whole pools.
        ridge: isotropic, with a penalty above 0.
        numbers: T and d.
        forgets: whether each training set is the one before and pool n, or pool n alone, so that biases never fall.
    """
    T, d = numbers["T"], numbers["d"]
    if wishart_balls.objection(T, d) is not None:
        return None
    eigenvalues, of_risk = wishart_balls.eigenvalues(T, d), fraction(risk(ridge)) / d

    @cache  # read once, and followed at every point of the quadrature
    def weights(iteration: int) -> Weights:
        return [(pool, _ball(share)) for pool, share in workflow.shares(iteration).items()]

    @cache
    def ends(iteration: int) -> tuple[Ends, Ends]:
        besides = [_beside(workflow, ridge, T, m) for m in range(1, iteration + 1)]
        sets = [weights(m) for m in range(1, iteration + 1)]
        sizes = {pool: _ball(workflow.size(pool)) for each in sets for pool, _ in each}
        most = arb(_ball(gain(workflow, iteration)[-1])) / (4 * arb(besides[-1]))  # v_n <= h_n^2 c_n
        lost = _ends(eigenvalues.mean(lambda u: _followed(sets, sizes, besides, u)[0] ** 2, arb(1)))
        missing = d - eigenvalues.number
        bias = of_risk * (missing + lost[0]), of_risk * (missing + lost[1])
        return bias, _ends(eigenvalues.mean(lambda u: _followed(sets, sizes, besides, u)[1], most))

    def later(start: int) -> tuple[int, sp.Expr, None] | None:
        if not forgets or start > _MOST_IN_BALLS:
            return None
        return start, _errors(ends(start)[0], (Fraction(0), Fraction(0)))[0], None

    return AtNumbers(lambda iteration: _errors(*ends(iteration)), _MOST_IN_BALLS, later, None)


def _beside(workflow: Workflow, ridge: Ridge, T: int, iteration: int) -> fmpq:
    """What is added to the eigenvalues of the T rows."""
    rows = sum((workflow.size(pool) for pool in workflow.shares(iteration)), Fraction(0))
    c = fraction(added(ridge))
    return _ball(c * T if ridge.scaled else c / rows)


def _followed(sets: list[Weights], sizes: dict[Pool, fmpq], besides: list[fmpq], u: acb) -> tuple[acb, acb]:
    """b_n and v_n/u of the last iteration (`ridge_fixed`).

    Args:
        sets: the pools with their shares of each training set.
        sizes: of the pools, in multiples of T.
        besides: what is added to the eigenvalue at each iteration.
        u: the eigenvalue.
    """
    lost: list[acb] = [acb(0)]
    noises: list[dict[Pool, acb]] = [{}]
    kept, heard = acb(0), {}
    for weights, beside in zip(sets, besides, strict=True):
        kept, through, heard = u / (u + beside), acb(0), {}
        for pool, weight in weights:
            heard[pool] = heard.get(pool, acb(0)) + weight
            for other, x in noises[pool.labelled_by].items():
                heard[other] = heard.get(other, acb(0)) + weight * x
            through += weight * lost[pool.labelled_by]
        lost.append(1 - kept + kept * through)
        noises.append({pool: kept * x for pool, x in heard.items()})
    noise = sum((x**2 / sizes[pool] for pool, x in heard.items()), acb(0))
    return lost[-1], kept / (u + besides[-1]) * noise


def _ball(number: Any) -> fmpq:
    exactly = Fraction(number)
    return fmpq(exactly.numerator, exactly.denominator)


def _ends(ball: arb) -> Ends:
    """Of a ball of a number >= 0."""
    return _outwards(max(Fraction(0), _fraction(ball.lower())), _fraction(ball.upper()))


def _outwards(low: Fraction, high: Fraction) -> Ends:
    """Short numbers, of which one is no more and the other no less."""
    return floor(low / _GRID) * _GRID, -floor(-high / _GRID) * _GRID


def _fraction(end: arb) -> Fraction:
    mantissa, exponent = end.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _errors(bias: Ends, noise: Ends) -> tuple[sp.Expr, sp.Expr]:
    """Bias and sigma^2 times the noise."""
    low, high = (as_expression(rational(b) + sigma**2 * rational(v)) for b, v in zip(bias, noise, strict=True))
    return low, high
