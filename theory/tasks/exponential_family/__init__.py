"""Exponential families with a quadratic variance function, fitted by the mean."""

from .categories import Bernoulli as Bernoulli, Categorical as Categorical
from .counts import Gamma as Gamma, NegativeBinomial as NegativeBinomial, Poisson as Poisson
from .family import ExponentialFamily as ExponentialFamily
