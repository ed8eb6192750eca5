"""Numbers of a law: its sums added up term by term, or its closed form far out, in as many digits as it takes."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from .gain import gain
from .symbols import GAIN, i, n
from .sympy_types import parts, rational, replaced, substituted, summand
from .task import Parameter
from .workflow import Workflow


def termwise(
    expr: sp.Expr, parameters: Sequence[Parameter], workflow: Workflow, numbers: dict[str, Any], iterations: np.ndarray
) -> np.ndarray:
    """Add the terms up one by one: all are positive, so nothing cancels. Integers are put in exactly.

    Args:
        expr: the law in the task's symbols and n, with sums over i = 1..n, or with gain(n).
        parameters: of the task.
        workflow: whose gain is meant.
        numbers: of the parameters, by name.
        iterations: at which the law is evaluated.
    """
    symbols = {p.symbol: numbers[p.name] for p in parameters}
    whole = {symbol: value for symbol, value in symbols.items() if symbol.is_integer}
    reals = {symbol: value for symbol, value in symbols.items() if not symbol.is_integer}
    sums = parts(expr, sp.Sum)
    stand_ins = sp.symbols(f"sum:{len(sums)}")
    upto = np.arange(1, iterations.max() + 1, dtype=np.float64)
    totals = []
    for total in sums:
        term = sp.lambdify([i, *reals], substituted(summand(total), whole), "scipy")
        totals.append(np.cumsum(np.broadcast_to(term(upto, *reals.values()), upto.shape))[iterations - 1])
    outside = substituted(replaced(expr, dict(zip(sums, stand_ins, strict=True))), whole)
    if outside.has(GAIN):
        gains = np.array([float(c) for c in gain(workflow, int(iterations.max()))])
        stand_ins, totals = (*stand_ins, GAIN(n)), [*totals, gains[iterations - 1]]
    value = sp.lambdify([n, *reals, *stand_ins], outside, "scipy")
    result = value(iterations.astype(np.float64), *reals.values(), *totals)
    return np.broadcast_to(np.asarray(result, np.float64), iterations.shape).copy()


def far_out(
    closed_form: sp.Expr, parameters: Sequence[Parameter], numbers: dict[str, Any], iterations: np.ndarray
) -> np.ndarray:
    """Through the closed form, in twice the digits that its cancellations can cost.

    Args:
        closed_form: in the task's symbols and n, free of sums.
        parameters: of the task.
        numbers: of the parameters, by name.
        iterations: at which the law is evaluated.
    """
    exactly = {p.symbol: rational(Fraction(numbers[p.name])) for p in parameters}
    value = sp.lambdify(n, substituted(closed_form, exactly).rewrite(sp.polygamma), "mpmath")
    # Differences of polygamma functions at arguments 1/T apart lose up to log10(n T) digits each.
    largest = max((len(str(x)) for x in numbers.values() if isinstance(x, int)), default=1)
    with mpmath.workdps(40 + 4 * largest + 2 * len(str(iterations.max()))):
        # gamma functions at conjugate points have a real product
        values = [float(mpmath.re(value(mpmath.mpf(int(m))))) for m in iterations.ravel()]
    return np.array(values).reshape(iterations.shape)
