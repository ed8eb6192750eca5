"""For experimenters: a simulation that stops at a precision and survives a kill. `# ->`: what is printed."""

import tempfile
from pathlib import Path

import jax.random as jr

import sim
from theory import Accumulate
from theory.linear import test_error

model = sim.LinearRegression(T=40, d=20, sigma=1.0, design="fresh")
settings = {"iterations": 5, "key": jr.key(1)}

# The fastest sampler that is exact here draws X'X and X'noise, not the rows: a million rows would cost the same.
run = sim.run(model, Accumulate(), relative_error=0.01, **settings)
print(run.sampler, (run.test_error.standard_error <= 0.01 * run.test_error.mean).all())
# -> wishart True

# |z| <= 5 at every iteration; the law of the other design is far off.
print(sim.compare(run, test_error(Accumulate(), design="fresh")).verdict)
other = test_error(Accumulate(), design="fixed").evaluate(T=40, d=20, n=range(1, 6))
print((abs(run.test_error.mean - other) / run.test_error.standard_error).max() > 10)
# -> agree
# -> True

# The checkpoint is the run's memory: stopped after 1,000 chains, it goes on, and ends with a straight run's digits.
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "accumulate.checkpoint"
    for replicates in (1_000, 4_000):
        resumed = sim.run(model, Accumulate(), replicates=replicates, checkpoint=file, **settings)
straight = sim.run(model, Accumulate(), replicates=4_000, **settings)
print((resumed.test_error.mean == straight.test_error.mean).all())
# -> True

# The same mean with less scatter: the noise of the labels averaged analytically.
quiet = sim.run(model, Accumulate(), replicates=4_000, sampler="conditional", **settings)
print((straight.test_error.standard_error / quiet.test_error.standard_error).min() > 1.2)
# -> True
