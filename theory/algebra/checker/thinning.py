"""The one fact about subsamples, by counting all draws: r of S rows without replacement.

For rows that are alike and independent given the past, the mean over the drawn ones is the mean over all S, and a rest
that is uncorrelated with that mean and has 1/r - 1/S times the variance of one row. The rest is uncorrelated with all
that was before the draw, for its mean over the draws is zero, whatever the rows.
"""

from fractions import Fraction
from itertools import combinations, product


def objection_to_thinning() -> str | None:
    """Try it on all draws and on rows that are +1 or -1 with equal chances, whose variance is 1."""
    for drawn, available in ((1, 2), (1, 4), (2, 4), (3, 5)):
        rest_squared = with_all = Fraction(0)
        draws = list(combinations(range(available), drawn))
        for rows in product((1, -1), repeat=available):
            whole = Fraction(sum(rows), available)
            rests = [Fraction(sum(rows[j] for j in draw), drawn) - whole for draw in draws]
            if sum(rests) != 0:
                return "the rest has a mean that depends on the rows"
            rest_squared += sum((rest**2 for rest in rests), Fraction(0)) / len(draws)
            with_all += sum((rest * whole for rest in rests), Fraction(0)) / len(draws)
        if with_all != 0 or rest_squared / 2**available != Fraction(1, drawn) - Fraction(1, available):
            return f"the variance of drawing {drawn} of {available} rows is another"
    return None
