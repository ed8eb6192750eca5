"""Means and spreads of models that are fitted by the mean of their training set, exactly, at finite T and every n.

Errors are martingale sums: that of model n is the weighted mean of the errors of the models that its rows came from,
plus what the rows add, and what a draw of them adds. Given the models, these have mean 0. So with

    K_n the variance of model n's mean,    s_n the mean variance of what is sampled from model n,    s_0 = 1,

in units of the truth's variance, for pools k of T_k rows sampled from model l(k), 0 for the truth, at the share p_k,

    K_n = Var(sum_k p_k (error_l(k) + noise_k)) with noise_k of variance s_l(k)/T_k,
    u_n = sum_k p_k (s_l(k) + K_l(k)) - K_n,

where u_n is the mean variance within the training set, about its own mean, divided by its N rows. A draw of r of them
adds u_n (N - r)/(r (N - 1)) to K_n, and leaves u_n N (r - 1)/((N - 1) r) within. How s_n follows is the task's own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..covariance import Name
from ..prefix import LinearForm, PrefixSum, linear_forms
from ..workflow import Workflow

#: An exact number or a quotient of polynomials, whatever the arithmetic.
Value = Any


@dataclass(frozen=True)
class Fit:
    """A model as its training set makes it.

    Attributes:
        iteration: its number.
        error: K_n, the variance of its mean.
        within: the mean variance within the rows that it was fitted to, about their own mean, divided by their number.
        rows: their number.
    """

    iteration: int
    error: Value
    within: Value
    rows: Value


@dataclass(frozen=True)
class Moments:
    """The mean's variance K_n and the spread s_n of one model, in units of the truth's variance."""

    error: Value
    spread: Value


def second_moments(
    workflow: Workflow,
    iterations: int,
    *,
    rows: Value,
    spread: Callable[[Fit], Value],
    number: Callable[[Fraction], Value] = lambda value: value,
    sampled: Value = 1,
    takes_weights: bool = True,
) -> list[Moments]:
    """Those of models 1, …, n with n = `iterations`.

    Args:
        workflow: what each model is fitted to.
        iterations: from 1 on.
        rows: T, in the arithmetic that is wanted.
        spread: s_n of a fit.
        number: from a fraction to a number of that arithmetic.
        sampled: what the spread of data that are sampled from a model is multiplied by.
        takes_weights: whether `spread` is defined where some rows count more than others.

    Raises:
        ValueError: a training set is not valid, or some of its rows count more than others where they are drawn, or
            where the spread takes no weights.
    """
    state, truth = _State(), Moments(number(Fraction(0)), number(Fraction(1)))
    squares: dict[Name, Value] = {}
    model, found = truth, []
    for iteration, form in enumerate(linear_forms(workflow, iterations), 1):
        if not (takes_weights or form.by_count):
            raise ValueError(
                f"{workflow}: at iteration {iteration} some rows count more than others, and an unbiased covariance is "
                "defined where every row counts alike; use the estimator mle."
            )
        for total in form.new:
            size = number(total.rows)
            source = Moments(model.error, sampled * model.spread) if total.is_sampled else truth
            state.add_sum(total, size, size * source.spread / rows)
            before = truth.error if total.before is None else squares[total.before]
            squares[total.name] = before + size * (source.spread + source.error)
        terms = {name: number(weight) for name, weight in form.terms.items()}
        pooled = state.error_of(terms)
        within = sum((weight * squares[name] for name, weight in terms.items()), truth.error) - pooled
        fit = _drawn(workflow, iteration, form, pooled, within, rows, number)
        state.set_error(terms, fit.error)
        model = Moments(fit.error, spread(fit))
        found.append(model)
        for name in form.last_needed:
            state.drop(name)
            del squares[name]
    return found


def _drawn(
    workflow: Workflow,
    iteration: int,
    form: LinearForm,
    pooled: Value,
    within: Value,
    rows: Value,
    number: Callable[[Fraction], Value],
) -> Fit:
    """The fit to the pools, or to rows drawn from them."""
    there = number(form.rows) * rows
    if form.drawn is None or form.drawn == form.rows:
        return Fit(iteration, pooled, within, there)
    if not form.by_count:
        raise ValueError(
            f"{workflow}: iteration {iteration} draws rows of which some count more than others; what is known is of "
            "draws in which every row counts alike."
        )
    taken = number(form.drawn) * rows
    thinning = within * (there - taken) / (taken * (there - 1))
    return Fit(iteration, pooled + thinning, within * there * (taken - 1) / ((there - 1) * taken), taken)


class _State:
    """Covariances of the newest model's error and of the sums over pools, in any arithmetic."""

    _ERROR: Name = (0, False)

    def __init__(self) -> None:
        self._times: dict[Name, dict[Name, Value]] = {self._ERROR: {self._ERROR: 0}}

    def add_sum(self, total: PrefixSum, size: Value, noise: Value) -> None:
        """The sum one pool longer: with size·(error + noise of its model), the latter of this variance."""
        parts = {} if total.before is None else {total.before: 1}
        if total.is_sampled:
            parts[self._ERROR] = size
        self._put(total.name, parts, noise)

    def error_of(self, terms: Mapping[Name, Value]) -> Value:
        """The variance of a combination of sums."""
        return sum(a * b * self._times[one][other] for one, a in terms.items() for other, b in terms.items())

    def set_error(self, terms: Mapping[Name, Value], variance: Value) -> None:
        """The newest model's error: these multiples of sums, and what a draw adds up to the given variance."""
        own = variance - self.error_of(terms)
        self.drop(self._ERROR)
        self._put(self._ERROR, terms, own)

    def drop(self, name: Name) -> None:
        """Forget a variable."""
        for other in self._times.pop(name):
            if other != name:
                del self._times[other][name]

    def _put(self, name: Name, parts: Mapping[Name, Value], own: Value) -> None:
        row = {other: sum(factor * self._times[part][other] for part, factor in parts.items()) for other in self._times}
        row[name] = own + sum(factor * row[part] for part, factor in parts.items())
        for other, value in row.items():
            if other != name:
                self._times[other][name] = value
        self._times[name] = row
