"""Conformations in the loop: diffusion models on a set of molecules."""

from dataclasses import dataclass
from functools import cached_property

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Float32, Int, Key, PyTree

from sim.keys import key_of

from ..loop import Learner, RealRows
from . import metrics
from .conformer_set import ConformerSet, Rows, join, split
from .molecules import block, placed
from .network import Architecture, Denoiser, Graph, error, sample, training_times

#: Held-out molecules that coverage, matching and diversity are measured on, at most.
MEASURED = 20

#: Angstrom RMSD between real conformations, above which they are different enough for samples to be as different.
RIGID = 0.1


@dataclass(frozen=True, eq=False)
class ConformerModel(Learner):
    """A diffusion model trained on conformations.

    It draws conformations of the molecules that it was trained on, as often as the real ones have each: which one, a
    row's key says. Only the positions are generated, at every iteration; molecules do not collapse.

    Attributes:
        conformers: the real ones.
        architecture: of the denoiser.
        steps: of the sampler.
        ancestral: whether samples are drawn by the ancestral sampler, or by the deterministic one.
        test_draws: of time and noise a held-out conformation, the same ones at every iteration.
        test_batch: held-out conformations read at once.
        times: how those of a batch are drawn, as `network.training_times` says.
    """

    conformers: ConformerSet
    architecture: Architecture
    steps: int
    ancestral: bool
    test_draws: int = 8
    test_batch: int = 64
    times: str = "uniform"

    @cached_property
    def _graphs(self) -> Graph:
        """All molecules, stacked."""
        return Graph(self.conformers.atoms, self.conformers.pairs)

    @cached_property
    def _drawn(self) -> Int[np.ndarray, " conformations"]:
        """The molecule of each real conformation."""
        return split(self.conformers.train)[0]

    @cached_property
    def _geometries(self) -> dict[int, metrics.Geometry]:
        """Bonds, angles and torsions of the molecules that are trained on."""
        molecules = self.conformers.molecules
        return {number: metrics.Geometry(molecules[number]) for number in map(int, np.unique(self._drawn))}

    @cached_property
    def _real(self) -> metrics.Shape:
        """What real conformations look like."""
        return metrics.Shape(self._geometries, *split(self.conformers.train))

    def real(self, iteration: int, rows: int, *, key: Key[Array, ""]) -> np.ndarray:
        """Real conformations."""
        return self.conformers.real(iteration, rows, key=key)

    def real_rows(self) -> RealRows:
        """How many there are."""
        return RealRows(len(self.conformers.train), len(self.conformers.test))

    def check_real(self, iteration: int, rows: int) -> None:
        """Refuse more of them than there are."""
        self.conformers.check_real(iteration, rows)

    def model(self, *, key: Key[Array, ""]) -> Denoiser:
        """A new denoiser."""
        return Denoiser(self.architecture, key=key)

    def loss(
        self,
        model: Denoiser,
        rows: Float32[Array, "rows columns"],
        weights: Float[Array, " rows"],
        *,
        key: Key[Array, ""],
    ) -> Float[Array, ""]:
        """Weighted mean squared error of the predicted noise, each conformation at a time of its own."""

        def one_row(row: Array, t: Array, key: Key[Array, ""]) -> Array:
            return error(model, *_placed(self._graphs, row), t, key=key)

        times, keys = training_times(self.times, len(rows), key=key)
        return (weights * jax.vmap(one_row)(rows, times, keys)).mean()

    def sample(self, models: PyTree, *, keys: Key[Array, "seeds rows"]) -> np.ndarray:
        """Conformations from several models."""
        return self._sample(models, np.asarray(_choose(jnp.asarray(self._drawn), keys)), keys)

    def _sample(
        self, models: PyTree, numbers: Int[np.ndarray, "seeds rows"], keys: Key[Array, "seeds rows"]
    ) -> np.ndarray:
        graphs = jax.tree.map(lambda table: table[numbers], self._graphs)
        x = np.asarray(_sample(models, graphs, self.steps, self.ancestral, keys))
        return np.stack([join(number, one) for number, one in zip(numbers, x, strict=True)])

    def test(self, models: PyTree) -> dict[str, Float[np.ndarray, " seeds"]]:
        """The loss, over fixed draws of noise and times."""
        test, sums = self.conformers.test, np.zeros(1)
        for start in range(0, len(test), self.test_batch):
            rows = test[start : start + self.test_batch]
            found = _test(models, self._graphs, rows, self.test_draws, jr.fold_in(key_of(0), start))
            sums = sums + np.asarray(found, np.float64)
        return {"test_loss": sums / len(test)}

    def evaluate(self, models: PyTree, samples: np.ndarray) -> dict[str, Float[np.ndarray, " seeds"]]:
        """The metrics of `neural.conformers.metrics`."""
        measured = [self._shape(rows) | recalled for rows, recalled in zip(samples, self._recall(models), strict=True)]
        return {name: np.array([values[name] for values in measured]) for name in measured[0]}

    def _shape(self, rows: Rows) -> dict[str, float]:
        shape, real = metrics.Shape(self._geometries, *split(rows)), self._real
        names = ("bonds", "angles", "torsions")
        result = {name: metrics.distance(getattr(shape, name), getattr(real, name)) for name in names}
        return result | {"sane": shape.sane(real)}

    def _recall(self, models: PyTree) -> list[dict[str, float]]:
        """Coverage, matching and diversity of each model, on samples of held-out molecules."""
        numbers, real = split(self.conformers.test)
        kept = np.isin(numbers, np.unique(numbers)[:MEASURED])
        numbers, real = numbers[kept], real[kept]
        seeds = len(jax.tree.leaves(eqx.filter(models, eqx.is_array))[0])
        keys = jnp.broadcast_to(jr.split(key_of(1), len(numbers))[None], (seeds, len(numbers)))
        result = []
        for rows in self._sample(models, np.broadcast_to(numbers, (seeds, len(numbers))), keys):
            found = []
            for number in map(int, np.unique(numbers)):
                own = numbers == number
                distances = metrics.rmsd(
                    self.conformers.molecules[number], np.concatenate([real[own], split(rows)[1][own]])
                )
                count = own.sum()
                found.append(
                    [
                        *metrics.recall(distances[:count, count:]),
                        metrics.among(distances[count:, count:]),
                        metrics.among(distances[:count, :count]),
                    ]
                )
            coverage, matching, between, between_real = np.mean(found, axis=0)
            result.append({"coverage": coverage, "matching": matching})
            if between_real > RIGID:
                result[-1]["diversity"] = between / between_real
        return result

    def show(self, samples: Float32[np.ndarray, "seeds rows columns"]) -> tuple[str, bytes]:
        """An SDF file; a conformation's title has its seed."""
        parts = []
        for seed, rows in enumerate(samples):
            for number, x in zip(*split(rows), strict=True):
                molecule = self.conformers.molecules[int(number)]
                title = f"{molecule.GetProp('_Name')}, seed {seed}"
                drawn = placed(molecule, x[None, : molecule.GetNumAtoms()])
                drawn.SetProp("_Name", title)
                parts.append(block(drawn))
        return "sdf", "".join(parts).encode()


def _placed(graphs: Graph, row: Float32[Array, " columns"]) -> tuple[Graph, Float32[Array, "atoms 3"]]:
    """A row's molecule and positions."""
    graph = jax.tree.map(lambda table: jnp.asarray(table)[row[0].astype(int)], graphs)
    return graph, row[1:].reshape(-1, 3)


@eqx.filter_jit
def _choose(drawn: Int[Array, " conformations"], keys: Key[Array, "seeds rows"]) -> Int[Array, "seeds rows"]:
    """The molecule of each row; the key that its positions come from is another."""

    def choose(key: Key[Array, ""]) -> Array:
        return drawn[jr.randint(jr.fold_in(key, 0), (), 0, len(drawn))]

    return jax.vmap(jax.vmap(choose))(keys)


@eqx.filter_jit
def _sample(
    models: PyTree, graphs: Graph, steps: int, ancestral: bool, keys: Key[Array, "seeds rows"]
) -> Float32[Array, "seeds rows atoms 3"]:
    def one_model(model: Denoiser, graphs: Graph, keys: Key[Array, " rows"]) -> Array:
        def one_row(graph: Graph, key: Key[Array, ""]) -> Array:
            return sample(model, graph, steps, ancestral=ancestral, key=jr.fold_in(key, 1))

        return jax.vmap(one_row)(graphs, keys)

    return eqx.filter_vmap(one_model)(models, jax.tree.map(jnp.asarray, graphs), keys)


@eqx.filter_jit
def _test(models: PyTree, graphs: Graph, rows: Rows | Array, draws: int, key: Key[Array, ""]) -> Float[Array, " seeds"]:
    """Sum over the conformations of the squared error of the noise, averaged over times, for each of several models."""

    times = (jnp.arange(draws, dtype=jnp.float32) + 0.5) / draws  # evenly spread

    def one_model(model: Denoiser) -> Array:
        def one_draw(row: Array, t: Array, key: Key[Array, ""]) -> Array:
            graph, x = _placed(graphs, row)
            return error(model, graph, x, t, key=key)

        def one_row(row: Array, key: Key[Array, ""]) -> Array:
            return jax.vmap(lambda t, key: one_draw(row, t, key))(times, jr.split(key, draws)).mean()

        return jax.vmap(one_row)(jnp.asarray(rows), jr.split(key, len(rows))).sum()

    return eqx.filter_vmap(one_model)(models)
