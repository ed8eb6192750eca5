"""The test error of linear regression in today's short spelling: laws of `LinearRegression`."""

from .generator import Generator
from .law import Law, law
from .tasks.regression import GeneratedLaw, LinearRegression
from .tasks.regression.checks import DESIGNS as DESIGNS
from .workflow import Workflow


def test_error(workflow: Workflow, *, design: str) -> Law:
    """The law of E_n = E|x·(w_n - w*)|^2, the excess risk of model n (noise left out), n = 1 the fit to real data.

    Args:
        workflow: what each model is fitted to.
        design: "fixed" (one X, only labels are new) or "fresh" (a new X each iteration).

    Raises:
        ValueError: unknown design, or an invalid training set.

    >>> from theory import Replace
    >>> test_error(Replace(), design="fixed").expr
    d*n*sigma**2/(T - d - 1)
    """
    return law(LinearRegression(design=design), workflow)


def generated(workflow: Workflow, generator: Generator, *, design: str) -> GeneratedLaw:
    """The law of the test error of models refitted on what a generator samples from them.

    Args:
        workflow: what each model is fitted to.
        generator: how data are sampled from a model.
        design: "fixed" (one X, only labels are new) or "fresh" (a new X each iteration).

    Raises:
        ValueError: an unknown design, an invalid training set, or labels shifted where rows are drawn.
    """
    return LinearRegression(design=design).generated(workflow, generator)
