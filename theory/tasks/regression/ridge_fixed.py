"""Fixed design with a ridge, any workflow of whole pools: exact at finite T, where all features are alike.

Given X all fits share the eigenvectors of A = X'X, and each eigenvalue u has a recursion of its own. In model n a share
h_n = u/(u + T lambda_n) of what its training set says is kept, lambda_n beside the mean over its rows. With p_nk the
share of pool k, labelled by model l(k), 0 the truth, e_k the noise of pool k,

    b_n = 1 - h_n + h_n sum_k p_nk b_l(k),   b_0 = 0;      r_n = h_n sum_k p_nk (e_k + r_l(k)),   r_0 = 0,
    E_n = E tr [|w*|^2 b_n^2/d + sigma^2 v_n/u],   v_n = Var r_n T/T_k,   b_n = 1 where u = 0.

For one h at all n, b_n = 1 - g_n(h), with g_n(z) = E z^depth (`theory.depth`): w* is forgotten as fast as depth grows.
Under Accumulate g_n ~ n^(h-1)/Gamma(h), and E_n -> |w*|^2: a ridge that grows with the rows ends in nothing. New here.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from ...algebra.reading import whole_run_objection
from ...asymptotics import Growth
from ...derivation import EXACT, Derivation, Derived, Step
from ...exact import exact
from ...pools import Pool
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import n
from ...sympy_types import as_expression, rational
from ...workflow import Workflow
from . import wishart
from .ridge import Ridge, RidgeError

#: Arrays of float64.
Array = np.ndarray

#: Iterations of a workflow whose training sets are no single run of pools: each pool's noise is followed.
MOST = 200

_STEPS = (
    Step(
        "one basis",
        r"\hat w_n = \sum_k p_{nk} (W + \lambda_n)^{-1} (W \hat w_{\ell(k)} + \tfrac{1}{T} X^{\top} \varepsilon_k)",
        "all pools share X, with W = X'X/T, whose eigenvectors do not change",
    ),
    Step(
        "depth",
        r"b_n = 1 - h_n + h_n \sum_k p_{nk} b_{\ell(k)},\quad r_n = h_n \sum_k p_{nk} (\varepsilon_k + r_{\ell(k)}),"
        r"\quad h_n = \frac{\mu}{\mu + \lambda_n}",
        "for each eigenvalue mu of W; with one h for all n the bias is 1 - g_n(h)",
    ),
    Step(
        "Wishart eigenvalues",
        r"E_n = \mathbb{E} \sum_j \Big[\tfrac{1}{d} \|w^*\|^2 b_n(\mu_j)^2 + \sigma^2 \tfrac{v_n(\mu_j)}{T \mu_j}\Big]",
        "the eigenvectors are uniform and independent of the eigenvalues, over which the mean is taken",
    ),
)


def objection(workflow: SymbolicWorkflow, design: str, ridge: Ridge) -> str | None:
    """Why this is not the law; `None` where it is."""
    if design != "fixed" or workflow.draws or not workflow.in_whole_multiples:
        return f"{workflow.workflow} at {design} design does not use the same rows at each iteration."
    return None if ridge.is_isotropic else "features differ."


def derive(workflow: SymbolicWorkflow, design: str, ridge: Ridge) -> Derived:
    """The test error of model n."""
    read = workflow.training_set
    keeps_all = whole_run_objection(workflow) is None and read is not None and read.parts[0][0] == 1
    forgets = keeps_all and read is not None and read.size == 1 and ridge.scaled
    risk = rational(exact(ridge.signal) ** 2 * exact(1.0 if ridge.spectrum is None else ridge.spectrum.values[0]))
    return Derived(
        as_expression(sp.Function("E")(n)),
        Derivation(_STEPS),
        "new here",
        EXACT,
        growth=Growth("bounded", risk) if forgets else None,
        looked_at=workflow.looked_at,
        spread=RidgeError(workflow.workflow, design, ridge),
        values=partial(errors, workflow.workflow, ridge, single_run=_is_single_run(workflow)),
        own_gain=False,
    )


def _is_single_run(workflow: SymbolicWorkflow) -> bool:
    """Whether the training sets are all pools so far, or the newest alone: then one number follows all noises."""
    read = workflow.training_set
    return whole_run_objection(workflow) is None and read is not None and read.parts[0][0] in (1, n)


def errors(
    workflow: Workflow, ridge: Ridge, numbers: Mapping[str, Any], iterations: Array, *, single_run: bool
) -> Array:
    """E_n at the iterations, averaged over X.

    Args:
        workflow: of whole pools.
        ridge: isotropic, with a penalty above 0.
        numbers: T, d and sigma.
        iterations: counted from 1.
        single_run: whether each training set is all pools so far, or the newest alone.

    Raises:
        ValueError: too many iterations, or as `wishart.mean`.
    """
    T, d, last = numbers["T"], numbers["d"], int(iterations.max())
    if last > MOST and not single_run:
        raise ValueError(f"with a ridge {workflow} is followed for at most {MOST} iterations; got {last}.")
    spectrum = ridge.of_features(d)
    follow = followed_by_run if single_run else followed

    def summed(u: Array) -> Array:
        lost, noise = follow(workflow, last, partial(shrinkage, ridge, workflow, spectrum.values[0], T, u))
        return np.stack([lost**2, noise / u])

    bias, variance = wishart.mean(summed, T, d)
    found = spectrum.risk / d * (d - min(T, d) + bias) + numbers["sigma"] ** 2 * variance
    return found[iterations - 1]


def shrinkage(ridge: Ridge, workflow: Workflow, scale: float, T: int, u: Array, iteration: int) -> Array:
    """h_n at the eigenvalues u of X'X, x having the covariance scale · I."""
    rows = float(workflow.composition(iteration).rows) * T
    return u / (u + T * ridge.penalty_at(rows) / scale)


def followed(workflow: Workflow, iterations: int, h: Callable[[int], Array]) -> tuple[Array, Array]:
    """b_n and v_n for n = 1, …, `iterations`, of shape (iterations, …), for any workflow of whole pools.

    Args:
        workflow: whose training sets are followed.
        iterations: how many.
        h: (iteration) -> h_n, an array.
    """
    names: dict[Pool, int] = {}
    sets = [workflow.shares(iteration) for iteration in range(1, iterations + 1)]
    for pool in (pool for shares in sets for pool in shares):
        names.setdefault(pool, len(names))
    sizes = np.array([float(workflow.size(pool)) for pool in names])
    shape = h(1).shape
    lost = np.zeros((iterations + 1, *shape))
    noises = np.zeros((iterations + 1, len(names), *shape))
    for iteration, shares in enumerate(sets, 1):
        kept, own, inherited = h(iteration), np.zeros(len(names)), np.zeros(iterations + 1)
        for pool, share in shares.items():
            own[names[pool]] += float(share)
            inherited[pool.labelled_by] += float(share) if pool.labelled_by else 0.0
        before = np.tensordot(inherited[:iteration], noises[:iteration], 1)
        noises[iteration] = kept * (before + own.reshape(-1, *[1] * len(shape)))
        lost[iteration] = 1 - kept + kept * np.tensordot(inherited[:iteration], lost[:iteration], 1)
    return lost[1:], np.einsum("nk...,k->n...", noises[1:] ** 2, 1 / sizes)


def followed_by_run(workflow: Workflow, iterations: int, h: Callable[[int], Array]) -> tuple[Array, Array]:
    """The same where training set n is the one before and pool n, or pool n alone.

    With N_n rows N_n (mu + lambda_n) w_n = N_{n-1} (mu + lambda_{n-1}) w_{n-1} + T_n mu (w_{n-1} + e_n); pool n alone
    lacks the first term.
    """
    kept = h(1)
    lost, noise = [1 - kept], [kept**2]
    for iteration in range(2, iterations + 1):
        rows, size = float(workflow.composition(iteration).rows), float(workflow.size(Pool(iteration)))
        before, kept = kept, h(iteration)
        new, old = size / rows, 1 - size / rows
        handed_on = kept * (new + old / before)
        lost.append(1 - handed_on * (1 - lost[-1]))
        noise.append(handed_on**2 * noise[-1] + (kept * new) ** 2 / size)
    return np.stack(lost), np.stack(noise)
