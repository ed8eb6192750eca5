"""Terms as LaTeX, letter by letter."""

import pytest
import sympy as sp

from tests.theory.algebra.cases import cases
from theory.algebra import operations as op
from theory.algebra.indices import FEATURES, ROWS, SIGMA, N, fresh
from theory.algebra.normal_form import normal
from theory.algebra.printing import latex, matrix
from theory.algebra.terms import Monomial

SINGULAR, KEPT = cases()["least norm"].setting, cases()["accumulate fresh"].setting
G, W, REAL = SINGULAR.training, SINGULAR.chain.gram, KEPT.real
K = fresh()


#: What letters look like in print.
LETTERS = {
    "a Gram matrix": (G(N), "G_n"),
    "its square": (G(N, 2), "G_n^{2}"),
    "its projection": (G(N, 0), "G_n^{+} G_n"),
    "its pseudo-inverse": (G(N, -1), "G_n^{+}"),
    "that squared": (G(N, -2), r"{\left(G_n^{+}\right)}^{2}"),
    "an older one cubed": (G(N - 1, -3), r"{\left(G_{n - 1}^{+}\right)}^{3}"),
    "an inverse squared": (KEPT.training(N, -2), "G_n^{-2}"),
    "an inverse of real rows": (REAL.gram(N, -1), "{W^{r}_n}^{-1}"),
    "real rows transposed": (REAL.design(N).T, r"{X^{r}_n}^{\top}"),
    "rows transposed": (KEPT.chain.design(1).T, r"X_1^{\top}"),
    "the truth": (KEPT.truth, "w^{*}"),
    "that transposed": (KEPT.truth.T, r"{w^{*}}^{\top}"),
}


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter(name):
    letter, expected = LETTERS[name]
    assert matrix(op.matrix(letter)) == expected


def test_what_stands_before_it():
    noise, error = KEPT.chain.noise(N), KEPT.error
    assert matrix(op.matrix(noise, coefficient=-1)) == r"-\varepsilon_n"
    assert matrix(op.matrix(noise, coefficient=SIGMA + 2)) == r"\left(\sigma + 2\right)\, \varepsilon_n"
    assert matrix(op.matrix()) == "I"
    assert matrix(op.zero()) == "0"
    assert matrix(op.minus(op.matrix(error(N)), op.matrix(noise))) == r"\delta_n - \varepsilon_n"
    summed = op.over(2, N, lambda k: op.matrix(KEPT.chain.gram(k), coefficient=-ROWS / k))
    assert matrix(summed) == r"- T \sum_{i=2}^{n} \frac{1}{i}\, W_i"


def test_a_bound_index_is_called_as_nothing_else_is():
    """Neither as a symbol of a user's workflow nor as another index."""
    for taken, name in (("i", "j"), ("m", "i")):
        symbol = sp.Symbol(taken, integer=True, positive=True)
        summed = op.over(1, N, lambda k, symbol=symbol: op.matrix(KEPT.chain.gram(k), coefficient=symbol))
        assert matrix(summed) == rf"{taken} \sum_{{{name}=1}}^{{n}} W_{name}"
    twice = op.times(*(op.over(1, N, lambda k: op.matrix(KEPT.chain.gram(k, 2))) for _ in range(2)))
    assert matrix(twice) == r"\sum_{i=1}^{n} \sum_{j=1}^{n} W_i^{2} W_j^{2}"


@pytest.mark.parametrize(
    ("traces", "expected"),
    [
        (((KEPT.error(N - 1), KEPT.error(N - 1).T),), "E_{n - 1}"),
        (((KEPT.error(N), KEPT.error(N).T),), "E_n"),
        (((W(N), W(1)),), r"\mathbb{E} \operatorname{tr}\left(W_1 W_n\right)"),
        (
            ((W(N),), (W(1, 2),)),
            r"\mathbb{E}\left[\operatorname{tr}\left(W_1^{2}\right)\, \operatorname{tr}\left(W_n\right)\right]",
        ),
    ],
    ids=["older", "newest", "one", "two"],
)
def test_an_expectation(traces, expected):
    assert matrix(normal([Monomial(sp.S.One, (), (traces,))], False)) == expected


def test_tables_have_their_indices_below():
    share, real = sp.Function("p")(N, 2), sp.Function("R^r")(N, K)
    assert latex(share**2 * FEATURES) == r"d p_{n,2}^{2}"
    assert latex(real**2).startswith("{R^{r}_{n,")
    assert latex(real**2).endswith("}}^{2}")
