"""Is the probability of a large error at most a number, at every iteration? Decided in ball arithmetic.

Where the error of model n is c_n times that of one fit (`Spread.one_fit_exceeds`), P(E_n > x) rises with the gain c_n.
So the largest gain decides for every n: a least constant of `tightest`, which a certificate proves.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar

import flint
import sympy as sp

from .bounds import tightest
from .exact import required
from .law import Law
from .prover import balls
from .prover.certificate import Certificate
from .prover.parsing import parse_bound
from .prover.parts import Parts
from .prover.verdicts import Undecided
from .symbols import n
from .sympy_types import at, rational, substituted, symbols

#: Bits of the successive attempts to tell a probability from its bound.
_PRECISIONS = (64, 256, 1024, 4096)
#: The first iterations, and how often n is doubled from there on: with a formula for the gain, and without.
_FIRST, _DOUBLINGS, _DOUBLINGS_BY_STEPS = 64, 200, 3


@dataclass(frozen=True)
class TailVerdict:
    """Whether P(E_n > threshold) <= probability, at one iteration or at all.

    Attributes:
        verdict: `proved`, `refuted` or `undecided`.
        enclosure: two numbers between which the probability lies: at the iteration asked for or of the counterexample,
            else at the largest gain, which no iteration exceeds; `None` where that is not known.
        gain: the gain that it belongs to.
        counterexample: the iteration, {"n": …}, where the probability is larger; `None` unless refuted.
        certificate: of law <= gain * one fit's error, where that was needed for every iteration.
        tried: why nothing was decided.
    """

    verdict: str
    enclosure: tuple[float, float] | None = None
    gain: sp.Expr | None = None
    counterexample: dict[str, int] | None = None
    certificate: Certificate | Parts | None = None
    tried: tuple[str, ...] = ()
    asymptotic: ClassVar[bool] = False
    lower: ClassVar[bool] = False


def check_probability(
    law: Law,
    threshold: str | float | Fraction | sp.Expr,
    probability: str | float | Fraction,
    *,
    n: int | None = None,
    **parameters: Any,
) -> TailVerdict:
    """Judge P(quantity of model n > threshold) <= probability at every iteration, or at the one given.

    For regression that is known at fixed design, where the test error is c_n sigma^2 chi^2_d / chi^2_{T-d+1}.

    Args:
        law: of a quantity whose distribution is known.
        threshold: a number, or an expression in the task's symbols.
        probability: more than 0 and less than 1.
        n: the iteration; every one where none is given.
        parameters: numbers of the task's parameters by name, as in `Law.evaluate`; for regression T, d, and sigma,
            which is 1 where it is not given.

    Raises:
        ValueError: the distribution is not known, or a number is missing or outside its range.

    >>> from theory import Accumulate, linear
    >>> law = linear.test_error(Accumulate(), design="fixed")
    >>> check_probability(law, "4*sigma**2*d/(T-d-1)", 0.01, T=100, d=32).verdict
    'proved'
    """
    numbers = law.task.values(parameters)
    most = required(probability, "the probability")
    if not 0 < most < 1:
        raise ValueError(f"the probability must be more than 0 and less than 1; got {probability}.")
    if law.workflow.is_symbolic:
        raise ValueError(f"{law.workflow} has symbolic parameters; probabilities need numbers for them.")
    if n is not None and n < 1:
        raise ValueError(f"n counts model-fitting iterations from 1; got n={n}.")
    objection = law.distribution_objection(2 if n is None else n)
    if objection is not None:
        raise ValueError(f"the distribution under {law.workflow} for {law.task} is not known; {objection}.")
    known = law.derived.looked_at
    if known is not None and (n is None or n > known):
        raise ValueError(f"{law.workflow} was looked at up to iteration {known}; give an n up to there.")
    tail = _Tail(law, _number(law, threshold, numbers), most, numbers)
    return tail.everywhere() if n is None else tail.at(n)


def _number(law: Law, threshold: str | float | Fraction | sp.Expr, numbers: Mapping[str, Any]) -> sp.Expr:
    if isinstance(threshold, float | Fraction):
        return rational(required(threshold, "the threshold"))
    exactly = {p.symbol: rational(required(numbers[p.name], p.name)) for p in law.task.parameters}
    value = substituted(parse_bound(threshold, law.task.own_domain.letters), exactly)
    if symbols(value):
        raise ValueError(f"the threshold is a number at each T, d, …; got {threshold}, which depends on n.")
    return value


@dataclass(frozen=True)
class _Tail:
    """P(E_n > threshold) against a number, for one law at numbers of its parameters."""

    law: Law
    threshold: sp.Expr
    most: Fraction
    numbers: Mapping[str, Any]

    def at(self, iteration: int) -> TailVerdict:
        """At one iteration."""
        gain = self._gain(iteration)
        verdict = self._judged(gain)
        return replace(verdict, counterexample={"n": iteration}) if verdict.verdict == "refuted" else verdict

    def everywhere(self) -> TailVerdict:
        """At every iteration: at the largest gain, or the limit of gains that are smaller."""
        for iteration in (1, 2, 3, _FIRST):
            if self.at(iteration).verdict == "refuted":
                return self._first_from(iteration)
        largest = tightest(self.law)
        if isinstance(largest, Undecided):
            return self._further() or TailVerdict("undecided", tried=("the largest gain: not known", *largest.tried))
        if largest.constant is not sp.oo:
            found = self._judged(largest.constant)
            if found.verdict != "refuted":
                return replace(found, certificate=largest.certificate)
        none = TailVerdict("undecided", tried=("an iteration with a larger probability: none found",))
        return self._further() or none

    def _further(self) -> TailVerdict | None:
        """A counterexample beyond the first iterations."""
        doublings = _DOUBLINGS_BY_STEPS if self.law.gain_expr is None else _DOUBLINGS
        found = (self.at(_FIRST * 2**power) for power in range(1, doublings + 1))
        return next((each for each in found if each.verdict == "refuted"), None)

    def _first_from(self, last: int) -> TailVerdict:
        """The first counterexample up to one that is known."""
        each = (self.at(iteration) for iteration in range(1, last + 1))
        return next(found for found in each if found.verdict == "refuted")

    def _gain(self, iteration: int) -> sp.Expr:
        formula = self.law.gain_expr
        if formula is not None and iteration > _FIRST:
            return at(formula, n, iteration)
        value = self.law.gain(iteration)[-1]
        return rational(value) if isinstance(value, Fraction) else value

    def _judged(self, gain: sp.Expr) -> TailVerdict:
        """Whether the probability is at most the number where the error is `gain` times that of one fit."""
        ratio = balls.compiled(self.threshold / gain)
        enclosure = None
        for bits in _PRECISIONS:
            with flint.ctx.workprec(bits):
                most = flint.arb(flint.fmpq(self.most.numerator, self.most.denominator))
                found = self.law.one_fit_exceeds(flint.arb(ratio({})), self.numbers)
                enclosure = _outwards(found)
                if found <= most:
                    return TailVerdict("proved", enclosure, gain)
                if found > most:
                    return TailVerdict("refuted", enclosure, gain)
        return TailVerdict("undecided", enclosure, gain, tried=("the probability: too close to tell",))


def _outwards(ball: flint.arb) -> tuple[float, float] | None:
    """Two numbers of double precision around the ball, within 0 and 1."""
    if not ball.is_finite():
        return None
    low, high = float(ball.lower()), float(ball.upper())
    return max(0.0, math.nextafter(low, -math.inf)), min(1.0, math.nextafter(high, math.inf))
