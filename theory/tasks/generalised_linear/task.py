"""Generalised linear models by maximum likelihood, refitted on their own labels (Dey and Donoho, 2410.22812)."""

from dataclasses import dataclass
from typing import Any, ClassVar

import sympy as sp

from ...derivation import LARGE_T, Derived, Step
from ...gain_law import gain_law
from ...prover.domain import Domain, Variable
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import T
from ...task import Choice, Detail, Parameter, Quantity, Task
from ...workflow import Workflow
from ..given import check_option, keep_plain
from .tables import TABLES

#: Features, and the length of the true weights.
d = sp.Symbol("d", integer=True, positive=True)
signal = sp.Symbol("signal", positive=True)

TEST_ERROR = Quantity(
    "test_error",
    "squared error of model n's weights in the metric of the truth's Fisher information of one row",
    unit=d / T,
    limit_unit=d / T,
    short="squared error of the weights",
)
EXCESS_RISK = Quantity(
    "excess_risk",
    "expected negative log likelihood of model n on a new row, less that of the truth, in nats",
    unit=d / (2 * T),
    limit_unit=d / (2 * T),
    symbol="R_n",
    short="excess log loss",
)
HELD_OUT_LOSS = Quantity(
    "held_out_loss",
    "mean negative log likelihood of model n on a table's rows held out, with their recorded labels, less that of the "
    "fit to the recorded labels, in nats",
    unit=d / (2 * T),
    limit_unit=d / (2 * T),
    symbol="L_n",
    short="excess log loss on rows held out",
)


@dataclass(frozen=True)
class GeneralisedLinear(Task):
    """Rows x ~ N(0, identity), labels given x·w by a link; each model is the maximum of the (weighted) likelihood.

    "logistic": a label is 1 with probability 1/(1 + exp(-x·w)), else 0; "probit": with probability Phi(x·w);
    "poisson": a count with mean exp(x·w). No intercept. The true weights have the length `signal`, in any direction.
    Labels that a plane separates have no maximum: laws are of T -> oo, where that has probability 0, and a simulation
    counts such models and leaves them out.

    With a table its rows x, with a column of ones, serve every pool: the truth is the logistic fit to the recorded
    labels, and all models are fitted to labels of models. The errors of weights are measured on the rows that are
    fitted, the losses on those held out; laws hold to leading order where both are many, and alike.

    Attributes:
        T: rows a pool, at least d + 1.
        d: features.
        signal: |w*|; 1 where none is given and a number is needed. To leading order no law depends on it.
        link: "logistic", "probit" or "poisson".
        table: the name of a table of real rows, which says T, d and the signal.

    Raises:
        ValueError: outside this domain.
    """

    name: ClassVar[str] = "generalised-linear"
    quantities: ClassVar[tuple[Quantity, ...]] = (TEST_ERROR, EXCESS_RISK, HELD_OUT_LOSS)
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(T, "rows an iteration, at least d + 1", short="rows an iteration", typical=1000),
        Parameter(d, "features", typical=3, most=10**4),
        Parameter(signal, "length of the true weights", default=1.0),
    )
    choices: ClassVar[tuple[Choice, ...]] = (
        Choice("link", ("logistic", "probit", "poisson"), "how labels depend on x·w", default="logistic"),
    )
    details: ClassVar[tuple[Detail, ...]] = (
        Detail(
            "table",
            f"real rows in place of normal ones, of which T, d and the signal are: {', '.join(TABLES)}",
            words=tuple(TABLES),
            tells=("T", "d", "signal"),
        ),
    )
    domain: ClassVar[Domain] = Domain((Variable(d, (sp.S.One,)), Variable(T, (d + 1,)), Variable(signal)))

    T: int | None = None
    d: int | None = None
    signal: float | None = None
    link: str = "logistic"
    table: str | None = None

    def __post_init__(self) -> None:
        """Check the values, and store them as plain numbers, with those of a table."""
        if self.table is not None:
            self._take_rows(self.table)
        keep_plain(self)
        check_option(self)

    def _take_rows(self, table: str) -> None:
        if table not in TABLES:
            raise ValueError(f"table must be one of {', '.join(TABLES)}; got {table!r}.")
        if self.link != "logistic":
            raise ValueError(f"a table's labels are fitted by the logistic link; got {self.link!r}.")
        for parameter in self.parameters:
            given, own = getattr(self, parameter.name), getattr(TABLES[table], parameter.name)
            if given not in (None, parameter.default, own):
                raise ValueError(f"the table {table} has {parameter.name}={own}; got {given!r}. Leave it out.")
            # a frozen dataclass has no other way to fill its fields
            object.__setattr__(self, parameter.name, own)

    @property
    def by_numbers(self) -> bool:
        """A table has its own."""
        return self.table is not None

    @property
    def essential(self) -> dict[str, Any]:
        """Without a table there is none to tell of."""
        return {name: value for name, value in self.fields.items() if name != "table" or value is not None}

    def objection(self, workflow: Workflow, quantity: Quantity) -> str | None:
        """Only a table has rows that are held out."""
        del workflow
        if quantity.name == HELD_OUT_LOSS.name and self.table is None:
            return f"a {HELD_OUT_LOSS.name} is of a table's rows: name one of {', '.join(TABLES)}."
        return None

    def derive(self, workflow: Workflow, quantity: Quantity) -> Derived:
        """The gain times the quantity of one fit, for T -> oo."""
        return gain_law(
            SymbolicWorkflow(workflow),
            quantity.unit,
            validity=LARGE_T,
            steps=_STEPS,
            source="Dey and Donoho 2410.22812 for estimators at large",
        )


_STEPS = (
    Step(
        "influence functions",
        r"\hat w_n - w^* \simeq \sum_k p_{nk}\left(\hat w_{\ell(k)} - w^* + \xi_k\right), \quad "
        r"\operatorname{Var}\xi_k \simeq I^{-1}/T_k",
        "maximum likelihood is asymptotically linear near the truth, with the inverse Fisher information (Le Cam)",
    ),
    Step(
        "quadratic excess risk",
        r"R \simeq \tfrac12 (\hat w - w^*)' I (\hat w - w^*)",
        "the mean log likelihood is flat at the truth, and curved by the Fisher information",
    ),
)
