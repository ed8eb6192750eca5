"""Generalised linear models by maximum likelihood."""

from .task import GeneralisedLinear as GeneralisedLinear
