"""Editing: at each iteration a random share m_j of the training set's labels are sampled anew, and the rest stay.

As ToEdit does (Zhu et al. 2412.14689, there for tokens). Model n + 1 is fitted to the data of model n of which each
row has, with chance m_n, a new label of model n. Then the residuals of model n sum to nought against X, so that

    delta_{n+1} = delta_n + W^-1 (sum over edited rows of x noise + sum over kept rows of x residual).

Rows are drawn independently of the residuals. With tau^2 the variance of sampled labels' noise and v_n that of the
residuals of model n, in units of sigma^2, the two sums add m tau^2 and m (1 - m) v_n to the gain, to the leading order:

    c_{n+1} = c_n + m_n tau^2 + m_n (1 - m_n) v_n,     v_{n+1} = (1 - m_n) v_n + m_n tau^2,     c_1 = v_1 = 1.

At tau = 1 this is c_n = 1 + sum_{j<n} m_j (2 - m_j), bounded if and only if the m_j have a finite sum; at m = 1 it is
Replace. The limit T -> oo at either design: X stays at fixed design, and an edited row has a new x at fresh. New here.
"""

from fractions import Fraction

import sympy as sp

from ...asymptotics import Growth
from ...exact import required
from ...generator import Generator
from ...symbolic_workflow import SymbolicWorkflow
from ...symbols import n
from ...sympy_types import as_expression, factored, rational


def objection(workflow: SymbolicWorkflow, generator: Generator) -> str | None:
    """Why there is no law where labels are edited; `None` where there is one."""
    if generator.carried != 1 or generator.bias or generator.sizes or generator.noises:
        return f"{generator} edits labels, and then its temperature alone may be unusual. Leave the rest out."
    read = workflow.training_set
    newest = read is not None and list(read.parts) == [(n, n, False)] and read.drawn is None and read.size == 1
    if not newest:
        return f"{generator} edits the training set as it was, which is Replace(); {workflow.workflow} has another one."
    return None


def gains(generator: Generator, iterations: int) -> list[Fraction]:
    """c_1, …, c_n, exact.

    Raises:
        ValueError: a share is missing.
    """
    square, spread, found = generator.sampled_variance, Fraction(1), [Fraction(1)]
    for model in range(1, iterations):
        m = generator.edited_by(model)
        found.append(found[-1] + m * square + m * (1 - m) * spread)
        spread = (1 - m) * spread + m * square
    return found


def solved(generator: Generator) -> tuple[sp.Expr, Growth] | None:
    """c_n in n and how it grows, for one share or, at the usual temperature, for shares that fade; else `None`."""
    if isinstance(generator.edited, tuple):
        return None
    m, square = rational(required(generator.edited, "edited")), rational(generator.sampled_variance)
    fading = rational(required(generator.fading, "fading"))
    if m == 0:
        return sp.S.One, Growth("bounded", sp.S.One)
    if fading == 1:
        slope, left = factored(square * m * (2 - m)), factored((1 - m) * (1 - square))
        expr = 1 + slope * (n - 1) + (left * (1 - (1 - m) ** (n - 1)) if left else 0)
        return as_expression(expr), Growth("linear", slope) if slope else Growth("bounded", 1 + left)
    if square != 1:
        return None
    once, twice = factored(2 * m / (1 - fading)), factored(m**2 / (1 - fading**2))
    expr = 1 + once * (1 - fading ** (n - 1)) - twice * (1 - factored(fading**2) ** (n - 1))
    return as_expression(expr), Growth("bounded", factored(1 + once - twice))
