"""The parameter of a workflow that makes the long-run error least, exactly."""

from dataclasses import dataclass, replace

import sympy as sp

from .generator import Generator
from .linear import generated
from .workflow import Workflow


@dataclass(frozen=True)
class Optimum:
    """Where the long-run gain is least.

    Attributes:
        over: the parameter's name.
        value: its best value.
        gain: the limit of c_n there; times sigma^2 d/(T - d - 1) it is the long-run error.
        interior: False where the best value is the end of the range, weight 1: no sampled data at all.
    """

    over: str
    value: sp.Expr
    gain: sp.Expr
    interior: bool


def optimise(workflow: Workflow, *, over: str = "weight", generator: Generator | None = None) -> Optimum:
    """The weight in (0, 1] that minimises the limit of the gain, for any number or positive symbol in the other fields.

    The derivative's numerator is a polynomial in the weight. Where it is negative at 0, positive at 1 and of degree two
    at most, it has exactly one root between them, which is the minimum; where it is never positive, the gain falls up
    to weight 1.

    Args:
        workflow: one with a weight, which is not looked at.
        over: the parameter's name.
        generator: how data are sampled from a model; its bias, if any, is left out: the gain is that of the noises.

    Raises:
        ValueError: no such parameter, no limit to minimise, or a minimum that this argument does not decide.

    Source: He, Xu and Cheng (2502.18049) for FreshReal at synthetic_ratio 1, where the weight is 1/golden ratio.
    """
    if over != "weight" or over not in workflow.parameters:
        raise ValueError(f"{workflow} has no weight to optimise; give a FixedReal or a FreshReal, and over='weight'.")
    weight = sp.Dummy("weight", positive=True)
    family = replace(workflow, **{over: weight})  # pyright: ignore[reportArgumentType]: a dataclass
    growth = generated(family, generator or Generator(), design="fixed").gain_growth()
    if growth is None or growth.kind != "bounded":
        raise ValueError(f"{workflow}: the long-run error has no limit to minimise.")
    gain = sp.cancel(growth.constant)
    slope, squared = sp.fraction(sp.cancel(sp.diff(gain, weight)))
    if sp.simplify(squared).subs(weight, sp.Rational(1, 2)).is_negative:
        slope = -slope
    polynomial = sp.Poly(slope, weight)
    at_start, at_end = sp.factor(polynomial.eval(0)), sp.factor(polynomial.eval(1))
    if polynomial.degree() <= 2 and at_start.is_negative and at_end.is_positive:
        at = {symbol: 1 for symbol in slope.free_symbols - {weight}}
        (root,) = [r for r in sp.roots(polynomial) if 0 < r.subs(at) < 1]
        root = sp.simplify(root)
        return Optimum(over, root, sp.simplify(sp.radsimp(gain.subs(weight, root))), interior=True)
    if all(coefficient.is_nonpositive for coefficient in sp.Poly(slope.subs(weight, 1 - weight), weight).coeffs()):
        return Optimum(over, sp.S.One, sp.simplify(gain.subs(weight, 1)), interior=False)
    raise ValueError(f"{workflow}: the minimum over {over} was not decided.")
