"""The claims on linear regression, judged by exact laws, proofs, and a recorded simulation."""

import math
from functools import cache

import sympy as sp

from theory import Accumulate, Proved, Replace, ReplaceGrowing, Tightest, Workflow, check_bound, tightest
from theory.linear import test_error
from theory.measurement import Measurement
from theory.symbols import T, n
from theory.tasks.regression.symbols import ONE_FIT, d, sigma

from ..claim import Claim, Fact, Quantity
from ..recorded import Tables, matching
from .linear import CLAIMS as SIMULATED, ISOTROPY


def _simulated(
    tables: Tables, workflow: Workflow, design: str, iteration: int, name: str = SIMULATED.name
) -> Measurement:
    """The mean test error in units of one fit, sigma^2 d/(T - d - 1)."""
    place = {"workflow": workflow.command(), "design": design, "iteration": str(iteration)}
    row = next(matching(tables(name), place))
    unit = float(ONE_FIT.subs({T: int(row["T"]), d: int(row["d"]), sigma: sp.sqrt(sp.Rational(row["sigma2"]))}))
    return Measurement(float(row["mean"]) / unit, float(row["standard_error"]) / unit)


def _is(workflow: Workflow, design: str, expression: sp.Expr) -> bool:
    """Whether the law is this expression in T, d, sigma, n."""
    return sp.simplify(test_error(workflow, design=design).closed_form() - expression) == 0


def _growth(workflow: Workflow, design: str) -> str | None:
    """How the law grows with n, where that is proved."""
    growth = test_error(workflow, design=design).growth()
    return None if growth is None else growth.kind


@cache
def _bounded(design: str) -> bool:
    """Whether the law of Accumulate is proved to stay below pi^2/6 times the error of one fit."""
    return isinstance(check_bound(test_error(Accumulate(), design=design), sp.pi**2 / 6 * ONE_FIT), Proved)


@cache
def _least_constant(design: str) -> sp.Expr | None:
    """The least C with the law of Accumulate at most C times the error of one fit, for all T, d, n, if it is proved."""
    found = tightest(test_error(Accumulate(), design=design))
    return found.constant if isinstance(found, Tightest) else None


def _harmonic(order: int, iterations: int = 50) -> float:
    """The sum of 1/i^order."""
    return float(sp.harmonic(iterations, order))


def _plateau(design: str, rows: int) -> Measurement:
    """The limit of the Accumulate law for n -> oo at so many rows and d = 32, in units of one fit."""
    at = {T: rows, d: 32, sigma: 1}
    return Measurement(float((test_error(Accumulate(), design=design).limit() / ONE_FIT).subs(at)))


_SIMULATION = {"experiment": SIMULATED.name, "replicates": 10_000}

LINEAR = (
    Claim(
        "linear-replace",
        "Under Replace the test error of linear regression grows linearly, n times that of one fit",
        "section 3, eq. (4), credited to 2402.07712 [N]",
        50.0,
        (
            Quantity(
                "E_50 over that of one fit", lambda t: _simulated(t, Replace(), "fixed", 50), above=49.0, below=51.0
            ),
            Quantity("the same, fresh design", lambda t: _simulated(t, Replace(), "fresh", 50), above=49.0, below=51.0),
            Fact("the law is n times that of one fit", lambda: _is(Replace(), "fixed", n * ONE_FIT)),
        ),
        **_SIMULATION,
    ),
    Claim(
        "linear-accumulate-sum",
        "Under Accumulate the test error is exactly the sum of 1/i² times that of one fit",
        "section 3, Theorem 2, eq. (3) [N]",
        _harmonic(2),
        (
            Quantity(
                "E_50 over that of one fit, fixed design",
                lambda t: _simulated(t, Accumulate(), "fixed", 50),
                above=0.99 * _harmonic(2),
                below=1.01 * _harmonic(2),
            ),
            Fact("the law is that sum", lambda: _is(Accumulate(), "fixed", sp.harmonic(n, 2) * ONE_FIT)),
        ),
        **_SIMULATION,
    ),
    Claim(
        "linear-accumulate-bound",
        "Under Accumulate the test error stays below π²/6 times that of one fit",
        "section 3, Theorem 2, eq. (3) [N]",
        math.pi**2 / 6,
        (
            Quantity(
                "E_50 over that of one fit, fixed design",
                lambda t: _simulated(t, Accumulate(), "fixed", 50),
                below=math.pi**2 / 6,
            ),
            Fact("the bound is proved at fixed design", lambda: _bounded("fixed")),
            Fact("the bound is proved at fresh design", lambda: _bounded("fresh")),
        ),
        **_SIMULATION,
    ),
    *(
        claim
        for design, where, theirs in (
            ("fixed", "section 3, Theorem 2; that the constant is the least is derived here [D]", math.pi**2 / 6),
            ("fresh", "not said in the paper, whose proof relabels one X [N]; derived here [D]", None),
        )
        for claim in (
            Claim(
                f"linear-bound-tight-{design}",
                f"No constant below π²/6 bounds Accumulate for all T, d and n at {design} design",
                where,
                theirs,
                (
                    Quantity(
                        "E_∞ over that of one fit, T = 1,000,000, d = 32",
                        lambda t, design=design: _plateau(design, 1_000_000),
                        above=0.999 * math.pi**2 / 6,
                    ),
                    Fact("π²/6 is the least constant", lambda design=design: _least_constant(design) == sp.pi**2 / 6),
                ),
                **_SIMULATION,
            ),
            Claim(
                f"linear-bound-approached-{design}",
                f"At T = 100, d = 32 Accumulate comes as near to π²/6 as one likes for n → ∞, at {design} design",
                where,
                theirs,
                (
                    Quantity(
                        "E_∞ over that of one fit, T = 100, d = 32",
                        lambda t, design=design: _plateau(design, 100),
                        above=0.999 * math.pi**2 / 6,
                    ),
                ),
                **_SIMULATION,
            ),
        )
    ),
    Claim(
        "linear-isotropy",
        "The laws hold though the features are not isotropic",
        "section 3 states them for isotropic features [N]; that these are not needed is derived here [D]",
        None,
        (
            Quantity(
                "E_10 over the law, Accumulate, covariance with eigenvalues k⁻²",
                lambda t: _simulated(t, Accumulate(), "fixed", 10, ISOTROPY.name) / Measurement(_harmonic(2, 10)),
                above=0.97,
                below=1.03,
            ),
            Quantity(
                "the same, Replace",
                lambda t: _simulated(t, Replace(), "fixed", 10, ISOTROPY.name) / Measurement(10.0),
                above=0.97,
                below=1.03,
            ),
        ),
        experiment=ISOTROPY.name,
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
                    / Measurement(math.log(2))
                ),
                above=0.9,
                below=1.1,
            ),
            *(
                Fact(
                    f"the law is logarithmic at {design} design",
                    lambda design=design: _growth(ReplaceGrowing(), design) == "logarithmic",
                )
                for design in ("fixed", "fresh")
            ),
        ),
        **_SIMULATION,
    ),
)
