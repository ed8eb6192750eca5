"""What is known of the test error at finite T where the law is not exact: estimates at either design.

At fresh design there are three. The next order in 1/T is right up to O(T^-3); the limit d/T -> gamma up to O(1/d),
derived, not proved; the same with d + 1 for d is right in both ways, a guess. How far it is off at T = 40 is recorded
(paper_repro, `approximation`): within 1 % up to d/T = 1/2; at d/T = 0.8 up to 2 % where a pool has fewer rows than
features, and 8 % where rows are drawn. At d = 1, T = 6 it has been off by 5 %.

At fixed design a law is not exact where rows are drawn. There are the limit then, and the same with d + 1 for d.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from ...derivation import APPROXIMATION, MOST_EXACT, NEXT_ORDER, PROPORTIONAL, Estimate
from ...generator import Generator
from ...workflow import Workflow
from . import next_order, proportional, repeated_rows


def of(
    workflow: Workflow, design: str, gain: Callable[[int], list[Fraction]], generator: Generator
) -> tuple[Estimate, ...]:
    """The estimates under a workflow whose law is not exact.

    Args:
        workflow: what each model is fitted to.
        design: "fixed" or "fresh".
        gain: (iterations) -> c_1, c_2, ….
        generator: how data are sampled from a model.
    """
    if design == "fixed":
        return _fixed(workflow) if generator == Generator() else ()

    def next_objection(numbers: Mapping[str, Any], iterations: int) -> str | None:
        del numbers
        if iterations > MOST_EXACT:
            return f"the next order is listed for at most {MOST_EXACT} iterations; got {iterations}."
        return next_order.objection(workflow, iterations, generator)

    def next_values(numbers: Mapping[str, Any], iterations: int) -> np.ndarray:
        T, d, sigma = numbers["T"], numbers["d"], numbers["sigma"]
        gains, kappas = gain(iterations), next_order.kappa(workflow, iterations, generator)
        c, kappa = (np.array([float(value) for value in values]) for values in (gains, kappas))
        return sigma**2 * d / T * (c + (d + 1) / T * kappa)

    def limit(validity: str, *, corrected: bool) -> Estimate:
        def objection(numbers: Mapping[str, Any], iterations: int) -> str | None:
            T, d = numbers["T"], numbers["d"]
            return proportional.objection(generator.sized(workflow), iterations, T=T, d=d, corrected=corrected)

        def values(numbers: Mapping[str, Any], iterations: int) -> np.ndarray:
            return proportional.errors(workflow, iterations, generator=generator, corrected=corrected, **numbers)

        return Estimate(validity, objection, values)

    return (
        Estimate(NEXT_ORDER, next_objection, next_values),
        limit(PROPORTIONAL, corrected=False),
        limit(APPROXIMATION, corrected=True),
    )


def _fixed(workflow: Workflow) -> tuple[Estimate, ...]:
    """Of a workflow that draws rows."""

    def limit(validity: str, *, corrected: bool) -> Estimate:
        def objection(numbers: Mapping[str, Any], iterations: int) -> str | None:
            return repeated_rows.objection(workflow, iterations, T=numbers["T"], d=numbers["d"], corrected=corrected)

        def values(numbers: Mapping[str, Any], iterations: int) -> np.ndarray:
            return repeated_rows.errors(workflow, iterations, corrected=corrected, **numbers)

        return Estimate(validity, objection, values)

    return limit(PROPORTIONAL, corrected=False), limit(APPROXIMATION, corrected=True)
