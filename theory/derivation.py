"""Derivations: the numbered steps by which a law was found, each with the rule it used, and what they end in."""

import abc
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from .asymptotics import Growth

#: What a law holds for: every point of the task's domain; T -> oo; d/T -> gamma; or it is a good guess.
EXACT = "exact"
LARGE_T = "large-T"
PROPORTIONAL = "proportional"
APPROXIMATION = "approximation"

#: Of an estimate: the limit T -> oo with the term after it.
NEXT_ORDER = "next-order"

#: Its exact rationals of so many iterations take seconds.
MOST_EXACT = 20


#: Where the lines of a derivation are aligned.
_RELATION = re.compile(r" (=|\\simeq) ")


class RuleDoesNotApply(ValueError):
    """A rule of a derivation was asked for where its condition does not hold."""


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        rule: the name of the rule.
        statement: what holds after it, in LaTeX.
        because: why the rule applies here, in words.
        state: the terms that the statement was printed from; `None` where it is not derived by the algebra.
    """

    rule: str
    statement: str
    because: str
    state: Any = None


@dataclass(frozen=True)
class Derivation:
    """The steps in order. Prints as a numbered list; renders as LaTeX in a notebook.

    Attributes:
        steps: in order.
        setting: what the states of the steps are about; `None` where no step has one.
        checker: (setting, steps) -> what it objects to; it shares no code with the rules.
    """

    steps: tuple[Step, ...]
    setting: Any = None
    checker: Callable[[Any, tuple[Step, ...]], list[str]] | None = None

    def __iter__(self) -> Iterator[Step]:
        """The steps in order."""
        return iter(self.steps)

    def __len__(self) -> int:
        """How many steps there are."""
        return len(self.steps)

    def __str__(self) -> str:
        """Two lines a step: the rule with its reason, and the statement in LaTeX."""
        return "\n".join(
            f"{number}. {step.rule}: {step.because}\n     {step.statement}" for number, step in enumerate(self.steps, 1)
        )

    def replay(self) -> list[str]:
        """What the checker objects to; empty where all steps hold on numbers.

        It takes seconds: a chain of fits is run with exact numbers, and expectations over designs are integrated.

        Raises:
            ValueError: no step has terms that could be replayed.
        """
        if self.checker is None:
            raise ValueError("this derivation is in words: its steps have no terms that could be replayed.")
        return self.checker(self.setting, self.steps)

    def latex(self) -> str:
        """The steps as an `align*` environment of amsmath."""
        lines = [
            _RELATION.sub(r" &\1 ", step.statement, count=1) + rf" && \text{{({number}. {step.rule})}}"
            for number, step in enumerate(self.steps, 1)
        ]
        return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"

    def _repr_latex_(self) -> str:
        return self.latex()


class Spread(abc.ABC):
    """What is known of a quantity beyond its mean. Numbers are those of the task's parameters, by name."""

    @abc.abstractmethod
    def moments_exist(self, numbers: Mapping[str, Any]) -> int:
        """How many moments are finite at every n; a mean needs 1, a standard error 2."""

    @abc.abstractmethod
    def variance(self) -> sp.Expr | None:
        """The variance over replicates, where it exists; `None` where it is not known."""

    @abc.abstractmethod
    def objection(self, n: int) -> str | None:
        """Why the distribution at iteration n is not known; `None` where it is."""

    @abc.abstractmethod
    def distribution(self, mean: float, numbers: Mapping[str, Any]) -> Any:
        """The distribution with this mean, a frozen distribution of `scipy.stats`, at an n without objection."""

    @abc.abstractmethod
    def one_fit_exceeds(self, value: Any, numbers: Mapping[str, Any]) -> Any:
        """P(the quantity of one fit > value) as a ball of python-flint's, at an n without objection.

        Args:
            value: a ball.
            numbers: of the task's parameters, by name.
        """


@dataclass(frozen=True)
class Estimate:
    """Values at finite T where the law is not exact.

    Attributes:
        validity: what they hold for: `NEXT_ORDER`, `PROPORTIONAL` or `APPROXIMATION`.
        objection: (numbers of the task's parameters by name, iterations) -> why there are none; `None` where there are.
        values: (numbers, iterations) -> values at iterations 1, 2, ….
    """

    validity: str
    objection: Callable[[Mapping[str, Any], int], str | None]
    values: Callable[[Mapping[str, Any], int], np.ndarray]


def estimated(estimates: Iterable[Estimate], numbers: Mapping[str, Any], iterations: int) -> dict[str, np.ndarray]:
    """The values at iterations 1, 2, … of those estimates that have some, by validity."""
    there = (estimate for estimate in estimates if estimate.objection(numbers, iterations) is None)
    return {estimate.validity: estimate.values(numbers, iterations) for estimate in there}


@dataclass(frozen=True)
class Envelope:
    """A formula that a law is at most, or at least: what bounds are judged on where the law itself has none.

    Attributes:
        above: whether the law is at most it; else the law is at least it.
        expr: in the task's symbols and n.
        needs: relations between the task's symbols under which that is so.
    """

    above: bool
    expr: sp.Expr
    needs: tuple[sp.Basic, ...] = ()


@dataclass(frozen=True)
class AtNumbers:
    """What a law without a formula lies between, where the task's whole parameters are numbers.

    Attributes:
        at: (iteration) -> what it is at least and at most there, in the other symbols.
        last: the last iteration of `at`.
        later: (start) -> an iteration, and what the law is at least and at most from there on; `None` for what is not
            known.
        infinite: the iteration from which on the law is infinite, if there is one.
    """

    at: Callable[[int], tuple[sp.Expr, sp.Expr]]
    last: int
    later: Callable[[int], tuple[int, sp.Expr | None, sp.Expr | None] | None]
    infinite: int | None


@dataclass(frozen=True)
class Derived:
    """What a derivation ends in.

    Attributes:
        expr: the law in the task's symbols and n, possibly with a `Sum` over i = 1..n, or with `GAIN`(n) where the gain
            has no formula in n.
        derivation: the steps that lead there.
        source: where it is published, or "new here".
        validity: `EXACT`, `LARGE_T`, `PROPORTIONAL` or `APPROXIMATION`.
        gain: the workflow's gain c_n for symbolic n; `None` where no formula was proved.
        growth: how the law grows in n, where the derivation told; else it is read off the closed form.
        growth_at: numbers of the task's symbols -> how the law grows there, where the kind depends on them.
        spread: what is known beyond the mean.
        looked_at: where the validity was not shown for every iteration, the first ones, for which it was looked at.
        values: (numbers by name, iterations) -> the law there; `None` where `expr` gives them.
        each: (iteration) -> the law at that one, a quotient of polynomials; where `expr` is an unrolled recursion.
        recursion: (A_n, B_n) where the law is A_n times that at n - 1, and B_n; `None` where `expr` is a formula.
        own_gain: whether its gain is the workflow's; it is not where data are sampled otherwise than as they are.
        estimates: where the law is not exact, what is known at finite T besides.
        precise: (numbers by name, iterations) -> the law there, where the sums and products of `expr`, taken in
            float64, would lose digits.
        needs: relations that narrow the task's domain, such as T >= d + 3: where the quantity has a mean.
        envelopes: what an exact law without a formula lies between; the derivation says why.
        at_numbers: (the task's whole parameters by name) -> what it lies between there, closer; `None` if nothing is.
        kappa: (iterations) -> exact kappa_1, kappa_2, … of the next order in 1/T; `None` where it is not known.
    """

    expr: sp.Expr
    derivation: Derivation
    source: str
    validity: str
    gain: sp.Expr | None = None
    growth: Growth | None = None
    spread: Spread | None = None
    looked_at: int | None = None
    values: Callable[[Mapping[str, Any], np.ndarray], np.ndarray] | None = None
    each: Callable[[int], sp.Expr] | None = None
    recursion: tuple[sp.Expr, sp.Expr] | None = None
    own_gain: bool = True
    estimates: tuple[Estimate, ...] = ()
    precise: Callable[[Mapping[str, Any], np.ndarray], np.ndarray] | None = None
    needs: tuple[sp.Basic, ...] = ()
    growth_at: Callable[[Mapping[sp.Symbol, sp.Rational]], Growth | None] | None = None
    kappa: Callable[[int], list[Fraction]] | None = None
    envelopes: tuple[Envelope, ...] = ()
    at_numbers: Callable[[Mapping[str, Any]], AtNumbers | None] | None = None
