"""Covariances of a model's error and of sums over pools, as integers over a denominator of each variable's own.

A fraction costs a greatest common divisor of long numbers at every product; here the variable j is an integer
combination of noises over q_j, each q a multiple of the ones before, so a covariance is an integer over q_i q_j.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import gcd, lcm

#: Names a sum over the first pools: the last of them, and whether they are later real data.
Name = tuple[int, bool]

#: The error of the newest model, among the variables; pools are numbered from 1.
_ERROR: Name = (0, False)


class Covariance:
    """The covariances of the newest model's error and of the sums that are still needed."""

    def __init__(self) -> None:
        self._q: dict[Name, int] = {_ERROR: 1}
        self._times: dict[Name, dict[Name, int]] = {_ERROR: {_ERROR: 0}}
        self._last_q = 1

    def add_sum(self, name: Name, before: Name | None, rows: Fraction, *, includes_error: bool) -> None:
        """A sum one pool longer than `before`: with rows·(error + noise), the noise of variance 1/rows.

        Args:
            name: of the new sum.
            before: the sum that it goes on from; `None` for nothing.
            rows: of the pool.
            includes_error: whether the pool is labelled by the newest model; else by the truth.
        """
        q = self._last_q * rows.denominator
        parts = [(_ERROR, rows.numerator * (self._last_q // self._q[_ERROR]))] if includes_error else []
        parts += [] if before is None else [(before, q // self._q[before])]
        self._add(name, parts, q, rows.numerator * rows.denominator * self._last_q**2)

    def set_error(self, terms: Mapping[Name, Fraction], thinning: Fraction) -> Fraction:
        """The newest model's error: these multiples of sums, and a noise of its own. Its variance.

        Args:
            terms: coefficients of the sums.
            thinning: the variance of the noise.
        """
        factor = lcm(thinning.denominator, *(weight.denominator for weight in terms.values()))
        q = self._last_q * factor
        parts = [
            (name, weight.numerator * (factor // weight.denominator) * (self._last_q // self._q[name]))
            for name, weight in terms.items()
        ]
        self.drop([_ERROR])
        self._add(_ERROR, parts, q, thinning.numerator * (factor // thinning.denominator) * factor * self._last_q**2)
        variance = Fraction(self._times[_ERROR][_ERROR], q**2)
        self._shorten(factor)
        return variance

    def drop(self, names: Iterable[Name]) -> None:
        """Forget variables that nobody needs."""
        for name in names:
            for other in self._times.pop(name):
                if other != name:
                    del self._times[other][name]
            del self._q[name]

    def _add(self, name: Name, parts: list[tuple[Name, int]], q: int, own: int) -> None:
        row = {other: sum(factor * self._times[part][other] for part, factor in parts) for other in self._times}
        row[name] = own + sum(factor * row[part] for part, factor in parts)
        for other, value in row.items():
            if other != name:
                self._times[other][name] = value
        self._times[name] = row
        self._q[name] = self._last_q = q

    def _shorten(self, factor: int) -> None:
        """Take out of the error what its integers and its denominator share with the newest factor."""
        row = self._times[_ERROR]
        shared = gcd(factor, *(value for other, value in row.items() if other != _ERROR))
        square = gcd(row[_ERROR], shared**2)
        shared = gcd(shared, square // gcd(square, shared))  # its square divides the variance
        if shared == 1:
            return
        for other in row:
            row[other] //= shared**2 if other == _ERROR else shared
            if other != _ERROR:
                self._times[other][_ERROR] = row[other]
        self._q[_ERROR] //= shared
        self._last_q //= shared
