"""Terms: letters with an index, words, and sums of words with coefficients, expectations and traces. Data only."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp

from .indices import Range, fresh, put, text

#: What a family is measurable by: (primitive family, first index, last index).
Source = tuple[str, sp.Expr, sp.Expr]


def _nothing(index: sp.Expr) -> tuple[Source, ...]:
    del index
    return ()


@dataclass(frozen=True, eq=False)
class Family:
    """Matrices with a common name, one at each index. Rules read these attributes, never the name.

    Attributes:
        name: by which the checker knows how to compute it.
        symbol: in LaTeX.
        rows, cols: of the matrix at an index.
        symmetric: a transpose is dropped.
        invertible: powers other than 1 and cancellation are allowed; symmetric ones only.
        singular: it may have no inverse. Negative powers are those of the Moore-Penrose inverse, and power 0 is the
            projection onto its range, so that powers add up as they do elsewhere.
        invariant: a function of Gram matrices of independent Gaussian rows, so that M and QMQ' are equal in law.
        gram: of a design X_k, the family of X_k'X_k.
        zero_at: the index where the matrix is zero.
        variance: of a noise, which has mean zero and covariance variance(k) times I.
        sources: what the matrix at an index is measurable by. Primitive families are independent of each other and
            across the index.
        has_index: whether there are several; it is not printed otherwise.
        definition: the matrix at an index as a sum of others, each of whose rows counts alike.
        degrees: the number of independent Gaussian rows whose Gram matrix it is; `None` where it is not Wishart.
        size: of a Gram matrix of any rows, how many these are.
        multiple: at fixed design, by what the common Gram matrix is multiplied; `None` at fresh design.
    """

    name: str
    symbol: str
    rows: Callable[[sp.Expr], sp.Expr]
    cols: Callable[[sp.Expr], sp.Expr]
    symmetric: bool = False
    invertible: bool = False
    singular: bool = False
    invariant: bool = False
    gram: "Family | None" = None
    zero_at: sp.Expr | None = None
    variance: Callable[[sp.Expr], sp.Expr] | None = None
    sources: Callable[[sp.Expr], tuple[Source, ...]] = _nothing
    has_index: bool = True
    definition: "Callable[[sp.Expr], Expression] | None" = None
    degrees: Callable[[sp.Expr], sp.Expr] | None = None
    size: Callable[[sp.Expr], sp.Expr] | None = None
    multiple: Callable[[sp.Expr], sp.Expr] | None = None

    def __repr__(self) -> str:
        """Its name."""
        return self.name

    def __call__(self, index: Any = 0, power: Any = 1) -> "Letter":
        """The letter at an index; families without one use 0."""
        return Letter(self, sp.sympify(index), sp.sympify(power), False)


@dataclass(frozen=True)
class Letter:
    """A matrix of a family, to a power or transposed."""

    family: Family
    index: sp.Expr
    power: sp.Rational
    transposed: bool

    @property
    def T(self) -> "Letter":
        """The transpose."""
        return self if self.family.symmetric else Letter(self.family, self.index, self.power, not self.transposed)

    @property
    def shape(self) -> tuple[sp.Expr, sp.Expr]:
        """Rows and columns."""
        rows, cols = self.family.rows(self.index), self.family.cols(self.index)
        return (cols, rows) if self.transposed else (rows, cols)

    @property
    def key(self) -> tuple[Any, ...]:
        """For sorting."""
        return self.family.name, text(self.index), text(self.power), self.transposed

    def at(self, values: dict[Any, Any]) -> "Letter":
        """With values put in for symbols of the index."""
        return Letter(self.family, put(self.index, values), self.power, self.transposed)

    def to(self, power: Any) -> "Letter":
        """To another power."""
        return Letter(self.family, self.index, sp.sympify(power), self.transposed)


Word = tuple[Letter, ...]
#: The expectation of a product of traces.
Expectation = tuple[Word, ...]


@dataclass(frozen=True)
class Monomial:
    """coefficient x sums over bound indices x a product of expectations of products of traces x a word.

    Attributes:
        coefficient: a SymPy expression.
        sums: (bound index, first, last), each after those that its ends are written in.
        expectations: each a product of traces.
        word: the matrix; () is the identity, or the number 1 in an expression that is a number.
    """

    coefficient: sp.Expr
    sums: tuple[Range, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    word: Word = ()

    def at(self, values: dict[Any, Any]) -> "Monomial":
        """With values put in for symbols, bound ones included."""
        return Monomial(
            put(self.coefficient, values),
            tuple((values.get(name, name), put(first, values), put(last, values)) for name, first, last in self.sums),
            tuple(tuple(tuple(x.at(values) for x in w) for w in traces) for traces in self.expectations),
            tuple(letter.at(values) for letter in self.word),
        )

    def opened(self) -> "Monomial":
        """With bound indices that occur nowhere else."""
        return self.at({name: fresh() for name, _, _ in self.sums}) if self.sums else self

    def letters(self) -> Iterator[Letter]:
        """All letters, in traces and in the word."""
        for traces in self.expectations:
            for word in traces:
                yield from word
        yield from self.word


@dataclass(frozen=True)
class Expression:
    """A sum of monomials in normal form: a matrix, or a number."""

    monomials: tuple[Monomial, ...]
    is_matrix: bool

    def __iter__(self) -> Iterator[Monomial]:
        """The monomials, each with bound indices of its own, so that what is put in captures nothing."""
        return (monomial.opened() for monomial in self.monomials)

    def letters(self) -> Iterator[Letter]:
        """All letters."""
        return (letter for monomial in self.monomials for letter in monomial.letters())

    def has(self, family: Family) -> bool:
        """Whether a letter is of the family."""
        return any(letter.family is family for letter in self.letters())


@dataclass(frozen=True)
class Equation:
    """left = right for every n >= start.

    Attributes:
        left, right: vectors.
        start: the least n.
        base: (left, right) at n = 1, where the equation is claimed for later n alone.
        limit: whether the two sides differ by what vanishes beside either for T -> oo.
    """

    left: Expression
    right: Expression
    start: int
    base: tuple[Expression, Expression] | None = None
    limit: bool = False


@dataclass(frozen=True)
class Value:
    """The expected squared error E_n = expression for every n >= start.

    Attributes:
        expression: a number.
        start: the least n.
        base: E_1, where the equation is claimed for later n alone.
        limit: whether the two sides have the ratio 1 in the limit T -> oo.
    """

    expression: Expression
    start: int
    base: Expression | None = None
    limit: bool = False


State = Equation | Value
