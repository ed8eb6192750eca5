"""Populations: models that are trained on one another's data, all at once at every iteration.

At iteration 1 each of M models is fitted to T real rows of its own. At each later one the training set of model a has
the share P[a, b] on the newest pool sampled from model b, and the rest, rho_a, on real data of its own. With
D = diag(1/size_b), in units of one fit's error, the covariances of all errors obey

    C_n = P (C_{n-1} + D) P'                        where all models see the same pool of model b,
    C_n = P C_{n-1} P' + diag(sum_b P_ab^2/size_b)  where each draws a pool of its own from it,

plus diag(rho^2) where real data are collected anew; where the first are kept their noises have the coefficients
A_n = P A_{n-1} + diag(rho), A_1 = I, and A_n A_n' is added to the covariance of the others. At fixed design, for sizes
that are whole, the gains are exact; else they are the limit T -> oo. A condition on the graph is in 2605.20151.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd
from typing import Any

import flint
import numpy as np
import sympy as sp

from .exact import required
from .index import expression
from .iterations import check_iterations
from .sympy_types import as_expression, factored
from .workflow import Number

POOLS, REAL_DATA = ("shared", "separate"), ("fixed", "fresh")


@dataclass(frozen=True)
class Population:
    """M models, who trains on whose data, and on how much real data.

    Attributes:
        shares: P, a row for each model.
        real: rho, the share of each model on real data of its own.
        pools: "shared" (one pool of each model's data, for all) or "separate" (each model draws its own).
        real_data: "fixed" (the first T rows of each model are kept) or "fresh" (T new ones at each iteration).
        sizes: rows of the pools sampled from each model, in multiples of T; 1 where none are given.

    Raises:
        ValueError: no model, a matrix that is not square, negative shares, a row that does not add up to one, or a
            size that is not more than 0.

    >>> ring = Population([[0, 1], ["1/2", 0]], [0, "1/2"])
    >>> ring.is_bounded, [str(gain) for gain in ring.gains(3)[2]]
    (True, ['7/4', '3/2'])
    """

    shares: Sequence[Sequence[Number]]
    real: Sequence[Number]
    pools: str = "shared"
    real_data: str = "fixed"
    sizes: Sequence[Number] = ()

    def __post_init__(self) -> None:
        """Take all numbers exactly, and check them."""
        models = len(self.real)
        if models == 0:
            raise ValueError("a population needs at least one model; got none.")
        shares = tuple(tuple(required(share, "a share") for share in row) for row in self.shares)
        real = tuple(required(share, "a share of real data") for share in self.real)
        sizes = tuple(required(size, "a size") for size in self.sizes) or (Fraction(1),) * models
        if len(shares) != models or any(len(row) != models for row in shares) or len(sizes) != models:
            raise ValueError(
                f"{models} models need {models} rows of {models} shares, and as many sizes if any; got "
                f"{len(shares)} rows of {', '.join(str(len(row)) for row in shares)}, and {len(sizes)} sizes."
            )
        for a, (row, own) in enumerate(zip(shares, real, strict=True), 1):
            total = sum(row, own)
            if total != 1 or min(*row, own) < 0:
                listed = ", ".join(map(str, row))
                raise ValueError(
                    f"the shares of model {a} must be at least 0 and add up to 1; got {listed} on models and {own} on "
                    f"real data, in all {total}. Give fractions, as '1/3'."
                )
        if min(sizes) <= 0:
            raise ValueError(f"sizes must be more than 0; got {', '.join(map(str, sizes))}.")
        _check_kind(self.pools, self.real_data)
        for name, value in (("shares", shares), ("real", real), ("sizes", sizes)):
            # a frozen dataclass has no other way to keep its fields in one form
            object.__setattr__(self, name, value)

    @property
    def models(self) -> int:
        """M."""
        return len(self.real)

    def gains(self, iterations: int) -> list[list[Fraction]]:
        """The gains of all models at iterations 1, 2, …: exact rationals, all 1 at the first.

        Raises:
            ValueError: less than one iteration.
        """
        check_iterations(iterations)
        own, kept = _identity(self.models), _identity(self.models)
        if self.real_data == "fixed":
            own = 0 * own
        found = [[Fraction(1)] * self.models]
        for _ in range(iterations - 1):
            own = self._added + self._p @ own @ self._p.T
            kept = self._p @ kept + np.diag(np.array(self.real, dtype=object))
            whole = own + kept @ kept.T if self.real_data == "fixed" else own
            found.append([Fraction(value) for value in whole.diagonal()])
        return found

    @cached_property
    def _p(self) -> np.ndarray:
        return np.array(self.shares, dtype=object)

    @cached_property
    def _noise(self) -> np.ndarray:
        """The variance of the noise of each model's pool, in units of one fit's."""
        return np.array([1 / Fraction(size) for size in self.sizes], dtype=object)

    @cached_property
    def _added(self) -> np.ndarray:
        """What each iteration adds to the covariance, beside what is inherited."""
        sampled = (self._p * self._noise) @ self._p.T
        if self.pools == "separate":
            sampled = np.diag(sampled.diagonal())
        return sampled + np.diag(np.array(self.real, dtype=object) ** 2) * (self.real_data == "fresh")

    @cached_property
    def closed_classes(self) -> list[list[int]]:
        """The groups of models, numbered from 1, that train on one another and on no other model."""
        found = []
        for a in range(self.models):
            group = [b for b in range(self.models) if self._reach[a, b] and self._reach[b, a]] or [a]
            closed = all(b in group for b in range(self.models) if self._reach[a, b])
            if closed and a == min(group):
                found.append([b + 1 for b in group])
        return found

    @cached_property
    def without_real_data(self) -> list[list[int]]:
        """The closed classes in which no model has real data."""
        return [group for group in self.closed_classes if not any(self.real[a - 1] for a in group)]

    @property
    def is_bounded(self) -> bool:
        """Whether the errors of all models stay bounded: the spectral radius of P is below 1.

        So it is if, and only if, every closed class holds a model with real data: P is then a substochastic matrix
        from each of whose states there is a way out; and else a part of P is a stochastic matrix.
        """
        return not self.without_real_data

    @property
    def reason(self) -> str:
        """Why the errors are bounded, or are not, in a sentence."""
        if self.is_bounded:
            return "from every model there is a way along the training sets to a model with real data."
        groups = "; ".join(", ".join(map(str, group)) for group in self.without_real_data)
        return f"no real data reach the models {groups}, which are trained on one another's data alone."

    def limits(self) -> list[Fraction] | None:
        """The gains for n -> oo, exact; `None` where they are not bounded."""
        if not self.is_bounded:
            return None
        m = self.models
        system = np.eye(m * m, dtype=int).astype(object) - np.kron(self._p, self._p)
        whole = _solved(system, self._added.reshape(m * m, 1)).reshape(m, m)
        if self.real_data == "fixed":
            kept = _solved(np.eye(m, dtype=int).astype(object) - self._p, np.diag(np.array(self.real, dtype=object)))
            whole = whole + kept @ kept.T
        return [Fraction(value) for value in whole.diagonal()]

    def slopes(self) -> list[Fraction] | None:
        """What each model's gain grows by at an iteration, for n -> oo; `None` where a class has a period.

        The powers of P tend to the chances of ending in a class without real data, times the class's stationary law:
        these are the coefficients of old noises.
        """
        ends = np.full((self.models, self.models), Fraction(0), dtype=object)
        for group in self.without_real_data:
            if self._period(group) != 1:
                return None
            inside, outside = [a - 1 for a in group], [a for a in range(self.models) if a + 1 not in group]
            law, chance = self._stationary(inside), {a: Fraction(1) for a in inside}
            leads = [a for a in outside if any(self._reach[a, b] for b in inside)]
            if leads:
                system = np.eye(len(leads), dtype=int).astype(object) - self._p[np.ix_(leads, leads)]
                into = self._p[np.ix_(leads, inside)].sum(1).reshape(-1, 1)
                chance |= dict(zip(leads, _solved(system, into).ravel(), strict=True))
            for a, value in chance.items():
                for b, stationary in zip(inside, law, strict=True):
                    ends[a, b] += value * stationary
        noise = self._noise if self.pools == "shared" else (self._p**2) @ self._noise
        return [Fraction(value) for value in (ends**2) @ noise]

    @cached_property
    def _reach(self) -> np.ndarray:
        """Whether model a's training sets go back to model b in one or more steps."""
        reach = (self._p != 0).astype(bool)
        for _ in range(self.models.bit_length()):
            reach = reach | (reach.astype(int) @ reach.astype(int) > 0)
        return reach

    def _period(self, group: list[int]) -> int:
        level, waiting, period = {group[0] - 1: 0}, [group[0] - 1], 0
        while waiting:
            a = waiting.pop()
            for b in (b for b in range(self.models) if self.shares[a][b]):
                if b not in level:
                    level[b] = level[a] + 1
                    waiting.append(b)
                period = gcd(period, level[a] + 1 - level[b])
        return period

    def _stationary(self, inside: list[int]) -> list[Fraction]:
        system = np.eye(len(inside), dtype=int).astype(object) - self._p[np.ix_(inside, inside)].T
        system[-1] = 1
        wanted = np.zeros((len(inside), 1), dtype=int).astype(object)
        wanted[-1] = 1
        return list(_solved(system, wanted).ravel())


def symmetric_population(models: int, weight: Number, *, pools: str = "shared", real_data: str = "fixed") -> Population:
    """Models that all train on all newest pools alike, and with `weight` on real data of their own.

    Args:
        models: M, at least 1.
        weight: rho, from 0 to 1.
        pools, real_data: as in `Population`.

    Raises:
        ValueError: as `Population`.
    """
    w = required(weight, "the weight on real data")
    if models < 1:
        raise ValueError(f"a population needs at least one model; got {models}.")
    return Population([[(1 - w) / models] * models] * models, [w] * models, pools, real_data)


def symmetric_limit(models: Any, weight: Any, *, pools: str = "shared", real_data: str = "fixed") -> sp.Expr:
    """The gain of a `symmetric_population` for n -> oo, for numbers or symbols M and w > 0.

    All covariances are alpha I + beta J with J of ones, and P = (1 - w) J/M takes x I + y J to (1 - w)^2 (x/M + y) J:
    the two coefficients are solved for.

    Args:
        models: M.
        weight: w on real data.
        pools, real_data: as in `Population`.

    Raises:
        ValueError: w is not more than 0: there is no limit then; or it is more than 1, or there are no such pools.
    """
    _check_kind(pools, real_data)
    m, w = sp.sympify(models), expression(weight)
    if (w - 1).is_positive:
        raise ValueError(f"the weight on real data is at most 1; got {w}.")
    if w.is_nonpositive:
        raise ValueError(f"the weight on real data must be more than 0 for a limit; got {w}.")
    alpha, beta, kept = sp.symbols("alpha beta a", cls=sp.Dummy)
    fresh, shared = real_data == "fresh", pools == "shared"
    diagonal = (w**2 if fresh else 0) + (0 if shared else (1 - w) ** 2 / m)
    inherited = (1 - w) ** 2 * ((alpha + (1 if shared else 0)) / m + beta)
    solved = sp.solve([alpha - diagonal, beta - inherited], [alpha, beta], dict=True)[0]
    value = solved[alpha] + solved[beta]
    if not fresh:  # A = w I + a J
        a = sp.solve(kept - (1 - w) * (w / m + kept), kept)[0]
        value += w**2 + 2 * w * a + m * a**2
    return as_expression(factored(value))


def _check_kind(pools: str, real_data: str) -> None:
    for name, given, options in (("pools", pools, POOLS), ("real_data", real_data, REAL_DATA)):
        if given not in options:
            raise ValueError(f"{name} must be {options[0]!r} or {options[1]!r}; got {given!r}.")


def _identity(size: int) -> np.ndarray:
    return np.array([[Fraction(int(a == b)) for b in range(size)] for a in range(size)], dtype=object)


def _solved(system: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The exact solution of a system of rationals."""
    left, right = (flint.fmpq_mat(len(x), len(x[0]), [_rational(y) for y in x.ravel()]) for x in (system, wanted))
    found = left.solve(right).table()
    return np.array([[Fraction(int(x.p), int(x.q)) for x in row] for row in found], dtype=object)


def _rational(value: Any) -> flint.fmpq:
    return flint.fmpq(*Fraction(value).as_integer_ratio())
