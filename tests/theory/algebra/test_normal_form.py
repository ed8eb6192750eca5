"""The normal form on random words, each evaluated before and after; and its refusals."""

import numpy as np
import pytest
import sympy as sp

from tests.theory.algebra.cases import cases
from theory.algebra import operations as op
from theory.algebra.checker import instances
from theory.algebra.checker.values import evaluated, product, trace
from theory.algebra.indices import BOUND, N, fresh
from theory.algebra.normal_form import normal, simplified_trace, simplified_word, split, transposed
from theory.algebra.terms import Expression, Monomial

SETTING = cases()["fresh real 1"].setting


@pytest.mark.parametrize(
    ("last", "beyond"), [(N, 0), (N - 1, 1), (N - 3, 3), (N + 1, None), (N + 2, None), (sp.Integer(4), None)], ids=str
)
def test_a_sum_is_cut_where_the_rest_is_a_known_number_of_terms(last, beyond):
    (m,) = op.over(1, N, lambda k: op.matrix(SETTING.chain.gram(k), coefficient=1 / k)).monomials
    if beyond is None:
        with pytest.raises(ValueError, match="is no known number of terms"):
            list(split(m, 0, last))
        return
    kept, *rest = split(m, 0, last)
    assert [ends[1:] for ends in kept.sums] == [(1, last)]
    assert [(x.coefficient, x.word[0].index) for x in rest] == [
        (1 / (last + step), last + step) for step in range(1, beyond + 1)
    ]


@pytest.fixture(scope="module")
def world():
    generator = np.random.default_rng(3)
    case = instances.instance(SETTING, d=2, T=4)
    return instances.one_noise(case, instances.random_designs(case, generator), generator)


def of(word):
    """The word in normal form, which is not zero."""
    found = simplified_word(word)
    assert found is not None
    return found


def letters(generator):
    """A random letter of each kind, with small indices so that equal ones meet."""
    k = int(generator.integers(2, 4))
    power = int(generator.choice([-2, -1, 1, 2]))
    chain, real = SETTING.chain, SETTING.real
    square = [chain.gram(k, power), real.gram(k, power), SETTING.training(k, power)]
    return square[generator.integers(3)], chain.design(k), chain.noise(k), SETTING.error(k - 1)


def random_word(generator):
    """A word of d x d blocks: Gram matrices, X'X, X'noise noise'X, errors with their transposes."""
    word = []
    for _ in range(int(generator.integers(1, 6))):
        square, design, noise, error = letters(generator)
        word += [
            (square,),
            (design.T, letters_like(design, generator)),
            (design.T, noise, noise.T, design),
            (error, error.T),
        ][generator.integers(4)]
    return tuple(word)


def letters_like(design, generator):
    """The same design, or that of the other pool, of as many rows."""
    return design.family(5 - int(design.index)) if generator.integers(2) else design


@pytest.mark.parametrize("seed", range(40))
def test_random_words_keep_their_value(seed, world):
    generator = np.random.default_rng(seed)
    for _ in range(5):
        word = random_word(generator)
        plain, under_trace = product(world, word, {}), simplified_trace(word)
        assert under_trace is not None
        assert (product(world, of(word), {}) == plain).all()
        assert (product(world, transposed(word), {}) == plain.swapaxes(-1, -2)).all()
        turned = trace(product(world, under_trace, {}))
        assert np.all(turned == trace(plain))
        # rotations and transposes of one trace look alike
        place = int(generator.integers(len(word)))
        assert simplified_trace(word[place:] + word[:place]) == simplified_trace(word)
        assert simplified_trace(transposed(word)) == simplified_trace(word)
        found = normal([Monomial(sp.Rational(2, 3), (), (), word)], True)
        assert (evaluated(world, found, 2) == 2 * plain / 3).all()


def test_what_cancels_and_what_does_not():
    gram, other = SETTING.training(N), SETTING.training(N - 1)
    assert simplified_word((gram, gram.to(-1))) == ()
    assert simplified_word((gram, other.to(-1))) == (gram, other.to(-1))
    assert simplified_word((SETTING.chain.design(N).T, SETTING.chain.design(N))) == (SETTING.chain.gram(N),)
    assert len(of((SETTING.chain.design(N).T, SETTING.real.design(N)))) == 2
    assert simplified_word((gram, SETTING.error(0))) is None
    assert simplified_word((gram, SETTING.error(N - 1))) is not None


def test_a_trace_of_the_identity_is_d_and_of_a_projection_too():
    x, gram = SETTING.chain.design(N), SETTING.chain.gram(N)
    found = op.expected_trace(op.matrix(x, gram.to(-1), x.T))
    assert found == op.expected_trace(op.matrix())


def test_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match="do not fit"):
        simplified_word((SETTING.chain.gram(N), SETTING.chain.design(N)))
    with pytest.raises(ValueError, match="not square"):
        simplified_trace((SETTING.chain.design(N),))


def test_a_sum_that_is_less_than_empty_is_no_zero():
    with pytest.raises(ValueError, match="less than empty"):
        op.over(N, N - 2, lambda k: op.matrix(SETTING.chain.gram(k)))
    assert op.over(N, N - 1, lambda k: op.matrix(SETTING.chain.gram(k))).monomials == ()
    assert op.over(N, N + 1, lambda k: op.matrix(SETTING.chain.gram(k))) == op.plus(
        op.matrix(SETTING.chain.gram(N)), op.matrix(SETTING.chain.gram(N + 1))
    )


def test_a_bound_name_is_never_free():
    with pytest.raises(NameError, match="free"):
        normal([Monomial(sp.S.One, (), (), (SETTING.chain.gram(BOUND[0]),))], True)


def test_what_is_put_in_captures_nothing():
    # sum_j p(n, j) delta_{j-1}, with a sum put in for delta: two sums, each with a name of its own
    outer = op.over(1, N, lambda j: op.matrix(SETTING.error(j)))

    def sum_of_noises(letter):
        return op.over(1, letter.index, lambda k: op.matrix(SETTING.chain.design(k).T, SETTING.chain.noise(k)))

    (found,) = op.replaced(outer, lambda x: sum_of_noises(x) if x.family is SETTING.error else None).monomials
    (first, _, _), (second, _, last) = found.sums
    assert last == first
    assert {x.index for x in found.word} == {second}


def test_sums_that_mirror_each_other_are_added():
    def double(word):
        i, j = fresh(), fresh()
        ends = ((i, sp.S.One, N), (j, sp.S.One, N))
        return Monomial(sp.S.One, ends, ((word(i, j),),))

    g = SETTING.training
    found = normal([double(lambda i, j: (g(i), g(j, -1))), double(lambda i, j: (g(j), g(i, -1)))], False)
    assert len(found.monomials) == 1
    assert found.monomials[0].coefficient == 2


def test_ranges_are_aligned_where_the_shorter_is_not_less_than_empty():
    def ranged(first, last):
        return op.over(first, last, lambda k: op.matrix(SETTING.chain.gram(k)))

    newest = op.matrix(SETTING.chain.gram(N))
    assert op.equal(op.minus(ranged(1, N), ranged(1, N - 1)), newest, 1)
    # for n = 1 the range 3..0 would be less than empty: nothing is claimed there
    assert not op.equal(op.minus(ranged(3, N), ranged(3, N - 1)), newest, 1)
    assert not op.equal(op.minus(ranged(3, N), ranged(3, N - 1)), newest, 2)
    assert op.equal(op.minus(ranged(3, N), ranged(3, N - 1)), newest, 3)
    assert not op.equal(op.minus(ranged(1, N), ranged(2, N - 1)), newest, 2)
    assert isinstance(op.aligned(ranged(1, N), 1), Expression)


def test_powers_of_a_singular_matrix_add_up_and_keep_its_range():
    W = cases()["least norm"].setting.chain.gram
    assert op.matrix(W(N, -1), W(N)) == op.matrix(W(N, 0)) != op.matrix()
    assert op.matrix(W(N, 0), W(N, 0), W(N, -1)) == op.matrix(W(N, -1))
    plain = cases()["accumulate, fresh"].setting.chain.gram
    assert op.matrix(plain(N, -1), plain(N)) == op.matrix()
    # a trace of the projection is the rank, not d
    (m,) = op.expected_trace(op.matrix(W(N, -1), W(N))).monomials
    assert m.coefficient == 1
    assert m.expectations == (((W(N, 0),),),)
