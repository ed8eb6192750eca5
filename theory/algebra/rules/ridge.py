"""Rules for a ridge, added to the Gram matrix of a training set: what it takes of w*, and the parts of one fit."""

from collections.abc import Iterable
from dataclasses import replace

import sympy as sp

from ...sympy_types import factored
from .. import operations as op
from ..families import Setting
from ..indices import ENERGY, FEATURES, RIDGE, ROWS
from ..terms import Expectation, Expression, Monomial, State, Value
from .expectations import each_monomial, rotated
from .refusal import a_value, refuse

#: Bias of one fit to so many rows with the ridge, and its variance in units of sigma^2.
BIAS, VARIANCE = sp.Function("B"), sp.Function("V")


def isotropy(setting: Setting, state: State | None) -> Value:
    """The law of all designs does not change under a rotation of them all: w* meets them in a random direction."""

    def turned(m: Monomial, start: int) -> Iterable[Monomial]:
        for place, traces in enumerate(m.expectations):
            families = {x.family for w in traces for x in w}
            if setting.truth.family not in families or len(families) == 1:
                continue
            rest = m.expectations[:place] + m.expectations[place + 1 :]
            yield from turned(rotated(m, traces, rest, start), start)
            return
        yield m

    return each_monomial(a_value(state), turned)


def signal_length(setting: Setting, state: State | None) -> Value:
    """E tr(w* w*') is the squared length of w*."""
    length = op.expected_trace(op.matrix(setting.truth, setting.truth.T)).monomials[0].expectations[0]

    def replaced(m: Monomial, start: int) -> Iterable[Monomial]:
        del start
        kept = tuple(traces for traces in m.expectations if traces != length)
        yield replace(m, coefficient=m.coefficient * ENERGY ** (len(m.expectations) - len(kept)), expectations=kept)

    return each_monomial(a_value(state), replaced)


def one_fit_each(setting: Setting, state: State | None) -> Value:
    """With A of m rows and lambda, B(m) = lambda^2 |w*|^2/d E tr A^-2, V(m) = E tr A^-1 - lambda E tr A^-2."""
    value = a_value(state)
    if not setting.ridge or value.base is not None:
        refuse("these are bias and variance of fits with a ridge, at every iteration")
    left, found = list(value.expression.monomials), []
    while left:
        m = left.pop(0)
        power, iteration = _power(setting, m)
        rows = setting.training_rows(iteration)
        if power == -2 and not m.sums and iteration == 1:
            constant = m.coefficient * FEATURES / (RIDGE**2 * ENERGY)
            if not constant.is_number:
                refuse("it is no multiple of a bias", m)
            found.append(Monomial(constant * BIAS(ROWS)))
            continue
        partner = next((other for other in left if _is_partner(setting, m, other)), None)
        if partner is None:
            refuse("the two parts of a variance are not both there", m)
        left.remove(partner)
        coefficient = m.coefficient if power == -1 else partner.coefficient
        found.append(Monomial(coefficient * VARIANCE(rows), m.sums))
    return Value(op.plus(Expression(tuple(found), False)), value.start, None, value.limit)


def _power(setting: Setting, m: Monomial) -> tuple[int, sp.Expr]:
    """p and m of E tr G_m^p, the one matrix of the monomial."""
    expectations: tuple[Expectation, ...] = m.expectations
    if len(expectations) != 1 or len(expectations[0]) != 1 or len(expectations[0][0]) != 1 or m.word:
        refuse("bias and variance of a fit are of one matrix", m)
    (letter,) = expectations[0][0]
    if letter.family is not setting.training or letter.power not in (-1, -2):
        refuse("no bias or variance has this power", m)
    return int(letter.power), letter.index


def _is_partner(setting: Setting, m: Monomial, other: Monomial) -> bool:
    """Whether c E tr A^-1 and -c lambda E tr A^-2 are these two, over the same indices."""
    (power, iteration), (other_power, other_iteration) = _power(setting, m), _power(setting, other)
    if {power, other_power} != {-1, -2} or m.sums != other.sums or iteration != other_iteration:
        return False
    inverse, square = (m, other) if power == -1 else (other, m)
    return factored(square.coefficient + RIDGE * inverse.coefficient) == 0
