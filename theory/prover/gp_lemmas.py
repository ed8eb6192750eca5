"""What a lemma says, in PARI/GP: the estimate and the conditions that follow from its parameters.

These formulas are written a second time here, from the lemmas' statements; the script compares them with what the
certificate used.
"""

from dataclasses import dataclass
from functools import singledispatch

import sympy as sp

from ..symbols import i, n
from ..sympy_types import as_expression, coefficient
from .canonical import partial_sum, tail
from .conditions import NONNEGATIVE, Condition
from .gp_text import Names
from .lemmas import (
    Estimate,
    HarmonicLog,
    Lemma,
    LogBound,
    LogRatio,
    PowerBound,
    RootBound,
    TailBound,
    Telescoping,
    Termwise,
    ZetaTail,
)


@dataclass(frozen=True)
class Application:
    """A lemma where it is used."""

    estimate: Estimate
    conditions: tuple[Condition, ...]
    names: Names

    @property
    def compared(self) -> sp.Expr:
        """What a condition says to be >= 0."""
        (expression,) = (c.expression for c in self.conditions if c.kind == NONNEGATIVE)
        return as_expression(expression)

    def nonnegative(self) -> str:
        """The same as text."""
        return self.names.text(self.compared)


def where(lemma: Lemma) -> str:
    """The run of n on which the lemma's conditions have to hold, where it is used on the run r."""
    if isinstance(lemma, (TailBound, Telescoping)):
        return '["from", least(r), 1]'
    return f'["from", {lemma.first}, 1]' if isinstance(lemma, Termwise) else "r"


#: What has to be true, each with what it is about.
Claims = list[tuple[str, str]]


@singledispatch
def claims(lemma: Lemma, used: Application) -> Claims:
    """That the estimate V of P and the conditions are what the lemma's statement says.

    Raises:
        ValueError: the lemma cannot be exported.
    """
    raise ValueError(f"proofs by {type(lemma).__name__} cannot be exported to PARI/GP yet.")


@claims.register
def _(lemma: ZetaTail, used: Application) -> Claims:
    text = used.names.text
    rest, zeta = text(tail(i ** -sp.Integer(lemma.p))), text(sp.zeta(lemma.p))
    return [
        (f"{lemma.p} >= 2", "the order"),
        (f"term_of(P, SUMS) == i_^-{lemma.p} && term_of({rest}, TAILS) == i_^-{lemma.p}", "the terms"),
        (f"V == {zeta} - {rest} && alike({zeta}, zeta({lemma.p}))", "the estimate"),
    ]


@claims.register
def _(lemma: TailBound, used: Application) -> Claims:
    text = used.names.text
    value, sign = text(lemma.value), "" if lemma.below else "-"
    gap = f"subst({text(lemma.term)}, i_, n_ + 1) - {value} + subst({value}, n_, n_ + 1)"
    return [
        (f"term_of(P, TAILS) == {text(lemma.term)} && V == {value}", "the estimate"),
        (f"{used.nonnegative()} == {sign}({gap})", "the condition"),
    ]


@claims.register
def _(lemma: Termwise, used: Application) -> Claims:
    text = used.names.text
    gap = f"subst({text(lemma.term)} - {text(lemma.other)}, i_, n_)"
    other = partial_sum(lemma.other)
    known = f"subst({gap}, n_, 1)" if lemma.first == 2 else "0"
    total = text(other) if isinstance(other, sp.Sum) else "0"
    return [
        (f"{lemma.first} == 1 || {lemma.first} == 2", "the first term"),
        (f"term_of(P, SUMS) == {text(lemma.term)}", "the term"),
        (f"{used.nonnegative()} == {gap} && V == {total} + {known}", "the estimate"),
    ]


@claims.register
def _(lemma: Telescoping, used: Application) -> Claims:
    text = used.names.text
    value, term = text(lemma.value), text(lemma.term)
    gap = f"subst({term}, i_, n_ + 1) - subst({value}, n_, n_ + 1) + {value}"
    known = f"sum(j = 1, least(r), subst({term}, i_, j)) - subst({value}, n_, least(r))"
    return [
        (f"term_of(P, SUMS) == {term}", "the term"),
        (f"{used.nonnegative()} == {gap} && V == {known} + {value}", "the estimate"),
    ]


@claims.register
def _(lemma: HarmonicLog, used: Application) -> Claims:
    text = used.names.text
    x, log, gamma = text(lemma.x), text(sp.log(lemma.x)), text(sp.EulerGamma)
    correction = f"sum(j = 1, {lemma.terms}, bernfrac(2*j)/(2*j*{x}^(2*j)))"
    return [
        (f"V == {log} + {gamma} + 1/(2*{x}) - {correction}", "the estimate"),
        (f"{int(bool(used.estimate.below))} == {lemma.terms} % 2 && {lemma.terms} >= 0", "the side"),
    ]


@claims.register
def _(lemma: LogRatio, used: Application) -> Claims:
    text = used.names.text
    x, y, log = text(lemma.x), text(lemma.y), text(sp.log(lemma.y))
    up = used.compared == lemma.x - lemma.y
    t = f"({x}/{y} - 1)" if up else f"({y}/{x} - 1)"
    change = f"2*{t}/(2 + {t})" if lemma.below == up else f"{t}*(6 + {t})/(6 + 4*{t})"
    return [
        (f"reduced(V) == reduced({log}) {'+' if up else '-'} {change}", "the estimate"),
        (f"{used.nonnegative()} == {f'{x} - {y}' if up else f'{y} - {x}'}", "the condition"),
    ]


@claims.register
def _(lemma: LogBound, used: Application) -> Claims:
    text = used.names.text
    x, c, log = text(lemma.x), text(lemma.c), text(sp.log(lemma.c))
    sides = [(f"number_sign({c}) == 1 && {lemma.k} >= 1 && alike({log}, log(number({c})))", "the constant")]
    if lemma.below:
        return [*sides, (f"V == {log} && {used.nonnegative()} == {x} - {c}", "the estimate")]
    root = text(lemma.x ** sp.Rational(1, lemma.k))
    return [*sides, (f"V == {lemma.k}*({log} + {root}/{c} - 1)", "the estimate")]


@claims.register
def _(lemma: RootBound, used: Application) -> Claims:
    text = used.names.text
    x, e, c, start = text(lemma.x), text(lemma.e), text(lemma.c), text(lemma.c ** (1 / lemma.e))
    sides = [
        (f"0 < {e} && {e} < 1 && number_sign({c}) == 1", "the constants"),
        (f"alike({start}, number({c})^(1/{e}))", "the power of the constant"),
    ]
    if lemma.flat:
        return [*sides, (f"V == {c} && {used.nonnegative()} == {x} - {start}", "the estimate")]
    t = f"({x}/{start})"
    sloped = f"{t}/(1 + (1 - {e})*({t} - 1))" if lemma.below else f"(1 + {e}*({t} - 1))"
    return [*sides, (f"V == {c}*{sloped}", "the estimate")]


@claims.register
def _(lemma: PowerBound, used: Application) -> Claims:
    text = used.names.text
    base, exponent = lemma.power.as_base_exp()
    slope = coefficient(exponent, n, 1)
    rate = f"number({text(base)})^{text(slope)}"
    first = f"number({text(base)})^subst({text(exponent)}, n_, least(r))"
    below = int(lemma.below)
    return [
        (f"number_sign({text(base)}) == 1 && ({below} || {rate} <= 1)", "the base"),
        (f"if({rate} > 1 || !{below}, alike(V, {first}), V == 0)", "the estimate"),
    ]
