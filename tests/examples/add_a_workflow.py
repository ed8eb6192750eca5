"""For both: ten lines make a workflow, and theory, simulation and neural networks take it. `# ->`: what is printed."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import jax.random as jr

import sim
from neural.directory import RunDirectory
from neural.loop import run as train
from paper_repro.one_law import EXPERIMENT, ratio_of_means
from theory import Workflow, by_weight, real, synthetic
from theory.linear import test_error


@dataclass(frozen=True)
class Echo(Workflow):
    """The newest sampled data, and a quarter of the loss on the ones before them."""

    def training_set(self, iteration):
        older = real(1) if iteration == 2 else synthetic(iteration - 2)
        return by_weight({older: "1/4", synthetic(iteration - 1): "3/4"})


# Theory: by how much refitting multiplies the error of one fit, exactly, and how it grows in the long run.
law = test_error(Echo(), design="fixed")
print([str(c) for c in law.gain(4)], law.growth().kind)
# -> ['1', '25/16', '569/256', '11705/4096'] linear

# Simulation: least squares at fixed design, where this law is exact at any T.
model = sim.LinearRegression(T=40, d=10, design="fixed")
run = sim.run(model, Echo(), iterations=4, replicates=20_000, key=jr.key(0))
print(sim.compare(run, law).verdict)
# -> agree

# 24 small transformers trained on their own samples: excess loss of model 2 over that of model 1.
small = replace(EXPERIMENT, iterations=2, seeds=24, texts=256, epochs=60.0)
with tempfile.TemporaryDirectory() as folder:
    directory = RunDirectory(Path(folder) / "run", {}, resume=False)
    excess = train(small.learner, Echo(), small.plan, small.training(small.epochs), directory)["kl"]
(_, ratio), (_, error) = ratio_of_means(excess)
print(abs(ratio - 25 / 16) < 3 * error, ratio - 3 * error > 1)
# -> True True
