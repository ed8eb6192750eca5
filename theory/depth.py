"""Depth: how many models the label of a training row goes back through.

A row of real data has depth 1; a row sampled from a model has one more than a row of that model's training set, drawn
by its share of the loss. With the shares p_nk of pools k, labelled by model l(k), 0 for the truth,

    g_n(z) = E z^depth = z sum_k p_nk g_l(k)(z),   g_0 = 1,        L_n = E depth = g_n'(1) = 1 + sum_k p_nk L_l(k).

One object rules what a generator's bias adds up to, (L_n - 1)^2 times the square of the bias, and how fast smoothing
and shrinkage are inherited. A draw of rows leaves the shares' means as they are, so the depth does not see it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from .asymptotics import Growth, growth
from .covariance import Name
from .exact import exact
from .iterations import check_iterations
from .prefix import LinearForm, linear_forms
from .summation import closed_sum
from .symbolic_workflow import SymbolicWorkflow, check_names
from .symbols import i, k, n
from .sympy_types import as_expression, at, cancelled, factored
from .workflow import Workflow, check_workflow

#: The variable of the generating function.
z = sp.Symbol("z", positive=True)


@dataclass(frozen=True)
class DepthLaw:
    """The depth for every n, as far as it is proved.

    Attributes:
        generating: g_n(z) in n and z; `None` where no formula was proved.
        mean: L_n in n; `None` likewise.
        growth: of L_n.
        limit: of g_n(z) for n -> oo, 0 < z < 1; `None` where not known.
        because: why.
    """

    generating: sp.Expr | None
    mean: sp.Expr | None
    growth: Growth | None
    limit: sp.Expr | None
    because: str


@dataclass(frozen=True)
class Depth:
    """The depth of a workflow's training rows.

    >>> from theory import Accumulate
    >>> [str(mean) for mean in depth(Accumulate()).mean(3)]
    ['1', '3/2', '11/6']
    >>> depth(Accumulate()).expr
    gamma(n + z)/(gamma(z)*gamma(n + 1))
    """

    workflow: Workflow

    @cached_property
    def law(self) -> DepthLaw:
        """What is proved for every n."""
        return _solve(SymbolicWorkflow(self.workflow))

    @property
    def expr(self) -> sp.Expr | None:
        """g_n(z) in the symbols n and z; `None` where no formula was proved."""
        return self.law.generating

    @property
    def mean_expr(self) -> sp.Expr | None:
        """L_n in the symbol n; `None` where no formula was proved."""
        return self.law.mean

    def mean(self, iterations: int) -> list[Fraction]:
        """L_1, …, L_n with n = `iterations`, exact.

        Raises:
            ValueError: a training set is not valid, or the workflow has symbols for parameters.
        """
        return inherited(self._forms(iterations), Fraction(0), lambda mean: 1 + mean)

    def generating(self, at: Any, iterations: int) -> list[Fraction]:
        """g_1(z), …, g_n(z) at a rational number z = `at`, exact.

        Raises:
            ValueError: as `mean`, or z is no rational number.
        """
        number = exact(at)
        if not isinstance(number, Fraction):
            raise ValueError(f"g_n(z) needs a rational number z, such as 1/2; got {at!r}. Use .expr for the formula.")
        return inherited(self._forms(iterations), Fraction(1), lambda mean: number * mean)

    def distribution(self, iterations: int) -> list[list[Fraction]]:
        """P(depth = 1), …, P(depth = n) for each of the models 1 to n = `iterations`.

        Raises:
            ValueError: as `mean`.
        """
        forms, truth = self._forms(iterations), np.array([Fraction(1)] + [Fraction(0)] * iterations, dtype=object)
        deeper = inherited(forms, truth, lambda mean: np.concatenate([truth[1:2], mean[:-1]]))
        return [[Fraction(value) for value in row[1:]] for row in deeper]

    def growth(self) -> Growth | None:
        """How L_n grows; `None` where not proved."""
        return self.law.growth

    def _forms(self, iterations: int) -> list[LinearForm]:
        check_iterations(iterations)
        return linear_forms(self.workflow, iterations)


def depth(workflow: Workflow) -> Depth:
    """The depth of a workflow's training rows: numbers for every workflow, formulas where they are proved.

    Raises:
        ValueError: what is given is no workflow, or a symbol among its parameters is called n, i or z.
    """
    check_workflow(workflow)
    check_names(workflow, (z.name, n.name, i.name))
    return Depth(workflow)


def inherited(
    forms: list[LinearForm], truth: Any, step: Callable[[Any], Any], sampled: Callable[[Any], Any] | None = None
) -> list[Any]:
    """What each model has: `step` of the mean, over its training rows, of what the models have that labelled them.

    Args:
        forms: the training sets.
        truth: what the truth has, which labels real data; numbers, or arrays of them.
        step: from the mean to the model's own.
        sampled: from what a model has to what the rows sampled from it have; the same where it is not given.
    """
    sums: dict[Name, Any] = {}
    own, found = truth, []
    for form in forms:
        for total in form.new:
            says = truth if not total.is_sampled else own if sampled is None else sampled(own)
            sums[total.name] = total.rows * says + (0 if total.before is None else sums[total.before])
        own = step(sum((weight * sums[name] for name, weight in form.terms.items()), 0 * truth))
        found.append(own)
        for name in form.last_needed:
            del sums[name]
    return found


def _solve(workflow: SymbolicWorkflow) -> DepthLaw:
    for rule in (_nested, _single_lag, _fixed_lags):
        solved = rule(workflow)
        if solved is not None:
            return solved
    return DepthLaw(None, None, None, None, "each value comes from the ones before, for one n after another")


def _nested(workflow: SymbolicWorkflow) -> DepthLaw | None:
    """Pools 1 to n, or the newest alone, with all rows alike.

    With N_n rows in training set n, N_n g_n - N_{n-1} g_{n-1} = z size_n g_{n-1}, so g_n is a product of
    1 - (1 - z) size_i/N_i.
    """
    reading = workflow.training_set
    if reading is None or len(reading.parts) != 1 or reading.shares is not None:
        return None
    (first, last, fresh), size = reading.parts[0], reading.size
    if fresh or last != n or first not in (n, sp.S.One) or size.subs(k, 1) != 1:
        return None
    if first == n:
        return DepthLaw(z**n, n, Growth("linear", sp.S.One), sp.S.Zero, "each model adds one to the depth of its rows")
    size = size.subs(k, i)
    rows = factored(sp.summation(size.subs(i, k), (k, 1, i)))
    if rows.has(sp.Piecewise, sp.zoo, sp.nan):
        return None
    share = cancelled(size / rows)
    mean = closed_sum(share)
    grows = None if mean is None else growth(mean)
    product = as_expression(sp.product(factored(1 - (1 - z) * share), (i, 1, n)))
    product = as_expression(sp.simplify(product.rewrite(sp.gamma)))
    return DepthLaw(
        product if _solves_nested(product, share) else None,
        mean,
        grows,
        # the sum of 1 - z times the newest pools' shares diverges, so that the product of one less these ends at 0
        sp.S.Zero if grows is not None and grows.kind != "bounded" else None,
        "a training set is the one before and its newest pool",
    )


def _solves_nested(candidate: sp.Expr, share: sp.Expr) -> bool:
    """Whether it is z at n = 1 and obeys g_n = g_{n-1} (1 - (1 - z) share_n)."""
    step = candidate - at(candidate, n, n - 1) * (1 - (1 - z) * share.subs(i, n))
    ratio = sp.gammasimp(step / candidate)
    return sp.simplify(ratio) == 0 and sp.gammasimp(candidate.subs(n, 1) - z) == 0


def _single_lag(workflow: SymbolicWorkflow) -> DepthLaw | None:
    """The same share p on synthetic(n - 1) from n = 2 on, and the rest on real data: g_n = z (p g_{n-1} + 1 - p)."""
    found = workflow.lags
    if found is None or any((a, b) != (1, 1) for a, b, *_ in found.runs):
        return None
    real = factored(1 - found.synthetic)
    if not real.is_positive:  # at p = 1 the formulas are those of a chain
        return None
    p, because = factored(1 - real), "model n depends on model n - 1 alone"
    limit = Growth("bounded", factored(1 / real))
    if p == 0:
        return DepthLaw(z, sp.S.One, limit, z, "no sampled data")
    # x_n = r x_{n-1} + c, with x_1 = c + r x_0, ends in c/(1 - r), and what is missing falls by r an iteration.
    fixed, mean = cancelled(z * real / (1 - z * p)), 1 / real
    if cancelled(z * (p * fixed + real) - fixed) != 0 or cancelled(1 + p * mean - mean) != 0:
        return None
    generating = fixed + factored(z - fixed) * (z * p) ** (n - 1)
    return DepthLaw(generating, mean + factored(1 - mean) * p ** (n - 1), limit, fixed, because)


def _fixed_lags(workflow: SymbolicWorkflow) -> DepthLaw | None:
    """Constant shares at fixed distances, beyond the iterations before the windows are full.

    Without real data the depth counts renewals, L_n = n/(mean lag) + O(1) (the elementary renewal theorem, Feller,
    vol. I, XIII.3, which needs no condition on the lags). With a share p < 1 of sampled data the recursion contracts,
    by p at least for |z| <= 1: to 1/(1 - p), and z (1 - p)/(1 - z p).
    """
    found = workflow.settled_lags
    if found is None:
        return None
    real, because = factored(1 - found.synthetic), "the shares are the same at every iteration, at fixed distances"
    if real == 0:
        lag = sum(((first + last) / 2 * share for first, last, share, _ in found.runs), sp.S.Zero)
        return DepthLaw(None, None, Growth("linear", factored(1 / lag)), sp.S.Zero, because)
    if not real.is_positive:
        return None
    limit = cancelled(z * real / (1 - z * (1 - real)))
    return DepthLaw(None, None, Growth("bounded", factored(1 / real)), limit, because)
