"""What is measured of sampled conformations, so that a chemist sees what is lost, beside the loss of the model.

"Collapse" means several things (Schaeffer et al. 2025, 2503.03150); each metric says which one it can show.

| metric | measures | collapse as |
|---|---|---|
| `test_loss` | squared error of the predicted noise per dimension, on held-out molecules | a growing population risk |
| `coverage` | share of held-out molecules' real conformations within `NEAR` of a sample, by RMSD | lost modes |
| `matching` | mean RMSD from such a conformation to the nearest sample, angstrom | lost real data |
| `bonds`, `angles`, `torsions` | Wasserstein-1 distance from real ones: angstrom, degrees | distorted data |
| `sane` | share of samples that a chemist would not refuse | hallucinated data |
| `diversity` | mean RMSD between two samples of a held-out molecule, real = 1 | shrinking variance |

RMSD is RDKit's, after alignment and over the symmetries of the molecule; coverage and matching are recalls, COV-R and
MAT-R of GeoDiff (Xu et al. 2022), with as many samples as there are real conformations. A bond length is compared with
those of bonds of its kind (elements and order), an angle or a torsion with those over bonds and elements of its kind;
kinds count by how often they occur. Torsions are those around single bonds outside rings, without their sign, since
the mirror image is as likely. A sample is sane if each bond is within `STRETCH` of its kind's real mean, and no two
atoms without a bond between them come nearer than `CLOSE` times the real minimum for their elements.
"""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from jaxtyping import Float, Int
from rdkit import Chem
from rdkit.Chem import rdMolAlign
from scipy.stats import wasserstein_distance

from .molecules import placed

#: Angstrom; GeoDiff has 0.5 for molecules of at most 9 heavy atoms and 1.25 for those of GEOM-Drugs.
NEAR = 0.75

#: Most that a bond of a sane conformation is longer or shorter than the mean of its kind.
STRETCH = 0.2

#: Least distance of a sane conformation's atoms without a bond, of the real minimum.
CLOSE = 0.8

Conformations = Float[np.ndarray, "conformations atoms 3"]

#: Values by kind.
Values = Mapping[str, Float[np.ndarray, "_"]]


def rmsd(molecule: Chem.Mol, conformations: Conformations) -> Float[np.ndarray, "conformations conformations"]:
    """Root mean square distances of all pairs, each least over rotations and symmetries."""
    count = molecule.GetNumAtoms()
    below = rdMolAlign.GetAllConformerBestRMS(placed(molecule, conformations[:, :count]))
    distances = np.zeros((len(conformations), len(conformations)))
    distances[np.tril_indices(len(conformations), -1)] = below
    return distances + distances.T


def recall(distances: Float[np.ndarray, "real samples"]) -> tuple[float, float]:
    """Coverage and matching of one molecule."""
    nearest = distances.min(1)
    return float((nearest <= NEAR).mean()), float(nearest.mean())


def among(distances: Float[np.ndarray, "conformations conformations"]) -> float:
    """Mean over the pairs of different ones; 0 for a single one."""
    count = len(distances)
    return float(distances.sum() / (count * (count - 1))) if count > 1 else 0.0


class Geometry:
    """Bonds, angles and torsions of one molecule, each with its kind."""

    def __init__(self, molecule: Chem.Mol) -> None:
        self._symbols = [atom.GetSymbol() for atom in molecule.GetAtoms()]
        neighbours = [[n.GetIdx() for n in atom.GetNeighbors()] for atom in molecule.GetAtoms()]
        ends = [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in molecule.GetBonds()]
        self._orders = {
            frozenset(pair): str(bond.GetBondType()) for pair, bond in zip(ends, molecule.GetBonds(), strict=True)
        }
        angles = [
            (a, centre, b) for centre, near in enumerate(neighbours) for i, a in enumerate(near) for b in near[:i]
        ]
        free = [
            pair
            for pair, bond in zip(ends, molecule.GetBonds(), strict=True)
            if bond.GetBondType() == Chem.BondType.SINGLE and not bond.IsInRing()
        ]
        torsions = [(a, b, c, d) for b, c in free for a in neighbours[b] for d in neighbours[c] if a != c and d != b]
        apart = [(i, j) for j in range(len(neighbours)) for i in range(j) if i not in neighbours[j]]
        self.bonds, self.angles, self.torsions = (self._kinds(paths) for paths in (ends, angles, torsions))
        self.apart = self._kinds(apart)

    def _kinds(self, paths: Iterable[tuple[int, ...]]) -> dict[str, Int[np.ndarray, "paths atoms"]]:
        """The paths of atoms by kind, which is the same read from either end."""
        result: dict[str, list[tuple[int, ...]]] = {}
        for path in paths:
            words = [self._symbols[path[0]]]
            for a, b in zip(path[:-1], path[1:], strict=True):
                words += [self._orders.get(frozenset((a, b)), "apart"), self._symbols[b]]
            result.setdefault(" ".join(min(words, words[::-1])), []).append(path)
        return {kind: np.array(found) for kind, found in result.items()}


def length(x: Conformations, pairs: Int[np.ndarray, "paths 2"]) -> Float[np.ndarray, "conformations paths"]:
    """Distances."""
    return np.linalg.norm(x[:, pairs[:, 0]] - x[:, pairs[:, 1]], axis=-1)


def angle(x: Conformations, triples: Int[np.ndarray, "paths 3"]) -> Float[np.ndarray, "conformations paths"]:
    """Angles at the middle atom, degrees."""
    a, b = (_unit(x[:, triples[:, end]] - x[:, triples[:, 1]]) for end in (0, 2))
    return np.degrees(np.arccos((a * b).sum(-1).clip(-1, 1)))


def torsion(x: Conformations, fours: Int[np.ndarray, "paths 4"]) -> Float[np.ndarray, "conformations paths"]:
    """Angles between the outer bonds seen along the middle one, without sign: 0 to 180 degrees."""
    first, middle, last = (x[:, fours[:, k + 1]] - x[:, fours[:, k]] for k in range(3))
    a, b = _unit(np.cross(first, middle)), _unit(np.cross(middle, last))
    return np.degrees(np.arccos((a * b).sum(-1).clip(-1, 1)))


def _unit(vectors: Float[np.ndarray, "*shape 3"]) -> Float[np.ndarray, "*shape 3"]:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(1e-9)


class Shape:
    """Bond lengths, angles and torsions of many conformations of several molecules, and which kinds they are of."""

    def __init__(self, geometries: Mapping[int, Geometry], numbers: Int[np.ndarray, " rows"], x: Conformations) -> None:
        self._parts = [(geometry, x[numbers == number]) for number, geometry in geometries.items()]
        self.bonds = self._values(length, "bonds")
        self.angles = self._values(angle, "angles")
        self.torsions = self._values(torsion, "torsions")

    def _values(self, of: Callable, what: str) -> Values:
        result: dict[str, list[np.ndarray]] = {}
        for geometry, x in self._parts:
            for kind, paths in getattr(geometry, what).items():
                result.setdefault(kind, []).append(of(x, paths).ravel())
        return {kind: np.concatenate(values) for kind, values in result.items()}

    @property
    def least(self) -> dict[str, float]:
        """Least distance of atoms without a bond, by kind."""
        return {kind: float(values.min()) for kind, values in self._values(length, "apart").items() if len(values)}

    def sane(self, real: "Shape") -> float:
        """The share of these conformations that are sane by the measure of real ones."""
        means = {kind: values.mean() for kind, values in real.bonds.items() if len(values)}
        least = real.least
        verdicts = []
        for geometry, x in self._parts:
            good = np.ones(len(x), bool)
            for kind, paths in geometry.bonds.items():
                good &= (np.abs(length(x, paths) / means[kind] - 1) <= STRETCH).all(1)
            for kind, paths in geometry.apart.items():
                good &= (length(x, paths) >= CLOSE * least[kind]).all(1)
            verdicts.append(good)
        return float(np.concatenate(verdicts).mean())


def distance(samples: Values, real: Values) -> float:
    """Wasserstein-1 distance of the values of each kind, averaged over the samples' values; 0 without any."""
    kinds = [kind for kind, values in samples.items() if len(values)]
    if not kinds:
        return 0.0
    weights = [len(samples[kind]) for kind in kinds]
    return float(np.average([wasserstein_distance(samples[kind], real[kind]) for kind in kinds], weights=weights))
