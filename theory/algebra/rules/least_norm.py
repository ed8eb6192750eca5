"""Rules for fits of least norm, where rows may be fewer than features: what is known outside the span of the rows."""

import sympy as sp

from ...sympy_types import as_expression, factored, replaced
from .. import operations as op
from ..families import Setting
from ..indices import ENERGY, FEATURES, ROWS, SIGMA, N, at_least
from ..terms import Equation, Expression, Letter, Monomial, State, Value
from .designs import nonzero_moment
from .equations import definition
from .expectations import each_monomial
from .laws import law, number
from .refusal import a_value, an_equation, refuse
from .ridge import BIAS, VARIANCE


def least_norm(setting: Setting, state: State | None) -> Equation:
    """The fit of least norm lies in the span of its rows: outside of it, its error is that of predicting 0."""
    equation = an_equation(state)

    def whole(left: Expression, right: Expression, iteration: sp.Expr) -> tuple[Expression, Expression]:
        error = setting.error(iteration)
        span = left.monomials[0].word[0]
        if left != op.matrix(span, error) or not _is_the_span(setting, span, iteration):
            refuse("the error is not known within the span of all rows of its training set", left)
        truth = op.matrix(setting.truth)
        return op.matrix(error), op.plus(right, op.minus(op.times(op.matrix(span), truth), truth))

    base = None if equation.base is None else whole(*equation.base, sp.S.One)
    return Equation(*whole(equation.left, equation.right, N), equation.start, base, equation.limit)


def _is_the_span(setting: Setting, span: Letter, iteration: sp.Expr) -> bool:
    """Whether the letter projects onto the span of all rows of the training set."""
    if not setting.least_norm or span.power != 0 or not span.family.singular:
        return False
    if span.family is setting.common_gram:  # every pool has the rows of the one X
        return not setting.is_fresh
    whole = setting.runs is not None and span.index == iteration
    alone = whole and definition(setting, iteration) == op.matrix(span.to(1))
    return whole and (span.family is setting.training or alone)


def growing_span(setting: Setting, state: State | None) -> Equation:
    """All older rows are kept, so that model n - 1 lies in the span too: what its error has outside is -w* as well."""
    equation = an_equation(state)
    if equation.start < 2:
        refuse("model 0 is w*, which is no fit", equation.right)
    span, older = setting.training(N, 0), setting.error(N - 1)
    runs = [(run.at(N - 1), run.at(N)) for run in setting.runs or ()]
    kept = all(
        at_least(mine[0], whole[0], equation.start) and at_least(whole[1], mine[1], equation.start)
        for mine, whole in runs
    )
    if not setting.least_norm or not runs or not kept:
        refuse("the rows of model n - 1 are not among those of model n", equation.right)
    inside = op.matrix(span, older)
    mine, others = op.select(equation.right, lambda m: m.word == inside.monomials[0].word)
    if mine != inside:
        refuse("the error of model n - 1 is not taken within the span", equation.right)
    truth = op.matrix(setting.truth)
    outside = op.minus(truth, op.times(op.matrix(span), truth))
    return Equation(
        equation.left, op.plus(others, op.matrix(older), outside), equation.start, equation.base, equation.limit
    )


def least_norm_fits(setting: Setting, state: State | None) -> Value:
    """With A the Gram matrix of m rows, B(m) = |w*|^2 (1 - E tr(A^+ A)/d) and V(m) = E tr A^+."""
    value = a_value(state)
    if not setting.least_norm or value.base is not None:
        refuse("these are bias and variance of fits of least norm, at every iteration")
    found, lost = [], sp.S.Zero
    for m in value.expression.monomials:
        if not m.expectations and not m.sums and not m.word:
            lost += m.coefficient / ENERGY
            continue
        power, iteration = _power(setting, m)
        if power == -1:
            found.append(Monomial(m.coefficient * VARIANCE(setting.training_rows(iteration)), m.sums))
        elif m.sums or iteration != 1 or factored(m.coefficient + ENERGY / FEATURES) != 0:
            refuse("it is not the bias of the first fit", m)
        else:
            found.append(Monomial(BIAS(ROWS)))
    if lost != 1 or not any(m.coefficient == BIAS(ROWS) for m in found):
        refuse("the two parts of a bias are not both there", value.expression)
    return Value(op.plus(Expression(tuple(found), False)), value.start, None, value.limit)


def _power(setting: Setting, m: Monomial) -> tuple[int, sp.Expr]:
    """p and m of E tr G_m^p, the one matrix of the monomial."""
    if len(m.expectations) != 1 or len(m.expectations[0]) != 1 or len(m.expectations[0][0]) != 1 or m.word:
        refuse("bias and variance of a fit are of one matrix", m)
    (letter,) = m.expectations[0][0]
    if letter.family is not setting.training or letter.power not in (0, -1):
        refuse("no bias or variance has this power", m)
    return int(letter.power), letter.index


def least_norm_moments(setting: Setting, state: State | None) -> Value:
    """By parts in the smaller of m and d; V(m) is infinite where they differ by less than two."""
    del setting
    value = a_value(state)

    def rank(rows: sp.Expr) -> sp.Expr:
        return _known((0,), rows)

    def bias(rows: sp.Expr) -> sp.Expr:
        return ENERGY * (1 - rank(rows) / FEATURES)

    found = law(value)
    for function, formula in ((BIAS, bias), (VARIANCE, lambda rows: _known((-1,), rows))):
        found = as_expression(found.replace(function, formula))
    return Value(number(found), value.start, None, value.limit)


def _known(powers: tuple[int, ...], rows: sp.Expr) -> sp.Expr:
    found = nonzero_moment(powers, rows)
    assert found is not None  # of rank and inverse
    return found


def signal_and_noise(setting: Setting, state: State | None) -> Value:
    """What is lost of w*, and what the noise adds, apart."""
    del setting
    value = a_value(state)

    def apart(m: Monomial, start: int) -> tuple[Monomial, ...]:
        del start
        if m.sums or m.expectations or m.word:
            return (m,)
        lost = as_expression(sp.diff(m.coefficient, ENERGY))
        added = replaced(m.coefficient, {ENERGY: sp.S.Zero})
        noise = as_expression(added / SIGMA**2)
        found = as_expression(ENERGY * factored(lost) + SIGMA**2 * factored(noise))
        if factored(m.coefficient - found) != 0 or factored(found).has(ENERGY**2):
            refuse("it is not the sum of a loss and a noise", m)
        return (Monomial(found),)

    return each_monomial(value, apart)
