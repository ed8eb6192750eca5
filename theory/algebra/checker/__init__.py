"""A checker that replays derivations on numbers.

It reads terms as data and shares no code with the rules: it has its own least squares, run from the pools and shares
that the workflow names for each iteration, its own values of coefficients, and its own expectations.
"""

from .replay import first_objection as first_objection, objections as objections
