"""The families of least squares refitted on its own labels: designs, noises, Gram matrices, models and errors.

What is typed about them, and nowhere else: labels are y_k = X_k w_{k-1} + noise_k for the chain's pools and
X_k w* + noise_k for later real data, with w_0 = w*; noises have mean zero and covariance sigma_k^2 I and are
independent of each other and of all designs; at fresh design the rows of all pools are independent and Gaussian, at
fixed design every pool is one X, stacked. Under a generator the sampled pools, k >= 2, have labels
X_k (h w_{k-1} + (1 - h) w* + b_k) + noise_k, all b_k one b, and their noise has nu_k = nu times the variance.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from ..generator import Generator
from ..sympy_types import cancelled, factored
from ..workflow import Workflow
from . import operations as op
from .indices import CARRIED, FEATURES, RIDGE, ROWS, N, fresh, put, total
from .terms import Expression, Family, Letter, Source

#: The variance of the noise of pool k's labels in units of sigma_k^2: nu_1 = 1, for pool 1 is real.
NU = sp.Function("nu")


def _d(index: sp.Expr) -> sp.Expr:
    del index
    return FEATURES


def _one(index: sp.Expr) -> sp.Expr:
    del index
    return sp.S.One


def _real_rows(index: sp.Expr) -> sp.Expr:
    del index
    return ROWS


@dataclass(frozen=True)
class PoolRun:
    """PoolFamilies first(m) to last(m) of a training set m: of the chain, or real data collected later.

    Attributes:
        first, last: expressions in the iteration n.
        fresh_real: which of the two.
    """

    first: sp.Expr
    last: sp.Expr
    fresh_real: bool = False

    def at(self, iteration: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """The ends at an iteration."""
        return put(self.first, {N: iteration}), put(self.last, {N: iteration})


@dataclass(frozen=True, eq=False)
class PoolFamilies:
    """The families of one kind of pool."""

    design: Family
    gram: Family
    noise: Family
    label: Family


@dataclass(frozen=True, eq=False)
class Setting:
    """What a derivation is about: a workflow as it is read, at one of two designs.

    Attributes:
        workflow: that was read, which the checker runs; `None` where the terms are those of any workflow.
        design: "fixed" or "fresh".
        runs: of the training set of every n >= 2 (and at n = 1, if `from_start`), each row counting alike; `None` where
            pools have shares p(n, k) and q(n, k) of the loss instead.
        from_start: whether the runs are real(1) alone at n = 1.
        rows: of the chain's pool k.
        noise: standard deviation at pool k.
        each: whether rows and noise are T_k and sigma_k, pool by pool.
        draws: whether training sets are subsamples.
        later_real: whether real data are collected after iteration 1.
        real_rows: of the real data of iteration k.
        generator: how labels are sampled from a model, which the checker runs; the terms have letters for its numbers.
        ridge: whether lambda is added to the Gram matrix of each training set, so that models exist for any rows.
        least_norm: whether rows may be fewer than features, T <= d - 2, without a ridge: of all solutions of its normal
            equations each model is then the one of least norm.
    """

    workflow: Workflow | None
    design: str
    runs: tuple[PoolRun, ...] | None
    from_start: bool
    rows: Callable[[sp.Expr], sp.Expr]
    noise: Callable[[sp.Expr], sp.Expr]
    each: bool = False
    draws: bool = False
    later_real: bool = False
    real_rows: Callable[[sp.Expr], sp.Expr] = _real_rows
    generator: Generator = Generator()
    ridge: bool = False
    least_norm: bool = False

    @property
    def carried(self) -> sp.Expr:
        """The share of a model's error that labels sampled from it hand on."""
        return sp.S.One if self.generator.carried == 1 else CARRIED

    @property
    def is_shifted(self) -> bool:
        """Whether all sampled labels are off by one vector."""
        return self.generator.shift != 0

    @property
    def is_fresh(self) -> bool:
        """Whether each pool has an X of its own."""
        return self.design == "fresh"

    @cached_property
    def chain(self) -> PoolFamilies:
        """real(1) and the sampled pools."""
        return self._pools("", "", self.rows, self._chain_variance)

    @cached_property
    def real(self) -> PoolFamilies:
        """Real data collected after iteration 1."""
        return self._pools("r", "r", self.real_rows, lambda index: self.noise(index) ** 2)

    def _chain_variance(self, index: sp.Expr) -> sp.Expr:
        """Of the noise of the chain's pool k."""
        square = self.noise(index) ** 2
        return square if self.generator.sampled_variance == 1 else NU(index) * square

    def _pools(
        self,
        suffix: str,
        mark: str,
        rows: Callable[[sp.Expr], sp.Expr],
        variance: Callable[[sp.Expr], sp.Expr],
    ) -> PoolFamilies:
        above = f"^{{{mark}}}" if mark else ""

        def designed(index: sp.Expr) -> tuple[Source, ...]:
            # at fixed design there is one X, so every pool has the same source
            return ((f"X{suffix}", index, index),) if self.is_fresh else (("X", sp.S.Zero, sp.S.Zero),)

        def noised(index: sp.Expr) -> tuple[Source, ...]:
            return ((f"noise{suffix}", index, index),)

        gram = Family(
            f"W{suffix}",
            f"W{above}",
            _d,
            _d,
            symmetric=True,
            invertible=True,
            singular=self.least_norm,
            invariant=self.is_fresh,
            sources=designed,
            degrees=rows if self.is_fresh else None,
            size=rows,
            multiple=None if self.is_fresh else lambda index: cancelled(rows(index) / self.rows(sp.S.One)),
        )
        design = Family(f"X{suffix}", f"X{above}", rows, _d, gram=gram, sources=designed)
        error = Family(
            f"noise{suffix}",
            rf"\varepsilon{above}",
            rows,
            _one,
            variance=variance,
            sources=noised,
        )
        return PoolFamilies(design, gram, error, Family(f"y{suffix}", f"y{above}", rows, _one))

    @cached_property
    def common_gram(self) -> Family:
        """W = X'X at fixed design."""
        return Family(
            "common",
            "W",
            _d,
            _d,
            symmetric=True,
            invertible=True,
            singular=self.least_norm,
            invariant=True,  # its rows are Gaussian, whichever the design
            sources=lambda index: (("X", sp.S.Zero, sp.S.Zero),),
            degrees=lambda index: self.rows(sp.S.One),
            size=lambda index: self.rows(sp.S.One),
            has_index=False,
        )

    @cached_property
    def training(self) -> Family:
        """The Gram matrix of a training set whose rows count alike, and the ridge."""
        runs = self.runs or ()

        def sources(index: sp.Expr) -> tuple[Source, ...]:
            if not self.is_fresh:
                return (("X", sp.S.Zero, sp.S.Zero),)
            return tuple(("Xr" if run.fresh_real else "X", *run.at(index)) for run in runs)

        def definition(index: sp.Expr) -> Expression:
            found = [op.over(*run.at(index), lambda k, run=run: op.matrix(self.pools(run).gram(k))) for run in runs]
            return op.plus(*found, *([op.matrix(coefficient=RIDGE)] if self.ridge else []))

        return Family(
            "G",
            "G",
            _d,
            _d,
            symmetric=True,
            invertible=True,
            singular=self.least_norm,
            invariant=self.is_fresh,
            sources=sources,
            definition=definition,
            degrees=self.training_rows if self.is_fresh and not self.ridge else None,
            size=self.training_rows,
            multiple=None
            if self.is_fresh or self.ridge
            else lambda index: self.training_rows(index) / self.rows(sp.S.One),
        )

    @cached_property
    def beta(self) -> Family:
        """B_n = G_n^(-1/2) W_n G_n^(-1/2): by Muirhead (1982), Thm 3.3.3, independent of G_n at fresh design."""
        return Family("B", "B", _d, _d, symmetric=True, invertible=True)

    def pools(self, run: PoolRun) -> PoolFamilies:
        """The families of a run."""
        return self.real if run.fresh_real else self.chain

    def training_rows(self, iteration: sp.Expr) -> sp.Expr:
        """Rows of training set `iteration`."""
        found: sp.Expr = sp.S.Zero
        for run in self.runs or ():
            (first, last), rows, name = run.at(iteration), self.real_rows if run.fresh_real else self.rows, fresh()
            found += rows(first) if first == last else total(rows(name), name, first, last)
        return factored(found) if found.is_rational_function() else found

    @cached_property
    def model(self) -> Family:
        """Model m; model 0 is the truth."""
        return Family("model", r"\hat w", _d, _one)

    @cached_property
    def whole_model(self) -> Family:
        """The fit to all rows of training set m, where model m is fitted to a draw of them."""
        return Family("whole model", r"\hat w^{\circ}", _d, _one)

    @cached_property
    def whole_error(self) -> Family:
        """That less the truth."""
        return Family("whole error", r"\delta^{\circ}", _d, _one)

    @property
    def solved_for(self) -> tuple[Family, Family]:
        """The model that the normal equations of all rows have, and its error."""
        return (self.whole_model, self.whole_error) if self.draws else (self.model, self.error)

    @cached_property
    def error(self) -> Family:
        """Model m less the truth."""

        def sources(index: sp.Expr) -> tuple[Source, ...]:
            one = sp.S.One
            designs = (("X", one, index), ("Xr", one, index)) if self.is_fresh else (("X", sp.S.Zero, sp.S.Zero),)
            return (*designs, ("noise", one, index), ("noiser", one, index), ("thinning", one, index))

        return Family("error", r"\delta", _d, _one, zero_at=sp.S.Zero, sources=sources)

    @cached_property
    def truth(self) -> Letter:
        """The true weights."""
        return Family("truth", "w^{*}", _d, _one, has_index=False)()

    @cached_property
    def pool_shift(self) -> Family:
        """b_k, by which the labels of the chain's pool k are shifted; not those of pool 1, which is real."""
        return Family("pool shift", "b", _d, _one, zero_at=sp.S.One)

    @cached_property
    def shift(self) -> Letter:
        """b, by which all sampled labels are shifted."""
        return Family("shift", "b", _d, _one, has_index=False)()

    @cached_property
    def thinning(self) -> Family:
        """What drawing r of S rows adds to the error for T -> oo: a noise of covariance v_n sigma^2/T."""
        return Family(
            "thinning",
            r"\xi",
            _d,
            _one,
            variance=lambda index: sp.Function("v")(index) * self.noise(sp.S.One) ** 2 / ROWS,
            sources=lambda index: (("thinning", index, index),),
        )
