"""The paper's claims as data, each with a test decided before looking, judged from recorded results and exact laws.

A claim is a statement of "Is Model Collapse Inevitable?" (arXiv 2404.01413), or of its critics, and some quantities
with the bounds between which the statement says they lie. Each quantity's two-sided 95 % confidence interval (Student's
t over seeds or replicates; exact quantities have none) must lie between the bounds; an interval that includes a bound
confirms nothing. Verdicts:

- reproduced: the claim holds by its test in the paper's own setting;
- reproduced in shape: it holds by its test, in another setting (a smaller model, other data), which `differs` names;
- not reproduced: the test is not passed; `differs` says by which quantity, and whether it refutes or leaves open;
- not tested here: with the reason.

Where a fact on the paper stands its confidence stands too: [A] seen in the authors' own files, [N] from a reading note
whose writer says that it was read off the paper, [M] from memory, [D] derived here.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import sympy as sp

from sim.results import Results
from theory import Accumulate, Proved, Replace, ReplaceGrowing, Workflow, check_bound, tightest
from theory.linear import test_error
from theory.symbols import ONE_FIT, T, d, n, sigma

from . import linear
from .estimate import Estimate
from .linear import Row
from .one_law import RECORDED

#: Of every confidence interval.
LEVEL = 0.95

REPRODUCED, IN_SHAPE, NOT_REPRODUCED, NOT_TESTED = (
    "reproduced",
    "reproduced in shape",
    "not reproduced",
    "not tested here",
)


class Missing(Exception):
    """There is no recorded result of that name and of today's configuration."""


#: The rows of a recorded table by its name.
Tables = Callable[[str], Sequence[Row]]


@dataclass(frozen=True)
class Quantity:
    """What is measured, and between which bounds the claim says it lies.

    Attributes:
        name: in words.
        measure: it, from recorded tables.
        above, below: the bounds; the whole confidence interval must lie strictly between them.
    """

    name: str
    measure: Callable[[Tables], Estimate]
    above: float = -math.inf
    below: float = math.inf

    def judge(self, estimate: Estimate) -> str:
        """Empty if the interval confirms the claim, else what keeps it from it."""
        low, high = estimate.interval(LEVEL)
        if self.above < low and high < self.below:
            return ""
        needs = " and ".join(
            f"{word} {bound:.4g}"
            for word, bound in (("above", self.above), ("below", self.below))
            if abs(bound) < math.inf
        )
        refuted = high < self.above or low > self.below
        return f"{'refuted' if refuted else 'left open'}: {self.name} in [{low:.4g}, {high:.4g}], needs {needs}"


@dataclass(frozen=True)
class Claim:
    """One statement and its test.

    Attributes:
        id: of the claim.
        statement: in our words.
        where: it stands, with the confidence in that.
        theirs: the published value of the first quantity, if there is one.
        quantities: all must be confirmed; the first is reported.
        experiment: whose recorded table they are measured in.
        differs: what differs from the paper's setting; empty if nothing does.
        replicates: seeds or simulated chains that the table must have at least.
    """

    id: str
    statement: str
    where: str
    theirs: float | None
    quantities: tuple[Quantity, ...]
    experiment: str
    differs: str = ""
    replicates: int = 3

    def judge(self, tables: Tables) -> dict[str, object]:
        """The claim's row of the table."""
        row = {
            "id": self.id,
            "statement": f"{self.statement} ({self.quantities[0].name})",
            "where": self.where,
            "theirs": self.theirs,
            "ours": None,
            "standard_error": None,
            "verdict": NOT_TESTED,
            "preset": "cpu",
            "differs": self.differs,
        }
        try:
            fewest = min(int(entry["replicates"]) for entry in tables(self.experiment))
            if fewest < self.replicates:
                raise Missing(f"{fewest} seeds were run, the test needs {self.replicates}")
            estimates = [quantity.measure(tables) for quantity in self.quantities]
        except Missing as reason:
            return row | {"differs": str(reason)}
        objections = [q.judge(estimate) for q, estimate in zip(self.quantities, estimates, strict=True)]
        objections = [objection for objection in objections if objection]
        confirmed = IN_SHAPE if self.differs else REPRODUCED
        return row | {
            "ours": estimates[0].mean,
            "standard_error": estimates[0].standard_error,
            "verdict": NOT_REPRODUCED if objections else confirmed,
            "differs": "; ".join(filter(None, [self.differs, *objections])),
        }


def _holds(name: str, condition: Callable[[], bool]) -> Quantity:
    """A statement about exact laws: 1 if it holds, else 0."""
    return Quantity(name, lambda tables: Estimate(float(condition())), above=0.5)


def _simulated(
    tables: Tables, workflow: Workflow, design: str, iteration: int, name: str = "linear_claims"
) -> Estimate:
    """The mean test error in units of one fit, sigma^2 d/(T - d - 1)."""
    place = {"workflow": workflow.command(), "design": design, "iteration": str(iteration)}
    row = next(row for row in tables(name) if place.items() <= row.items())
    unit = float(ONE_FIT.subs({T: int(row["T"]), d: int(row["d"]), sigma: sp.sqrt(sp.Rational(row["sigma2"]))}))
    return Estimate(float(row["mean"]) / unit, float(row["standard_error"]) / unit)


def _is(workflow: Workflow, design: str, expression: sp.Expr) -> bool:
    """Whether the law is this expression in T, d, sigma, n."""
    return sp.simplify(test_error(workflow, design=design).closed_form() - expression) == 0


def _bounded(design: str) -> bool:
    return isinstance(check_bound(test_error(Accumulate(), design=design), sp.pi**2 / 6 * ONE_FIT), Proved)


def _harmonic(order: int, iterations: int = 50) -> float:
    return float(sp.harmonic(iterations, order))


def _plateau(design: str) -> Estimate:
    """The limit of the Accumulate law for n -> oo at T = 100, d = 32, in units of one fit."""
    at = {T: 100, d: 32, sigma: 1}
    return Estimate(float((test_error(Accumulate(), design=design).limit() / ONE_FIT).subs(at)))


_SIMULATION = {"experiment": "linear_claims", "replicates": 10_000}

LINEAR = (
    Claim(
        "linear-replace",
        "Under Replace the test error of linear regression grows linearly, n times that of one fit",
        "section 3, eq. (4), credited to 2402.07712 [N]",
        50.0,
        (
            Quantity("E_50 over that of one fit", lambda t: _simulated(t, Replace(), "fixed", 50), above=49, below=51),
            Quantity("the same, fresh design", lambda t: _simulated(t, Replace(), "fresh", 50), above=49, below=51),
            _holds("the law is n times that of one fit", lambda: _is(Replace(), "fixed", n * ONE_FIT)),
        ),
        **_SIMULATION,
    ),
    Claim(
        "linear-accumulate-sum",
        "Under Accumulate the test error is exactly the sum of 1/i^2 times that of one fit",
        "section 3, Theorem 2, eq. (3) [N]",
        _harmonic(2),
        (
            Quantity(
                "E_50 over that of one fit, fixed design",
                lambda t: _simulated(t, Accumulate(), "fixed", 50),
                above=0.99 * _harmonic(2),
                below=1.01 * _harmonic(2),
            ),
            _holds("the law is that sum", lambda: _is(Accumulate(), "fixed", sp.harmonic(n, 2) * ONE_FIT)),
        ),
        **_SIMULATION,
    ),
    Claim(
        "linear-accumulate-bound",
        "Under Accumulate the test error stays below pi^2/6 times that of one fit",
        "section 3, Theorem 2, eq. (3) [N]",
        math.pi**2 / 6,
        (
            Quantity(
                "E_50 over that of one fit, fixed design",
                lambda t: _simulated(t, Accumulate(), "fixed", 50),
                below=math.pi**2 / 6,
            ),
            _holds("the bound is proved at fixed design", lambda: _bounded("fixed")),
            _holds("the bound is proved at fresh design", lambda: _bounded("fresh")),
        ),
        **_SIMULATION,
    ),
    Claim(
        "linear-bound-tight-fixed",
        "No smaller constant than pi^2/6 bounds Accumulate at fixed design, the paper's: it is approached for n -> oo",
        "section 3, Theorem 2; that the constant is the least is derived here [D]",
        math.pi**2 / 6,
        (
            Quantity(
                "E_oo over that of one fit, T = 100, d = 32", lambda t: _plateau("fixed"), above=0.999 * math.pi**2 / 6
            ),
            _holds(
                "pi^2/6 is the least constant",
                lambda: tightest(test_error(Accumulate(), design="fixed")).constant == sp.pi**2 / 6,
            ),
        ),
        **_SIMULATION,
    ),
    Claim(
        "linear-bound-tight-fresh",
        "The same at fresh design, where each iteration draws a new X as a generative model would",
        "not said in the paper, whose proof relabels one X [N]",
        math.pi**2 / 6,
        (
            Quantity(
                "E_oo over that of one fit, T = 100, d = 32", lambda t: _plateau("fresh"), above=0.999 * math.pi**2 / 6
            ),
        ),
        **_SIMULATION,
    ),
    Claim(
        "linear-isotropy",
        "The laws hold though the features are not isotropic",
        "section 3 states them for isotropic features [N]; that these are not needed is derived here [D]",
        None,
        (
            Quantity(
                "E_10 over the law, Accumulate, covariance with eigenvalues k^-2",
                lambda t: _simulated(t, Accumulate(), "fixed", 10, "linear_isotropy") / Estimate(_harmonic(2, 10)),
                above=0.97,
                below=1.03,
            ),
            Quantity(
                "the same, Replace",
                lambda t: _simulated(t, Replace(), "fixed", 10, "linear_isotropy") / Estimate(10),
                above=0.97,
                below=1.03,
            ),
        ),
        experiment="linear_isotropy",
        replicates=1000,
    ),
    Claim(
        "linear-replace-growing",
        "If the purely synthetic set grows as Accumulate's does, the test error grows logarithmically",
        "footnote 1 and appendix E, as O(log n) [N]; the constant is derived here [D]",
        None,
        (
            Quantity(
                "E_50 - E_25 over that of one fit and over log 2",
                lambda t: (
                    (_simulated(t, ReplaceGrowing(), "fixed", 50) - _simulated(t, ReplaceGrowing(), "fixed", 25))
                    / Estimate(math.log(2))
                ),
                above=0.9,
                below=1.1,
            ),
            *(
                _holds(
                    f"the law is logarithmic at {design} design",
                    lambda design=design: test_error(ReplaceGrowing(), design=design).growth().kind == "logarithmic",
                )
                for design in ("fixed", "fresh")
            ),
        ),
        **_SIMULATION,
    ),
)

CLAIMS = LINEAR

#: The experiments whose tables must be of today's configuration.
_EXPERIMENTS = {experiment.name: experiment for experiment in (linear.CLAIMS, linear.ISOTROPY)}


def recorded(folder: Path = RECORDED) -> Tables:
    """The tables in a folder."""

    def load(name: str) -> Sequence[Row]:
        rows = Results(folder, name).load(_EXPERIMENTS[name].configuration)
        if rows is None:
            raise Missing(f"no recorded result {name} of today's configuration")
        return rows

    return load


def table(tables: Tables | None = None) -> list[dict[str, object]]:
    """Every claim with its verdict, recomputed from the recorded results.

    A row a claim: `id, statement, where, theirs, ours, standard_error, verdict, preset, differs`. `ours` and `theirs`
    are values of the quantity that the statement ends with; they are `None` where there is none, as is
    `standard_error`, which is 0 for what is exact.
    """
    tables = tables or recorded()
    return [claim.judge(tables) for claim in CLAIMS]
