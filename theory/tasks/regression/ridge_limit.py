"""Any workflow with a ridge, in the limit d/T -> gamma, for any spectrum, and rows more or fewer than features.

The master equation (`master`) with the penalties of the training sets, and as force what they pull w* by. At fixed
design all pools are one group of T rows. Without a ridge, and rows fewer than features, the penalty tends to 0; from a
training set on whose rows are within one of the features the error is infinite.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from ...derivation import PROPORTIONAL, Derivation, Derived, Step
from ...generator import Generator
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import n
from ...sympy_types import as_expression
from ...workflow import Workflow
from .master import Groups, Space, second_moments
from .proportional import MOST, MOST_DRAWS, groups
from .ridge import ERROR, Ridge, RidgeError

#: In place of no ridge, in units of the mean eigenvalue: small beside 1/T, and far above what rounding adds.
_VANISHING = 1e-7

#: Eigenvalues x groups x iterations^2: what the equation is kept in.
_MOST_NUMBERS = 3 * 10**7

_STEPS = (
    Step(
        "leave one out",
        r"\Theta_j = \Big(\Lambda + s_j \sum_g C_g A_g^{-1}\Big)^{-1},\quad A_g = I + \tfrac{d}{T_g} \tau C_g,"
        r"\quad \tau = \tfrac{1}{d} \sum_j m_j s_j \Theta_j",
        "each row and each coordinate is left out in turn; derived for d/T -> gamma, not proved",
    ),
    Step(
        "second moments",
        r"K = \sum_j s_j w_j^2 \Theta_j \lambda \lambda^{\top} \Theta_j^{\top}"
        r" + \sum_{j,g} \tfrac{m_j s_j^2}{T_g} \Theta_j Q_g \Theta_j^{\top},\quad E_n = K_{nn}",
        "Q_g are the residuals of the rows of a group; K is solved for row by row",
    ),
)


def objection(workflow: SymbolicWorkflow, design: str, ridge: Ridge) -> str | None:
    """Why there is no law at all; `None` where this is one."""
    del ridge
    if workflow.workflow.is_symbolic:
        return f"{workflow.workflow} has symbols for parameters; with a ridge its law needs numbers for them."
    if design == "fixed" and (workflow.draws or not workflow.in_whole_multiples):
        return (
            f"with a ridge there is no law at fixed design for {workflow.workflow}: it draws rows of X, or has pools "
            "that are no whole multiples of it. Take design='fresh', or leave ridge out."
        )
    return None


def derive(workflow: SymbolicWorkflow, design: str, ridge: Ridge) -> Derived:
    """The test error of model n."""
    return Derived(
        as_expression(ERROR(n)),
        Derivation(_STEPS),
        "new here",
        PROPORTIONAL,
        spread=RidgeError(workflow.workflow, design, ridge),
        values=partial(errors, workflow.workflow, design, ridge),
        own_gain=False,
    )


def errors(
    workflow: Workflow, design: str, ridge: Ridge, numbers: Mapping[str, Any], iterations: np.ndarray
) -> np.ndarray:
    """E_n at the iterations.

    Args:
        workflow: of whole pools, at fresh design also with draws.
        design: "fixed" or "fresh".
        ridge: with any spectrum.
        numbers: T, d and sigma.
        iterations: counted from 1.

    Raises:
        ValueError: too many iterations, or an equation that was not solved.
    """
    last, T = int(iterations.max()), numbers["T"]
    spectrum = ridge.of_features(numbers["d"])
    draws = sum(workflow.drawn(iteration) is not None for iteration in range(1, last + 1))
    if last > MOST or draws >= MOST_DRAWS:
        most = MOST_DRAWS if draws >= MOST_DRAWS else MOST
        raise ValueError(
            f"with a ridge the limit d/T -> gamma of {workflow} is found for {most} iterations; got {last}."
        )
    ended = _infinite_from(workflow, ridge, numbers, last)
    last = min(last, ended - 1)
    found = groups(workflow, last, T, numbers["sigma"], Generator())
    if design == "fixed":
        found = _shared(found, T)
    if len(spectrum.values) * len(found.rows) * last**2 > _MOST_NUMBERS:
        raise ValueError(
            f"the limit d/T -> gamma takes too much memory for {last} iterations of {len(spectrum.values)} eigenvalues "
            "and as many pools. Ask for fewer iterations, or join eigenvalues that are nearly equal."
        )
    moments = second_moments(found, space(workflow, ridge, T, numbers["d"], last), corrected=False)
    return np.concatenate([np.diag(moments), np.full(int(iterations.max()) - last, np.inf)])[iterations]


def _infinite_from(workflow: Workflow, ridge: Ridge, numbers: Mapping[str, Any], last: int) -> int:
    """The first iteration, `last` + 1 at most, whose rows are within one of the features, without a ridge."""
    if ridge.penalty:
        return last + 1
    for iteration in range(1, last + 1):
        if abs(workflow.composition(iteration).fitted * numbers["T"] - numbers["d"]) < 2:
            return iteration
    return last + 1


def space(workflow: Workflow, ridge: Ridge, T: int, d: int, iterations: int) -> Space:
    """The features, w* and the penalties of models 1 to `iterations`; model 0 stands for labels' shift, which is 0."""
    spectrum = ridge.of_features(d)
    rows = [float(_rows(workflow, iteration) * T) for iteration in range(1, iterations + 1)]
    # the mean eigenvalue is that of the features' variances
    mean = float(np.dot(spectrum.values, spectrum.multiplicities)) / d
    penalties = np.array([1.0, *(ridge.penalty_at(m) if ridge.penalty else _VANISHING * mean for m in rows)])
    pull = np.concatenate([[0.0], penalties[1:]])
    forces = np.array(spectrum.energies)[:, None, None] * np.outer(pull, pull)
    return Space(np.array(spectrum.values), np.array(spectrum.multiplicities, float), forces, penalties)


def _rows(workflow: Workflow, iteration: int) -> Any:
    """Of a training set, in multiples of T: those drawn, or all."""
    composition = workflow.composition(iteration)
    return composition.rows if composition.drawn is None else composition.drawn


def _shared(found: Groups, T: int) -> Groups:
    """All pools as copies of the same T rows, whose noises are means over the copies."""
    weights = T / found.rows
    noise = (found.noise * weights[:, None, None]).sum(0)
    return Groups(found.coefficients.sum(0)[None], noise[None], np.array([float(T)]))
