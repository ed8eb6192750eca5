"""Means of functions of the Gram matrix A = X'X of Gaussian rows, in balls: what verdicts on bounds rest on.

With p eigenvalues that are not 0, q >= p the larger of rows and features, a = (q - p - 1)/2 and w(u) = u^a e^(-u/2),
means over their density (`wishart`) are Pfaffians by de Bruijn's formula, so that the sum of f over them has the mean

    int f rho,   rho(u) = w(u) sum_ij (M^-1)_ji u^i G_j(u),
    G_j(u) = int sgn(v - u) v^j w(v) dv,   M_ij = int u^i w(u) G_j(u) du,

with a row of moments int u^i w added to M, and 1 to G, where p is odd. Integration by parts gives

    G_j(u) = 2 (a + j) G_{j-1}(u) + 4 u^(a + j) e^(-u/2),     M_ij = 2 (a + j) M_i,j-1 + 4 Gamma(2a + i + j + 1),

so that M is rational, and rho is made of polynomials with rational coefficients and one incomplete gamma function.
The integral is enclosed by python-flint, over u = y^2, where all is analytic; what lies beyond the interval is the
mass that is missing there, for all of it is p.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import flint
from flint import acb, acb_poly, arb, fmpq, fmpq_mat, fmpq_poly

#: More eigenvalues, or rows, take too long.
MOST_EIGENVALUES, MOST_ROWS = 32, 400

#: Bits of the first try, how many times these are doubled, and the bits that the mean should have.
_BITS, _TRIES, _CLOSE = 80, 4, 40

#: The root of the largest eigenvalue is seldom so much more than those of rows and features.
_FAR = 10


@dataclass(frozen=True)
class Balls:
    """The eigenvalues of X'X that are not 0.

    Attributes:
        rows: of X.
        d: features.

    >>> round(float(Balls(5, 3).mean(lambda u: u / (u + 1) ** 2, arb(1) / 4).mid()), 10)
    0.4743089942
    """

    rows: int
    d: int

    @property
    def number(self) -> int:
        """p."""
        return min(self.rows, self.d)

    @property
    def excess(self) -> int:
        """q - p, which is 2a + 1."""
        return abs(self.rows - self.d)

    @cached_property
    def _polynomials(self) -> tuple[fmpq_poly, fmpq_poly, fmpq_poly]:
        """What G_0, u^(a + 1) e^(-u/2), and the 1 of odd p are multiplied by; that in units of its own moment."""
        p, twice = self.number, self.excess - 1
        odd = p % 2
        factorials = [1]
        for k in range(1, twice + 2 * p + 1):
            factorials.append(factorials[-1] * k)
        matrix = [[fmpq(0)] * (p + odd) for _ in range(p + odd)]
        for i in range(p):
            if i:
                matrix[i][0] = -matrix[0][i]
            for j in range(1, p):
                matrix[i][j] = (twice + 2 * j) * matrix[i][j - 1] + 4 * fmpq(factorials[twice + i + j])
        moment = fmpq(1)
        for i in range(p * odd):
            matrix[i][p], matrix[p][i] = moment, -moment
            moment *= twice + 2 * (i + 1)
        inverse = fmpq_mat(p + odd, p + odd, [x for row in matrix for x in row]).inv()
        first, second, factor, rest = fmpq_poly(), fmpq_poly(), fmpq(1), fmpq_poly()
        for j in range(p):
            if j:
                factor *= twice + 2 * j
                rest = (twice + 2 * j) * rest + fmpq_poly([0] * (j - 1) + [4])
            weights = fmpq_poly([inverse[j, i] for i in range(p)])
            first, second = first + factor * weights, second + weights * rest
        third = fmpq_poly([inverse[p, i] for i in range(p)]) if odd else fmpq_poly()
        return first, second, third

    @cached_property
    def _sums(self) -> fmpq_poly:
        """What G_0 has beside its own at a = 0, or at a = -1/2, in units of y^(2a + 2) e^(-u/2) there."""
        least, steps = 1 - self.excess % 2, (self.excess + 1) // 2 - self.excess % 2
        found, factor = [fmpq(0)] * steps, fmpq(4)
        for k in reversed(range(steps)):
            found[k] = factor
            factor *= 2 * k + (1 if least else 2)
        return fmpq_poly(found)

    def density(self) -> Callable[[acb], acb]:
        """(y) -> rho(y^2) 2 y, at the precision of the moment.

        G_0 is 2^(a + 1) Gamma(a + 1) (1 - 2 P(a + 1, u/2)), of which P falls to P(1, .) = 1 - e^-. or P(1/2, .), an
        error function of the root, by P(s + 1, z) = P(s, z) - z^s e^-z/Gamma(s + 1).
        """
        first, second, third, sums = (acb_poly(each) for each in (*self._polynomials, self._sums))
        half, excess = acb(fmpq(self.excess + 1, 2)), self.excess
        whole, root, even = acb(2) ** half * half.gamma(), acb(2).sqrt(), excess % 2 == 0

        def at(y: acb) -> acb:
            u = y * y
            falling = (-u / 2).exp()
            least = 1 - 2 * (y / root).erf() if even else 2 * falling - 1
            sign = whole * least + sums(u) * y ** (1 if even else 2) * falling
            inner = first(u) * sign + second(u) * y ** (excess + 1) * falling + third(u) / whole
            return 2 * y**excess * falling * inner

        return at

    def integral(self, f: Callable[[acb], acb]) -> arb:
        """Of f rho over the interval."""
        density, last = self.density(), acb(arb(self.rows).sqrt() + arb(self.d).sqrt() + _FAR)
        close = arb(2) ** -(_CLOSE + 10)
        return acb.integral(lambda y, _: density(y) * f(y * y), acb(0), last, rel_tol=close, abs_tol=close).real

    def mean(self, f: Callable[[acb], acb], most: arb) -> arb:
        """The mean of the sum of f over the eigenvalues.

        Args:
            f: analytic in a neighbourhood of u >= 0, where it is real, at least 0 and at most `most`.
            most: see there.
        """
        for bits in (_BITS * 2**k for k in range(_TRIES)):
            with flint.ctx.workprec(bits):
                found = self.integral(f) + most * arb(0).union(_beyond(self, bits))
                if found.is_finite() and found.rad() < abs(found.mid()) * arb(2) ** -_CLOSE:
                    return found
        return arb(0).union(most * self.number)


@cache
def _beyond(eigenvalues: Balls, bits: int) -> arb:
    """At most so many eigenvalues lie beyond the interval in the mean."""
    with flint.ctx.workprec(bits):
        return (eigenvalues.number - eigenvalues.integral(lambda u: acb(1))).abs_upper()


def objection(rows: int, d: int) -> str | None:
    """Why means are not enclosed; `None` where they are."""
    if min(rows, d) <= MOST_EIGENVALUES and max(rows, d) <= MOST_ROWS:
        return None
    return f"means over X'X are enclosed for at most {MOST_EIGENVALUES} eigenvalues and {MOST_ROWS} rows."


@cache
def eigenvalues(rows: int, d: int) -> Balls:
    """Those of so many rows."""
    return Balls(rows, d)
