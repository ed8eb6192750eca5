"""The workflow that keeps models below an error at the least cost, by the exact laws alone.

Without more asked, the cheapest would be to fit the first real data again and again. So each training set from the
second on has to hold a share of sampled data. Sizes are tried one by one, each larger one dearer, so that the first
that does is the cheapest of its family, whatever the law.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from . import recursion
from .asymptotics import Growth, growth
from .exact import required
from .gain import gain
from .iterations import check_iterations
from .law import law
from .plan_families import FAMILIES, Family
from .pools import Pool
from .summation import without_sums
from .symbolic_workflow import SymbolicWorkflow
from .sympy_types import at, fraction, rational
from .tasks import LinearRegression
from .workflow import Number, Workflow
from .workflows import Replace

#: Relative distance below which a law's float64 values count as equal to the error.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Candidate:
    """A family's cheapest workflow that does, or the last that was tried.

    Attributes:
        family: in words.
        workflow: what each model is fitted to.
        size: of its sampled pools, in multiples of T.
        how: how its weight was chosen; empty where it has none.
        real_rows, sampled_rows: that the iterations need.
        cost: of these.
        error: the largest of models 1 to n, and `last` that of model n; `None` without an exact law.
        growth: of the error for n -> oo; `None` where not proved, or not asked yet.
        feasible: whether it keeps below the error, within the budget.
        reason: why not; `None` where it does.
    """

    family: str
    workflow: Workflow
    size: int
    how: str
    real_rows: Fraction
    sampled_rows: Fraction
    cost: Fraction
    error: float | None
    last: float | None
    growth: Growth | None
    feasible: bool
    reason: str | None

    def values(self) -> dict[str, Any]:
        """As JSON."""
        numbers = {name: float(getattr(self, name)) for name in ("real_rows", "sampled_rows", "cost")}
        return {
            "family": self.family,
            "workflow": str(self.workflow),
            "size": self.size,
            "how": self.how or None,
            **numbers,
            "error": self.error,
            "last": self.last,
            "growth": None if self.growth is None else self.growth.kind,
            "limit": None if self.growth is None else str(self.growth.limit),
            "feasible": self.feasible,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Plan:
    """What was found.

    Attributes:
        best: the cheapest candidate that does, of equally cheap ones that with the least last error; `None` if none.
        candidates: one a family, the cheapest first.
        because: why it is the best, or why there is none.
    """

    best: Candidate | None
    candidates: tuple[Candidate, ...]
    because: str

    def values(self) -> dict[str, Any]:
        """As JSON: the keys are those of `python -m theory plan --json`."""
        best = None if self.best is None else self.best.values()
        return {"best": best, "because": self.because, "candidates": [each.values() for each in self.candidates]}

    def __str__(self) -> str:
        """The answer, and a line a candidate."""
        lines = ["none" if self.best is None else str(self.best.workflow), self.because, ""]
        lines.append(f"{'cost':>10}  {'largest error':>13}  {'last':>9}  workflow")
        for each in self.candidates:
            shown = ("-" if value is None else f"{value:.4g}" for value in (each.error, each.last))
            worst, last = shown
            lines.append(f"{float(each.cost):>10.6g}  {worst:>13}  {last:>9}  {each.workflow}")
            growth = "" if each.growth is None else f"for n -> oo {each.growth}"
            told = [each.reason or "does", growth, each.how and f"weight: {each.how}"]
            lines.append(" " * 38 + "; ".join(text for text in told if text))
        return "\n".join(lines)


@dataclass(frozen=True)
class _Wanted:
    """What is asked, in exact numbers."""

    budget: Fraction | None
    error: Fraction
    iterations: int
    real_cost: Fraction
    sampled_cost: Fraction
    T: int
    task: LinearRegression | None
    excess: Fraction | None
    least_sampled: Fraction
    largest: int

    @property
    def regression(self) -> LinearRegression:
        """Whose laws are asked: at one design, with symbols, where the excess of one fit is given."""
        return LinearRegression(design="fixed") if self.task is None else self.task

    @cached_property
    def one_fit(self) -> Fraction:
        """The error of model 1, whatever the workflow."""
        return fraction(law(self.regression, Replace()).unit) if self.excess is None else self.excess


def plan(
    budget: Number | None = None,
    *,
    error: Number,
    iterations: int,
    T: int,
    d: int | None = None,
    sigma: Number = 1,
    design: str = "fixed",
    excess: Number | None = None,
    real_cost: Number = 1,
    sampled_cost: Number = 0,
    least_sampled: Number = Fraction(1, 2),
    largest: int = 10,
) -> Plan:
    """The cheapest workflow that keeps the error of models 1 to n below a given one.

    Args:
        budget: the most that all rows may cost; by default there is no such limit.
        error: the mean excess risk that every model must be below.
        iterations: n.
        T: rows of the first real data, and of a sampled pool of size 1.
        d: features of a linear regression; leave it out with `excess`.
        sigma: the noise's standard deviation in that regression.
        design: "fixed" (one X) or "fresh" (a new X each iteration) in that regression.
        excess: in place of a regression the measured excess of one fit, such as `diagnose` estimates: the error of
            model n is this times the gain.
        real_cost: of a real row, each time that data are collected.
        sampled_cost: of a sampled row.
        least_sampled: the least share of the loss that sampled data have in every training set from the second on.
        largest: the largest sampled pool that is tried, in multiples of T.

    Raises:
        ValueError: neither d nor an excess or both, or a number outside its range.

    >>> found = plan(error=0.6, iterations=20, T=100, d=32, real_cost=10, sampled_cost=1)
    >>> print(found.best.workflow, found.best.cost)
    Larger(workflow=FixedReal(weight=1/2), rows=2) 4800
    """
    check_iterations(iterations)
    if (d is None) == (excess is None):
        raise ValueError(
            f"give d, of a regression, or the excess of one fit, and not both; got d={d}, excess={excess}."
        )
    if excess is not None and (sigma != 1 or design != "fixed"):
        raise ValueError(
            f"sigma and design are those of a regression, in place of which an excess is given; leave them out; "
            f"got sigma={sigma}, design={design}."
        )
    task = None if d is None else LinearRegression(T=T, d=d, sigma=sigma, design=design)
    wanted = _Wanted(
        None if budget is None else _positive(budget, "the budget"),
        _positive(error, "the error"),
        iterations,
        _positive(real_cost, "real_cost", zero=True),
        _positive(sampled_cost, "sampled_cost", zero=True),
        T,
        task,
        None if excess is None else _positive(excess, "the excess"),
        _positive(least_sampled, "least_sampled"),
        largest,
    )
    if not wanted.least_sampled < 1 or largest < 1 or T < 1:
        raise ValueError(
            f"least_sampled is a share above 0 and below 1, largest and T are at least 1; got {least_sampled}, "
            f"{largest} and {T}."
        )
    found = sorted((_cheapest(wanted, family) for family in FAMILIES), key=lambda each: each.cost)
    doing = [each for each in found if each.feasible]
    best = min(doing, key=lambda each: (each.cost, each.last), default=None)
    return Plan(best, tuple(found), _why(wanted, best, found))


def _positive(value: Number, what: str, *, zero: bool = False) -> Fraction:
    number = required(value, what)
    if number < 0 or (number == 0 and not zero):
        raise ValueError(f"{what} must be {'at least' if zero else 'more than'} 0; got {value}.")
    return number


def _cheapest(wanted: _Wanted, family: Family) -> Candidate:
    """The first size that does; or the first beyond the budget, or the last that is tried; one if none can do."""
    tried: Candidate | None = None
    for size in range(1, (wanted.largest if family.sized else 1) + 1):
        now = _judged(wanted, family, size)
        if now.error is None and tried is not None:
            break  # larger pools have no exact law: what is known is of the smaller ones
        tried = now
        beyond = wanted.budget is not None and now.cost > wanted.budget
        if now.feasible or beyond or wanted.one_fit >= wanted.error:
            break
    assert tried is not None
    return tried if tried.error is None else replace(tried, growth=_growth(wanted, tried.workflow))


def _judged(wanted: _Wanted, family: Family, size: int) -> Candidate:
    workflow = family.of(size, 1 - wanted.least_sampled)
    real, sampled, least = _rows(wanted, workflow)
    cost = real * wanted.real_cost + sampled * wanted.sampled_cost
    errors = _errors(wanted, workflow)
    worst = None if errors is None else max(errors)
    reason = _objection(wanted, errors, cost, least)
    return Candidate(
        family.name,
        workflow,
        size,
        family.how,
        real,
        sampled,
        cost,
        None if worst is None else float(worst),
        None if errors is None else float(errors[-1]),
        None,
        reason is None,
        reason,
    )


def _objection(
    wanted: _Wanted, errors: list[Fraction] | list[float] | None, cost: Fraction, least: Fraction
) -> str | None:
    if errors is None:
        return "no exact law"
    if least < wanted.least_sampled:
        return f"a training set has a share of {least} sampled data, less than {wanted.least_sampled}"
    for n, value in enumerate(errors, 1):
        if not _below(value, wanted.error):
            return f"model {n} has {float(value):.6g}, not below {float(wanted.error):g}"
    if wanted.budget is not None and cost > wanted.budget:
        return f"costs {float(cost):g}, more than {float(wanted.budget):g}"
    return None


def _below(value: Fraction | float, error: Fraction) -> bool:
    return value < error * (1 if isinstance(value, Fraction) else Fraction(1 - _ROUNDING))


def _rows(wanted: _Wanted, workflow: Workflow) -> tuple[Fraction, Fraction, Fraction]:
    """Rows of the real and of the sampled pools that are used, and the least share of the latter."""
    used, least = {Pool(1)}, Fraction(1)
    for iteration in range(2, wanted.iterations + 1):
        shares = {pool: share for pool, share in workflow.shares(iteration).items() if share}
        used |= shares.keys()
        least = min(least, sum((share for pool, share in shares.items() if pool.labelled_by), Fraction(0)))
    rows = {of: sum((workflow.size(p) for p in used if bool(p.labelled_by) is of), Fraction(0)) for of in (False, True)}
    return rows[False] * wanted.T, rows[True] * wanted.T, least


def _errors(wanted: _Wanted, workflow: Workflow) -> list[Fraction] | list[float] | None:
    """Of models 1 to n, exact fractions where the law is a gain; `None` where it is not exact."""
    of = law(wanted.regression, workflow)
    if not of.exact:
        return None
    if wanted.regression.design == "fresh":
        return [float(value) for value in of.evaluate(n=range(1, wanted.iterations + 1))]
    return [wanted.one_fit * c for c in gain(workflow, wanted.iterations)]


def _growth(wanted: _Wanted, workflow: Workflow) -> Growth | None:
    """Of the error, where it is proved."""
    if wanted.regression.design == "fresh":
        return law(wanted.regression, workflow).growth()
    solved = recursion.solve(SymbolicWorkflow(workflow))
    closed = None if solved.growth is not None or solved.expr is None else without_sums(solved.expr)
    found = solved.growth if closed is None else growth(closed)
    return None if found is None else found.scaled(rational(wanted.one_fit))


def _why(wanted: _Wanted, best: Candidate | None, found: list[Candidate]) -> str:
    if best is not None:
        doing = sum(each.feasible for each in found)
        return (
            f"the cheapest of the {doing} families out of {len(found)} that keep models 1 to {wanted.iterations} below "
            f"{float(wanted.error):g}: {float(best.cost):g}, for {float(best.real_rows):g} real and "
            f"{float(best.sampled_rows):g} sampled rows"
        )
    one = wanted.one_fit
    if one >= wanted.error:
        more = "" if wanted.task is None else f"; T >= {_least_rows(wanted.task, wanted.error)} would do for that"
        return f"model 1 has {float(one):.6g} under every workflow, not below {float(wanted.error):g}{more}"
    return f"no family does with pools of at most {wanted.largest} T rows; the reason of each is below"


def _least_rows(task: LinearRegression, error: Fraction) -> int:
    """The least T at which one fit is below the error, which falls with T: by bisection, evaluated exactly."""
    unit, (rows, *_) = law(replace(task, T=None), Replace()).unit, task.parameters

    def does(T: int) -> bool:
        return fraction(at(unit, rows.symbol, T)) < error

    low, high = int(required(task.T, "T")), 2 * int(required(task.T, "T"))
    while not does(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if does(middle) else (middle, high)
    return high
