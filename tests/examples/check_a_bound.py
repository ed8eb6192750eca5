"""For theorists: derive a law, prove or refute bounds, find the least constant and the best weight. `# ->`: printed."""

import theory
from theory import Accumulate, FreshReal

# Accumulate where each iteration draws new inputs, as a generative model would; the paper's theorem reuses one X.
law = theory.linear.test_error(Accumulate(), design="fresh")
print(law.expr)
print([step.rule for step in law.derivation][-3:])
# -> d*sigma**2*Sum(1/(i*(T*i - d - 1)), (i, 1, n))
# -> ['exchangeability', 'inverse wishart mean', 'summation']

# The paper's bound holds here too, for all T >= d + 2, d, n and sigma; its certificate was checked by other code.
print(theory.check_bound(law, "pi**2/6 * sigma**2*d/(T-d-1)").verdict)
# -> proved

# A smaller constant fails, at a point that anyone can check.
refuted = theory.check_bound(law, "8/5 * sigma**2*d/(T-d-1)")
print(refuted.verdict, refuted.counterexample)
# -> refuted {'T': 102, 'd': 1, 'n': 30}

# So pi^2/6 is the least constant for all T and d, though at one T and d the error, of one fit = 1, stays away from it.
print(theory.tightest(law).constant)
print((law.evaluate(T=100, d=32, n=[1, 10, 100, 10_000]) / law.evaluate(T=100, d=32, n=1)).round(3))
# -> pi**2/6
# -> [1.    1.419 1.477 1.484]

# With new real data at each iteration, the weight on them that leaves the least error in the long run: 1 over golden.
print(theory.optimise(FreshReal(), over="weight").value)
# -> -1/2 + sqrt(5)/2
