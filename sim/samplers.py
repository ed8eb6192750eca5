"""Which sampler simulates what: the names a user may give, and the fastest exact one where none is given."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from theory import Workflow

from .conditional import Conditional
from .gaussian import Gaussian
from .literal import Literal
from .model import LinearRegression, fewest_rows
from .radial import Radial, RadialFixed
from .sampler import AbstractSampler
from .subsample import LiteralSubsample
from .wishart import Wishart, WishartFixed

#: What can be asked for; "auto" is the first of `_EXACT` that takes the workflow.
SAMPLERS = ("auto", "literal", "wishart", "radial", "gaussian", "conditional")

#: From the fastest on.
_EXACT = ("radial", "wishart", "literal")


PRECISIONS = ("float64", "float32")

#: Rows a training set that float32 takes by default, over d + 8: fits are then well-conditioned, and what the tails
#: of float32 normal variables lack is below one part in a million of a mean.
_WELL_CONDITIONED = 2


def build(
    name: str, model: LinearRegression, workflow: Workflow, iterations: int, precision: str | None = None
) -> tuple[AbstractSampler, str]:
    """The sampler called `name` and the precision of its chains.

    Without a precision, float64 for the literal sampler and for training sets of few rows, else float32.

    Raises:
        ValueError: unknown name or precision, or the sampler is not exact for this workflow and design.
    """
    if name not in SAMPLERS:
        raise ValueError(f"sampler must be one of {', '.join(SAMPLERS)}; got {name!r}.")
    if precision is not None and precision not in PRECISIONS:
        raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}; got {precision!r}.")
    if name == "auto":
        for candidate in _EXACT[:-1]:
            try:
                return build(candidate, model, workflow, iterations, precision)
            except ValueError:
                continue
        return build(_EXACT[-1], model, workflow, iterations, precision)
    if precision is None:
        enough = fewest_rows(model, workflow, iterations) >= _WELL_CONDITIONED * (model.d + 8)
        single = (name != "literal" and enough) or jax.local_devices()[0].platform == "tpu"
        precision = "float32" if single else "float64"
    constructor = _constructor(name, model, workflow, iterations)
    return constructor(model, workflow, iterations, jnp.dtype(precision)), precision


def _constructor(
    name: str, model: LinearRegression, workflow: Workflow, iterations: int
) -> Callable[[LinearRegression, Workflow, int, jnp.dtype], AbstractSampler]:
    fixed = model.design == "fixed"
    if name == "literal":
        draws = any(workflow.drawn(iteration) is not None for iteration in range(1, iterations + 1))
        return LiteralSubsample if draws else Literal
    if name == "gaussian":
        return Gaussian
    if name == "conditional" and fixed:
        raise ValueError(
            "the conditional sampler averages the noise over fresh designs; at fixed design it would give the gain "
            "c_n times the trace of one inverse, which theory.gain gives exactly. Use another sampler."
        )
    if name == "conditional":
        return Conditional
    if name == "wishart":
        return WishartFixed if fixed else Wishart
    return RadialFixed if fixed else Radial
