"""Which of several chains follows which workflow? Their losses read together, from one best loss and one first fit.

Chains that begin with the same model share L, e and b of `theory.diagnose`: the loss of model n of a chain is
L + e c_n + b D_n with c_n and D_n of its own workflow. Each way of giving workflows to chains is held against all
losses at once. Besides, two chains are told apart by their differences alone: whichever way one fit is read, the chain
whose workflow has the larger gain and depth cannot have the smaller mean loss. L drops out of that.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, permutations
from typing import Any

import numpy as np

from .diagnose import cell, errors_of, iterations_of
from .diagnose_errors import BySeed, Contrast
from .diagnose_fit import ORDER, Fit, Seen, fit
from .diagnose_readings import KEPT, SHAPES, Readings, Row, Shapes
from .iterations import as_iterations
from .workflow import Workflow, check_workflow
from .workflows import Accumulate, Replace

#: Chains that are tried in every order: 24 of them.
_MOST = 4

#: A chain's place among the chains, and the number of a model in it.
Place = tuple[int, int]

#: What each chain's models are fitted to.
Assignment = tuple[Workflow, ...]

_Rows = list[Row]


@dataclass(frozen=True)
class _Assigned(Readings[Assignment, Place]):
    """The columns of an assignment: each chain's from its own workflow."""

    shapes: tuple[Shapes, ...]

    @property
    def workflow(self) -> Assignment:  # pyright: ignore[reportIncompatibleVariableOverride]: read alone
        """One each."""
        return tuple(each.workflow for each in self.shapes)

    def rows(self, kind: str, kept: Any, iterations: Sequence[Place]) -> _Rows:
        """A row a loss."""
        return [self.shapes[chain].rows(kind, kept, [n])[0] for chain, n in iterations]


@dataclass(frozen=True)
class Order:
    """Which chain is which, by differences of losses at iterations that chains have in common.

    Attributes:
        workflows: of the chains, in the order that differences speak for.
        p_value: two-sided, of differences as far from 0 if chains did not differ, with errors enlarged.
        enlarged: how many times as large errors are taken, for the likeliest reading just to fit: at least 1.
        unbiased: whether that rests on models that hand on no bias.
    """

    workflows: Assignment
    p_value: float
    enlarged: float
    unbiased: bool


@dataclass(frozen=True)
class JointDiagnosis:
    """What the losses of several chains that share model 1 say of the workflows that they come from.

    Attributes:
        names: of the chains.
        seen: all losses, chain by chain, a model 1 that is the same in all of them once.
        fits: the readings of each assignment, noise alone first.
        order: which chain is which; `None` where that cannot be tested.
        untested: why it cannot; `None` where it is.
    """

    names: tuple[str, ...]
    seen: Seen[Place]
    fits: tuple[Fit[Assignment, Place], ...]
    order: Order | None
    untested: str | None

    @property
    def assignments(self) -> list[Assignment]:
        """In the order in which they were tried."""
        return [one.workflow for one in self.fits if one.kind == "noise"]

    @cached_property
    def possible(self) -> list[dict[str, Workflow]]:
        """The assignments that no test excludes, by any reading: workflows by the names of chains."""
        found = dict.fromkeys(one.workflow for one in self.fits if one.possible)
        return [self._by_name(each) for each in found]

    @property
    def assigned(self) -> dict[str, Workflow] | None:
        """The workflows by the names of chains, where differences tell these apart; `None` where they do not."""
        told = self.order is not None and self.order.p_value < 1 - self.seen.level
        return self._by_name(self.order.workflows) if self.order is not None and told else None

    @property
    def likelihoods(self) -> dict[Assignment, float]:
        """Log-likelihood of each assignment's likeliest reading, less that of free means; the most first."""
        found: dict[Assignment, float] = {}
        for one in self.fits:
            if one.test is not None and _signed(one):
                found[one.workflow] = max(one.test.log_likelihood, found.get(one.workflow, -math.inf))
        return dict(sorted(found.items(), key=lambda pair: -pair[1]))

    def _by_name(self, assignment: Assignment) -> dict[str, Workflow]:
        return dict(zip(self.names, assignment, strict=True))

    @property
    def verdict(self) -> str:
        """What the losses tell, in a sentence or two."""
        return f"{self._fitting()}; {self._telling()}"

    def _fitting(self) -> str:
        count = len(self.assignments)
        if all(one.fits is None for one in self.fits if one.possible) and self.possible:
            return f"no assignment is tested, as {next(one.reason for one in self.fits if one.possible)}"
        if not self.possible:
            return "no assignment fits"
        if len(self.possible) == 1:
            return f"of the {count} assignments only {_told(self.possible[0])} is not excluded"
        return f"{len(self.possible)} of the {count} assignments are not excluded"

    def _telling(self) -> str:
        if self.order is None:
            return f"by differences not told apart, as {self.untested}"
        p = f"p = {self.order.p_value:.2g}" if self.order.p_value else "p < 1e-300"
        if self.order.enlarged > 1:
            p += f", with errors {self.order.enlarged:.3g} times as large, so that the likeliest reading just fits"
        if self.assigned is None:
            return f"by differences not told apart ({p})"
        if_unbiased = "if no model is biased, " if self.order.unbiased else ""
        return f"{if_unbiased}differences tell the chains apart: {_told(self.assigned)} ({p})"

    def values(self) -> dict[str, Any]:
        """As JSON: the keys are those of `python -m theory diagnose --json` for several chains."""
        seen, names = self.seen, self.names
        raised = 0.0 if seen.best_loss is None else seen.best_loss
        likelihoods = self.likelihoods
        return {
            "chains": list(names),
            "losses": [
                {"chain": names[chain], "iteration": n, "loss": float(loss) + raised}
                for (chain, n), loss in zip(seen.iterations, seen.errors.mean, strict=True)
            ],
            "best_loss": seen.best_loss,
            "assumed": seen.errors.assumed,
            "level": seen.level,
            "verdict": self.verdict,
            "possible": [_commands(each) for each in self.possible],
            "assigned": None if self.assigned is None else _commands(self.assigned),
            "order": None
            if self.order is None
            else {
                "workflows": _commands(self._by_name(self.order.workflows)),
                "p_value": self.order.p_value,
                "enlarged": self.order.enlarged,
                "unbiased": self.order.unbiased,
            },
            "untested": self.untested,
            "log_likelihood": [
                {"workflows": _commands(self._by_name(each)), "log_likelihood": value}
                for each, value in likelihoods.items()
            ],
            "fits": [
                {
                    "workflows": _commands(self._by_name(one.workflow)),
                    **{name: value for name, value in one.values(seen.level).items() if name != "rise"},
                    "forecasts": [
                        {"chain": names[chain], "iteration": n, **interval.values()}
                        for (chain, n), interval in one.forecasts.items()
                    ],
                }
                for one in self.fits
            ],
        }

    def __str__(self) -> str:
        """The verdict, a line an assignment, the likeliest first, and for what fits the numbers that follow."""
        lines = [f"{len(self.names)} chains, {len(self.seen.iterations)} losses; {self.seen.errors.assumed}"]
        lines += [self.verdict, "", f"{'p-value of':<50}" + "".join(f"{kind:>12}" for kind in ORDER)]
        rows = {one.workflow: [two for two in self.fits if two.workflow == one.workflow] for one in self.fits}
        ranked = sorted(rows, key=lambda each: -self.likelihoods.get(each, -math.inf))
        for each in ranked:
            lines.append(f"{_told(self._by_name(each)):<50}" + "".join(f"{cell(one):>12}" for one in rows[each]))
        for one in [one for each in ranked for one in rows[each]]:
            if one.possible and one.excess is not None:
                lines += ["", f"{_told(self._by_name(one.workflow))}, {one.kind}:"]
                shown = {"best loss": one.best_loss, "excess of one fit": one.excess, "bias": one.bias}
                shown |= {f"{self.names[k]}, loss of model {n}": found for (k, n), found in one.forecasts.items()}
                lines += [f"  {name:<30}{interval}" for name, interval in shown.items() if interval is not None]
        return "\n".join(lines)


def diagnose_jointly(
    losses: Mapping[str, Any],
    standard_errors: Any = None,
    workflows: Sequence[Workflow] = (Replace(), Accumulate()),
    *,
    iterations: Mapping[str, Sequence[int]] | Sequence[int] | None = None,
    seeds: int | None = None,
    best_loss: float | None = None,
    level: float = 0.95,
    forecasts: Sequence[int] = (20, 100),
) -> JointDiagnosis:
    """Which of several chains, whose first model is one, follows which workflow; arguments are as those of `diagnose`.

    `assigned` names a wrong order in at most half of 1 - `level` of cases, and, where the chains' mean losses are the
    same, any order in at most 1 - `level`, under the assumptions of `diagnose` on errors.

    Args:
        losses: by the names of chains. By seed, row i of all chains is of the same seed. A model 1 whose losses are
            the same in all chains is taken as one model.
        standard_errors: by the names of chains, or one for all losses.
        workflows: of the chains, in any order: as many as there are chains.
        iterations: by the names of chains, or those of each; by default 1, 2, ….
        seeds: how many seeds the standard errors were estimated from.
        best_loss: that of the best model, where it is known.
        level: of intervals and tests.
        forecasts: iterations whose mean losses are to be said of each chain.

    Raises:
        ValueError: fewer than two chains, other than as many workflows, or arguments that `diagnose` refuses.

    >>> found = diagnose_jointly(
    ...     {"a": [2.0, 2.5, 2.8, 3.0], "b": [2.0, 3.0, 4.1, 5.0]}, 0.05, [Replace(), Accumulate()], best_loss=1
    ... )
    >>> found.assigned
    {'a': Accumulate(), 'b': Replace()}
    """
    names = tuple(losses)
    if len(names) < 2:
        raise ValueError(f"a joint diagnosis is of two chains or more; got {len(names)}. Use diagnose for one.")
    if len(names) > _MOST:
        raise ValueError(f"{len(names)} chains are given, and {_MOST} are told apart at most; give fewer at once.")
    for each in workflows:
        check_workflow(each)
    if len(set(workflows)) != len(workflows) or len(workflows) != len(names):
        raise ValueError(f"{len(names)} chains need as many different workflows; got {', '.join(map(str, workflows))}.")
    if not 0 < level < 1:
        raise ValueError(f"level is a share of chains, above 0 and below 1; got {level}. Use 0.95.")
    if best_loss is not None and not math.isfinite(best_loss):
        raise ValueError(f"best_loss must be a finite number; got {best_loss}. Leave it out where it is not known.")
    values = {name: np.asarray(losses[name], dtype=np.float64) for name in names}
    _check_alike(values)
    places = [
        (chain, n)
        for chain, name in enumerate(names)
        for n in iterations_of(_of(iterations, name), values[name].shape[-1])
    ]
    together = np.concatenate([values[name] for name in names], axis=-1)
    deviations = None
    if standard_errors is not None:
        parts = [(_of(standard_errors, name), values[name].shape[-1:]) for name in names]
        if any(np.shape(part) not in ((), length) for part, length in parts):
            raise ValueError(
                "standard errors must be one for each loss of a chain, or one for all; by the chains' names."
            )
        deviations = np.concatenate([np.broadcast_to(np.asarray(part, float), length) for part, length in parts])
    kept = _first_once(places, together)
    errors = errors_of(
        together[..., kept] - (0.0 if best_loss is None else best_loss),
        None if deviations is None else deviations[kept],
        seeds,
    )
    ahead = as_iterations(list(forecasts)) if len(forecasts) else []
    later = tuple((chain, int(n)) for chain in range(len(names)) for n in ahead)
    seen = Seen(tuple(places[place] for place in kept), errors, best_loss, level, later)
    shapes = {each: next((one for one in SHAPES if one.workflow == each), Shapes(each)) for each in workflows}
    assigned = [_Assigned(tuple(shapes[each] for each in row)) for row in permutations(workflows)]
    fits = tuple(fit(seen, each, kind) for each in assigned for kind in ORDER)
    found = JointDiagnosis(names, seen, fits, None, None)
    order = _order(found, shapes)
    return JointDiagnosis(names, seen, fits, *((order, None) if isinstance(order, Order) else (None, order)))


def _of(given: Any, name: str) -> Any:
    """What is given of a chain, or of each.

    Raises:
        ValueError: the chain is left out.
    """
    if isinstance(given, Mapping):
        if name not in given:
            raise ValueError(f"{', '.join(map(str, given))} are given, and there is a chain {name}; give that too.")
        return given[name]
    return given


def _check_alike(values: Mapping[str, np.ndarray]) -> None:
    for name, chain in values.items():
        if chain.ndim not in (1, 2) or chain.size == 0 or not np.isfinite(chain).all():
            raise ValueError(f"the losses of {name} must be finite numbers, one a model, or a row a seed.")
    seeds = {chain.shape[:-1] for chain in values.values()}
    if len(seeds) > 1:
        raise ValueError(
            "chains are compared seed by seed; give each the same seeds, or mean losses with standard errors."
        )


def _first_once(places: Sequence[Place], losses: np.ndarray) -> list[int]:
    """The places of the losses, a model 1 that all chains have with the same losses named once."""
    first = [place for place, (_, n) in enumerate(places) if n == 1]
    if all((losses[..., place] == losses[..., first[0]]).all() for place in first):
        return [place for place in range(len(places)) if place not in first[1:]]
    return list(range(len(places)))


def _signed(one: Fit[Assignment, Place]) -> bool:
    """Whether excess and bias may have the signs that they have."""
    return all(part is None or part.high is None or part.high >= 0 for part in (one.excess, one.bias))


def _order(found: JointDiagnosis, shapes: Mapping[Workflow, Shapes]) -> Order | str:
    """The order that differences speak for, or why there is none.

    Of k chains a wrong order has two the wrong way round: one of k(k - 1)/2 pairs of chains with one of as many pairs
    of workflows. The p-value is the least telling pair's, times the number of such choices.
    """
    seen = found.seen
    unbiased = False
    common = [
        [n for n in (n for chain, n in seen.iterations if chain == one) if (other, n) in seen.iterations]
        for one, other in combinations(range(len(found.names)), 2)
    ]
    for pair in combinations(shapes, 2):
        for iterations in common:
            objection = _crossing(shapes, pair, iterations, ("gain",))
            if objection is not None:
                return objection
            unbiased |= _crossing(shapes, pair, iterations, ORDER[1:]) is not None
    signed = {order: _least(found, shapes, order) for order in permutations(shapes)}
    best = max(signed, key=lambda order: -math.inf if (least := signed[order]) is None else least.t)
    least = signed[best]
    if least is None:
        return "nothing says how large the errors are; give standard errors, or losses by seed"
    sizes = [one.test.stretch(seen.level) for one in found.fits if one.test is not None and _signed(one)]
    enlarged = 1.0 if isinstance(seen.errors, BySeed) else max(1.0, min(sizes, default=1.0))
    p = Contrast(max(0.0, least.t / enlarged), least.freedom).p_value
    return Order(best, min(1.0, p * math.comb(len(found.names), 2) ** 2), enlarged, unbiased)


def _differences(shapes: Mapping[Workflow, Shapes], pair: Sequence[Workflow], at: Sequence[int], kind: str, kept: Any):
    """One workflow's column less the other's."""
    columns = [[row[-1] for row in shapes[each].rows(kind, kept, at)] for each in pair]
    return [one - other for one, other in zip(*columns, strict=True)]


def _crossing(
    shapes: Mapping[Workflow, Shapes], pair: Sequence[Workflow], at: Sequence[int], kinds: Sequence[str]
) -> str | None:
    """Why differences of two workflows' losses have no sign, or none that goes with that of their gains."""
    gains = _differences(shapes, pair, at, "noise", None) if at else []
    if not any(gains):
        return f"{pair[0]} and {pair[1]} have the same gain at the iterations that chains have in common"
    sign = 1 if sum(gains) > 0 else -1
    tried = [(kind, z) for kind in kinds for z in (KEPT if kind == "forgetting" else (None,)) if kind != "gain"]
    columns = [gains, *(_differences(shapes, pair, at, kind, z) for kind, z in tried)]
    if any(sign * value < 0 for column in columns for value in column):
        return f"the gains of {pair[0]} and {pair[1]} cross"
    return None


def _least(found: JointDiagnosis, shapes: Mapping[Workflow, Shapes], order: Assignment) -> Contrast | None:
    """Of all pairs of chains the difference that is least what the order says, in its standard errors."""
    seen, all_told = found.seen, []
    for one, other in combinations(range(len(order)), 2):
        weights = np.zeros(len(seen.iterations))
        common = [n for chain, n in seen.iterations if chain == one and (other, n) in seen.iterations]
        for n, weight in zip(
            common, _differences(shapes, (order[one], order[other]), common, "noise", None), strict=True
        ):
            weights[seen.iterations.index((one, n))] += float(weight)
            weights[seen.iterations.index((other, n))] -= float(weight)
        all_told.append(seen.errors.contrast(weights))
    return None if None in all_told else min(filter(None, all_told), key=lambda each: each.t)


def _told(assignment: Mapping[str, Workflow]) -> str:
    return ", ".join(f"{name}: {workflow}" for name, workflow in assignment.items())


def _commands(assignment: Mapping[str, Workflow]) -> dict[str, str]:
    return {name: str(workflow) for name, workflow in assignment.items()}
