"""Closed forms of sums and products over iterations, each proved before it is returned.

SymPy's own `summation` gives 1/(i(iT - d - 1)) a Piecewise that holds a complex infinity; here the sum is
taken termwise on partial fractions, and the candidate F is accepted only where F(0) = 0 and F(n) - F(n - 1) is the
n-th term, shown with the recurrences of the harmonic and polygamma functions. A product of rational factors is one of
gamma functions at its roots, accepted where it is 1 at n = 0 and its quotient is the n-th factor.
"""

from collections.abc import Mapping

import sympy as sp

from .symbols import i, n
from .sympy_types import as_expression, at, parts, polynomial, replaced, summand


def closed_sum(term: sp.Expr) -> sp.Expr | None:
    """The sum of `term` over i = 1..n, free of sums; `None` where none was proved.

    Terms are rational in `i`, or constants times powers r^i with rational |r| < 1.
    """
    candidate = sp.S.Zero
    parts = as_expression(sp.apart(sp.together(term), i) if term.is_rational_function(i) else sp.expand(term))
    for addend in sp.Add.make_args(parts):
        part = _antidifference(addend)
        if part is None:
            return None
        candidate += part
    candidate = collect(candidate)
    return candidate if is_sum(candidate, term) else None


def without_sums(expression: sp.Expr) -> sp.Expr | None:
    """The expression with a closed form in the place of each sum and product over i = 1..n; `None` where not proved."""
    for total in parts(expression, sp.Sum):
        closed = closed_sum(summand(total))
        if closed is None:
            return None
        expression = replaced(expression, {total: closed})
    for product in parts(expression, sp.Product):
        closed = closed_product(as_expression(product.function))
        if closed is None:
            return None
        expression = replaced(expression, {product: closed})
    return expression


def closed_product(factor: sp.Expr) -> sp.Expr | None:
    """The product of `factor`, rational in `i`, over i = 1..n, free of products; `None` where none was proved."""
    found = factor_roots(factor)
    if found is None:
        return None
    lead, roots = found
    gammas = [(sp.gamma(n + 1 - root) / sp.gamma(1 - root)) ** power for root, power in roots.items()]
    candidate = as_expression(lead**n * sp.Mul(*gammas))
    return candidate if is_product(candidate, factor) else None


def factor_roots(factor: sp.Expr) -> tuple[sp.Expr, dict[sp.Expr, int]] | None:
    """The factor as lead · prod (i - root)^power, powers negative for poles; `None` where roots are not known."""
    roots: dict[sp.Expr, int] = {}
    leads = []
    for part, sign in zip(sp.fraction(sp.cancel(factor)), (1, -1), strict=True):
        form = polynomial(as_expression(part), i)
        if form is None:
            return None
        # of quartics the roots fill a page, and take a minute
        known: Mapping[sp.Expr, int] = sp.roots(form, quartics=False)  # pyright: ignore[reportAssignmentType]: a dictionary
        if sum(known.values()) != form.degree():
            return None
        for root, power in known.items():
            roots[root] = roots.get(root, 0) + sign * power
        leads.append(form.LC())
    return as_expression(sp.cancel(leads[0] / leads[1])), {root: power for root, power in roots.items() if power}


def is_product(candidate: sp.Expr, factor: sp.Expr) -> bool:
    """Whether `candidate`, an expression in n, is proved to be the product of `factor` over i = 1..n."""
    before = at(candidate, n, n - 1)
    # Gamma(z + 1) = z Gamma(z), DLMF 5.5.1
    following = candidate.replace(sp.gamma, lambda z: (z - 1) * sp.gamma(z - 1) if z.has(n) else sp.gamma(z))
    step = sp.powsimp(as_expression(following) / before) - at(factor, i, n)
    return sp.simplify(at(candidate, n, 0) - 1) == 0 and sp.simplify(sp.expand(sp.together(step))) == 0


def is_sum(candidate: sp.Expr, term: sp.Expr) -> bool:
    """Whether `candidate`, an expression in n, is proved to be the sum of `term` over i = 1..n."""
    empty = sp.simplify(candidate.subs(n, 0)) == 0
    step = _recurrences(candidate) - candidate.subs(n, n - 1) - term.subs(i, n)
    return empty and sp.simplify(sp.expand(step)) == 0


def _antidifference(addend: sp.Expr) -> sp.Expr | None:
    """The sum over i = 1..n of c i^q, of c / (a i + b)^p (the addends of a partial fraction), or of c r^i, |r| < 1."""
    coefficient, rest = addend.as_independent(i)
    if rest.is_polynomial(i):
        return coefficient * sp.expand(sp.summation(rest, (i, 1, n)))
    base, exponent = rest.as_base_exp()
    ratio = sp.simplify(rest.subs(i, i + 1) / rest)
    if ratio.is_Rational and abs(ratio) < 1:
        return coefficient * sp.simplify(rest.subs(i, 1)) * (1 - ratio**n) / (1 - ratio)
    linear = sp.Poly(base, i) if base.is_polynomial(i) else None
    if linear is None or linear.degree() != 1 or not (exponent.is_Integer and exponent < 0):
        return None
    slope, constant = linear.all_coeffs()
    shift, p = sp.cancel(constant / slope), int(-exponent)
    coefficient /= slope**p
    if shift == 0:
        return coefficient * sp.harmonic(n, p)
    if shift.is_Integer and shift > 0:
        ends = (1 / (n + j) ** p - sp.Rational(1, j**p) for j in range(1, int(shift) + 1))
        return coefficient * (sp.harmonic(n, p) + sum(ends, sp.S.Zero))
    sign = (-1) ** (p - 1)
    # The sum of 1/(i + b)^p, from psi^(m)(z + 1) - psi^(m)(z) = (-1)^m m! / z^(m + 1) with m = p - 1.
    difference = sp.polygamma(p - 1, n + 1 + shift) - sp.polygamma(p - 1, 1 + shift)
    return coefficient * sign * difference / sp.factorial(p - 1)


def _recurrences(expression: sp.Expr) -> sp.Expr:
    """Write harmonic and polygamma functions at n through their values at n - 1 (DLMF 5.15.5)."""

    def harmonic(argument: sp.Expr, order: sp.Expr = sp.S.One) -> sp.Expr:
        return sp.harmonic(n - 1, order) + n**-order if argument == n else sp.harmonic(argument, order)

    def polygamma(order: sp.Expr, z: sp.Expr) -> sp.Expr:
        if not z.has(n):
            return sp.polygamma(order, z)
        return sp.polygamma(order, z - 1) + (-1) ** order * sp.factorial(order) / (z - 1) ** (order + 1)

    return as_expression(expression.replace(sp.harmonic, harmonic).replace(sp.polygamma, polygamma))


def collect(expression: sp.Expr) -> sp.Expr:
    """Take out the factor that all special functions share: (psi(n + 1 - a) - psi(1 - a) - H_n)/(d + 1)."""
    functions = sorted(expression.atoms(sp.harmonic, sp.polygamma), key=sp.default_sort_key)
    collected = sp.collect(sp.expand(expression), functions, evaluate=False)
    terms = [function * sp.factor(coefficient) for function, coefficient in collected.items()]
    return as_expression(sp.factor_terms(sp.Add(*terms)))
