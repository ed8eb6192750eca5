"""Rules from the normal equations to the equation of one error: exact identities between matrices."""

from collections.abc import Callable

import sympy as sp

from .. import operations as op
from ..families import PoolRun, Setting
from ..indices import N
from ..terms import Equation, Expression, Letter, Monomial, State
from .refusal import an_equation, refuse

#: Shares of the loss of iteration n: of the chain's pool k, and of the real data of iteration k.
P, Q = sp.Function("p"), sp.Function("q")


def normal_equations(setting: Setting, state: State | None) -> Equation:
    """Each model solves the normal equations of its training set."""
    del state
    if setting.draws and setting.runs is not None:
        refuse(f"{setting.workflow} draws from its pools; these equations are of pools used whole")
    model = setting.solved_for[0](N)
    if setting.runs is None:
        runs = [(PoolRun(sp.S.One, N), P)]
        if setting.later_real:
            runs.append((PoolRun(sp.Integer(2), N, fresh_real=True), Q))

        def share(run: PoolRun, weight: Callable, term: Callable[[sp.Expr], Expression]) -> Expression:
            rows = setting.pools(run).gram.size
            assert rows is not None  # of a pool
            return op.over(*run.at(N), lambda k: op.scaled(weight(N, k) / rows(k), term(k)))

        grams = [share(run, w, lambda k, run=run: op.matrix(setting.pools(run).gram(k), model)) for run, w in runs]
        moments = [share(run, w, lambda k, run=run: _moment(setting, run, k)) for run, w in runs]
        return Equation(op.plus(*grams), op.plus(*moments), 1)
    moments = [op.over(*run.at(N), lambda k, run=run: _moment(setting, run, k)) for run in setting.runs]
    left, right = op.matrix(setting.training(N), model), op.plus(*moments)
    if setting.from_start:
        return Equation(left, right, 1)
    one = sp.S.One
    first = op.matrix(setting.chain.gram(one), setting.model(one)), _moment(setting, PoolRun(one, one), one)
    return Equation(left, right, 2, base=first)


def _moment(setting: Setting, run: PoolRun, k: sp.Expr) -> Expression:
    pools = setting.pools(run)
    return op.matrix(pools.design(k).T, pools.label(k))


def labels(setting: Setting, state: State | None) -> Equation:
    """A label is what the model that made it predicts, and noise: w_{k-1} for pool k, w* for later real data.

    Under a generator the chain's pool k hands on the share h of the error of w_{k-1}, and is shifted by b_k.
    """

    def sampled(k: sp.Expr) -> Expression:
        shares = ((setting.model(k - 1), setting.carried), (setting.truth, 1 - setting.carried))
        handed_on = [op.matrix(setting.chain.design(k), x, coefficient=share) for x, share in shares]
        shift = [op.matrix(setting.chain.design(k), setting.pool_shift(k))] if setting.is_shifted else []
        return op.plus(*handed_on, *shift)

    def label(letter: Letter) -> Expression | None:
        for pools, is_chain in ((setting.chain, True), (setting.real, False)):
            if letter.family is pools.label:
                k = letter.index
                predicted = sampled(k) if is_chain else op.matrix(pools.design(k), setting.truth)
                return op.plus(predicted, op.matrix(pools.noise(k)))
        return None

    equation = an_equation(state)
    return _mapped(equation, lambda left, right, start: (left, op.replaced(right, label)))


def errors(setting: Setting, state: State | None) -> Equation:
    """Each model is w* and its error: what multiplies w* is the same on both sides."""

    def split(letter: Letter) -> Expression | None:
        for model, error in ((setting.model, setting.error), setting.solved_for):
            if letter.family is model:
                return op.plus(op.matrix(error(letter.index)), op.matrix(setting.truth))
        return None

    def moved(left: Expression, right: Expression, start: int) -> tuple[Expression, Expression]:
        mine, true_left = op.select(op.replaced(left, split), lambda m: setting.truth not in m.word)
        others, true_right = op.select(op.replaced(right, split), lambda m: setting.truth not in m.word)
        rest = op.aligned(op.unfolded(op.minus(true_right, true_left)), start)
        if any(len(m.word) > 1 for m in rest.monomials):
            refuse("the terms in w* do not cancel", rest)
        return mine, op.plus(others, rest)

    return _mapped(an_equation(state), moved)


def difference(setting: Setting, state: State | None) -> Equation:
    """Training set n is training set n - 1 and the newest pool: subtracting their equations leaves that pool."""
    equation = an_equation(state)
    gram, error, start = setting.training, setting.error, equation.start + 1
    left, right = op.matrix(gram(N), error(N)), equation.right
    if equation.left != left or equation.base is not None or equation.limit:
        refuse("the difference is taken of equations of the form G_n delta_n = …", equation.left)
    gap = op.aligned(op.minus(definition(setting, N), definition(setting, N - 1)), start)
    if any(m.sums for m in gap.monomials):
        refuse("the training sets differ by more than a fixed number of pools", gap)
    before = {N: N - 1}
    change = op.aligned(op.minus(right, op.at(right, before)), start)
    # G_{n-1} = G_n - gap
    older = op.times(op.minus(op.matrix(gram(N)), gap), op.matrix(error(N - 1)))
    base = op.at(left, {N: sp.S.One}), op.at(right, {N: sp.S.One})
    return Equation(left, op.plus(older, change), start, base=base)


def definition(setting: Setting, index: sp.Expr) -> Expression:
    """G of the training set at an index, by its pools."""
    definition = setting.training.definition
    assert definition is not None  # of this family
    return definition(index)


def single_pool(setting: Setting, state: State | None) -> Equation:
    """The newest pool is the whole training set."""

    def alone(letter: Letter) -> Expression | None:
        if letter.family.definition is None:
            return None
        found = letter.family.definition(letter.index)
        if len(found.monomials) != 1 or found.monomials[0].sums or found.monomials[0].coefficient != 1:
            refuse(f"{setting.workflow} uses older pools too", found)
        return found

    equation = an_equation(state)
    return _mapped(equation, lambda left, right, start: (op.replaced(left, alone), op.replaced(right, alone)))


def isolate(setting: Setting, state: State | None) -> Equation:
    """Multiply by the inverse of what stands before the error.

    Where that may be singular it is the Moore-Penrose inverse, and the projection onto the range is left before it.
    """

    def solved(left: Expression, right: Expression, start: int) -> tuple[Expression, Expression]:
        del start
        if len(left.monomials) != 1 or left.monomials[0].sums:
            refuse("the error does not stand alone", left)
        (monomial,) = left.monomials
        *before, error = monomial.word
        if error.family is not setting.solved_for[1] or error.transposed:
            refuse("no error is solved for", left)
        for letter in before:
            if not letter.family.invertible:
                refuse(f"{letter.family.symbol} has no inverse", left)
        inverse = op.matrix(*(x.to(-x.power) for x in reversed(before)), coefficient=1 / monomial.coefficient)
        return op.times(inverse, left), op.times(inverse, right)

    return _mapped(an_equation(state), solved)


def _mapped(
    equation: Equation, change: Callable[[Expression, Expression, int], tuple[Expression, Expression]]
) -> Equation:
    """The equation, and the one at n = 1, changed in the same way."""
    left, right = change(equation.left, equation.right, equation.start)
    base = None if equation.base is None else change(*equation.base, 1)
    return Equation(left, right, equation.start, base, equation.limit)


def contains(monomial: Monomial, setting: Setting) -> bool:
    """Whether an error or a model is in it."""
    return any(x.family in (setting.error, setting.model) for x in monomial.letters())
