"""Rules for training sets that keep all older rows, at fresh design: what an error knows of the designs it has met."""

from collections.abc import Iterable

import sympy as sp

from ...derivation import RuleDoesNotApply
from ...sympy_types import factored
from .. import by_parts, operations as op
from ..families import Setting
from ..indices import FEATURES, N, at_least
from ..printing import squared_error
from ..terms import Equation, Expectation, Letter, Monomial, State, Value
from .equations import definition
from .expectations import disjoint, each_monomial
from .refusal import a_value, an_equation, refuse


def older_training_set(setting: Setting, state: State | None) -> Equation:
    """What the older pools say together is G_{n-1} delta_{n-1}: their part of the equation is that of model n - 1."""
    equation = an_equation(state)
    gram, error, start = setting.training, setting.error, equation.start + 1
    left, right = op.matrix(gram(N), error(N)), equation.right
    if equation.left != left or equation.base is not None or equation.limit:
        refuse("older equations are of the form G_n delta_n = …", equation.left)
    change = op.aligned(op.minus(right, op.at(right, {N: N - 1})), start)
    base = op.at(left, {N: sp.S.One}), op.at(right, {N: sp.S.One})
    return Equation(left, op.plus(op.matrix(gram(N - 1), error(N - 1)), change), start, base=base)


def older_error(setting: Setting, state: State | None) -> Value:
    """Given designs, delta_m delta_m' has a mean in G_m^-1 alone: by induction, as rows are dealt to pools at random.

    E[delta_m delta_m' | G_m and later designs] = a_m G_m^-1. At m = 1 this is sigma^2 W_1^-1. Let it hold for m - 1,
    and let G_m be S + V + R, with S = G_{m-1}, V the newest sampled pool, R new real data. With H = S + V model m has
    G_m delta_m = H delta_{m-1} + noises. Given H and R, the matrix H^(1/2) S^-1 H^(1/2) is equal in law to its
    rotations (Muirhead 3.3.3), so that H S^-1 H has a multiple of H for its mean; given G_m, both H and the noises'
    V + R have a multiple of G_m for theirs. Then a_m = E_m/E tr G_m^-1.
    """
    if not setting.is_fresh:
        refuse("older rows are not dealt at random to pools that share one X")
    if setting.draws or not _adds_new_pools(setting):
        refuse("the training sets do not keep all older rows and add new pools alone")

    def averaged(m: Monomial, start: int) -> Iterable[Monomial]:
        for place, traces in enumerate(m.expectations):
            errors = [x for w in traces for x in w if x.family is setting.error]
            if not errors or (len(traces) == 1 and squared_error(traces[0]) is not None):
                continue
            rest = m.expectations[:place] + m.expectations[place + 1 :]
            yield from averaged(_averaged(setting, m, traces, rest, start), start)
            return
        yield m

    return each_monomial(a_value(state), averaged)


def _averaged(
    setting: Setting, m: Monomial, traces: Expectation, rest: tuple[Expectation, ...], start: int
) -> Monomial:
    """E tr(v v' M) = E tr(v v') E tr(G^-1 M)/E tr G^-1, where v has met the designs of G."""
    if len(traces) != 1:
        refuse("the mean is of one trace", m)
    (trace,) = traces
    vector = next(x for x in trace if x.family is setting.error and not x.transposed)
    place = trace.index(vector)
    turned = trace[place:] + trace[:place]
    middle = turned[2:]
    if turned[1] != vector.T or any(x.family.cols(x.index) == 1 for x in middle):
        refuse("the errors do not stand side by side", m)
    for letter in middle:
        if letter.family is setting.training:  # G_m, or that and pools collected later
            if not at_least(letter.index, vector.index, start, m.sums):
                refuse("a part of the designs that the error has met comes apart from the rest", m)
        elif not disjoint(letter.family.sources(letter.index), vector.family.sources(vector.index), start, m.sums):
            refuse(f"the error has met {letter.family.name}", m)
    rows = _degrees(setting.training(vector.index))
    if not at_least(rows, FEATURES + 2, start, m.sums):
        refuse(f"the error needs d + 2 rows at least, which {rows} may not be", m)
    inverse = by_parts.trace_moment((-1,), rows)
    assert inverse is not None  # which is known
    older = setting.training(vector.index, -1)
    new = ((vector, vector.T),), ((older, *middle),)
    return Monomial(factored(m.coefficient / inverse), m.sums, (*rest, *new), m.word)


def _adds_new_pools(setting: Setting) -> bool:
    """Whether training set n is training set n - 1 and pools of iteration n, from real(1) on."""
    if setting.runs is None or not setting.from_start:
        return False
    gap = op.aligned(op.minus(definition(setting, N), definition(setting, N - 1)), 2)
    new = (setting.chain.gram, setting.real.gram)
    return all(
        not m.sums and m.coefficient == 1 and len(m.word) == 1 and m.word[0].family in new and m.word[0].index == N
        for m in gap.monomials
    )


def wishart_ratio(setting: Setting, state: State | None) -> Value:
    """Given H = S + V the independent Wishart S and V have E[V S^-1 V] = (E tr S^-1/E tr H^-1 - 2 + rows S/rows H) H.

    V S^-1 V = H S^-1 H - 2H + S. With S = H^(1/2) B H^(1/2) the matrix B is independent of H and equal in law to its
    rotations (Muirhead 3.3.3), so that E B^-1 = e I, and E tr S^-1 = e E tr H^-1 gives e.
    """
    if not setting.is_fresh:
        refuse("S is a constant given H at fixed design")

    def averaged(m: Monomial, start: int) -> Iterable[Monomial]:
        for place, traces in enumerate(m.expectations):
            inverses = [x for w in traces for x in w if x.family is setting.training and x.power == -1 and x.index != N]
            if not inverses or sum(map(len, traces)) == 1:
                continue
            if len(traces) != 1 or len(inverses) != 1:
                refuse("this mean is of one trace with one inverse", m)
            (trace,) = traces
            at = trace.index(inverses[0])
            older, pool, *middle, last = trace[at:] + trace[:at]
            if pool != last or pool.family not in (setting.chain.gram, setting.real.gram) or pool.power != 1:
                refuse("no pool stands on both sides of the inverse", m)
            _check_whole(setting, older, pool, middle, m, start)
            before, after = m.expectations[:place], m.expectations[place + 1 :]
            for part in (older.to(1), pool):
                word = (part, *middle)
                yield Monomial(m.coefficient * _ratio(older, pool), m.sums, (*before, (word,), *after), m.word)
            return
        yield m

    return each_monomial(a_value(state), averaged)


def _check_whole(
    setting: Setting, older: Letter, pool: Letter, middle: Iterable[Letter], m: Monomial, start: int
) -> None:
    """Refuse what depends on S and V otherwise than through S + V, or S and V that share rows."""
    if not disjoint(older.family.sources(older.index), pool.family.sources(pool.index), start, m.sums):
        refuse("the pool is part of the older training set", m)
    for letter in middle:
        if letter.family is not setting.training or letter.index != N:
            refuse("the rest is no function of one training set's Gram matrix", m)
    beyond = op.aligned(op.minus(definition(setting, N), definition(setting, older.index)), start)
    if op.matrix(pool).monomials[0] not in beyond.monomials or any(x.sums or x.coefficient != 1 for x in beyond):
        refuse("the training set is not the older one, the pool, and others", m)
    if not at_least(_degrees(older), FEATURES + 2, start, m.sums):
        refuse("the inverse needs d + 2 rows at least", m)


def _ratio(older: Letter, pool: Letter) -> sp.Expr:
    mine = _degrees(older)
    rows = mine + _degrees(pool)
    apart, together = by_parts.trace_moment((-1,), mine), by_parts.trace_moment((-1,), rows)
    assert apart is not None  # both are known
    assert together is not None
    return factored(apart / together - 2 + mine / rows)


def _degrees(letter: Letter) -> sp.Expr:
    degrees = letter.family.degrees
    if degrees is None:
        raise RuleDoesNotApply(f"{letter.family.symbol} is not Wishart")
    return sp.expand(degrees(letter.index))
