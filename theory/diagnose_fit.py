"""One reading of a chain's losses under one workflow: does it fit, and what follows if it does?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Generic

import numpy as np

from .diagnose_errors import Errors, Interval, Test
from .diagnose_readings import KEPT, KINDS, Of, Place, Readings, Row, rank


@dataclass(frozen=True)
class Fit(Generic[Of, Place]):
    """A reading, held against the losses.

    Attributes:
        workflow: what each model is fitted to; of several chains one each.
        kind: "noise", "shift" or "forgetting".
        kept: z of forgetting, where the losses fit best; `None` for the other kinds.
        test: of the misfit; `None` where there is none.
        fits: whether the losses may be so, within the signs that excess and bias have; `None` where not tested.
        possible: whether it is not excluded: it fits, or cannot be told from what fits.
        reason: why it is not tested, or what excludes it; `None` where it fits.
        best_loss: L, the loss of the best model.
        excess: e, of one fit.
        bias: b, of what is handed on; `None` without.
        rise: from the first iteration seen to the last: its parts by "noise" and "bias".
        forecasts: mean losses by iteration.
    """

    workflow: Of
    kind: str
    kept: Fraction | None = None
    test: Test | None = None
    fits: bool | None = None
    possible: bool = True
    reason: str | None = None
    best_loss: Interval | None = None
    excess: Interval | None = None
    bias: Interval | None = None
    rise: Mapping[str, Interval] = field(default_factory=dict)
    forecasts: Mapping[Place, Interval] = field(default_factory=dict)

    def values(self, level: float) -> dict[str, Any]:
        """As JSON, but for the workflow and forecasts; intervals are `null` where there is no estimate."""
        parts = {name: getattr(self, name) for name in ("best_loss", "excess", "bias")}
        test = self.test
        return {
            "kind": self.kind,
            "fits": self.fits,
            "possible": self.possible,
            "reason": self.reason,
            "test": None if test is None else test.name,
            "statistic": None if test is None else test.statistic,
            "degrees_of_freedom": None if test is None else list(test.degrees),
            "p_value": None if test is None else test.p_value,
            "log_likelihood": None if test is None else test.log_likelihood,
            "stretch": None if test is None else test.stretch(level),
            "kept": None if self.kept is None else str(self.kept),
            **{name: None if part is None else part.values() for name, part in parts.items()},
            "rise": {name: part.values() for name, part in self.rise.items()},
        }


@dataclass(frozen=True)
class Seen(Generic[Place]):
    """What was measured, and what is asked.

    Attributes:
        iterations: at which losses were measured; of several chains the place in its chain too.
        errors: of the losses, less the best loss where this is known.
        best_loss: L where it is known.
        level: of the intervals; 1 - level is how often a true reading is rejected.
        forecasts: iterations to say the loss of.
    """

    iterations: tuple[Place, ...]
    errors: Errors
    best_loss: float | None
    level: float
    forecasts: tuple[Place, ...]

    def with_constant(self, rows: Sequence[Row]) -> list[Row]:
        """The rows with a 1 before them, where the best loss is not known."""
        return [tuple(row) if self.best_loss is not None else (Fraction(1), *row) for row in rows]


def fit(seen: Seen[Place], shapes: Readings[Of, Place], kind: str) -> Fit[Of, Place]:
    """Hold a kind of reading against the losses.

    Forgetting is tried with each share kept. It is rejected where each of them is, and its intervals reach over all
    that are not, half of 1 - level going to the test of the share and half to the interval.
    """
    if kind != "forgetting":
        return _fit(seen, shapes, kind, None, seen.level)
    stricter = (1 + seen.level) / 2
    tried = [_fit(seen, shapes, kind, kept, stricter) for kept in KEPT]
    told = [one for one in tried if one.excess is not None]
    if not told:
        return next((one for one in tried if one.possible), tried[0])
    fitting = [one for one in told if one.possible]
    best = max(fitting or told, key=lambda one: 0 if one.test is None else one.test.log_likelihood)
    tested = best.test is not None
    fits = bool(fitting and best.test is not None and best.test.p_value >= 1 - seen.level)
    hull = {name: _hull(best, fitting, name) for name in ("best_loss", "excess", "bias")}
    return Fit(
        best.workflow,
        kind,
        kept=best.kept,
        test=best.test,
        fits=fits if tested else None,
        possible=fits if tested else bool(fitting),
        reason=None if fits else best.reason or _misfit(seen),
        **hull,
        rise={name: _reach([one.rise[name] for one in fitting], best.rise[name]) for name in best.rise},
        forecasts={n: _reach([one.forecasts[n] for one in fitting], best.forecasts[n]) for n in best.forecasts},
    )


def _hull(best: Fit[Of, Place], fitting: Sequence[Fit[Of, Place]], name: str) -> Interval | None:
    value = getattr(best, name)
    return None if value is None else _reach([getattr(one, name) for one in fitting], value)


def _reach(intervals: Sequence[Interval], best: Interval) -> Interval:
    """From the least end of the intervals to the greatest, around the best estimate."""
    lows = [one.low for one in intervals if one.low is not None]
    highs = [one.high for one in intervals if one.high is not None]
    return Interval(best.value, min(lows), max(highs)) if lows and highs else best


def _misfit(seen: Seen[Any]) -> str:
    return f"the misfit is more than chance makes it in {1 - seen.level:.2g} of chains"


def _fit(
    seen: Seen[Place], shapes: Readings[Of, Place], kind: str, kept: Fraction | None, level: float
) -> Fit[Of, Place]:
    """One reading, with its share kept, at its own level."""
    workflow, points = shapes.workflow, len(seen.iterations)
    rows = shapes.rows(kind, kept, seen.iterations)
    columns = seen.with_constant(rows)
    unknowns = len(columns[0])
    if points < unknowns:
        reason = f"{points} iteration{'s' * (points > 1)} cannot tell {unknowns} unknowns; measure {unknowns + 1}"
        return Fit(workflow, kind, kept, reason=reason)
    if rank(columns) < unknowns:
        return _collinear(seen, shapes, kind, kept)
    X = _numbers(columns)
    test = seen.errors.test(X)
    later = () if test is not None and test.p_value < 1 - level else seen.forecasts  # far out exact shapes take time
    changes = [last - first for first, last in zip(rows[0], rows[-1], strict=True)]
    start = unknowns - len(changes)
    combinations = [*np.eye(unknowns)]
    combinations += [change * np.eye(unknowns)[start + place] for place, change in enumerate(map(float, changes))]
    if later:
        combinations += [*_numbers(seen.with_constant(shapes.rows(kind, kept, later)))]
    found = seen.errors.intervals(X, np.array(combinations), level)
    estimates, parts, ahead = (
        found[:unknowns],
        found[unknowns : unknowns + len(changes)],
        found[unknowns + len(changes) :],
    )
    impossible = next(
        (
            f"the {name} of one fit would be below zero" if name == "excess" else "the bias would be below zero"
            for name, one in zip(("excess", "bias"), estimates[start:], strict=False)
            if one.high is not None and one.high < 0
        ),
        None,
    )
    rejected = test is not None and test.p_value < 1 - level
    reason = impossible or (_misfit(seen) if rejected else _untested(seen, points, unknowns) if test is None else None)
    return Fit(
        workflow,
        kind,
        kept,
        test=test,
        fits=None if test is None else not (rejected or impossible),
        possible=not (rejected or impossible),
        reason=reason,
        best_loss=estimates[0] if start else None,
        excess=estimates[start],
        bias=estimates[start + 1] if len(changes) > 1 else None,
        rise=dict(zip(("noise", "bias"), parts, strict=False)),
        forecasts={
            n: _raised(one, 0.0 if seen.best_loss is None else seen.best_loss)
            for n, one in zip(later, ahead, strict=True)
        },
    )


def _collinear(seen: Seen[Place], shapes: Readings[Of, Place], kind: str, kept: Fraction | None) -> Fit[Of, Place]:
    """At the iterations seen, the columns are not independent."""
    if kind == "noise":
        reason = "the gain is the same at all iterations seen, so that excess and best loss are not told apart"
        return Fit(shapes.workflow, kind, reason=reason)
    noise = seen.with_constant(shapes.rows("noise", None, seen.iterations))
    test = seen.errors.test(_numbers(noise)) if rank(noise) == len(noise[0]) else None
    reason = (
        "at the iterations seen its shape is that of the gain: it fits where noise alone does, and is not told from it"
    )
    return Fit(shapes.workflow, kind, kept, possible=test is None or test.p_value >= 1 - seen.level, reason=reason)


def _untested(seen: Seen[Any], points: int, unknowns: int) -> str:
    if points == unknowns:
        return f"{unknowns} unknowns go through any {points} losses; measure another iteration"
    return "there are no standard errors and no seeds, so that no misfit is too large"


def _numbers(rows: Sequence[Row]) -> np.ndarray:
    return np.array([[float(entry) for entry in row] for row in rows])


def _raised(interval: Interval, by: float) -> Interval:
    ends = (None if end is None else end + by for end in (interval.low, interval.high))
    return Interval(interval.value + by, *ends)


#: In the order in which they are tried: from the least to the most that is assumed.
ORDER = tuple(KINDS)
