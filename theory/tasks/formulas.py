"""Formulas in n for the moments of `second_moments`, where they are proved, and how they grow.

Two kinds of workflows have some: training sets that are the one before and its newest pool, or the newest pool alone,
where the spread is a product; and constant shares of synthetic(n - 1) and of real data, where the mean's variance obeys
a recursion of first order.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from .. import recursion
from ..asymptotics import Growth
from ..recursion import NestedRows, nested_rows
from ..summation import factor_roots
from ..symbolic_workflow import SymbolicWorkflow
from ..symbols import T, i, n
from ..sympy_types import as_expression, at, cancelled, factored, substituted
from .draws import FIRST, drawn_factor
from .spreads import Curved, Scaled, Spread


@dataclass(frozen=True)
class Formula:
    """A moment for every n, in units of the truth's variance.

    Attributes:
        expr: in n and the task's symbols; `None` where the growth alone is proved.
        growth: how it grows, where that is proved.
        rule, because: of the last step of its derivation.
    """

    expr: sp.Expr | None
    growth: Growth | None
    rule: str
    because: str


def spread_formula(workflow: SymbolicWorkflow, spread: Spread, numbers: Mapping[sp.Symbol, sp.Expr]) -> Formula | None:
    """The mean spread s_n; `None` where none is proved.

    Args:
        workflow: what each model is fitted to.
        spread: how it follows from a fit.
        numbers: of the task's symbols, as far as it has some: growth may depend on them.
    """
    found = _nested_spread(workflow, spread, numbers)
    if found is None and isinstance(spread, Curved):
        error = _lagged_error(workflow, spread.c, numbers)
        return None if error is None else _one_plus(spread.c, error)
    return found


def error_formula(workflow: SymbolicWorkflow, spread: Spread, numbers: Mapping[sp.Symbol, sp.Expr]) -> Formula | None:
    """The mean's variance K_n; `None` where none is proved.

    Args:
        workflow, spread, numbers: as in `spread_formula`.
    """
    nested = _nested_spread(workflow, spread, numbers)
    if isinstance(spread, Curved) and spread.c != 0:
        return _lagged_error(workflow, spread.c, numbers) if nested is None else _less_one(spread.c, nested)
    if nested is None or nested.expr != 1:
        return None
    return _gained(workflow)


def _gained(workflow: SymbolicWorkflow) -> Formula | None:
    """Where the spread is always 1, and pools are used whole, the mean's variance is the gain over T.

    A draw adds more or less than it does in the gain, which is of large T: rows that models differ in differ more.
    """
    if workflow.draws or workflow.looked_at is not None:
        return None
    solved = recursion.solve(workflow)
    if solved.expr is None:
        return None
    growth = None if solved.growth is None else solved.growth.scaled(1 / T)
    return Formula(solved.expr / T, growth, solved.rule, solved.because)


def _nested_spread(workflow: SymbolicWorkflow, spread: Spread, numbers: Mapping[sp.Symbol, sp.Expr]) -> Formula | None:
    if isinstance(spread, Curved) and spread.c == 0:
        one = Growth("bounded", sp.S.One)
        because = "the variance is a linear function of the mean, and the mean of the means stays"
        return Formula(sp.S.One, one, "quadratic variance function", because)
    rows = nested_rows(workflow)
    if rows is None:
        return None
    if rows.drawn is not None:
        return None if workflow.looked_at is not None else _drawn_spread(rows, spread)
    factor = _factor(rows, spread)
    if factor is None:
        return None
    because = "only the newest pool changes the sum of squares"
    growth = _growth(factor, spread, numbers)
    if factor == 1:
        return Formula(sp.S.One, growth, "telescoping", because)
    if not factor.has(i):
        return Formula(factor**n, growth, "telescoping", because)
    product = _from_two(factor, sp.S.One) if spread.begins_at_one else as_expression(sp.Product(factor, (i, 1, n)))
    return Formula(product, growth, "telescoping", because)


def _drawn_spread(rows: NestedRows, spread: Spread) -> Formula | None:
    factor = drawn_factor(rows, spread)
    if factor is None:
        return None
    growth = growth_of_product(at(factor, i, i + 1))
    because = "only the newest pool changes the sum of squares, and a draw keeps its part of it"
    growth = None if growth is None else growth.scaled(FIRST)
    return Formula(_from_two(factor, FIRST), growth, "telescoping", because)


def _from_two(factor: sp.Expr, first: sp.Expr) -> sp.Expr:
    """The first value times the product over i = 2..n."""
    later = as_expression(sp.Product(at(factor, i, i + 1), (i, 1, n)))
    return factored(first / at(factor, i, n + 1)) * later


def sampled_formula(
    workflow: SymbolicWorkflow, sampled: sp.Expr, numbers: Mapping[sp.Symbol, sp.Expr]
) -> Formula | None:
    """The mean spread within training sets where sampled data have `sampled` times the spread of their model.

    All factors but the first, of real data, are those of a spread that is `sampled` times that within.

    Args:
        workflow, numbers: as in `spread_formula`.
        sampled: above 0.
    """
    found = _nested_spread(workflow, Scaled(sampled), numbers)
    if found is None or found.expr is None:
        return None
    growth = None if found.growth is None else found.growth.scaled(1 / sampled)
    return Formula(found.expr / sampled, growth, found.rule, found.because)


def _factor(rows: NestedRows, spread: Spread) -> sp.Expr | None:
    change = spread.change(rows.rows * T, alone=rows.first == n)
    return None if change is None else factored(1 + rows.share * change)


def _growth(factor: sp.Expr, spread: Spread, numbers: Mapping[sp.Symbol, sp.Expr]) -> Growth | None:
    """Of the product over i = 1..n, from i = 2 where the spread begins at 1."""
    if not factor.has(i):
        return _geometric(substituted(factor, numbers))
    factor = at(factor, i, i + 1) if spread.begins_at_one else factor
    return growth_of_product(factor)


def _geometric(rate: sp.Expr) -> Growth | None:
    """Of rate^n, for a rate >= 0; `None` where it is not known on which side of 1 it is."""
    above = cancelled(rate - 1)
    if above == 0:
        return Growth("bounded", sp.S.One)
    if above.is_positive:
        return Growth("exponential", sp.S.One, rate**n)
    return Growth("vanishing", sp.S.One, rate**n) if above.is_negative else None


def growth_of_product(factor: sp.Expr) -> Growth | None:
    """Of the product over i = 1..n of a factor that is rational in i and tends to 1; `None` where it does not.

    With roots r and poles s it is a quotient of gamma functions, so that it grows as n to the sum of the s less that of
    the r, times the product of Gamma(1 - s)/Gamma(1 - r) (DLMF 5.11.12).
    """
    found = factor_roots(factor)
    if found is None:
        return None
    lead, roots = found
    if lead != 1 or sum(roots.values()) != 0:
        return None
    power = factored(-sum((root * count for root, count in roots.items()), sp.S.Zero))
    constant = _gammas(dict(roots))
    if power == 0:
        return Growth("bounded", constant)
    if power.is_positive:
        return Growth("power", constant, n**power)
    return Growth("vanishing", constant, n**power) if power.is_negative else None


def _gammas(roots: dict[sp.Expr, int]) -> sp.Expr:
    """The product of Gamma(1 - root)^-count, those of r and -r together as sines (DLMF 5.5.3)."""
    value = sp.S.One
    while roots:
        root, count = roots.popitem()
        if root != 0 and roots.get(-root) == count:
            del roots[-root]
            value *= _sine(root) ** count
        else:
            value *= sp.gamma(1 - root) ** -count
    return value


def _sine(root: sp.Expr) -> sp.Expr:
    """sin(pi r)/(pi r), which is sinh(pi x)/(pi x) for r = I x."""
    turned = as_expression(sp.expand(root / sp.I))
    if turned.is_real:
        return sp.sinh(sp.pi * turned) / (sp.pi * turned)
    return sp.sin(sp.pi * root) / (sp.pi * root)


def _one_plus(c: sp.Expr, error: Formula) -> Formula:
    """s_n = 1 + c K_n; with c < 0 the spread is what the mean has left."""
    growth = error.growth
    if growth is not None and growth.kind == "bounded":
        growth = Growth("bounded", None if growth.constant is None else factored(1 + c * growth.constant))
    elif growth is not None:
        growth = growth.scaled(c)
    expr = None if error.expr is None else 1 + c * error.expr
    return Formula(expr, growth, error.rule, error.because)


def _less_one(c: sp.Expr, spread: Formula) -> Formula:
    """K_n = (s_n - 1)/c."""
    growth = spread.growth
    if growth is not None and growth.kind in ("bounded", "vanishing"):
        growth = Growth("bounded", None if growth.limit is None else as_expression((growth.limit - 1) / c))
    elif growth is not None:
        growth = growth.scaled(1 / c)
    expr = None if spread.expr is None else (spread.expr - 1) / c
    return Formula(expr, growth, spread.rule, spread.because)


def _lagged_error(workflow: SymbolicWorkflow, c: sp.Expr, numbers: Mapping[sp.Symbol, sp.Expr]) -> Formula | None:
    """Shares p on synthetic(n - 1), of `size` T rows, and 1 - p on real(1), or on real(n), from n = 2 on.

    The error of real(1) stays whole in the one case, and is part of model n - 1's in the other, so that for both
    K_n = rho K_{n-1} + added, with rho = p^2 (1 + c/(size T)) and K_1 = 1/T.
    """
    found = workflow.lags
    if found is None or found.thinning != 0 or any((a, b) != (1, 1) for a, b, *_ in found.runs):
        return None
    if any((young, old) != (0, 0) for young, old, _ in found.fresh) or len(found.runs) > 1:
        return None
    fresh = sum((share for *_, share in found.fresh), sp.S.Zero)
    if fresh != 0 and found.anchor != 0:
        return None
    if not found.runs:
        return Formula(1 / T, Growth("bounded", 1 / T), "first-order recursion", "no sampled data")
    ((_, _, p, size),) = found.runs
    rho = factored(p**2 * (1 + c / (size * T)))
    added = factored((p**2 / size + fresh**2) / T)
    if found.anchor != 0:
        # K_n - 1/T obeys it with p^2 (1 + c/T)/(size T) added
        added = factored(1 / T + p**2 * (1 + c / T) / (size * T) - rho / T)
    because = "model n depends on model n - 1 and on real data alone"
    exactly = substituted(rho, numbers)
    first = 1 / T
    step = factored(added + rho * first - first)
    if cancelled(exactly - 1) == 0:
        # at these numbers a random walk
        slope = substituted(added, numbers)
        walk = Growth("linear", slope)
        return Formula(first + (n - 1) * added, walk, "first-order recursion", because)
    # with c <= 0 and real data 0 <= rho <= p^2 < 1
    contracts = bool(c.is_nonpositive and factored(1 - p).is_positive)
    if not contracts and not cancelled(1 - exactly).is_nonzero:
        # rho may be 1: the sum of its powers is defined there too
        powers = as_expression(sp.Sum(rho ** (i - 1), (i, 1, n))) - rho ** (n - 1)
        return Formula(first + step * powers, None, "first-order recursion", because)
    fixed = factored(added / (1 - rho))
    expr = fixed + factored(first - fixed) * rho ** (n - 1)
    growth = Growth("bounded", fixed) if contracts else _lagged_growth(rho, fixed, first, exactly)
    return Formula(expr, growth, "first-order recursion", because)


def _lagged_growth(rho: sp.Expr, fixed: sp.Expr, first: sp.Expr, exactly: sp.Expr) -> Growth | None:
    left = cancelled(1 - exactly)
    if left.is_positive:
        return Growth("bounded", fixed)
    if left.is_negative:
        return Growth("exponential", factored((first - fixed) / rho), rho**n)
    return None
