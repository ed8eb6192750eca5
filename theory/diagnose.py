"""Which workflow's law do measured losses follow? From a chain of models that someone trained anywhere.

The mean loss of model n is L + e c_n, plus what is handed on by depth (`theory.diagnose_readings`). Each candidate's
shapes are exact; what is estimated is linear, so that tests and intervals are those of `theory.diagnose_errors`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .diagnose_errors import BySeed, Errors, Independent
from .diagnose_fit import ORDER, Fit, Seen, fit
from .diagnose_readings import KINDS, SHAPES, Shapes
from .iterations import as_iterations
from .workflow import Workflow, check_workflow

#: Standard errors of so few seeds differ by chance; beyond this they are not of one size.
_UNEQUAL = 0.01

#: A p-value beyond which errors are not what was stated.
_TOO_NEAR = 0.999

#: Candidates that a verdict names; the table below it has all.
_NAMED = 4


@dataclass(frozen=True)
class Diagnosis:
    """What measured losses say of the workflow that they come from.

    Attributes:
        seen: the losses, what is known of their errors, and what was asked.
        fits: each candidate's readings, noise alone first.
        alike: groups of candidates that no losses at these iterations tell apart by the gain.
    """

    seen: Seen[int]
    fits: tuple[Fit[Workflow, int], ...]
    alike: tuple[tuple[Workflow, ...], ...]

    @property
    def candidates(self) -> list[Workflow]:
        """In the order in which they were tried."""
        return [one.workflow for one in self.fits if one.kind == "noise"]

    @property
    def possible(self) -> list[Workflow]:
        """The candidates that no test excludes, by any reading."""
        return [each for each in self.candidates if any(one.possible for one in self.fits if one.workflow is each)]

    @property
    def possible_if_unbiased(self) -> list[Workflow]:
        """Those whose gain alone is not excluded."""
        return [one.workflow for one in self.fits if one.kind == "noise" and one.possible]

    @property
    def only(self) -> Workflow | None:
        """The one candidate whose gain fits, where all others are excluded, with bias too; `None` where there is none.

        A candidate that fits with bias alone is never it: a bias may have other shapes than those tried, and a chain
        whose models are not trained alike looks like one.
        """
        return self._one(self.possible)

    @property
    def only_if_unbiased(self) -> Workflow | None:
        """The same where the others are excluded by their gain alone: if models are known to hand on no bias."""
        return self._one(self.possible_if_unbiased)

    def _one(self, possible: list[Workflow]) -> Workflow | None:
        fitting = [one.workflow for one in self.fits if one.kind == "noise" and one.fits]
        return possible[0] if len(self.candidates) > 1 and len(possible) == 1 and fitting == possible else None

    @property
    def assumed(self) -> str:
        """Of the errors, and of the chain."""
        return f"{self.seen.errors.assumed}; every model is trained in the same way"

    @property
    def note(self) -> str | None:
        """That the errors seem to go together, where losses are nearer to a law than independent errors are."""
        for one in self.fits:
            if one.test is not None and one.test.name == "chi-square" and one.test.p_value > _TOO_NEAR:
                return (
                    f"losses are nearer to {one.workflow} than independent errors would be (p = 1 - "
                    f"{one.test.above:.1g}): errors of one chain go together, or are stated too large. Tests are then "
                    "too mild and intervals may be too narrow; give the losses by seed"
                )
        return None

    @property
    def verdict(self) -> str:
        """What the losses tell, in a sentence or two."""
        said, unbiased = self._said(self.possible, ORDER), self._said(self.possible_if_unbiased, ORDER[:1])
        return said if said == unbiased else f"{said}; if no model is biased: {unbiased}"

    def _said(self, possible: list[Workflow], kinds: Sequence[str]) -> str:
        judged = [one for one in self.fits if one.kind in kinds]
        if all(one.fits is None for one in judged if one.possible) and possible:
            return f"the data cannot tell, as {next(one.reason for one in judged if one.possible)}"
        one = len(self.candidates) == 1
        if not possible:
            return (
                f"{self.candidates[0]} does not fit" if one else f"none of the {len(self.candidates)} candidates fits"
            )
        if one:
            return f"{possible[0]} fits"
        names = ", ".join(map(str, possible[:_NAMED])) + ", …" * (len(possible) > _NAMED)
        if len(possible) == 1 and self._one(possible) is not None:
            return f"of the {len(self.candidates)} candidates {names} alone fits"
        if len(possible) == 1:
            return f"of the {len(self.candidates)} candidates only {names} is not excluded, and that with bias alone"
        return f"{len(possible)} of the {len(self.candidates)} candidates are not excluded ({names})"

    def values(self) -> dict[str, Any]:
        """As JSON: the keys are those of `python -m theory diagnose --json`."""
        seen = self.seen
        raised = 0.0 if seen.best_loss is None else seen.best_loss
        return {
            "iterations": list(seen.iterations),
            "losses": [float(loss) + raised for loss in seen.errors.mean],
            "best_loss": seen.best_loss,
            "assumed": self.assumed,
            "level": seen.level,
            "verdict": self.verdict,
            "note": self.note,
            "possible": list(map(str, self.possible)),
            "possible_if_unbiased": list(map(str, self.possible_if_unbiased)),
            "only": None if self.only is None else str(self.only),
            "only_if_unbiased": None if self.only_if_unbiased is None else str(self.only_if_unbiased),
            "alike": [list(map(str, group)) for group in self.alike],
            "kinds": KINDS,
            "fits": [_values(one, seen.level) for one in self.fits],
        }

    def __str__(self) -> str:
        """The verdict, a line a candidate, and for what fits the numbers that follow."""
        lines = [f"{len(self.seen.iterations)} iterations; {self.assumed}", self.verdict]
        lines += ["" if self.note is None else f"note: {self.note}\n"]
        lines.append(f"{'p-value of':<50}" + "".join(f"{kind:>12}" for kind in ORDER))
        for place in range(0, len(self.fits), len(ORDER)):
            row = self.fits[place : place + len(ORDER)]
            lines.append(f"{row[0].workflow!s:<50}" + "".join(f"{cell(one):>12}" for one in row))
        for group in self.alike:
            lines.append(
                f"not told apart by any losses at these iterations, without bias: {', '.join(map(str, group))}"
            )
        for one in self.fits:
            if one.possible and one.excess is not None:
                lines += ["", f"{one.workflow}, {one.kind}:" + (f" kept {one.kept}" if one.kept is not None else "")]
                shown = {"best loss": one.best_loss, "excess of one fit": one.excess, "bias": one.bias}
                shown |= {f"rise by {name}": part for name, part in one.rise.items()}
                shown |= {f"loss of model {n}": interval for n, interval in one.forecasts.items()}
                lines += [f"  {name:<20}{interval}" for name, interval in shown.items() if interval is not None]
        return "\n".join(lines)


def _values(one: Fit[Workflow, int], level: float) -> dict[str, Any]:
    return {
        "workflow": one.workflow.command(),
        "parameters": {n: None if v is None else str(v) for n, v in one.workflow.parameters.items()},
        **one.values(level),
        "forecasts": {str(n): interval.values() for n, interval in one.forecasts.items()},
    }


def cell(one: Fit[Any, Any]) -> str:
    """A reading's p-value in a table, and whether it is excluded."""
    if one.test is None:
        return "-" if one.possible else "excluded"
    return f"{one.test.p_value:.2g}" + ("" if one.possible else " no")


def diagnose(
    losses: Any,
    standard_errors: Any = None,
    workflow: Workflow | None = None,
    *,
    iterations: Sequence[int] | None = None,
    seeds: int | None = None,
    best_loss: float | None = None,
    level: float = 0.95,
    forecasts: Sequence[int] = (20, 100),
) -> Diagnosis:
    """Which workflows' laws measured losses fit, what they estimate, and what later models will show.

    A reading that is true is rejected in 1 - `level` of chains, and its intervals cover in `level` of them. With losses
    by seed that is exact for normal losses, however those of a chain go together. With standard errors it rests on
    errors that are independent between iterations; `seeds` says that they are estimates.

    Args:
        losses: of models 1, 2, …: a list, or a row a seed (seeds × iterations). Any loss whose excess over the best
            model's is one of the project's errors to leading order: squared error, cross-entropy, KL.
        standard_errors: of the losses, one each or one for all; `None` with losses by seed, or where there are none.
        workflow: the only candidate, where it is known; by default all of `CANDIDATES`.
        iterations: the models' numbers, where these are not 1, 2, …
        seeds: how many seeds the standard errors were estimated from; by default these are taken as exact.
        best_loss: that of the best model, where it is known: the entropy of the source, or 0 for an excess.
        level: of intervals and tests.
        forecasts: iterations whose mean loss is to be said.

    Raises:
        ValueError: losses, standard errors or iterations that are not finite, positive, of one length, or in order.

    >>> found = diagnose([1.02, 1.98, 3.01, 4.03, 4.97], 0.03, best_loss=0)
    >>> found.verdict.rpartition(": ")[2]
    'of the 14 candidates Replace() alone fits'
    >>> print(found.fits[0].excess)
    0.9996 [0.9917, 1.008]
    """
    values = np.asarray(losses, dtype=np.float64)
    if values.ndim not in (1, 2) or values.shape[-1] == 0 or len(values) == 0 or not np.isfinite(values).all():
        raise ValueError(
            f"losses must be finite numbers, one a model, or a row a seed with one a model; got {losses!r}."
        )
    numbers = iterations_of(iterations, values.shape[-1])
    ahead = tuple(int(n) for n in as_iterations(list(forecasts))) if len(forecasts) else ()
    if not 0 < level < 1:
        raise ValueError(f"level is a share of chains, above 0 and below 1; got {level}. Use 0.95.")
    if best_loss is not None and not math.isfinite(best_loss):
        raise ValueError(f"best_loss must be a finite number; got {best_loss}. Leave it out where it is not known.")
    errors = errors_of(values - (0.0 if best_loss is None else best_loss), standard_errors, seeds)
    if workflow is not None:
        check_workflow(workflow)
    seen = Seen(numbers, errors, best_loss, level, ahead)
    shapes = SHAPES if workflow is None else (Shapes(workflow),)
    fits = tuple(fit(seen, each, kind) for each in shapes for kind in ORDER)
    return Diagnosis(seen, fits, _alike(seen, shapes))


def iterations_of(given: Sequence[int] | None, count: int) -> tuple[int, ...]:
    """The models' numbers: those that are given, or 1, 2, …

    Raises:
        ValueError: they are not as many as losses, or not in order.
    """
    if given is None:
        return tuple(range(1, count + 1))
    numbers = tuple(int(n) for n in as_iterations(list(given)))
    if len(numbers) != count or list(numbers) != sorted(set(numbers)):
        raise ValueError(
            f"iterations must be one a loss, each more than the one before; got {list(numbers)} for {count} losses."
        )
    return numbers


def errors_of(losses: np.ndarray, standard_errors: Any, seeds: int | None) -> Errors:
    """What is known of the errors of losses; the arguments are those of `diagnose`.

    Raises:
        ValueError: they are not of one length, not positive, or say two things.
    """
    if losses.ndim == 2 and len(losses) > 1:
        if standard_errors is not None or seeds is not None:
            raise ValueError("losses by seed have their own spread; leave out standard_errors and seeds.")
        if not losses.std(0).any():
            raise ValueError(f"the losses of all {len(losses)} seeds are the same; give chains from different seeds.")
        return BySeed(losses)
    mean = losses.reshape(-1)
    if standard_errors is None:
        if seeds is not None:
            raise ValueError(f"seeds={seeds} is of standard errors, and there are none; give these, or losses by seed.")
        assumed = "no standard errors: taken as alike and independent, of the size that each reading leaves over"
        return Independent(mean, np.ones(len(mean)), 0, assumed)
    given = np.asarray(standard_errors, dtype=np.float64)
    if given.shape not in ((), mean.shape) or not np.isfinite(given).all() or not (given > 0).all():
        raise ValueError(
            f"standard errors must be positive and finite, one for each of the {len(mean)} losses or one for all; got "
            f"{standard_errors!r}."
        )
    deviation = np.broadcast_to(given, mean.shape)
    if seeds is None:
        return Independent(mean, deviation, math.inf, "standard errors are exact, and independent between iterations")
    return _pooled(mean, deviation, seeds)


def _pooled(mean: np.ndarray, deviation: np.ndarray, seeds: int) -> Errors:
    """Standard errors of so many seeds each, which are taken as estimates of one number."""
    if seeds < 2:
        raise ValueError(f"standard errors come from 2 seeds or more; got seeds={seeds}.")
    from scipy import special  # not at the top, for it doubles what `import theory` costs

    squares, freedom = deviation**2, seeds - 1
    # Bartlett's test of equal variances, from the variances
    spread = len(mean) * freedom * math.log(squares.mean()) - freedom * np.log(squares).sum()
    spread /= 1 + (len(mean) + 1) / (3 * len(mean) * freedom)
    if len(mean) > 1 and special.chdtrc(len(mean) - 1, spread) < _UNEQUAL:
        raise ValueError(
            f"standard errors from {deviation.min():.3g} to {deviation.max():.3g} are not of one size for {seeds} "
            "seeds; give the losses by seed, or leave out seeds to take them as exact."
        )
    assumed = f"standard errors are estimates from {seeds} seeds of one number, and independent between iterations"
    pooled = np.full(len(mean), math.sqrt(squares.mean()))
    return Independent(mean, pooled, len(mean) * freedom, assumed)


def _alike(seen: Seen[int], shapes: Sequence[Shapes]) -> tuple[tuple[Workflow, ...], ...]:
    """Candidates whose gains are the same at the iterations seen, up to what is estimated; signs of e set aside."""
    groups: dict[tuple[Any, ...], list[Workflow]] = {}
    for each in shapes:
        gains = [row[0] for row in each.rows("noise", None, seen.iterations)]
        base = min(gains) if seen.best_loss is None else 0
        scale = max(gains) - base
        groups.setdefault(tuple((c - base) / scale for c in gains if scale), []).append(each.workflow)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)
