"""Rules that read the law off a value in which no matrix is left."""

import sympy as sp

from ...symbols import n, tidy
from ...sympy_types import added, as_expression, factored, replaced, sum_of
from .. import operations as op
from ..families import Setting
from ..indices import FEATURES, ROWS, N, fresh, is_nonnegative, outside, own, public, put
from ..terms import Expression, Monomial, State, Value
from .refusal import a_value, refuse


def number(coefficient: sp.Expr) -> Expression:
    """A number without letters."""
    return op.plus(Expression((Monomial(coefficient),), False))


def law(state: State | None) -> sp.Expr:
    """The expression of the value, in the algebra's own symbols.

    Raises:
        RuleDoesNotApply: letters are left in it.
    """
    value = a_value(state)
    for m in value.expression.monomials:
        if m.sums or m.expectations or m.word:
            refuse("the value is no formula yet", m)
    return added(m.coefficient for m in value.expression.monomials)


def summation(setting: Setting, state: State | None) -> Value:
    """Take what does not depend on the iteration out of the sum; a sum of ones is n."""
    del setting
    value = a_value(state)
    found = outside(law(value))
    found = factored(found) if found.is_Add else found
    return Value(number(found), value.start, value.base, value.limit)


def one_fit(setting: Setting, state: State | None) -> Value:
    """In units of the error of one fit, sigma^2 d/(T - d - 1), which sigma^2 d/T has as its limit too."""
    del setting
    value = a_value(state)
    if not value.limit:
        refuse("the unit is changed in the limit T -> oo alone")
    return Value(number(law(value) * ROWS / (ROWS - FEATURES - 1)), value.start, value.base, limit=True)


def recursion(setting: Setting, value: Value, *, varying: bool = False) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """(rho, c, E_1) of E_n = rho E_{n-1} + c for n >= 2.

    Args:
        setting: that the value is about.
        value: of the squared error.
        varying: whether rho and c may depend on n.

    Raises:
        RuleDoesNotApply: the value is of another form.
    """
    rho = added = sp.S.Zero
    older = op.expected_trace(op.times(op.matrix(setting.error(N - 1)), op.matrix(setting.error(N - 1).T)))
    for m in value.expression.monomials:
        if not m.sums and not m.word and m.expectations == older.monomials[0].expectations:
            rho += m.coefficient
        elif not m.sums and not m.word and not m.expectations:
            added += m.coefficient
        else:
            refuse("the value is not a multiple of the one before, and a number", m)
    if value.start == 1 and value.base is None:  # the error of model 0 is 0
        value = Value(value.expression, 2, op.at(value.expression, {N: sp.S.One}))
    if value.start != 2 or value.base is None or (not varying and (rho.has(N) or added.has(N))):
        refuse("the recursion is not the same at every iteration", value.expression)
    return rho, added, law(Value(value.base, 1))


def first_order_recursion(setting: Setting, state: State | None) -> Value:
    """The solution that starts at E_1; rho < 1 wherever there is a law."""
    rho, added, first = map(public, recursion(setting, a_value(state)))
    rho = factored(rho)
    numerator, denominator = sp.fraction(factored(1 - rho))
    both = own(numerator), own(denominator)
    if setting.least_norm:  # T <= d - 2 in the place of d <= T - 2
        both = tuple(replaced(x, {ROWS: FEATURES, FEATURES: ROWS}) for x in both)
    if not any(all(is_nonnegative(sign * x - 1) for x in both) for sign in (1, -1)):
        refuse("that rho < 1 was not shown")
    r, c, e, end, rest = sp.symbols("r c e l m", cls=sp.Dummy)

    def solution(iteration: sp.Expr) -> sp.Expr:
        return end + rest * r ** (iteration - 1)

    # put back, in free symbols
    parts = {end: c / (1 - r), rest: e - c / (1 - r)}
    step = (solution(n) - r * solution(n - 1)).xreplace(parts) - c
    if sp.simplify(solution(sp.S.One).xreplace(parts) - e) != 0 or sp.simplify(sp.powsimp(sp.expand(step))) != 0:
        refuse("the solution does not obey the recursion")
    limit = tidy(factored(added / (1 - rho)))
    parts = {end: limit, rest: tidy(factored(first - limit)), r: tidy(rho)}
    found = replaced(solution(n), parts)
    return Value(number(own(found)), 1)


def varying_recursion(setting: Setting, state: State | None) -> Value:
    """Put the older errors in: what comes in at iteration i is multiplied by rho_j at each later iteration j."""
    rho, added, first = recursion(setting, a_value(state), varying=True)
    i, j = fresh("i"), fresh("j")

    def carried(start: sp.Expr, end: sp.Expr) -> sp.Expr:
        return as_expression(sp.Product(put(rho, {N: j}), (j, start, end)))

    def solution(end: sp.Expr) -> sp.Expr:
        new = sum_of(put(added, {N: i}) * carried(i + 1, end), i, sp.Integer(2), end)
        return first * carried(sp.Integer(2), end) + new

    return Value(number(solution(N)), 1)


def limit_of(state: State) -> sp.Expr:
    """What a solution c/(1 - r) + (…) r^(n-1) with 0 < r < 1 tends to: its part without n."""
    return law(state).as_independent(N, as_Add=True)[0]
