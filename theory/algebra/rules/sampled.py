"""Rules for labels that a generator samples from a model otherwise than as it is: shifted, or with another noise."""

from collections.abc import Iterable
from dataclasses import replace

import sympy as sp

from ...sympy_types import added, factored, parts, replaced, sum_of, summand
from .. import operations as op
from ..families import NU, Setting
from ..indices import LENGTH, SAMPLED, SIZE, N, at_least, outside
from ..terms import Equation, Expression, Monomial, State, Value
from .expectations import each_monomial
from .laws import law, number
from .refusal import a_value, an_equation, refuse
from .sums import D, R, range_of


def one_shift(setting: Setting, state: State | None) -> Equation:
    """The labels of all sampled pools are shifted by the same b, and those of pool 1, which is real, are not."""
    equation = an_equation(state)
    found = tuple(_with_one_shift(setting, m, equation.start) for m in equation.right)
    return replace(equation, right=op.plus(Expression(found, True)))


def _with_one_shift(setting: Setting, m: Monomial, start: int) -> Monomial:
    """Each b_k replaced by b. The term k = 1 of a sum is zero, and is left out."""
    shifts = [x for x in m.word if x.family is setting.pool_shift]
    for letter in shifts:
        for place, (name, first, last) in enumerate(m.sums):
            if name == letter.index and first == 1 and at_least(last, sp.S.One, start, m.sums[:place]):
                ends = (name, sp.Integer(2), last)
                m = replace(m, sums=(*m.sums[:place], ends, *m.sums[place + 1 :]))
        if not at_least(letter.index, sp.Integer(2), start, m.sums):
            refuse("pool 1 may be among these, which is real and not shifted", m)
    word = tuple(setting.shift if x in shifts and not x.transposed else x for x in m.word)
    return replace(m, word=word)


def depth(setting: Setting, state: State | None) -> Equation:
    """The shift is there D_n = sum_{k >= 2} p_nk (1 + h D_{k-1}) times: with each sampled pool, and those behind it.

    The sum S_n of R(n, k) over k = 2..n obeys that recursion: with R(n, k) = p(n, k) + h sum_{j > k} p(n, j) R(j-1, k)
    put in and the sums interchanged it is the sum of p(n, j) (1 + h S_{j-1}) over j = 2..n, and S_1 = 0. For h = 1,
    D_n + 1 is the mean depth of the rows.
    """
    equation = an_equation(state)
    found = []
    for m in equation.right.monomials:
        if setting.shift not in m.word:
            found.append(m)
            continue
        weights = [x for x in parts(m.coefficient, sp.Sum) if summand(x).func == R and range_of(x) == (2, N)]
        coefficient = replaced(m.coefficient, {weight: D(N) for weight in weights})
        if m.sums or not weights or coefficient.has(R):
            refuse("the shift does not come in with the weights of all sampled pools", m)
        found.append(replace(m, coefficient=coefficient))
    return replace(equation, right=op.plus(Expression(tuple(found), True)))


def sampled_noise(setting: Setting, state: State | None) -> Value:
    """The noise of sampled labels has nu times the variance: nu_1 = 1, for pool 1 is real, else nu_k = nu."""

    def parted(m: Monomial, start: int) -> Iterable[Monomial]:
        coefficient = outside(m.coefficient)
        sums = [one for one in parts(coefficient, sp.Sum) if one.has(NU)]
        found = replaced(coefficient, {one: _parted(setting, one, start, m) for one in sums})
        if found.has(NU):
            refuse("the noise is of no known pools", m)
        yield replace(m, coefficient=factored(found) if found.is_Add else found)

    return each_monomial(a_value(state), parted)


def _parted(setting: Setting, one: sp.Sum, start: int, m: Monomial) -> sp.Expr:
    """The sum with pool 1, if it is in it, apart from the sampled ones."""
    ((name, first, last),) = one.limits
    term, real = summand(one), sp.S.Zero
    if first == 1 and at_least(last, sp.S.One, start):
        real = replaced(replaced(term, {name: sp.S.One}), {NU(1): sp.S.One, SIZE[1]: setting.rows(sp.S.One)})
        first = sp.Integer(2)
    if not at_least(first, sp.Integer(2), start):
        refuse("pool 1 may be among these, whose noise is that of real labels", m)
    return real + outside(sum_of(replaced(term, {NU(name): SAMPLED}), name, first, last))


def shift_length(setting: Setting, state: State | None) -> Value:
    """The square of the shift's length is b^2."""
    value = a_value(state)
    shifted = op.expected_trace(op.matrix(setting.shift, setting.shift.T)).monomials[0].expectations
    mine, others = op.select(value.expression, lambda m: m.expectations == shifted and not m.sums)
    squares = [LENGTH**2 * m.coefficient for m in mine.monomials]
    found = added([law(replace(value, expression=others)), *squares])
    return replace(value, expression=number(found))
