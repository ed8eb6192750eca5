"""Any asymptotically linear estimator of a location."""

from .task import Estimator as Estimator, x as x
