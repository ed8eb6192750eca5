"""A Gaussian fitted by mean and covariance, as in Shumailov et al. (2305.17493) and Kazdan et al. (2410.16713)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import ClassVar

import sympy as sp

from ...derivation import Derived
from ...exact import required
from ...generator import Generator
from ...law import Law
from ...prover.domain import Domain, Variable
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import T
from ...sympy_types import rational
from ...task import Choice, Parameter, Quantity, Task
from ...workflow import Workflow
from ..formulas import Formula, sampled_formula
from ..given import check_option, keep_plain
from ..moment_laws import ERROR, SPREAD, MomentLaw
from ..spreads import Curved, Scaled, Unbiased
from . import chain
from .chain import Chain
from .symbols import d

VARIANCE = Quantity(
    "variance",
    "variance of model n over the truth's, the same in every direction; n = 1 is the fit to real data",
    unit=sp.S.One,
    limit_unit=sp.S.One,
    symbol="V_n",
    short="variance over the truth's",
)
MEAN_ERROR = Quantity(
    "mean_error",
    "squared error of the mean of model n in the truth's covariance, summed over the dimensions",
    unit=d / T,
    limit_unit=d / T,
    symbol="M_n",
    short="squared error of the mean",
)
CROSS_ENTROPY = Quantity(
    "kl",
    "divergence KL(truth, model n) in nats: what model n loses in log likelihood on new data",
    unit=d * (d + 3) / (4 * T),
    limit_unit=d * (d + 3) / (4 * T),
    symbol="D_n",
    short="KL(truth, model)",
    outside="the divergence has no finite mean",
)
LOG_DETERMINANT = Quantity(
    "log_determinant",
    "logarithm of the determinant of model n's covariance over the truth's",
    unit=sp.S.One,
    limit_unit=sp.S.One,
    symbol="L_n",
    short="log determinant over the truth's",
    outside="a covariance is singular",
)


@dataclass(frozen=True)
class Gaussian(Task):
    """Rows ~ N(mean, covariance); each model is the (weighted) mean and covariance of its training set.

    Neither the mean nor the covariance of the truth matters: with x -> covariance^(-1/2) (x - mean) the fits are the
    same, and every quantity is in these units.

    Attributes:
        T: rows a pool, at least 2.
        d: the dimension; 1 where none is given and a number is needed.
        estimator: "mle" divides the covariance's sum of squares by the N rows, "unbiased" by N - 1.

    Raises:
        ValueError: outside this domain.
    """

    name: ClassVar[str] = "gaussian"
    quantities: ClassVar[tuple[Quantity, ...]] = (VARIANCE, MEAN_ERROR, CROSS_ENTROPY, LOG_DETERMINANT)
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(T, "rows an iteration, at least 2", short="rows an iteration", typical=10),
        Parameter(d, "dimensions", default=1, most=100),
    )
    choices: ClassVar[tuple[Choice, ...]] = (
        Choice("estimator", ("mle", "unbiased"), "the covariance divided by N rows, or by N - 1", default="mle"),
    )
    domain: ClassVar[Domain] = Domain((Variable(d, (sp.S.One,)), Variable(T, (sp.Integer(2),))))

    T: int | None = None
    d: int | None = None
    estimator: str = "mle"

    def __post_init__(self) -> None:
        """Check the values, and store them as plain numbers."""
        keep_plain(self)
        check_option(self)

    def derive(self, workflow: Workflow, quantity: Quantity) -> Derived:
        """The law: exact at finite T."""
        if quantity == LOG_DETERMINANT:
            return self._chain.log_determinant()
        return self._chain.divergence() if quantity == CROSS_ENTROPY else self._moment(workflow, quantity).derived()

    def objection(self, workflow: Workflow, quantity: Quantity) -> str | None:
        """What is not known under this workflow."""
        if quantity in (LOG_DETERMINANT, CROSS_ENTROPY):
            why = chain.objection(workflow)
            return None if why is None else f"of the {quantity.name} {why}"
        return self._moment(workflow, quantity).objection()

    def generated(self, workflow: Workflow, generator: Generator, of: str | None = None) -> Law:
        """The law of the variance, or of the mean's error, where samples are at a temperature.

        The standard deviation of what is sampled from a model is `temperature` times the model's, in every direction.

        Args:
            workflow: what each model is fitted to.
            generator: with a temperature above 0 and nothing else that is not as usual.
            of: the name of the quantity; by default "variance".

        Raises:
            ValueError: there is no such law.
        """
        objection = self.generated_objection(workflow, generator, of)
        if objection is not None:
            raise ValueError(objection)
        quantity = self.quantity(of)
        return Law(self, workflow, quantity, self._sampled(workflow, generator, quantity).derived(), generator)

    def generated_objection(self, workflow: Workflow, generator: Generator, of: str | None = None) -> str | None:
        """A temperature is known, and nothing else of a generator; and of two quantities."""
        if generator.temperature == 0 or generator != Generator(temperature=generator.temperature):
            return f"{self.name} has a law under a temperature above 0 alone; got {generator}."
        quantity = self.quantity(of)
        if quantity in (LOG_DETERMINANT, CROSS_ENTROPY):
            return f"of the {quantity.name} no law under {generator} is known; take variance or mean_error."
        return self._sampled(workflow, generator, quantity).objection()

    def _sampled(self, workflow: Workflow, generator: Generator, quantity: Quantity) -> MomentLaw:
        """That of samples at a temperature."""
        square = required(generator.temperature, "temperature") ** 2
        return replace(
            self._moment(workflow, quantity),
            spread=Unbiased() if self.estimator == "unbiased" else Scaled(sp.S.One),
            sampled=square,
            further=partial(_at_temperature, square) if self.estimator == "mle" else None,
            gained=False,
        )

    @property
    def _chain(self) -> Chain:
        return Chain(self.estimator == "unbiased")

    def _moment(self, workflow: Workflow, quantity: Quantity) -> MomentLaw:
        is_error = quantity.name == "mean_error"
        return MomentLaw(
            workflow,
            quantity.name,
            ERROR if is_error else SPREAD,
            Unbiased() if self.estimator == "unbiased" else Curved(sp.S.NegativeOne),
            d if is_error else sp.S.One,
            (T, d),
            self.at,
        )


def _at_temperature(
    square: Fraction, workflow: SymbolicWorkflow, moment: str, numbers: Mapping[sp.Symbol, sp.Expr]
) -> Formula | None:
    return sampled_formula(workflow, rational(square), numbers) if moment == SPREAD else None
