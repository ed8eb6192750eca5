"""The symbol that the laws of a Gaussian share beside T and n."""

import sympy as sp

#: The dimension.
d = sp.Symbol("d", integer=True, positive=True)
