"""Rules about Gram matrices: one design for all, exchangeable rows, Wishart moments, the matrix beta, large numbers."""

from collections import Counter
from collections.abc import Callable, Iterable

import sympy as sp

from ...derivation import RuleDoesNotApply
from ...sympy_types import factored
from .. import by_parts, operations as op
from ..families import Setting
from ..indices import FEATURES, RIDGE, ROWS, N, at_least
from ..terms import Equation, Expectation, Expression, Letter, Monomial, State, Value, Word
from .expectations import each_monomial
from .refusal import a_value, an_equation, refuse


def common_design(setting: Setting, state: State | None) -> State:
    """Fixed design: every Gram matrix is a multiple of the one W = X'X."""
    if setting.is_fresh:
        refuse("a common design needs every pool to reuse the same X; here each pool has its own")

    def multiple(letter: Letter) -> tuple[sp.Expr, Word] | None:
        if letter.family.multiple is None:
            return None
        return letter.family.multiple(letter.index) ** letter.power, (setting.common_gram(0, letter.power),)

    return _respelled(state, multiple)


def large_numbers(setting: Setting, state: State | None) -> State:
    """For T -> oo the Gram matrix of m rows, over m, tends to the identity."""
    del setting

    def limit(letter: Letter) -> tuple[sp.Expr, Word] | None:
        return None if letter.family.size is None else (letter.family.size(letter.index) ** letter.power, ())

    found = _respelled(state, limit)
    if isinstance(found, Equation):
        return Equation(found.left, found.right, found.start, found.base, limit=True)
    return Value(found.expression, found.start, found.base, limit=True)


def _respelled(state: State | None, spelling: Callable[[Letter], tuple[sp.Expr, Word] | None]) -> State:
    def changed(expression: Expression) -> Expression:
        return op.respelled(expression, spelling)

    if isinstance(state, Equation):
        base = None if state.base is None else (changed(state.base[0]), changed(state.base[1]))
        return Equation(changed(state.left), changed(state.right), state.start, base, state.limit)
    value = a_value(state)
    base = None if value.base is None else changed(value.base)
    return Value(changed(value.expression), value.start, base, value.limit)


def thinning(setting: Setting, state: State | None) -> Equation:
    """A mean over r of S rows, drawn without replacement, is the mean over all S and an independent noise, T -> oo."""
    equation = an_equation(state)
    if not setting.draws:
        refuse(f"{setting.workflow} uses its pools whole")
    if not equation.limit or equation.left != op.matrix(setting.whole_error(N)):
        refuse("the noise of a draw is added in the limit T -> oo alone", equation.left)
    right = op.plus(equation.right, op.matrix(setting.thinning(N)))
    return Equation(op.matrix(setting.error(N)), right, equation.start, limit=True)


def exchangeability(setting: Setting, state: State | None) -> Value:
    """Rows of one training set are exchangeable: each pool has its part of the rows in E tr(G^-2 sum_k W_k)."""

    def exchanged(m: Monomial, start: int) -> Iterable[Monomial]:
        for place, traces in enumerate(m.expectations):
            letters = [x for w in traces for x in w]
            if len({(x.family, x.index) for x in letters}) == 1:
                continue
            pools = [x for x in letters if x.family.size is not None and x.family is not setting.training]
            if not pools:  # an older training set is a pool among others
                pools = [x for x in letters if x.family is setting.training and x.index != N]
            if not pools:
                continue
            if len(pools) != 1 or pools[0].power != 1:
                refuse("more than one pool's Gram matrix in one expectation", m)
            others = {(x.family, x.index) for x in letters if x is not pools[0]}
            if len(others) != 1 or not all(family is setting.training for family, _ in others):
                refuse("the rest is no function of one training set's Gram matrix", m)
            ((_, iteration),) = others
            if not _is_within(setting, pools[0], iteration, m, start):
                refuse("the pool is not within the training set", m)
            size = pools[0].family.size
            assert size is not None  # of a pool
            share = size(pools[0].index) / setting.training_rows(iteration)
            share = factored(share) if share.is_rational_function() else share
            whole = setting.training(iteration)
            # all pools together are the training set's matrix, less the ridge
            parts: list[tuple[sp.Expr, Word]] = [(share, (whole,)), *([(-RIDGE * share, ())] if setting.ridge else [])]
            for factor, new in parts:
                swapped = tuple(tuple(y for x in w for y in (new if x is pools[0] else (x,))) for w in traces)
                expectations = (*m.expectations[:place], swapped, *m.expectations[place + 1 :])
                yield from exchanged(Monomial(m.coefficient * factor, m.sums, expectations, m.word), start)
            return
        yield m

    return each_monomial(a_value(state), exchanged)


def _is_within(setting: Setting, pool: Letter, iteration: sp.Expr, m: Monomial, start: int) -> bool:
    """Whether the pool, or older training set, is in the training set, whose rows all count alike."""
    if pool.family is setting.training:
        pairs = [(run.at(pool.index), run.at(iteration)) for run in setting.runs or ()]
        return all(
            at_least(mine[0], whole[0], start, m.sums) and at_least(whole[1], mine[1], start, m.sums)
            for mine, whole in pairs
        )
    ranges = [run.at(iteration) for run in setting.runs or () if setting.pools(run).gram is pool.family]
    return any(
        at_least(pool.index, first, start, m.sums) and at_least(last, pool.index, start, m.sums)
        for first, last in ranges
    )


def matrix_beta(setting: Setting, state: State | None) -> Value:
    """B = G^(-1/2) W G^(-1/2) is matrix beta: independent of G, and equal in law to its rotations (Muirhead 3.3.3)."""

    def parted(m: Monomial, start: int) -> Iterable[Monomial]:
        expectations = []
        for traces in m.expectations:
            letters = [x for w in traces for x in w]
            grams = [x for x in letters if x.family is setting.training]
            pools = [x for x in letters if x.family.size is not None and x.family is not setting.training]
            if not grams or not pools:
                expectations.append(traces)
                continue
            iteration = grams[0].index
            for x in pools:
                whole = x.power.is_Integer and x.power > 0
                if x.index != iteration or x.family is not setting.chain.gram or not whole:
                    refuse("the matrix beta is of the newest pool in its training set", m)
                if not _is_within(setting, x, iteration, m, start):
                    refuse("the pool is not within the training set", m)
            root, middle = setting.training(iteration, sp.Rational(1, 2)), setting.beta(iteration)

            def spelled(word: Word, root: Letter = root, middle: Letter = middle) -> Word:
                found: list[Letter] = []
                for x in word:
                    if x.family is setting.chain.gram:
                        found += [root, middle, root] * int(x.power)
                    else:
                        found.append(x)
                return tuple(found)

            expectations.append(tuple(spelled(w) for w in traces))
        yield Monomial(m.coefficient, m.sums, tuple(expectations), m.word)

    return each_monomial(a_value(state), parted)


def beta_mean(setting: Setting, state: State | None) -> Value:
    """E[B M B] = a M + b tr(M) I, with a and b from E tr W^2 and E (tr W)^2 of W = G^(1/2) B G^(1/2)."""
    if not setting.is_fresh:
        refuse("B is a constant at fixed design")

    def averaged(m: Monomial, start: int) -> Iterable[Monomial]:
        for place, traces in enumerate(m.expectations):
            betas = [x for w in traces for x in w if x.family is setting.beta]
            if not betas:
                continue
            if [*Counter(betas).values()] != [2] or traces[1:]:
                refuse("this mean is of one trace with two B", m)
            (trace,) = traces
            at = trace.index(betas[0])
            turned = trace[at:] + trace[:at]
            second = turned.index(betas[0], 1)
            inner, outer = turned[1:second], turned[second + 1 :]
            if any(x.family is not setting.training for x in (*inner, *outer)):
                refuse("B is averaged between powers of G", m)
            a, b = beta_coefficients(setting, betas[0].index)
            before, after = m.expectations[:place], m.expectations[place + 1 :]
            yield Monomial(m.coefficient * a, m.sums, (*before, ((*inner, *outer),), *after), m.word)
            yield Monomial(m.coefficient * b, m.sums, (*before, (inner, outer), *after), m.word)
            return
        yield m

    return each_monomial(a_value(state), averaged)


def beta_coefficients(setting: Setting, iteration: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """(a, b) of E[B M B] = a M + b tr(M) I.

    B's law does not change under rotations, so E[B_ij B_kl] = (a - b) d_ij d_kl + b (d_ik d_jl + d_il d_jk). For
    W = G^(1/2) B G^(1/2), with B and G independent, follows

        E tr W^2 = a E tr G^2 + b E (tr G)^2,     E (tr W)^2 = (a - b) E (tr G)^2 + 2b E tr G^2.
    """
    degrees, all_degrees = setting.chain.gram.degrees, setting.training.degrees
    if degrees is None or all_degrees is None:
        raise RuleDoesNotApply("the Gram matrices are not Wishart")
    rows, all_rows = degrees(iteration), all_degrees(iteration)
    square, of_trace = by_parts.positive_moment((2,), all_rows), by_parts.positive_moment((1, 1), all_rows)
    pool_square, of_pool_trace = by_parts.positive_moment((2,), rows), by_parts.positive_moment((1, 1), rows)
    equations = sp.Matrix([[square, of_trace], [of_trace, 2 * square - of_trace]])
    a, b = equations.LUsolve(sp.Matrix([pool_square, of_pool_trace]))
    return factored(a), factored(b)


def inverse_wishart_mean(setting: Setting, state: State | None) -> Value:
    """Moments of a Wishart matrix of m rows by Gaussian integration by parts; E tr A^-1 = d/(m - d - 1), m >= d + 2."""

    def moments(m: Monomial, start: int) -> Iterable[Monomial]:
        coefficient = m.coefficient
        kept: list[Expectation] = []
        for traces in m.expectations:
            letters = [x for w in traces for x in w]
            if any(x.family.size is None for x in letters):
                kept.append(traces)
                continue
            if len({(x.family, x.index) for x in letters}) != 1 or any(len(w) != 1 for w in traces):
                refuse("the moments are of one Wishart matrix", m)
            degrees = letters[0].family.degrees
            if degrees is None:
                refuse("the rows of stacked pools are not independent: not Wishart", m)
            rows = sp.expand(degrees(letters[0].index))
            powers = tuple(int(w[0].power) for w in traces)
            if letters[0].family.singular:
                value, least = nonzero_moment(powers, rows), sp.S.Zero
            else:
                value, least = by_parts.trace_moment(powers, rows), by_parts.rows_needed(powers)
            if value is None or any(not x.power.is_Integer for x in letters):
                refuse("this moment is not known", m)
            # sizes that a user gives one by one are checked where the numbers are known
            if least != 0 and not rows.has(sp.Indexed) and not at_least(rows, least, start, m.sums):
                refuse(f"this moment needs {least} rows at least, which {rows} may not be", m)
            coefficient *= value
        yield Monomial(coefficient, m.sums, tuple(kept), m.word)

    return each_monomial(a_value(state), moments)


def nonzero_moment(powers: by_parts.Powers, rows: sp.Expr) -> sp.Expr | None:
    """The moment over the nonzero eigenvalues of a Wishart matrix of so many rows, T <= d - 2; `None` if not known.

    With one inverse it is finite where rows and d differ by two at least, as T and d do. Of other rows that is checked
    where the numbers are known.
    """
    if by_parts.rows_needed(powers) not in (0, FEATURES + 2):
        return None
    if rows == ROWS:
        return by_parts.moment_of_nonzero(powers, ROWS, FEATURES)
    return by_parts.moment_of_nonzero(powers, sp.Min(rows, FEATURES), sp.Max(rows, FEATURES))
