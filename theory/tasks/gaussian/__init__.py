"""A Gaussian fitted by mean and covariance."""

from .task import Gaussian as Gaussian
