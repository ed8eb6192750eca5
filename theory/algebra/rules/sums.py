"""Rules that turn an equation for one error into a sum over all noises, by inductions that are checked in terms."""

import sympy as sp

from ...sympy_types import factored, parts, replaced, summand
from .. import operations as op
from ..families import Setting
from ..indices import ROWS, SIZE, N, fresh, outside, put, total, used
from ..terms import Equation, Expression, Monomial, State
from .equations import P, Q, contains
from .refusal import an_equation, refuse

#: Weights of the noises of pool k, of the real data of iteration k and of draw k in model n: they obey the recursion
#: R(n, k) = p(n, k) + h sum_{j > k} p(n, j) R(j - 1, k), with q or [n = k] in the first place for the others; h is the
#: share of an error that sampled labels hand on, 1 without a generator.
R, R_REAL, R_DRAW = sp.Function("R"), sp.Function("R^r"), sp.Function("Q")

#: How often the shift of sampled labels is in model n.
D = sp.Function("D")


def unroll(setting: Setting, state: State | None) -> Equation:
    """Sum the increments from delta_0 = 0, for pool 1 is labelled by w* itself."""
    equation = an_equation(state)
    error, start = setting.error, equation.start
    older = op.matrix(error(N - 1))
    if equation.left != op.matrix(error(N)) or op.matrix(error(N - 1)).monomials[0] not in equation.right.monomials:
        refuse("the error is not that of the model before, and more", equation.right)
    increment = op.minus(equation.right, older)
    for monomial in increment.monomials:
        if contains(monomial, setting):
            refuse("the increment still contains errors", monomial)
    at_one = {N: sp.S.One}
    if equation.base is None:
        first = op.at(increment, at_one)
    else:
        first = equation.base[1]
        if equation.base[0] != op.matrix(error(1)) or any(contains(m, setting) for m in first.monomials):
            refuse("the first error is not solved for", equation.base[0])
    if start > 2:
        refuse("the equation says nothing of iteration 2")
    # what model 1 alone has, such as what a ridge takes of w*, beside a sum over all iterations
    apart = op.aligned(op.minus(first, op.at(increment, at_one)), 1)
    matching = len(apart.monomials) < len(first.monomials)
    rest = op.over(1 if matching else 2, N, lambda i: op.at(increment, {N: i}))
    solution = op.plus(apart if matching else first, rest)
    base = op.equal(op.at(solution, at_one), first, 1)
    step = op.equal(op.minus(solution, op.at(solution, {N: N - 1})), increment, 2)
    if not (base and step):
        refuse("the sum does not obey the recursion", solution)
    return Equation(equation.left, solution, 1, limit=equation.limit)


def shares_add_up(setting: Setting, state: State | None) -> Equation:
    """The shares of a training set add up to 1."""
    equation = an_equation(state)
    if setting.runs is not None:
        refuse("no shares are given")

    def added(expression: Expression) -> Expression:
        found = []
        for m in expression.monomials:
            coefficient = outside(m.coefficient)
            sums = [x for x in coefficient.atoms(sp.Sum) if x.function.func in (P, Q)]
            mine = next((x for x in sums if x.function.func == P and range_of(x) == (1, N)), None)
            later = next((x for x in sums if x.function.func == Q and range_of(x) == (2, N)), None)
            if mine is not None and (later is not None or not setting.later_real):
                whole = mine + later if later is not None else mine
                factor = factored(coefficient) / whole
                if factor.has(sp.Sum):
                    refuse("the shares are not all there", m)
                coefficient = factor
            found.append(Monomial(coefficient, m.sums, m.expectations, m.word))
        return op.plus(Expression(tuple(found), expression.is_matrix))

    return Equation(added(equation.left), added(equation.right), equation.start, equation.base, equation.limit)


def range_of(total: sp.Sum) -> tuple[sp.Expr, sp.Expr] | None:
    """The ends of a sum of f(n, k) over k."""
    ((name, first, last),) = total.limits
    return (first, last) if total.function.args == (N, name) else None


def resolvent(setting: Setting, state: State | None) -> Equation:
    """Put the older errors in, one iteration after another: R counts how often each noise comes in."""
    equation = an_equation(state)
    error = setting.error
    # all errors may be seen through one matrix, such as a projection onto the rows of the common X
    *seen, _ = equation.left.monomials[0].word
    alike = not any(x.index.has(N) for x in seen)
    if not alike or equation.left != op.matrix(*seen, error(N)) or equation.base is not None or equation.start != 1:
        refuse("the error is not solved for at every iteration", equation.left)
    carried = setting.carried
    inherited = op.over(1, N, lambda k: op.scaled(carried * P(N, k), op.matrix(*seen, error(k - 1))))
    noises = op.aligned(op.minus(equation.right, inherited), 1)
    found = []
    for m in noises:
        if contains(m, setting):
            refuse("the error is not the mean of older ones with shares p(n, k), and noises", m)
        found.append(_weighed(m))
    solution = op.plus(Expression(tuple(found), True))
    # strong induction: the claim for all older models put in gives the claim for model n; the term of delta_0 is zero
    older = op.over(2, N, lambda j: op.scaled(carried * P(N, j), op.at(solution, {N: j - 1})))
    new = Expression(tuple(map(_summed, noises)), True)
    step = op.plus(Expression(tuple(map(_interchanged, older)), True), new)
    if not op.equal(step, Expression(tuple(_by_recursion(m, carried) for m in solution), True), 1):
        refuse("the sum over the noises does not obey the recursion", solution)
    return Equation(equation.left, solution, 1, limit=equation.limit)


def first_weight(expression: sp.Expr) -> sp.Expr:
    """At n = 1, where R(1, 1) = 1 and sums over later iterations are empty."""
    found = expression
    for one in parts(expression, sp.Sum):
        ((bound, first, last),) = one.limits
        term = replaced(summand(one), {bound: sp.S.One}) if first == last == 1 else sp.S.Zero
        found = replaced(found, {one: term})
    # there is no draw at iteration 1
    return factored(replaced(found, {R(1, 1): sp.S.One, sp.Function("v")(1): sp.S.Zero, SIZE[1]: ROWS}))


def _summed(m: Monomial) -> Monomial:
    """What comes in at iteration n alone as a sum over k = 1..n of what comes in at k, times [n = k]."""
    if m.sums or not any(x.index == N for x in m.word):
        return m
    name = fresh()
    inner = m.at({N: name})
    return Monomial(inner.coefficient * sp.KroneckerDelta(N, name), ((name, sp.S.One, N),), (), inner.word)


def _interchanged(m: Monomial) -> Monomial:
    """The sum over j = 2..n and k = a..j-1 as that over k = a..n and j = k+1..n, which is empty at k = n."""
    in_letters = used(x.index for x in m.word)
    (j, _, last), (k, first, before) = sorted(m.sums, key=lambda ends: ends[0] in in_letters)
    if before != j - 1 or last != N or j in in_letters:
        refuse("the sums cannot be interchanged", m)
    return Monomial(
        sp.expand(outside(total(m.coefficient, j, k + 1, last))), ((k, first, last),), m.expectations, m.word
    )


def _by_recursion(m: Monomial, carried: sp.Expr) -> Monomial:
    """Each weight R(n, k) written by its recursion."""
    ((k, _, _),) = m.sums
    j = fresh()
    first = {R: P(N, k), R_REAL: Q(N, k), R_DRAW: sp.KroneckerDelta(N, k)}
    values = {w(N, k): value + carried * total(P(N, j) * w(j - 1, k), j, k + 1, N) for w, value in first.items()}
    return Monomial(sp.expand(m.coefficient.xreplace(values)), m.sums, m.expectations, m.word)


def _weighed(m: Monomial) -> Monomial:
    """p(n, k) u_k sum_of over k becomes R(n, k) u_k; u_k must not depend on n."""
    if not m.sums:
        m = _summed(m)
    if len(m.sums) != 1 or m.sums[0][2] != N:
        refuse("the noises are not those of pools up to n", m)
    (name, first, _) = m.sums[0]
    for share, weight, start in ((P(N, name), R, 1), (Q(N, name), R_REAL, 2), (sp.KroneckerDelta(N, name), R_DRAW, 1)):
        rest = sp.cancel(m.coefficient / share)
        if first == start and not rest.has(N) and not any(x.index.has(N) for x in m.word):
            return Monomial(put(rest, {}) * weight(N, name), m.sums, m.expectations, m.word)
    return refuse("the noises do not come in with the shares p(n, k) and q(n, k)", m)
