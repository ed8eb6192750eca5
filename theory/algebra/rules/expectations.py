"""Rules that take the expectation over noises, and over what is independent of the rest of a term."""

from collections.abc import Callable, Iterable, Sequence

from .. import operations as op
from ..families import Setting
from ..indices import FEATURES, N, Range, at_least, whole
from ..normal_form import normal
from ..printing import squared_error
from ..terms import Expectation, Expression, Letter, Monomial, Source, State, Value, Word
from .refusal import a_value, an_equation, refuse


def squared(setting: Setting, state: State | None) -> Value:
    """The squared length of the error is the trace of its product with its transpose."""
    equation = an_equation(state)
    if equation.left != op.matrix(setting.error(N)):
        refuse("the error is not solved for", equation.left)

    def square(error: Expression) -> Expression:
        return op.expected_trace(op.times(error, op.transpose(error)))

    base = None
    if equation.base is not None:
        if equation.base[0] != op.matrix(setting.error(1)):
            refuse("the first error is not solved for", equation.base[0])
        base = square(equation.base[1])
    return Value(square(equation.right), equation.start, base, equation.limit)


def white_noise(setting: Setting, state: State | None) -> Value:
    """Noises have mean zero and covariance sigma^2 I, independent of each other and of designs: cross terms vanish."""
    del setting
    return each_monomial(a_value(state), _without_noise)


def each_monomial(value: Value, change: Callable[[Monomial, int], Iterable[Monomial]]) -> Value:
    """The value, and that at n = 1, with each monomial changed; `change` takes a monomial and the least n."""

    def changed(expression: Expression, start: int) -> Expression:
        return normal([new for m in expression for new in change(m, start)], False)

    base = None if value.base is None else changed(value.base, 1)
    return Value(changed(value.expression, value.start), value.start, base, value.limit)


def _without_noise(m: Monomial, start: int) -> Iterable[Monomial]:
    for place, traces in enumerate(m.expectations):
        letters = [x for w in traces for x in w]
        noises = [x for x in letters if x.family.variance is not None]
        if not noises:
            continue
        others = [x for x in letters if x.family.variance is None]
        for noise in noises:
            dependent = [x for x in others if not independent(x, noise, start, m.sums)]
            if dependent:
                refuse(f"{dependent[0].family.name} is not independent of the noise", m)
        if len(noises) == 1 or (len(noises) == 2 and noises[0].family is not noises[1].family):
            return
        if len(noises) != 2 or len(traces) != 1:
            refuse("more than two noises in one expectation", m)
        rest = m.expectations[:place] + m.expectations[place + 1 :]
        paired = _paired(m, traces[0], rest, start)
        if paired is not None:
            yield from _without_noise(paired, start)
        return
    yield m


def _paired(m: Monomial, trace: Word, rest: tuple[Expectation, ...], start: int) -> Monomial | None:
    """sigma_i^2 [i = j] I for the two noises, which stand side by side."""
    place = next(p for p, x in enumerate(trace) if x.family.variance is not None and not x.transposed)
    turned = trace[place:] + trace[:place]
    noise, other = turned[0], turned[1]
    if other.family is not noise.family or not other.transposed:
        refuse("the noises do not stand side by side", m)
    variance = noise.family.variance
    assert variance is not None  # of a noise
    found = Monomial(m.coefficient * variance(noise.index), m.sums, (*rest, (turned[2:],)), m.word)
    apart = whole(noise.index - other.index)
    if apart is not None:
        return found if apart == 0 else None
    for kept, dropped in ((noise.index, other.index), (other.index, noise.index)):
        ranges = [ends for ends in m.sums if ends[0] == dropped]
        if not ranges:
            continue
        (_, first, last) = ranges[0]
        others = tuple(ends for ends in m.sums if ends[0] != dropped)
        if at_least(kept, first, start, others) and at_least(last, kept, start, others):
            collapsed = Monomial(found.coefficient, others, found.expectations, found.word)
            return collapsed.at({dropped: kept})
    return refuse("the range of one noise does not contain the other's", m)


def independent(letter: Letter, noise: Letter, start: int, ranges: tuple[Range, ...]) -> bool:
    """Whether no source of the letter is one of the noise's."""
    return disjoint(letter.family.sources(letter.index), noise.family.sources(noise.index), start, ranges)


def disjoint(mine: Sequence[Source], others: Sequence[Source], start: int, ranges: Sequence[Range]) -> bool:
    """Whether no two sources of one primitive family overlap, for every n >= start.

    Args:
        mine, others: (primitive family, first index, last index).
        start: the least n.
        ranges: of bound indices.
    """
    return all(
        primitive != other
        or at_least(first, other_last + 1, start, ranges)
        or at_least(other_first, last + 1, start, ranges)
        for primitive, first, last in mine
        for other, other_first, other_last in others
    )


def fold_gram(setting: Setting, state: State | None) -> Value:
    """The Gram matrices of all parts of a training set add up to its own."""
    value = a_value(state)
    for m in value.expression.monomials:
        for e, traces in enumerate(m.expectations):
            for t, trace in enumerate(traces):
                for p, letter in enumerate(trace):
                    folded = _folded(setting, value.expression, m, (e, t, p), letter)
                    if folded is not None:
                        return fold_gram(setting, Value(folded, value.start, value.base, value.limit))
    return value


def _folded(
    setting: Setting, expression: Expression, m: Monomial, place: tuple[int, int, int], letter: Letter
) -> Expression | None:
    """With a part of a training set, and all other parts in its place, replaced by the whole."""
    e, t, p = place
    iteration = next((x.index for x in m.letters() if x.family is setting.training), None)
    if iteration is None or letter.family.size is None or letter.family is setting.training or letter.power != 1:
        return None
    definition = setting.training.definition
    assert definition is not None  # of this family
    parts = [part.word[0] for part in definition(iteration).monomials if not part.sums]
    if letter not in parts or len(parts) != len(definition(iteration).monomials):
        return None

    def with_letter(new: Letter) -> Expression:
        trace = m.expectations[e][t]
        traces = (*m.expectations[e][:t], (*trace[:p], new, *trace[p + 1 :]), *m.expectations[e][t + 1 :])
        changed = (*m.expectations[:e], traces, *m.expectations[e + 1 :])
        return normal([Monomial(m.coefficient, m.sums, changed, m.word)], False)

    every = [with_letter(part).monomials[0] for part in parts]
    if not all(one in expression.monomials for one in every):
        return None
    rest = [other for other in expression.monomials if other not in every]
    return normal([*rest, *with_letter(setting.training(iteration)).monomials], False)


def rotation(setting: Setting, state: State | None) -> Value:
    """The designs of iteration n can be rotated: an older error meets them as a vector of random direction."""
    if not setting.is_fresh:
        refuse("the error is not independent of it: at fixed design every error has met the one X")

    def turned(m: Monomial, start: int) -> Iterable[Monomial]:
        for place, traces in enumerate(m.expectations):
            errors = [x for w in traces for x in w if x.family is setting.error or x == setting.truth]
            if not errors or (len(traces) == 1 and squared_error(traces[0]) is not None):
                continue
            rest = m.expectations[:place] + m.expectations[place + 1 :]
            found = rotated(m, traces, rest, start)
            yield from turned(found, start)
            return
        yield m

    return each_monomial(a_value(state), turned)


def rotated(m: Monomial, traces: Expectation, rest: tuple[Expectation, ...], start: int) -> Monomial:
    """E tr(v v' M) = E tr M · E tr v v' / d."""
    if len(traces) != 1:
        refuse("the rotation is of one trace", m)
    (trace,) = traces
    vector = next(x for x in trace if x.family.cols(x.index) == 1 and not x.transposed)
    place = trace.index(vector)
    turned = trace[place:] + trace[:place]
    middle = turned[2:]
    if turned[1] != vector.T or any(x.family.cols(x.index) == 1 for x in middle):
        refuse("the errors do not stand side by side", m)
    for letter in middle:
        sources = letter.family.sources(letter.index)
        if not letter.family.invariant:
            refuse(f"the law of {letter.family.name} may change under rotations", m)
        if not disjoint(sources, vector.family.sources(vector.index), start, m.sums):
            refuse(f"the error is not independent of {letter.family.name}", m)
    new = ((middle,), ((vector, vector.T),))
    return Monomial(m.coefficient / FEATURES, m.sums, (*rest, *new), m.word)
