"""The test error of least squares where data are sampled from models otherwise than as they are.

Labels of a sampled pool hand on the share h = `carried` of the labelling model's error, are shifted by one vector b for
all pools, and have a noise of variance v_k sigma^2. With the shares p_nk of pools k, labelled by model l(k),

    delta_n = sum_k p_nk (h delta_l(k) + b + noise_k) over sampled pools, + sum_k p_nk noise_k over real ones,

so that E_n = c_n sigma^2 d/(T - d - 1) + |b|^2 D_n^2 with c_n = sum_k R_nk^2 v_k/size_k over the noises, and
D_n = sum_k p_nk (1 + h D_l(k)) over sampled pools: L_n - 1 for h = 1, with L_n the mean depth of the training rows, and
(1 - g_n(h)/h)/(1 - h) otherwise, with g_n its generating function. For h = 1 and one v for all sampled pools
c_n = a_n + v (c_n^usual - a_n), where a_n is what the noises of real data contribute.

Where a generator edits labels, c_n is that of `edited`, and nothing is shifted.

At fixed design, for pools used whole, in whole multiples of T rows, this is exact. Else it is the limit T -> oo, each
of the two parts to its leading order. New here, but for the verifier under Replace, as in 2510.16657 in kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from typing import Any

import numpy as np
import sympy as sp

from ... import recursion
from ...algebra.reading import collects_later
from ...asymptotics import Growth, growth
from ...by_iteration import LAW, by_validity, described
from ...depth import depth, inherited, z
from ...derivation import EXACT, LARGE_T, Derivation, Derived, estimated
from ...frame import Frame
from ...gain import noises
from ...generator import Generator
from ...iterations import as_iterations, check_iterations
from ...law import Judged, Law
from ...pools import Pool
from ...prefix import linear_forms
from ...summation import without_sums
from ...symbolic_workflow import SymbolicWorkflow, check_names
from ...symbols import GAIN, n
from ...sympy_types import as_expression, at, factored, rational
from ...task import Task
from ...workflow import Workflow, check_workflow
from . import edited, estimates, generated_steps
from .checks import check, check_design
from .symbols import ONE_FIT

#: How kinds of growth compare.
_ORDER = ("bounded", "logarithmic", "log-squared", "linear", "quadratic")


@dataclass(frozen=True)
class GeneratedLaw(Judged):
    """The test error of model n under a workflow and a generator; noise left out, n = 1 the fit to real data.

    Attributes:
        workflow, generator, design: what it is of.
        task: the same task with a letter for every parameter.

    >>> from theory import Accumulate, Generator, generated
    >>> law = generated(Accumulate(), Generator(bias=1), design="fixed")
    >>> [str(value) for value in law.shift(3)]
    ['0', '1/2', '5/6']
    >>> print(law.growth())
    log-squared, ~ (1) (log n)^2
    """

    workflow: Workflow
    generator: Generator
    design: str
    task: Task

    def __post_init__(self) -> None:
        """Refuse what has no law.

        Raises:
            ValueError: an unknown design, labels shifted where rows are drawn, or a symbol among the workflow's
                parameters that is called as one of the law's.
        """
        check_design(self.design)
        check_workflow(self.workflow)
        check_names(self.workflow, ("T", "d", "sigma"))
        reason = objection(self.workflow, self.generator)
        if reason is not None:
            raise ValueError(reason)

    @cached_property
    def _reading(self) -> SymbolicWorkflow:
        return SymbolicWorkflow(self.workflow)

    @property
    def _sized(self) -> Workflow:
        return self.generator.sized(self.workflow)

    @cached_property
    def validity(self) -> str:
        """`exact` at fixed design for pools used and sampled whole, in whole multiples of T rows; else `large-T`."""
        sizes = self.generator.sizes
        whole = all(size.denominator == 1 for size in sizes) if sizes else self._reading.in_whole_multiples
        exact = self.design == "fixed" and whole and not self._reading.draws and not self.generator.edits
        return EXACT if exact else LARGE_T

    @property
    def judged(self) -> Law:
        """As a law that bounds are judged on.

        Raises:
            ValueError: the workflow has symbols for parameters, and no formula in n is known.
        """
        expr = self.expr
        if expr is None and self.workflow.is_symbolic:
            raise ValueError(f"{self.workflow} has symbols for parameters, and no formula in n is known; give numbers.")
        shown = GAIN(n) * ONE_FIT + rational(self.generator.shift) ** 2 * sp.Function("shift")(n) ** 2
        derived = Derived(
            shown if expr is None else expr,
            Derivation(()),
            "new here",
            self.validity,
            gain=None if self.generator.shift else self.gain_expr,
            looked_at=self._reading.looked_at if self.exact else None,
            each=cache(self._each) if expr is None else None,
            own_gain=False,
        )
        return Law(self.task, self.workflow, self.task.quantities[0], derived)

    def _each(self, iteration: int) -> sp.Expr:
        """E at one iteration."""
        shift = rational(self.generator.shift * self.shift(iteration)[-1])
        return rational(self.gain(iteration)[-1]) * ONE_FIT + shift**2

    @property
    def exact(self) -> bool:
        """Whether it holds at finite T."""
        return self.validity == EXACT

    @cached_property
    def derivation(self) -> Derivation:
        """The steps from the normal equations to the law, at fixed design.

        Raises:
            ValueError: the law is not exact, or sizes or noises are given one by one.
        """
        reason = generated_steps.objection(self.generator, exact=self.exact)
        if reason is not None:
            raise ValueError(f"there is no derivation under {self.generator}: {reason}")
        return generated_steps.derive(self._reading, self.generator, self.expr)

    def gain(self, iterations: int) -> list[Fraction]:
        """c_1, …, c_n: what the noises add up to in units of one fit's error, exact.

        Raises:
            ValueError: a training set is not valid, or a size or noise is missing.
        """
        check_iterations(iterations)
        if self.generator.edits:
            return edited.gains(self.generator, iterations)
        rows, variance = noises(self._sized, iterations, self.generator.carried)
        weight: dict[Any, Fraction] = {}
        for noise in variance:
            if isinstance(noise, Pool):
                weight[noise] = self.generator.labels(noise).variance
            else:  # a draw: the rows' mean variance
                shares = self._sized.shares(noise)
                weight[noise] = sum(
                    (self.generator.labels(pool).variance * p for pool, p in shares.items()), Fraction(0)
                )
        return [sum((c**2 * variance[j] * weight[j] for j, c in row.items()), Fraction(0)) for row in rows]

    def shift(self, iterations: int) -> list[Fraction]:
        """D_1, …, D_n: how many times the shift of sampled labels is in model n, exact.

        Raises:
            ValueError: as `gain`.
        """
        check_iterations(iterations)
        h = self.generator.carried
        return inherited(linear_forms(self._sized, iterations), Fraction(0), lambda own: own, lambda own: 1 + h * own)

    def evaluate(self, *, T: int, d: int, n: int | Sequence[int] | np.ndarray, sigma: float = 1.0) -> np.ndarray:
        """The law's values at the iterations `n`, in float64.

        Args:
            T: samples an iteration.
            d: features.
            n: an iteration or several, counted from 1.
            sigma: noise standard deviation of real labels.

        Raises:
            ValueError: numbers outside the law's domain.
        """
        T, d, sigma = check(T, d, sigma)
        iterations = as_iterations(n)
        last = int(iterations.max())
        one_fit = sigma**2 * d / (T - d - 1)
        noise, shift = (np.array([float(x) for x in found]) for found in (self.gain(last), self.shift(last)))
        return (noise * one_fit + (float(self.generator.shift) * shift) ** 2)[iterations - 1]

    def table(self, iterations: int, *, T: int, d: int, sigma: float = 1.0) -> Frame:
        """Its values at iterations 1, …, `iterations`, and its estimates where it is not exact; see `by_iteration`.

        Args:
            iterations: counted from 1.
            T, d, sigma: as in `evaluate`.

        Raises:
            ValueError: numbers outside the law's domain.
        """
        numbers = {"T": T, "d": d, "sigma": sigma}
        alike = described(LAW, self.task, self.task.quantities[0].name, self.workflow, self.generator, numbers)
        own = {self.validity: self.evaluate(n=range(1, iterations + 1), **numbers)}
        return by_validity(alike, own if self.exact else own | self.estimates(iterations, **numbers))

    def estimates(self, iterations: int, *, T: int, d: int, sigma: float = 1.0) -> dict[str, np.ndarray]:
        """Values at iterations 1, 2, … by validity, besides the law's own, where it is not exact; none under editing.

        Args:
            iterations: counted from 1.
            T: samples an iteration.
            d: features.
            sigma: noise standard deviation of real labels.

        Raises:
            ValueError: numbers outside the law's domain.
        """
        if self.exact or self.generator.edits:
            return {}
        T, d, sigma = check(T, d, sigma)
        there = estimates.of(self.workflow, self.design, self.gain, self.generator)
        return estimated(there, {"T": T, "d": d, "sigma": sigma}, iterations)

    @cached_property
    def gain_expr(self) -> sp.Expr | None:
        """c_n in n; `None` where no formula was proved."""
        if self.generator.edits:
            return None if self._edited is None else self._edited[0]
        if self.generator.sizes or self.generator.noises:
            return None
        v, h = rational(self.generator.sampled_variance), rational(self.generator.carried)
        if self._single_lag is not None:
            return self._single_lag[0]
        if h != 1 or not _has_one_real_noise(self._reading):
            return None
        if v == 0:  # whether or not there is a formula otherwise
            return sp.S.One
        usual = recursion.solve(self._reading).expr
        return None if usual is None else as_expression(1 + v * (usual - 1))

    @cached_property
    def _edited(self) -> tuple[sp.Expr, Growth] | None:
        return edited.solved(self.generator)

    @cached_property
    def _single_lag(self) -> tuple[sp.Expr, Growth] | None:
        v, h = rational(self.generator.sampled_variance), rational(self.generator.carried)
        return _solve_single_lag(self._reading, v, h)

    @cached_property
    def shift_expr(self) -> sp.Expr | None:
        """D_n in n; `None` where no formula was proved."""
        if self.generator.sizes:
            return None
        found, h = depth(self.workflow), rational(self.generator.carried)
        if h == 1:
            return None if found.mean_expr is None else found.mean_expr - 1
        return None if found.expr is None else (1 - at(found.expr, z, h) / h) / (1 - h)

    @property
    def expr(self) -> sp.Expr | None:
        """E_n in T, d, sigma and n; `None` where no formula was proved."""
        if self.gain_expr is None or (self.generator.shift and self.shift_expr is None):
            return None
        shifted = sp.S.Zero if self.shift_expr is None else rational(self.generator.shift) ** 2 * self.shift_expr**2
        return self.gain_expr * ONE_FIT + shifted

    def growth(self) -> Growth | None:
        """How E_n grows: as the larger of its two parts; `None` where not proved.

        Beside the kinds of laws without a generator it may be "log-squared" or "quadratic".
        """
        found = self.gain_growth()
        noise = None if found is None else found.scaled(ONE_FIT)
        if noise is None or not self.generator.shift:
            return noise
        shifted = self._shift_growth()
        if shifted is None:
            return None
        if noise.kind == shifted.kind:
            return noise.plus(shifted)
        return max(noise, shifted, key=lambda part: _ORDER.index(part.kind))

    def limit(self) -> sp.Expr | None:
        """The law for n -> oo; `oo` where it diverges, `None` where not proved."""
        found = self.growth()
        return None if found is None else found.limit

    def gain_growth(self) -> Growth | None:
        """How c_n grows; `None` where not proved."""
        if self.generator.edits:
            return None if self._edited is None else self._edited[1]
        if self.generator.sizes or self.generator.noises:
            return None
        if self._single_lag is not None:
            return self._single_lag[1]
        if self.gain_expr is not None:
            closed = without_sums(self.gain_expr)
            found = None if closed is None else growth(closed)
            if found is not None:
                return found
        v = rational(self.generator.sampled_variance)
        usual = recursion.solve(self._reading).growth if self.generator.carried == 1 else None
        # without real data but real(1), whose noise has a coefficient of at most 1
        linear = usual is not None and usual.kind == "linear" and v != 0
        return usual.scaled(v) if linear and usual is not None else None

    def _shift_growth(self) -> Growth | None:
        """Where sizes are not given one by one, for then that of the noise is not known either."""
        found, square = depth(self.workflow).law, rational(self.generator.shift) ** 2
        h = rational(self.generator.carried)
        if h != 1:
            limit = None if found.limit is None else (1 - at(found.limit, z, h) / h) / (1 - h)
            return None if limit is None else Growth("bounded", factored(square * limit**2))
        constant = None if found.growth is None else found.growth.constant
        if found.growth is None or constant is None:
            return None
        if found.growth.kind == "bounded":
            return Growth("bounded", factored(square * (constant - 1) ** 2))
        return Growth({"logarithmic": "log-squared", "linear": "quadratic"}[found.growth.kind], square * constant**2)


def objection(workflow: Workflow, generator: Generator) -> str | None:
    """Why there is no law under a generator; `None` where there is one."""
    if generator.edits:
        return edited.objection(SymbolicWorkflow(workflow), generator)
    if generator.shift and SymbolicWorkflow(workflow).draws:
        return (
            f"{workflow} draws rows: where labels are shifted, a draw adds more than noise, and the law is not known. "
            "Use pools whole, or leave bias and verifier out."
        )
    return None


def _solve_single_lag(workflow: SymbolicWorkflow, v: sp.Expr, h: sp.Expr) -> tuple[sp.Expr, Growth] | None:
    """Shares p on synthetic(n - 1), b on real(1), f on real(n): delta_n = h p delta_{n-1} + b noise_1 + new noises.

    With r = h p, A = b/(1 - r) and V the variance of the new noises,
    c_n = (A + (1 - A) r^(n-1))^2 + V (1 - r^(2(n-1)))/(1 - r^2); for r = 1 it is 1 + V (n - 1).
    """
    lags = workflow.lags
    if (
        lags is None
        or any((a, b) != (1, 1) for a, b, *_ in lags.runs)
        or any((a, b) != (0, 0) for a, b, _ in lags.fresh)
    ):
        return None
    p = lags.synthetic
    added = lags.thinning * (p * v + 1 - p) + sum((share**2 * v / size for *_, share, size in lags.runs), sp.S.Zero)
    added = factored(added + sum((share**2 for *_, share in lags.fresh), sp.S.Zero))
    r = factored(h * p)
    if r == 1:
        kind = Growth("bounded", sp.S.One) if added == 0 else Growth("linear", added)
        return 1 + added * (n - 1), kind
    if not (1 - r).is_positive:
        return None
    if r == 0:  # a formula with 0^(n - 1) would be read in several ways
        return (sp.S.One, Growth("bounded", sp.S.One)) if factored(lags.anchor**2 + added) == 1 else None
    constant, power = factored(lags.anchor / (1 - r)), r ** (n - 1)
    stationary = factored(added / (1 - r**2))
    rest = factored((1 - constant) ** 2 - stationary) * factored(r**2) ** (n - 1)
    limit = factored(constant**2 + stationary)
    return limit + factored(2 * constant * (1 - constant)) * power + rest, Growth("bounded", limit)


def _has_one_real_noise(workflow: SymbolicWorkflow) -> bool:
    """Whether the only real data are those of real(1), and their noise has the coefficient 1 in every model.

    So it is where pools are used whole and no real data are collected later: by induction that noise is in every older
    model with the coefficient 1, and so in their mean over the rows.
    """
    return workflow.looked_at is None and not workflow.draws and not collects_later(workflow)
