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

from ... import recursion
from ...algebra.reading import whole_run_objection
from ...asymptotics import Growth
from ...derivation import EXACT, PROPORTIONAL, Derivation, Derived, Estimate, Step
from ...pools import Pool
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import k, n
from ...sympy_types import as_expression, factored
from ...workflow import Workflow
from . import ridge_enclosed, ridge_envelopes, ridge_limit, wishart
from .ridge import ERROR, Ridge, RidgeError

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
    read, run = workflow.training_set, run_of(workflow)
    forgets = run == "all" and read is not None and read.size == 1 and ridge.scaled
    in_limit = partial(ridge_limit.errors, workflow.workflow, design, ridge)
    limit = Estimate(PROPORTIONAL, lambda *_: None, lambda numbers, last: in_limit(numbers, np.arange(1, last + 1)))
    return Derived(
        as_expression(ERROR(n)),
        Derivation((*_STEPS, ridge_envelopes.STEP)),
        "new here",
        EXACT,
        growth=Growth("bounded", ridge_envelopes.risk(ridge)) if forgets else None,
        looked_at=workflow.looked_at,
        spread=RidgeError(workflow.workflow, design, ridge),
        values=partial(errors, workflow.workflow, ridge, run=run),
        own_gain=False,
        estimates=(limit,),
        at_numbers=partial(ridge_enclosed.fixed, workflow.workflow, ridge, forgets=run is not None),
        envelopes=ridge_envelopes.fixed(ridge, recursion.solve(workflow).expr, rows_of_run(workflow, run)),
    )


def run_of(workflow: SymbolicWorkflow) -> str | None:
    """Whether the training sets are "all" pools so far, or the "newest" alone: then one number follows all noises."""
    read = workflow.training_set
    if whole_run_objection(workflow) is not None or read is None:
        return None
    return {n: "newest", sp.S.One: "all"}.get(read.parts[0][0])


def rows_of_run(workflow: SymbolicWorkflow, run: str | None) -> sp.Expr | None:
    """Those of training set n, in multiples of T; `None` where it is no single run of pools."""
    read = workflow.training_set
    if run is None or read is None:
        return None
    return as_expression(read.size.subs(k, n) if run == "newest" else factored(sp.summation(read.size, (k, 1, n))))


def errors(
    workflow: Workflow, ridge: Ridge, numbers: Mapping[str, Any], iterations: Array, *, run: str | None
) -> Array:
    """E_n at the iterations, averaged over X.

    Args:
        workflow: of whole pools.
        ridge: isotropic, with a penalty above 0.
        numbers: T, d and sigma.
        iterations: counted from 1.
        run: "all" or "newest" where each training set is all pools so far, or the newest alone.

    Raises:
        ValueError: too many iterations, or as `wishart.mean`.
    """
    T, d, last = numbers["T"], numbers["d"], int(iterations.max())
    if last > MOST and run is None:
        raise ValueError(f"with a ridge {workflow} is followed for at most {MOST} iterations; got {last}.")
    spectrum = ridge.of_features(d)

    def summed(u: Array) -> Array:
        def kept(rows: float) -> Array:
            return u / (u + T * ridge.penalty_at(rows * T) / spectrum.values[0])

        follow = followed(workflow, last, kept) if run is None else followed_by_run(workflow, last, kept, run)
        lost, noise = follow
        return np.stack([lost**2, noise / u])

    bias, variance = wishart.mean(summed, T, d)
    found = spectrum.risk / d * (d - min(T, d) + bias) + numbers["sigma"] ** 2 * variance
    return found[iterations - 1]


def followed(workflow: Workflow, iterations: int, kept: Callable[[float], Array]) -> tuple[Array, Array]:
    """b_n and v_n for n = 1, …, `iterations`, of shape (iterations, …), for any workflow of whole pools.

    Args:
        workflow: whose training sets are followed.
        iterations: how many.
        kept: (rows in multiples of T) -> h, an array.
    """
    names: dict[Pool, int] = {}
    sets = [workflow.shares(iteration) for iteration in range(1, iterations + 1)]
    for pool in (pool for shares in sets for pool in shares):
        names.setdefault(pool, len(names))
    sizes = np.array([float(workflow.size(pool)) for pool in names])
    shape = kept(1.0).shape
    lost = np.zeros((iterations + 1, *shape))
    noises = np.zeros((iterations + 1, len(names), *shape))
    for iteration, shares in enumerate(sets, 1):
        h, own, inherited = (
            kept(sizes[[names[pool] for pool in shares]].sum()),
            np.zeros(len(names)),
            np.zeros(iteration),
        )
        for pool, share in shares.items():
            own[names[pool]] = float(share)
            # the truth, which labels real data, has lost nothing and heard no noise
            inherited[pool.labelled_by] += float(share)
        noises[iteration] = h * (np.tensordot(inherited, noises[:iteration], 1) + own.reshape(-1, *[1] * len(shape)))
        lost[iteration] = 1 - h + h * np.tensordot(inherited, lost[:iteration], 1)
    return lost[1:], np.einsum("nk...,k->n...", noises[1:] ** 2, 1 / sizes)


def followed_by_run(
    workflow: Workflow, iterations: int, kept: Callable[[float], Array], run: str
) -> tuple[Array, Array]:
    """The same where training set n is the one before and pool n, or pool n alone, by one number for all noises.

    With N_n rows N_n (mu + lambda_n) w_n = N_{n-1} (mu + lambda_{n-1}) w_{n-1} + T_n mu (w_{n-1} + e_n); pool n alone
    lacks the first term.

    Args:
        workflow: whose pools these are.
        iterations, kept: as in `followed`.
        run: "all" or "newest".
    """
    rows, h = 1.0, kept(1.0)
    lost, noise = [1 - h], [h**2]
    for iteration in range(2, iterations + 1):
        size, before = float(workflow.size(Pool(iteration))), h
        rows = rows + size if run == "all" else size
        new, h = size / rows, kept(rows)
        # of what model n - 1 is: by its own pool, and by the rows before
        handed_on = h * new + (h * (1 - new) / before if run == "all" else 0)
        lost.append(1 - handed_on * (1 - lost[-1]))
        noise.append(handed_on**2 * noise[-1] + (h * new) ** 2 / size)
    return np.stack(lost), np.stack(noise)
