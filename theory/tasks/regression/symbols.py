"""What all laws of regression share: its symbols, their domain, and the error of one fit, the unit of gains."""

import sympy as sp

from ...prover.domain import Domain, Variable
from ...symbols import T

#: Features, and the noise standard deviation.
d = sp.Symbol("d", integer=True, positive=True)
sigma = sp.Symbol("sigma", positive=True)

#: Where the test error of least squares has a mean.
DOMAIN = Domain((Variable(d, (sp.Integer(1),)), Variable(T, (d + 2,)), Variable(sigma)))

#: The error of one fit at T rows.
ONE_FIT = sigma**2 * d / (T - d - 1)
