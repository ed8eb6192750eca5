"""A workflow's symbolic reading as a setting of the algebra, or why it does not fit."""

import sympy as sp

from ..symbolic_workflow import SymbolicTrainingSet, SymbolicWorkflow
from ..symbols import k, n
from ..sympy_types import replaced
from .families import PoolRun, Setting
from .indices import NOISE, ROWS, SIGMA, SIZE, N, put


def whole_run_objection(workflow: SymbolicWorkflow) -> str | None:
    """Why a training set is not one run of pools up to the newest, used whole, with all rows counting alike."""
    name, reading = workflow.workflow, workflow.training_set
    if reading is None:
        return f"{name} cannot be read at symbolic n: it branches on the iteration."
    if reading.shares is not None or reading.drawn is not None or len(reading.parts) != 1:
        return f"{name} is not one run of pools used whole, all rows counting alike."
    (first, last, fresh), size = reading.parts[0], reading.size
    if fresh or last != n or first.subs(n, 1) != 1 or size.subs(k, 1) != 1:
        return f"{name} does not go on from real(1) to the newest pool at every iteration."
    return None


def counted(workflow: SymbolicWorkflow, design: str) -> Setting:
    """Training sets whose rows count alike: T times the workflow's multiple in each pool, one sigma for all.

    Raises:
        ValueError: the workflow cannot be read at symbolic n.
    """
    reading = _read(workflow)
    return Setting(
        workflow.workflow,
        design,
        _runs(reading),
        from_start=_goes_on_from_the_first(reading),
        rows=lambda index: sp.expand(ROWS * _size(reading, index)),
        noise=lambda index: SIGMA,
    )


def unequal(workflow: SymbolicWorkflow, design: str) -> Setting:
    """The same with T_k rows and noise sigma_k at pool k, whatever the workflow says of sizes.

    Raises:
        ValueError: the workflow cannot be read at symbolic n.
    """
    reading = _read(workflow)
    return Setting(
        workflow.workflow,
        design,
        _runs(reading),
        from_start=_goes_on_from_the_first(reading),
        rows=lambda index: SIZE[index],
        noise=lambda index: NOISE[index],
        each=True,
    )


def weighted(design: str, *, draws: bool, later_real: bool) -> Setting:
    """Any workflow: pool k, of T_k rows, has the share p(n, k) of the loss of iteration n, later real data q(n, k).

    Args:
        design: "fixed" or "fresh".
        draws: whether training sets are subsamples.
        later_real: whether real data of later iterations may be used.
    """
    return Setting(
        None,
        design,
        None,
        from_start=True,
        rows=_weighted_rows,
        noise=lambda index: SIGMA,
        draws=draws,
        later_real=later_real,
    )


def _weighted_rows(index: sp.Expr) -> sp.Expr:
    return ROWS if index == 1 else SIZE[index]


def _read(workflow: SymbolicWorkflow) -> SymbolicTrainingSet:
    reading = workflow.training_set
    if reading is None:
        raise ValueError(whole_run_objection(workflow))
    return reading


def _runs(reading: SymbolicTrainingSet) -> tuple[PoolRun, ...]:
    return tuple(
        PoolRun(replaced(first, {n: N}), replaced(last, {n: N}), fresh) for first, last, fresh in reading.parts
    )


def _goes_on_from_the_first(reading: SymbolicTrainingSet) -> bool:
    """Whether the runs, read at n = 1, are real(1) alone, of T rows."""
    only = len(reading.parts) == 1 and not reading.parts[0][2] and reading.size.subs(k, 1) == 1
    return only and all(put(end, {n: sp.S.One}) == 1 for end in reading.parts[0][:2])


def _size(reading: SymbolicTrainingSet, index: sp.Expr) -> sp.Expr:
    """Of the chain's pool `index` in multiples of T; real(1) has T rows."""
    return sp.S.One if index == 1 else replaced(reading.size, {k: index})


def collects_later(workflow: SymbolicWorkflow) -> bool:
    """Whether real data of a later iteration may be used: not, if that is shown for every iteration."""
    start, reading = workflow.settled, workflow.settled_training_set
    if start is None or reading is None or any(fresh for *_, fresh in reading.parts):
        return True
    if not start.is_Integer:
        return workflow.training_set is None
    named = (part for m in range(2, int(start) + 1) for part in workflow.workflow.said(m).parts)
    return any(part.fresh_real and part.last > 1 for part in named)
