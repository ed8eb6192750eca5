"""Formulas that errors with a ridge lie between, at finite T, where all features are alike: bounds are judged on them.

For one fit to m rows of z = x/sqrt(s), with Gram matrix W whose eigenvalues are u, and c added to it,

    B = (|w*|^2 s/d) E tr c^2 (W + c)^-2,     V = E tr W (W + c)^-2

are means of functions of u, and Jensen's inequality holds for these, where each u counts once, or by u, or by 1/u. The
means of u itself are then m, and m + d + 1, and for m >= d + 2 m - d - 1:

    once:    1/(u + c)^2 is convex,                       B >= |w*|^2 s (c/(m + c))^2,
    by u:    likewise,                                    V >= d m/(m + d + 1 + c)^2,
    by 1/u:  (u/(u + c))^2 <= u/(u + c), concave,         V <= d/(m - d - 1 + c),
             and below its tangent through 0 and itself,  V <= d (m - d - 1)/(m - d - 1 + c)^2, if m - d - 1 >= c,
             c^2 u/(u + c)^2 <= c u/(u + c), concave,     B <= |w*|^2 s c/(m - d - 1 + c).

For any m both B <= |w*|^2 s, and V <= d/(4 c), as u/(u + c)^2 is at most that. So also V <= (d/m) (2 + (d + 1)/(2 c)):
by the one for m >= 2 (d + 1), by the other for fewer rows. New here.
"""

from collections.abc import Callable

import sympy as sp

from ...derivation import Envelope, Step
from ...exact import exact
from ...symbols import T
from ...sympy_types import as_expression, rational
from .ridge import Ridge
from .symbols import d, sigma

#: (rows) -> an estimate of one fit's variance, in units of sigma^2.
OneFit = Callable[[sp.Expr], sp.Expr]

STEP = Step(
    "Jensen's inequality",
    r"\|w^*\|^2 \Big(\frac{c}{m + c}\Big)^2 \le B \le \|w^*\|^2 \frac{c}{m - d - 1 + c},\quad"
    r" \frac{d m}{(m + d + 1 + c)^2} \le V \le \frac{d}{m - d - 1 + c}",
    "of eigenvalues of m rows that count once, by their size or by its inverse, c the ridge: bounds are judged on these"
    " formulas, for m >= d + 2 from above; for any m, B <= |w*|^2 and V <= d/(4 c)",
)


def risk(ridge: Ridge) -> sp.Rational:
    """The test error of predicting 0."""
    return rational(exact(ridge.signal) ** 2 * exact(_scale(ridge)))


def added(ridge: Ridge) -> sp.Rational:
    """Lambda over the features' variance."""
    return rational(exact(ridge.penalty) / exact(_scale(ridge)))


def nested(ridge: Ridge, noise: Callable[[OneFit], sp.Expr]) -> tuple[Envelope, ...]:
    """Of B(T) + sigma^2 sum_i V(N_i) T_i/N_i, with a ridge that does not grow with the rows.

    Args:
        ridge: isotropic, with a penalty above 0.
        noise: the sum, for any V.
    """
    lost, c = risk(ridge), added(ridge)
    enough, kept = sp.Ge(T, d + 2), lost * c / (T - d - 1 + c)

    def of(bias: sp.Expr, variance: OneFit) -> sp.Expr:
        return as_expression(bias + sigma**2 * noise(variance))

    return (
        Envelope(True, of(lost, lambda m: d / (m - d - 1)), (enough,)),
        Envelope(True, of(kept, lambda m: d / (m - d - 1 + c)), (enough,)),
        Envelope(True, of(kept, lambda m: d * (m - d - 1) / (m - d - 1 + c) ** 2), (enough, sp.Ge(T - d - 1, c))),
        Envelope(True, of(lost, lambda m: d / m * (2 + (d + 1) / (2 * c)))),
        Envelope(False, of(lost * (c / (T + c)) ** 2, lambda m: d * m / (m + d + 1 + c) ** 2)),
    )


def fixed(ridge: Ridge, gain: sp.Expr | None, rows: sp.Expr | None) -> tuple[Envelope, ...]:
    """Of the error at fixed design: b_n between 1 - h_n and 1, and v_n between h_n^2 T/N_n and h_n^2 c_n.

    Args:
        ridge: isotropic, with a penalty above 0.
        gain: c_n of the workflow, if there is a formula.
        rows: N_n/T of training set n, likewise; of any number where the ridge grows with them.
    """
    lost, c = risk(ridge), added(ridge)
    found = []
    if gain is not None:
        noises = [(d / (T - d - 1), (sp.Ge(T, d + 2),))]
        if ridge.scaled:
            noises += [(d / (T - d - 1 + c * T), (sp.Ge(T, d + 2),)), (d / (4 * c * T), ())]
        found += [Envelope(True, as_expression(lost + gain * sigma**2 * noise), needs) for noise, needs in noises]
    if rows is not None:
        beside = c * T if ridge.scaled else c / rows
        noise = d * T / (T + d + 1 + beside) ** 2 / rows
        found.append(Envelope(False, as_expression(lost * (beside / (T + beside)) ** 2 + sigma**2 * noise)))
    elif ridge.scaled:
        found.append(Envelope(False, as_expression(lost * (c / (1 + c)) ** 2)))
    return tuple(found)


def _scale(ridge: Ridge) -> float:
    return 1.0 if ridge.spectrum is None else ridge.spectrum.values[0]
