"""Linear recurrences with constant coefficients that exact values obey for ever, and what they tell of the far end."""

from collections.abc import Sequence
from fractions import Fraction

import sympy as sp

from .sympy_types import fraction


def most_terms(longest: int, oldest: int) -> int:
    """The most terms of the recurrence of a gain whose training sets are the same at every iteration, or every period.

    With y_k = delta_{k-1} + noise_k, delta_n is a weighted sum of the last y_k, of the last noises of later real data,
    and of that of real(1), but for what is new at n. They are a state that goes on linearly, so its covariance, and
    c_n, obey a linear recurrence of at most as many terms as the covariance has entries, and one for what is added: a
    recurrence that fits twice as many values holds for ever (Massey 1969).

    Args:
        longest: the largest lag L of a sampled pool: y_n to y_{n-L+1} are in use.
        oldest: the largest age of later real data; those of age 0 are new.
    """
    state = longest + oldest + 1
    return state * (state + 1) // 2 + 1


def at_one(values: Sequence[Fraction], recurrence: list[Fraction], power: int) -> Fraction | None:
    """(1 - x)^power times the series sum_j values_j x^j, at x = 1; `None` where it has a pole.

    For power 1 it is the limit, if there is one. For power 2 it is the slope of a line, if the values keep to one.
    """
    x = sp.Dummy("x")
    denominator = 1 - sum((sp.Rational(c) * x ** (j + 1) for j, c in enumerate(recurrence)), sp.S.Zero)
    series = sum((sp.Rational(v) * x**j for j, v in enumerate(values[: len(recurrence)])), sp.S.Zero)
    numerator = sp.Poly(sp.expand(series * denominator), x)
    kept = sum((numerator.nth(j) * x**j for j in range(len(recurrence))), sp.S.Zero)
    above, below = sp.fraction(sp.cancel((1 - x) ** power * kept / denominator))
    at_end = below.subs(x, 1)
    return None if at_end == 0 else fraction(above.subs(x, 1) / at_end)


def shortest_recurrence(values: list[Fraction]) -> list[Fraction]:
    """Coefficients a_1, …, a_L of the shortest v_t = sum_j a_j v_{t-j} that fits (Berlekamp and Massey, exact)."""
    current: list[Fraction] = []
    previous: list[Fraction] = []
    failed_at, failure = -1, Fraction(0)
    for t, value in enumerate(values):
        error = value - sum((c * values[t - 1 - j] for j, c in enumerate(current)), Fraction(0))
        if error == 0:
            continue
        if failed_at < 0:
            current, failed_at, failure = [Fraction(0)] * (t + 1), t, error
            continue
        scale = error / failure
        correction = [Fraction(0)] * (t - failed_at - 1) + [scale] + [-scale * c for c in previous]
        longer = max(len(current), len(correction))
        updated = [
            (current[j] if j < len(current) else Fraction(0)) + (correction[j] if j < len(correction) else Fraction(0))
            for j in range(longer)
        ]
        if t - len(current) > failed_at - len(previous):
            previous, failed_at, failure = current, t, error
        current = updated
    return current
