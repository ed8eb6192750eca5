"""A law: a quantity of every iteration's model under a workflow, with what it assumes and how it was derived."""

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from sympy.core.function import AppliedUndef

from . import summation
from .asymptotics import Growth, growth
from .by_iteration import LAW, by_validity, described
from .derivation import EXACT, Derivation, Derived, Spread, estimated
from .evaluation import far_out, termwise
from .exact import exact
from .frame import Frame
from .gain import gain
from .generator import Generator
from .iterations import as_iterations, check_iterations
from .strip import SeasonalStrips, strips
from .symbolic_workflow import SymbolicWorkflow, check_names
from .symbols import i, n
from .sympy_types import at, fraction, parts, rational, replaced, substituted, summand, symbols
from .task import Parameter, Quantity, Task, check_task
from .workflow import Workflow, check_workflow

#: Gains with symbols are simplified up to this iteration.
_SIMPLIFIED = 10

#: Characters of a formula that `print` shows.
_SHOWN = 300

#: Recursions are followed up to this iteration where there is a closed form too.
_LONGEST_RECURSION = 1000

#: Sums are taken term by term up to this iteration, and through the closed form beyond.
_LONGEST_SUM = 10**6


class Judged(abc.ABC):
    """What a bound can be judged on."""

    @property
    @abc.abstractmethod
    def judged(self) -> "Law":
        """As a law."""


@dataclass(frozen=True)
class Law(Judged):
    """The mean of a quantity of model n, over replicates; the first fit is n = 1.

    Expressions are in n and in those of the task's symbols for which it has no numbers.

    Attributes:
        task, workflow, quantity: what the law is of.
        derived: the law in all of the task's symbols, and where it comes from.
        generator: how data are sampled from a model; by default as they are.
    """

    task: Task
    workflow: Workflow
    quantity: Quantity
    derived: Derived
    generator: Generator = Generator()

    @property
    def judged(self) -> "Law":
        """Itself."""
        return self

    @cached_property
    def expr(self) -> sp.Expr:
        """SymPy expression, possibly with a `Sum` over i = 1..n, or with gain(n) where no formula in n was proved."""
        return self._at(self.derived.expr)

    @cached_property
    def unit(self) -> sp.Expr:
        """The quantity of one fit on T real rows."""
        return self._at(self.quantity.unit)

    @property
    def assumptions(self) -> tuple[sp.Basic, ...]:
        """Where it holds: the domain of the task with its numbers, and the iterations for which that was shown."""
        stated = (*self.derived.needs, *self.task.relations())
        relations = (relation.subs(list(self.task.at.items())) for relation in stated)
        limit = self.derived.looked_at
        known = [relation for relation in relations if relation != sp.true]
        return (*known, *(() if limit is None else (sp.Le(n, limit),)))

    @property
    def derivation(self) -> Derivation:
        """Numbered steps, each with the rule it used, in all of the task's symbols."""
        return self.derived.derivation

    @property
    def source(self) -> str:
        """Where it is published, or "new here"."""
        return self.derived.source

    @property
    def validity(self) -> str:
        """`exact` at every point of the domain, or `large-T`, the limit T -> oo; estimates have others."""
        return self.derived.validity

    @property
    def exact(self) -> bool:
        """Whether it holds at finite T."""
        return self.validity == EXACT

    @property
    def gain_expr(self) -> sp.Expr | None:
        """The workflow's gain c_n for symbolic n; `None` where none was proved."""
        return self.derived.gain

    def _at(self, expression: sp.Expr) -> sp.Expr:
        return substituted(expression, self.task.at) if self.task.at else expression

    @cached_property
    def strips(self) -> SeasonalStrips | None:
        """Strips around lines in which the workflow's gain lies for ever; `None` where none is known."""
        return strips(SymbolicWorkflow(self.workflow))

    @cached_property
    def _general_closed_form(self) -> sp.Expr | None:
        if self.derived.expr.atoms(AppliedUndef) or self.derived.values is not None:
            return None
        return summation.without_sums(self.derived.expr)

    @cached_property
    def _growth(self) -> Growth | None:
        closed = self._general_closed_form
        found = self.derived.growth or (None if closed is None else growth(closed))
        return None if found is None else found.at(self.task.at)

    def closed_form(self) -> sp.Expr | None:
        """The law free of sums, proved by its first value and its difference; `None` where none was proved."""
        return None if self._general_closed_form is None else self._at(self._general_closed_form)

    def growth(self, **parameters: Any) -> Growth | None:
        """Whether and how the law grows with n, with its exact constant; `None` where not proved.

        Args:
            parameters: numbers of the task's parameters by name; needed where the kind of growth depends on them.

        Raises:
            ValueError: one is unknown, not the number that the task has, or outside the law's domain, or the quantity
                has no mean there.
        """
        given = self.task.put_in(parameters)
        at, found, depends = {**self.task.at, **given}, self._growth, self.derived.growth_at
        self.check_needs(at)
        if found is None and given and depends is not None:
            found = depends(at)
        return None if found is None else found.at(at)

    def limit(self, **parameters: Any) -> sp.Expr | None:
        """The law for n -> oo at fixed parameters; `oo` where it diverges, `None` where not proved.

        Args:
            parameters: as in `growth`.

        Raises:
            ValueError: as `growth`.
        """
        found = self.growth(**parameters)
        return None if found is None else found.limit

    def gain(self, iterations: int) -> list[Fraction | sp.Expr]:
        """The gain c_1, …, c_n with n = `iterations`: exact rationals; large-T at fresh design.

        With symbolic parameters in the workflow they are expressions in these, the first ten simplified.
        """
        check_iterations(iterations)
        formula = self.gain_expr
        if formula is None or not self.workflow.is_symbolic:
            return list(gain(self.workflow, iterations))
        totals = parts(formula, sp.Sum)
        stand_ins = sp.symbols(f"sum:{len(totals)}")
        outside = replaced(formula, dict(zip(totals, stand_ins, strict=True)))
        sums: list[sp.Expr] = [sp.S.Zero] * len(totals)
        gains: list[Fraction | sp.Expr] = []
        for m in range(1, iterations + 1):
            sums = [so_far + at(summand(total), i, m) for so_far, total in zip(sums, totals, strict=True)]
            value = replaced(at(outside, n, m), dict(zip(stand_ins, sums, strict=True)))
            if value.is_Rational:
                gains.append(fraction(value))
            else:  # far out, simplifying takes minutes, and more frames than Python has
                gains.append(sp.simplify(value) if m <= _SIMPLIFIED else value)
        return gains

    def kappa(self, iterations: int) -> list[Fraction]:
        """Kappa_1, …, kappa_n with n = `iterations`: the next order in 1/T after the gain, exact rationals.

        For regression E_n = sigma^2 (d/T) (c_n + kappa_n (d + 1)/T + O(T^-2)).

        Raises:
            ValueError: it is not known.
        """
        if self.derived.kappa is None:
            raise ValueError(f"the next order in 1/T is not known under {self.workflow} for {self.task}.")
        return self.derived.kappa(iterations)

    def estimates(self, iterations: int, **parameters: Any) -> dict[str, np.ndarray]:
        """Values at iterations 1, …, `iterations` by validity, where the law is not exact; its own among them.

        Args:
            iterations: counted from 1.
            parameters: as in `evaluate`.

        Raises:
            ValueError: as `evaluate`.
        """
        if self.exact:
            return {}
        numbers = self.task.values(parameters)
        own = self.evaluate(n=range(1, iterations + 1), **parameters)
        return {self.validity: own, **estimated(self.derived.estimates, numbers, iterations)}

    def _estimated(self, validity: str, numbers: Mapping[str, Any], iterations: int) -> np.ndarray:
        """The values of that validity at iterations 1, 2, ….

        Raises:
            ValueError: there is none.
        """
        for estimate in self.derived.estimates:
            if estimate.validity == validity:
                objection = estimate.objection(numbers, iterations)
                if objection is not None:
                    raise ValueError(objection)
                return estimate.values(numbers, iterations)
        there = [self.validity, *(estimate.validity for estimate in self.derived.estimates)]
        raise ValueError(f"{self.workflow} for {self.task} has no {validity} values; it has {', '.join(there)}.")

    def evaluate(
        self, *, n: int | Sequence[int] | np.ndarray, validity: str | None = None, **parameters: Any
    ) -> np.ndarray:
        """The law's values at the iterations `n`, in float64.

        Args:
            n: an iteration or several, counted from 1.
            validity: where the law is not exact, that of the values: "next-order", "proportional" or "approximation";
                by default the law's own.
            parameters: numbers of the task's parameters by name, where it has none itself; for regression T, d, and
                sigma, which is 1 where it is not given.

        Raises:
            ValueError: outside the law's domain, or a number is missing.
        """
        numbers = self.task.values(parameters)
        if self.workflow.is_symbolic:
            raise ValueError(f"{self.workflow} has symbolic parameters; values of its law need numbers for them.")
        iterations = as_iterations(n)
        if validity is not None and validity != self.validity:
            return self._estimated(validity, numbers, int(iterations.max()))[iterations - 1]
        self.check_needs({p.symbol: rational(exact(numbers[p.name])) for p in self._needed})
        if self.derived.values is not None:
            return self.derived.values(numbers, iterations)
        precise = self.derived.precise
        if precise is not None and (iterations.max() <= _LONGEST_RECURSION or self._general_closed_form is None):
            return precise(numbers, iterations)
        if (precise or iterations.max() > _LONGEST_SUM) and self._general_closed_form is not None:
            return far_out(self._general_closed_form, self.task.parameters, numbers, iterations)
        return termwise(self.derived.expr, self.task.parameters, self.workflow, numbers, iterations)

    def table(self, iterations: int, **parameters: Any) -> Frame:
        """Its values at iterations 1, …, `iterations`, and its estimates where it is not exact; see `by_iteration`.

        Args:
            iterations: counted from 1.
            parameters: as in `evaluate`.

        Raises:
            ValueError: as `evaluate`.

        >>> from theory import LinearRegression, Replace
        >>> found = law(LinearRegression(design="fixed", T=102, d=1), Replace()).table(3)
        >>> found["iteration"], found["value"], found["validity"][0]
        ([1, 2, 3], [0.01, 0.02, 0.03], 'exact')
        """
        alike = described(
            LAW, self.task, self.quantity.name, self.workflow, self.generator, self.task.values(parameters)
        )
        check_iterations(iterations)
        own = self.estimates(iterations, **parameters)
        return by_validity(alike, own or {EXACT: self.evaluate(n=range(1, iterations + 1), **parameters)})

    @property
    def _needed(self) -> list[Parameter]:
        """The parameters that `needs` speaks of."""
        named = set().union(*(symbols(relation) for relation in self.derived.needs))
        return [parameter for parameter in self.task.parameters if parameter.symbol in named]

    def check_needs(self, at: Mapping[sp.Symbol, sp.Rational]) -> None:
        """Refuse numbers at which the quantity has no mean, whatever those that are not given.

        Raises:
            ValueError: they are such.
        """
        for relation in self.derived.needs:
            if relation.subs(list(at.items())) == sp.false:
                given = ", ".join(f"{symbol}={at[symbol]}" for symbol in sorted(symbols(relation) & at.keys(), key=str))
                raise ValueError(f"{self.quantity.name} needs {relation}, or {self.quantity.outside}; got {given}.")

    @property
    def _spread(self) -> Spread:
        if self.derived.spread is None:
            raise ValueError(f"of the {self.quantity.name} of {self.task} only the mean is known.")
        return self.derived.spread

    def moments_exist(self, *numbers: Any, **named: Any) -> int:
        """How many moments the quantity has at every n; a mean needs 1, a standard error 2.

        Numbers are those of the task's parameters, in their order or by name.
        """
        names = (p.name for p in self.task.parameters)
        return self._spread.moments_exist(self.task.completed(dict(zip(names, numbers, strict=False)) | named))

    def variance(self) -> sp.Expr | None:
        """The variance of the quantity over replicates, where it exists and is known."""
        found = self._spread.variance()
        return None if found is None else self._at(found)

    def distribution_objection(self, n: int) -> str | None:
        """Why the exact distribution at iteration n is not known; `None` where it is."""
        return "only its mean is known" if self.derived.spread is None else self.derived.spread.objection(n)

    def distribution(self, *, n: int, **parameters: Any) -> Any:
        """The exact distribution of the quantity of model n, a frozen distribution of `scipy.stats`.

        Args:
            n: the iteration, counted from 1.
            parameters: as in `evaluate`.

        Raises:
            ValueError: it is not known, or outside the law's domain.
        """
        numbers = self.task.values(parameters)
        objection = self.distribution_objection(n)
        if objection is not None:
            raise ValueError(
                f"the exact distribution of {self.workflow} for {self.task} is not known for n = {n}; {objection}."
            )
        return self._spread.distribution(float(self.evaluate(n=n, **parameters)), numbers)

    def one_fit_exceeds(self, value: Any, numbers: Mapping[str, Any]) -> Any:
        """P(the quantity of one fit > value) as a ball of python-flint's, for a distribution that is known."""
        return self._spread.one_fit_exceeds(value, numbers)

    def __str__(self) -> str:
        """Five lines: what it is of, the formula, how it grows, what it needs, what it holds for and its source."""
        closed, growth = self.closed_form(), self.growth()
        formula = str(self.expr if closed is None else closed)
        shown = formula if len(formula) <= _SHOWN else f"{formula[:_SHOWN]} … (law.expr has all of it)"
        sampled = "" if self.generator == Generator() else f" and {self.generator}"
        return "\n".join(
            (
                f"{self.quantity.meaning}: {self.workflow}{sampled} for {self.task}",
                f"  {self.quantity.symbol} {'=' if self.exact else '~'} {shown}",
                f"  growth  : {'not proved' if growth is None else growth}",
                f"  needs   : {', '.join(map(str, self.assumptions))}",
                f"  validity: {self.validity}; source: {self.source}",
            )
        )

    def _repr_latex_(self) -> str:
        relation = "=" if self.exact else r"\simeq"
        return f"$\\displaystyle {self.quantity.symbol} {relation} {sp.latex(self.expr)}$"


def law(task: Task, workflow: Workflow, of: str | None = None) -> Law:
    """The law of a quantity of a task's models under a workflow.

    Args:
        task: what is refitted; its parameters may be numbers or symbols.
        workflow: what each model is fitted to.
        of: the name of the quantity; by default the task's first.

    Raises:
        ValueError: no such quantity, no such law, an invalid training set, or a symbol among the workflow's parameters
            that is called as one of the task's.

    >>> from theory import Accumulate, LinearRegression
    >>> law(LinearRegression(design="fresh"), Accumulate(), of="test_error").expr
    d*sigma**2*Sum(1/(i*(T*i - d - 1)), (i, 1, n))
    """
    check_task(task)
    check_workflow(workflow)
    check_names(workflow, (parameter.name for parameter in task.parameters))
    quantity = task.quantity(of)
    if not workflow.is_symbolic:
        for iteration in (2, 3):  # an invalid workflow is refused here, with the iteration that shows it
            workflow.drawn(iteration)
            workflow.shares(iteration)
    objection = task.objection(workflow, quantity)
    if objection is not None:
        raise ValueError(objection)
    found = Law(task, workflow, quantity, task.derive(workflow, quantity))
    found.check_needs(task.at)
    return found
