"""Categories: their shares, fitted by counting."""

import abc
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar

import sympy as sp

from ...derivation import Derived
from ...exact import exact
from ...prover.domain import Domain, Variable
from ...symbols import T
from ...sympy_types import rational
from ...task import Parameter, Quantity, Several
from ...workflow import Workflow
from ..given import keep_plain
from .family import ExponentialFamily, mean_error
from .support import SupportLost

#: The share of one of two categories.
p = sp.Symbol("p", positive=True)

_ROWS = Parameter(T, "rows an iteration", typical=10)

#: How far from 1 probabilities may add up, by rounding.
_ROUNDING = Fraction(1, 10**9)


def _diversity(unit: sp.Expr) -> Quantity:
    return Quantity(
        "diversity",
        "Gini diversity of model n: the probability that two draws from it differ; n = 1 is the fit to real data",
        unit=unit,
        limit_unit=unit,
        symbol="G_n",
        short="Gini diversity",
    )


SUPPORT_LOST = Quantity(
    "support_lost",
    "expected number of the truth's categories that model n has lost",
    unit=sp.S.One,
    limit_unit=sp.S.One,
    symbol="S_n",
    short="categories lost",
)


class _Categories(ExponentialFamily):
    """A family whose models may lose categories."""

    @abc.abstractmethod
    def support(self, workflow: Workflow) -> SupportLost:
        """What is known of the support lost."""

    def derive(self, workflow: Workflow, quantity: Quantity) -> Derived:
        """The law: exact at finite T."""
        if quantity == SUPPORT_LOST:
            return self.support(workflow).derived()
        return super().derive(workflow, quantity)

    def objection(self, workflow: Workflow, quantity: Quantity) -> str | None:
        """What is not known under this workflow."""
        if quantity == SUPPORT_LOST:
            return self.support(workflow).objection()
        return super().objection(workflow, quantity)


@dataclass(frozen=True)
class Bernoulli(_Categories):
    """Rows are 1 with probability p, else 0; each model is the share of ones in its training set.

    Attributes:
        T: rows a pool.
        p: the truth's, more than 0 and less than 1; 1/2 where none is given and a number is needed.

    Raises:
        ValueError: outside this domain.
    """

    name: ClassVar[str] = "bernoulli"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        mean_error(p * (1 - p)),
        _diversity(2 * p * (1 - p)),
        SUPPORT_LOST,
    )
    parameters: ClassVar[tuple[Parameter, ...]] = (
        _ROWS,
        Parameter(p, "the truth's probability of a one", default=0.5, most=1),
    )
    domain: ClassVar[Domain] = Domain((Variable(T, (sp.S.One,)), Variable(p, (), Fraction(1, 2))))
    mirror: ClassVar[Mapping[sp.Symbol, sp.Expr]] = {p: 1 - p}
    curvature: ClassVar[sp.Expr] = sp.S.NegativeOne

    T: int | None = None
    p: float | None = None

    def __post_init__(self) -> None:
        """Check the values, and store them as plain numbers."""
        keep_plain(self)
        _check_probability(self.p)

    def support(self, workflow: Workflow) -> SupportLost:
        """What is known of the support lost."""
        return SupportLost(workflow, (p, 1 - p), (p,))

    @property
    def own_domain(self) -> Domain:
        """Bounds may say something else of p than of 1 - p: with a number for p they are judged at that number."""
        return self.domain if self.p is None else Domain((self.domain.variables[0], Variable(p)))

    def check(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """T and p as plain numbers, where there are two categories."""
        numbers = super().check(values)
        _check_probability(numbers["p"])
        return numbers


def _check_probability(value: float | None) -> None:
    if value is not None and not 0 < value < 1:
        raise ValueError(f"bernoulli needs 0 < p < 1, so that there are two outcomes; got p={value}.")


@dataclass(frozen=True)
class Categorical(_Categories):
    """Rows are categories; each model is their shares in its training set.

    Attributes:
        T: rows a pool.
        p: the truth's probabilities, at least two of them more than 0.

    Raises:
        ValueError: outside this domain, or they do not add up to 1.
    """

    name: ClassVar[str] = "categorical"
    quantities: ClassVar[tuple[Quantity, ...]] = (mean_error(sp.S.One), _diversity(sp.S.One), SUPPORT_LOST)
    parameters: ClassVar[tuple[Parameter, ...]] = (_ROWS,)
    several: ClassVar[tuple[Several, ...]] = (
        Several("p", "the truth's probabilities, as 0.5,0.3,0.2", (0.5, 0.3, 0.2)),
    )
    domain: ClassVar[Domain] = Domain((Variable(T, (sp.S.One,)),))
    curvature: ClassVar[sp.Expr] = sp.S.NegativeOne

    T: int | None = None
    p: tuple[float | Fraction, ...] = (0.5, 0.3, 0.2)

    def __post_init__(self) -> None:
        """Check the values, and store them as plain numbers."""
        keep_plain(self)
        numbers = tuple(map(exact, self.p))
        listed = ", ".join(map(str, self.p))
        if abs(sum(numbers) - 1) > _ROUNDING or any(number < 0 for number in numbers):
            raise ValueError(f"categorical needs probabilities p of at least 0 that add up to 1; got {listed}.")
        if sum(number > 0 for number in numbers) < 2:
            raise ValueError(f"categorical needs two categories or more with p > 0; got {listed}.")
        object.__setattr__(self, "p", tuple(float(number) for number in numbers))

    @property
    def probabilities(self) -> tuple[Fraction, ...]:
        """The truth's, exactly, adding up to 1."""
        numbers = tuple(map(exact, self.p))
        return tuple(number / sum(numbers) for number in numbers)

    def support(self, workflow: Workflow) -> SupportLost:
        """What is known of the support lost."""
        return SupportLost(workflow, tuple(rational(number) for number in self.probabilities if number))

    def quantity(self, name: str | None) -> Quantity:
        """The quantity of that name, in units of this truth."""
        found = super().quantity(name)
        diversity = rational(1 - sum(number**2 for number in self.probabilities))
        units = {"mean_error": diversity / T, "diversity": diversity}
        unit = units.get(found.name, found.unit)
        return replace(found, unit=unit, limit_unit=unit)
