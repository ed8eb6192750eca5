"""The symbol that the laws of a kernel density share beside T and n."""

import sympy as sp

#: The kernel's standard deviation, or what multiplies that of a rule.
bandwidth = sp.Symbol("bandwidth", positive=True)
