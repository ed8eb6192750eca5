"""The claims on least squares, d = 10, by recorded simulations, and the one on language models."""

import math
from collections.abc import Iterator
from functools import partial
from itertools import pairwise

import numpy as np
import sympy as sp

from theory import Accumulate, AccumulateSubsample, Replace, Workflow
from theory.linear import test_error
from theory.measurement import Measurement
from theory.tasks.regression.symbols import ONE_FIT

from ..claim import Claim, Fact, Quantity
from ..experiment import measured
from ..one_law import EXPERIMENT
from ..recorded import Tables
from .published import PUBLISHED
from .simulations import LINEAR
from .subsampled import SUBSAMPLED


def _error(tables: Tables, workflow: Workflow, rows: int, iteration: int = 100, design: str = "fixed") -> Measurement:
    """The test error of linear regression, in units of one fit."""
    name = SUBSAMPLED.name if workflow == AccumulateSubsample() else LINEAR.name
    place = {"workflow": workflow.command(), "design": design, "T": rows, "iteration": iteration}
    return measured(tables, name, **place) / Measurement(10 / (rows - 11))


def _plateau(tables: Tables, rows: int, design: str = "fixed") -> Measurement:
    """The mean over the last 20 of 100 iterations, with the standard error as if they all erred alike."""
    found = [_error(tables, AccumulateSubsample(), rows, iteration, design) for iteration in range(81, 101)]
    return Measurement(
        float(np.mean([one.mean for one in found])), float(np.mean([one.standard_error for one in found]))
    )


def _published(workflow: str, rows: int) -> float:
    return PUBLISHED.value(figure="linear_regression", setting=f"T={rows}", workflow=workflow)


def _over_proportional(tables: Tables, iteration: int) -> Measurement:
    law = test_error(AccumulateSubsample(), design="fresh")
    value = law.evaluate(T=32, d=10, sigma=1, n=iteration, validity="approximation")
    return _error(tables, AccumulateSubsample(), 32, iteration, "fresh") / Measurement(float(value) / (10 / 21))


def _plateau_of_law(rows: int) -> float:
    """The mean over the last 20 of 100 iterations, of the approximation at finite T."""
    law = test_error(AccumulateSubsample(), design="fixed")
    values = law.evaluate(T=rows, d=10, sigma=1, n=range(81, 101), validity="approximation")
    return float(values.mean()) / (10 / (rows - 11))


def _tends_to_its_limit() -> bool:
    limit = test_error(AccumulateSubsample(), design="fixed").limit()
    return limit is not None and sp.simplify(limit / ONE_FIT - (sp.pi**2 / 2 - 2)) == 0


def of_regression() -> Iterator[Claim]:
    """Three workflows, by the test error at T = 32 and 100."""
    theirs = partial(_published, rows=32)
    where = "the authors' vector plot of linear regression, d = 10, σ² = 1 [A]"
    harmonic = float(sp.harmonic(100, 2))
    yield Claim(
        "kazdan-linear-replace",
        "Under Replace the test error of linear regression is n times that of one fit: 99.7 at n = 100, T = 32",
        where,
        theirs("replace"),
        (
            Quantity("E_100 over one fit, T = 32", lambda t: _error(t, Replace(), 32), above=95.0, below=105.0),
            Quantity("the same, T = 100", lambda t: _error(t, Replace(), 100), above=95.0, below=105.0),
        ),
        LINEAR.name,
        replicates=1000,
    )
    yield Claim(
        "kazdan-linear-accumulate",
        "Under Accumulate it ends at 1.65 times that of one fit at n = 100, T = 32",
        f"{where}, which has 1.65, 1.78, 1.68, 1.59 for T = 32, 100, 316, 1000 where the law has {harmonic:.3f}",
        theirs("accumulate"),
        (
            Quantity(
                "E_100 over one fit, T = 32",
                lambda t: _error(t, Accumulate(), 32),
                above=0.97 * harmonic,
                below=1.03 * harmonic,
            ),
            Quantity(
                "the same, T = 100",
                lambda t: _error(t, Accumulate(), 100),
                above=0.97 * harmonic,
                below=1.03 * harmonic,
            ),
        ),
        LINEAR.name,
        replicates=1000,
    )
    yield Claim(
        "kazdan-linear-subsample",
        "Under Accumulate-Subsample it stops at 5.0 times that of one fit at T = 32, 3.3 at T = 100",
        f"{where}, means of the last 20 of 100 iterations",
        theirs("accumulate-subsample"),
        (
            Quantity("mean of E_81 to E_100 over one fit, T = 32", lambda t: _plateau(t, 32), above=4.25, below=5.75),
            Quantity("the same, T = 100", lambda t: _plateau(t, 100), above=2.8, below=3.8),
        ),
        SUBSAMPLED.name,
        replicates=200,
    )
    limit = math.pi**2 / 2 - 2
    yield Claim(
        "kazdan-linear-finite-rows",
        "That the plot ends at 5.0 and not at π²/2 − 2 = 2.93 is what few rows do: the law is of T → ∞",
        "the plot has 5.0, 3.3, 2.84, 2.92 for T = 32, 100, 316, 1000 [A]; the reason is derived here [D]",
        theirs("accumulate-subsample") / limit,
        (
            Quantity("the plateau over that limit, T = 32", lambda t: _plateau(t, 32) / Measurement(limit), above=1.25),
            Quantity("that at T = 32 over that at T = 100", lambda t: _plateau(t, 32) / _plateau(t, 100), above=1.25),
            Quantity(
                "simulated E_8 over the approximation at d/T = 0.31, fresh design, T = 32",
                lambda t: _over_proportional(t, 8),
                above=0.85,
                below=1.15,
            ),
            *(
                Quantity(
                    f"the simulated plateau over the approximation's at fixed design, T = {rows}",
                    partial(lambda t, rows: _plateau(t, rows) / Measurement(_plateau_of_law(rows)), rows=rows),
                    above=0.93,
                    below=1.07,
                )
                for rows in (32, 100)
            ),
            Fact("the law for T → ∞ is bounded, and tends to π²/2 − 2 times one fit", _tends_to_its_limit),
        ),
        SUBSAMPLED.name,
        replicates=200,
    )
    yield Claim(
        "kazdan-linear-between",
        "Accumulate-Subsample's test error lies between Replace's and Accumulate's",
        "section 3, Fig. 4 [N]; the authors' vector plot of linear regression [A]",
        None,
        tuple(
            Quantity(name, measure, above=0.0)
            for rows in (32, 100)
            for name, measure in (
                (
                    f"E_100 over one fit less Accumulate's, T = {rows}",
                    partial(
                        lambda t, rows: _error(t, AccumulateSubsample(), rows) - _error(t, Accumulate(), rows),
                        rows=rows,
                    ),
                ),
                (
                    f"Replace's less that, T = {rows}",
                    partial(
                        lambda t, rows: _error(t, Replace(), rows) - _error(t, AccumulateSubsample(), rows), rows=rows
                    ),
                ),
            )
        ),
        SUBSAMPLED.name,
        replicates=200,
    )


def _excess(tables: Tables, workflow: Workflow, iteration: int) -> Measurement:
    """Of a transformer near its best fit, over that of model 1."""
    place = {"world": "neural", "workflow": workflow.command(), "epochs": "20.0", "iteration": iteration}
    return measured(tables, EXPERIMENT.name, **place)


def of_language() -> Iterator[Claim]:
    """By what was recorded for the figure `one_law`, before these bounds were set."""
    last = EXPERIMENT.iterations
    yield Claim(
        "kazdan-language-between",
        "Accumulate-Subsample's test loss lies between Replace's and Accumulate's for language models too",
        "section 3, language models pretrained on stories [N]",
        None,
        tuple(
            Quantity(
                f"excess of model {last} over model 1's, {high} less {low}",
                partial(
                    lambda t, high, low: _excess(t, high, last) - _excess(t, low, last),
                    high=above,
                    low=below,
                ),
                above=0.0,
            )
            for (above, high), (below, low) in pairwise(
                (
                    (Replace(), "Replace's"),
                    (AccumulateSubsample(), "Accumulate-Subsample's"),
                    (Accumulate(), "Accumulate's"),
                )
            )
        ),
        EXPERIMENT.name,
        differs="a small transformer on texts of two tokens, trained to its best fit; recorded before the bound",
        replicates=256,
    )
