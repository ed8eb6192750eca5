"""The gain c_n for symbolic n, and how it grows: the workflow's recursion read at a symbolic iteration and solved.

In units of the error of one fit, the error of model n obeys, at fixed design exactly and else for T -> oo,

    delta_n = sum_k share_nk (delta_{k-1} + noise_k) + thinning_n,     delta_0 = 0,

over the pools k of training set n; noise_k has variance 1/size_k, the thinning noise of a subsample of r out of S rows
(in multiples of T) 1/r - 1/S, all independent. Three kinds of workflow are solved here, each function stating its own:
training sets that grow or are one pool (`nested`), a single lag (`single_lag`), and any fixed lags (`fixed_lags`).
"""

from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from .asymptotics import Growth
from .gain import gain
from .lags import Lags
from .summation import closed_sum, collect
from .symbolic_workflow import SymbolicWorkflow
from .symbols import i, k, n
from .sympy_types import as_expression
from .workflow import Workflow

#: Beyond this lag the characteristic roots are not looked for: the covariance has too many entries.
_LONGEST_LAG = 5


@dataclass(frozen=True)
class GainLaw:
    """The gain of a workflow for every n.

    Attributes:
        expr: an expression in n, possibly with a `Sum` over i = 1..n; `None` where none was proved.
        growth: how it grows; `None` where `expr` tells, or nothing was proved.
        rule: the rule that found it.
        because: why that rule applies.
        source: where such gains are published, or "new here".
    """

    expr: sp.Expr | None
    growth: Growth | None
    rule: str
    because: str
    source: str = "new here"


def solve(workflow: SymbolicWorkflow) -> GainLaw:
    """The gain as far as it can be proved for all n."""
    for rule in (nested, single_lag, fixed_lags):
        solved = rule(workflow)
        if solved is not None:
            return solved
    return GainLaw(None, None, "forward substitution", "each c_n from the ones before, for one n after another")


@dataclass(frozen=True)
class NestedRows:
    """Training sets of pools 1 to i, or of the newest alone, all rows counting alike.

    Attributes:
        first: the first pool of training set n: 1 or n.
        rows: of training set i, in multiples of T.
        share: of the newest pool in it.
        drawn: rows that are drawn, in n; `None` for pools used whole.
    """

    first: sp.Expr
    rows: sp.Expr
    share: sp.Expr
    drawn: sp.Expr | None


def nested_rows(workflow: SymbolicWorkflow) -> NestedRows | None:
    """The rows of such training sets for every i >= 1; `None` where the workflow has others."""
    reading = workflow.training_set
    if reading is None or len(reading.parts) != 1 or reading.shares is not None:
        return None
    ((first, last, fresh),), size = reading.parts, reading.size
    if fresh or last != n or first not in (n, sp.S.One) or size.subs(k, 1) != 1:
        return None
    size = size.subs(k, i)
    rows = _factored(as_expression(sp.summation(size.subs(i, k), (k, first.subs(n, i), i))))
    if rows.has(sp.Piecewise, sp.zoo, sp.nan):  # as the sum of p^k, which is another one at p = 1
        return None
    return NestedRows(first, rows, _cancelled(size / rows), reading.drawn)


def nested(workflow: SymbolicWorkflow) -> GainLaw | None:
    """Pools 1 to n, or the newest alone, all rows counting alike, whole or drawn at one size.

    With N_n rows in training set n, delta_n - thinning_n = delta_{n-1} + (size_n/N_n)(noise_n + thinning_{n-1}),
    for both kinds: the older pools' equations are those of model n - 1 before thinning.
    """
    found = nested_rows(workflow)
    if found is None:
        return None
    first, drawn, rows, share = found.first, found.drawn, found.rows, found.share
    term = _cancelled(share / rows)
    if drawn is None:
        expr = n if term == 1 else as_expression(sp.Sum(term, (i, 1, n)))
        return GainLaw(
            expr, None, "telescoping" if first == 1 else "cancellation", "only the newest pool adds an error"
        )
    thinning = _cancelled(1 / drawn - 1 / rows)
    if first != 1 or thinning.subs(i, 1) != 0:  # with one pool the thinning noise is inherited whole; not needed so far
        return None
    # Model n - 1's thinning noise enters with pool n; the sum over n - 1 of them is that over n less the last.
    inherited = _factored(thinning * share.subs(i, i + 1) ** 2)
    own = _factored((thinning * (1 - share.subs(i, i + 1) ** 2)).subs(i, n))
    closed = closed_sum(_cancelled(term + inherited))
    if closed is None:
        return None
    # Written with the sums that harmonic numbers are, as the gains of whole pools are.
    expr = as_expression(collect(closed + own).replace(sp.harmonic, lambda x, p=sp.S.One: sp.Sum(i**-p, (i, 1, x))))
    return GainLaw(expr, None, "telescoping", "only the newest pool and the draws of models n - 1 and n add an error")


def single_lag(workflow: SymbolicWorkflow) -> GainLaw | None:
    """Constant shares p on synthetic(n - 1), b on real(1) and f on real(n), from n = 2 on; p + b + f = 1.

    delta_n = p delta_{n-1} + b noise_1 + (noise of variance V = p^2/size + f^2), so with A = b/(1 - p)
    c_n = (A + (1 - A) p^(n-1))^2 + V (1 - p^(2(n-1)))/(1 - p^2): with w = 1 - p > 0 it converges.
    """
    lags = workflow.lags
    if (
        lags is None
        or any((a, b) != (1, 1) for a, b, *_ in lags.runs)
        or any((a, b) != (0, 0) for a, b, _ in lags.fresh)
    ):
        return None
    p = lags.synthetic
    noise = lags.thinning + sum((share**2 / size for *_, share, size in lags.runs), sp.S.Zero)
    noise = _factored(noise + sum((share**2 for *_, share in lags.fresh), sp.S.Zero))
    if p == 1:
        return GainLaw(1 + noise * (n - 1), None, "first-order recursion", "the error is a random walk")
    if (1 - p).is_nonnegative and not (1 - p).is_positive:  # zero for some of the parameters
        return None
    constant = _factored(lags.anchor / (1 - p))
    square = _factored(p**2)
    stationary = _factored(noise / (1 - square))
    limit = _factored(constant**2 + stationary)
    if p == 0:
        return GainLaw(sp.S.One, None, "first-order recursion", "no sampled data") if limit == 1 else None
    transient = _factored((1 - constant) ** 2 - stationary) * square ** (n - 1)
    expr = limit + _factored(2 * constant * (1 - constant)) * p ** (n - 1) + transient
    source = (
        "weights and their optimum: He, Xu and Cheng 2502.18049; this law is new here" if lags.fresh else "new here"
    )
    because = "model n depends on model n - 1 alone"
    return GainLaw(expr, Growth("bounded", limit), "first-order recursion", because, source)


def fixed_lags(workflow: SymbolicWorkflow) -> GainLaw | None:
    """Constant shares on pools at fixed lags: growth by the renewal theorem, closed form by characteristic roots.

    With no real data the error's response to one noise tends to 1/(mean lag) where the lags have no common factor
    (Feller, vol. I, XIII.3), so c_n grows by (1/size + thinning)/(mean lag)^2 an iteration. With a share of real data
    all roots lie inside the unit circle and c_n has a limit.
    """
    start, lags = workflow.settled, workflow.settled_lags
    if start is None or lags is None or not lags.runs:
        return None
    because = "the shares are the same at every iteration, at fixed distances"
    expr = limit = None
    ages = [last for _, last, *_ in lags.runs] + [oldest for _, oldest, _ in lags.fresh]
    shares = [x for run in (*lags.runs, *lags.fresh) for x in run]
    if all(x.is_Rational for x in shares) and max(ages) <= _LONGEST_LAG:
        expr, limit = _characteristic_roots(workflow.workflow, lags, int(start))
    real = sp.simplify(1 - lags.synthetic)
    if real == 0:
        slope = _slope(lags)
        growth = None if slope is None else Growth("linear", slope)
    else:
        growth = Growth("bounded", limit) if limit is not None and real.is_positive else None
    return GainLaw(expr, growth, "characteristic roots" if expr is not None else "renewal theorem", because)


def _slope(lags: Lags) -> sp.Expr | None:
    """The slope where no real data enter; `None` where the lags may have a common factor."""
    mean_lag = sum(((a + b) / 2 * share for a, b, share, _ in lags.runs), sp.S.Zero)
    if not lags.have_no_common_factor:
        return None
    sizes = {size for *_, size in lags.runs}
    # A run of k pools shares equally, so a pool's shares over its life add up to one whatever the runs.
    return _factored((1 / sizes.pop() + lags.thinning) / mean_lag**2)


def _characteristic_roots(workflow: Workflow, lags: Lags, start: int) -> tuple[sp.Expr | None, sp.Expr | None]:
    """Closed form (where all roots are rational) and limit, from the shortest recurrence of exact gains."""
    longest, order = order_of_recurrence(lags)
    values = gain(workflow, start + longest + 2 * order)
    tail = values[start + longest :]
    recurrence = shortest_recurrence(tail)
    x = sp.Dummy("x")
    degree = len(recurrence)
    characteristic = sp.Poly([1, *[-sp.Rational(c) for c in recurrence]], x)
    factors = sp.factor_list(characteristic)[1]
    limit = _limit(tail, recurrence)
    if any(factor.degree() > 1 for factor, _ in factors):
        return None, limit
    roots = [(-factor.nth(0) / factor.nth(1), multiplicity) for factor, multiplicity in factors]
    basis = [n**power * root**n for root, multiplicity in roots for power in range(multiplicity) if root != 0]
    matrix = sp.Matrix(len(basis), len(basis), lambda r, c: basis[c].subs(n, start + longest + 1 + r))
    weights = matrix.LUsolve(sp.Matrix([sp.Rational(v) for v in tail[: len(basis)]]))
    expr = sum((weight * term for weight, term in zip(weights, basis, strict=True)), sp.S.Zero)
    # A zero root, or a start that is different, breaks the formula at small n: then there is none for all n.
    holds = all(expr.subs(n, m + 1) == sp.Rational(value) for m, value in enumerate(values[: start + longest + degree]))
    return (expr if holds else None), limit


def order_of_recurrence(lags: Lags) -> tuple[int, int]:
    """The longest lag L, and the most terms of the recurrence that the gain obeys L iterations after the start.

    The errors and noises of the last L iterations and of real(1) form a Markov state of 2L + 2 entries, so its
    covariance, and c_n, obey a linear recurrence of at most that many terms: a recurrence that fits twice as many
    values holds for ever (Massey 1969).
    """
    longest = int(max(last for _, last, *_ in lags.runs)) + int(max((old for _, old, _ in lags.fresh), default=0))
    state = 2 * longest + 2
    return longest, state * (state + 1) // 2 + 1


def _limit(tail: list[Fraction], recurrence: list[Fraction]) -> sp.Expr | None:
    """The limit of a sequence whose other roots lie inside the unit circle: (1 - x) times its series at x = 1."""
    x = sp.Dummy("x")
    denominator = 1 - sum((sp.Rational(c) * x ** (j + 1) for j, c in enumerate(recurrence)), sp.S.Zero)
    series = sum((sp.Rational(v) * x**j for j, v in enumerate(tail[: len(recurrence)])), sp.S.Zero)
    numerator = sp.Poly(sp.expand(series * denominator), x)
    kept = sum((numerator.nth(j) * x**j for j in range(len(recurrence))), sp.S.Zero)
    value = sp.cancel((1 - x) * kept / denominator)
    denominator_at_one = sp.fraction(value)[1].subs(x, 1)
    return None if denominator_at_one == 0 else value.subs(x, 1)


def _factored(expression: sp.Expr) -> sp.Expr:
    return as_expression(sp.factor(expression))


def _cancelled(expression: sp.Expr) -> sp.Expr:
    return as_expression(sp.cancel(expression))


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
