"""Molecules with conformations, by RDKit: embedded from SMILES, out of SDF files, and out of the pickles of GEOM."""

import io
import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers
from tqdm import tqdm

#: Of the random numbers of embedding, and of what is drawn out of many molecules. Not 0, by multiples of which RDKit
#: tells conformations apart.
SEED = 1

#: What ends a molecule in an SDF file.
END = "$$$$"

#: The only class that a pickle of GEOM needs, beside what Python has built in.
ALLOWED = ("rdkit.Chem.rdchem", "Mol")

# RDKit writes its warnings to standard error; what matters of them is said here in one line.
rdBase.DisableLog("rdApp.*")


class Skipped(Exception):
    """A molecule that cannot be used, and why."""


#: Where a molecule stands and what it is called; and the molecule with its conformations, or why there are none.
Found = tuple[str, Chem.Mol | Skipped]


def drawn(all: int, some: int | None) -> list[int]:
    """The numbers of those that are taken out of `all`: `some` at most, at random but always the same."""
    return np.sort(np.random.default_rng(SEED).permutation(all)[:some]).tolist()


def from_smiles(path: Path, molecules: int | None, conformations: int) -> Iterator[Found]:
    """The molecules of a file with a SMILES and a name a line, `#` before a remark, or some of them, embedded.

    Conformations are RDKit's: distance geometry with torsion preferences, ETKDG (Riniker and Landrum 2015), relaxed in
    the force field MMFF94 (Halgren 1996). The same on every run.
    """
    lines = [(n, line.split(maxsplit=1)) for n, line in enumerate(_text(path).splitlines(), 1)]
    lines = [(n, words) for n, words in lines if words and not words[0].startswith("#")]
    lines = [lines[i] for i in drawn(len(lines), molecules)]
    for number, words in tqdm(lines, f"embedding {path.name}", unit="molecule", leave=False):
        name = words[1].strip() if len(words) > 1 else words[0]
        try:
            molecule = embedded(words[0], conformations)
            molecule.SetProp("_Name", name)
        except Skipped as reason:
            molecule = reason
        yield f"line {number}, {name}", molecule


def embedded(smiles: str, conformations: int) -> Chem.Mol:
    """The molecule with hydrogens and conformations.

    Raises:
        Skipped: it does not parse, or there are no conformations of it.
    """
    molecule = Chem.MolFromSmiles(smiles)
    if molecule is None:
        raise Skipped("does not parse as SMILES")
    molecule = Chem.AddHs(molecule)
    parameters = rdDistGeom.ETKDGv3()
    parameters.randomSeed = SEED
    parameters.numThreads = 0  # all; each conformation has random numbers of its own
    try:
        found = len(rdDistGeom.EmbedMultipleConfs(molecule, conformations, parameters))
    except (RuntimeError, ValueError) as error:  # a molecule without bounds, such as an empty one
        raise Skipped("cannot be embedded") from error
    if found < conformations:
        raise Skipped("cannot be embedded")
    if not rdForceFieldHelpers.MMFFHasAllMoleculeParams(molecule):
        raise Skipped("has no MMFF parameters")
    rdForceFieldHelpers.MMFFOptimizeMoleculeConfs(molecule, numThreads=0, maxIters=2000)
    return molecule


def from_sdf(path: Path) -> Iterator[Found]:
    """The molecules of an SDF file, a conformation each.

    Raises:
        ValueError: the last molecule is cut off.
    """
    yield from in_sdf(_text(path), path)


def in_sdf(text: str, path: Path) -> Iterator[Found]:
    """The molecules of the text of an SDF file."""
    start, lines = 0, text.splitlines()
    for number, line in enumerate(lines):
        if line.startswith(END):
            name = lines[start].strip() or "nameless"
            yield f"line {start + 1}, {name}", _of_block("\n".join(lines[start:number]), name)
            start = number + 1
    if any(line.strip() for line in lines[start:]):
        raise ValueError(f"{path}, line {start + 1}: the file ends in the middle of this molecule, without {END}.")


def _of_block(block: str, name: str) -> Chem.Mol | Skipped:
    molecule = Chem.MolFromMolBlock(block, removeHs=False)
    if molecule is None:
        return Skipped("is not a valid molecule")
    if not molecule.GetNumAtoms() or not molecule.GetConformer().Is3D():
        return Skipped("has no positions in space")
    molecule.SetProp("_Name", name)
    return molecule


def block(molecule: Chem.Mol, conformation: int = -1) -> str:
    """One conformation as an SDF file has it."""
    return Chem.MolToMolBlock(molecule, confId=conformation) + f"{END}\n"


def from_geom(files: list[Path], conformations: int) -> Iterator[Found]:
    """The likeliest conformations of the molecules in files of GEOM (Axelrod and Gomez-Bombarelli 2022).

    Each is a pickle: a dictionary whose `conformers` have an `rd_mol` and a `boltzmannweight`. A pickle can name any
    function to be called when it is read; here it can name RDKit's molecule, and nothing else.

    Raises:
        ValueError: a file is no such pickle, or asks for something else.
    """
    for path in tqdm(files, "reading GEOM", unit="molecule", leave=False):
        try:
            entry = _Unpickler(io.BytesIO(path.read_bytes())).load()
            conformers = sorted(entry["conformers"], key=lambda c: -c["boltzmannweight"])[:conformations]
            molecule = Chem.Mol(conformers[0]["rd_mol"])
            for other in conformers[1:]:
                molecule.AddConformer(other["rd_mol"].GetConformer(), assignId=True)
        except _Refused as error:
            raise ValueError(f"{path} {error}") from error
        except OSError:
            raise
        except Exception as error:  # bytes that are no pickle can raise anything
            raise ValueError(f"{path} is no molecule of GEOM: {type(error).__name__} {error}".strip()) from error
        molecule.SetProp("_Name", str(entry.get("smiles", path.stem)))
        yield path.name, molecule


class _Refused(Exception):
    """What a pickle asks for that it may not have."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> type[Chem.Mol]:
        if (module, name) != ALLOWED:
            raise _Refused(
                f"asks for {module}.{name}, and a molecule of GEOM needs nothing but {'.'.join(ALLOWED)}; "
                "nothing of it was run."
            )
        return Chem.Mol


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text: byte {error.start} is not UTF-8; give SMILES or SDF.") from error


def prepared(molecule: Chem.Mol, *, hydrogens: bool, max_atoms: int) -> Chem.Mol:
    """The molecule with or without its hydrogens, its atoms in an order that depends on the molecule alone.

    Raises:
        Skipped: it is not one molecule of 3 to `max_atoms` atoms.
    """
    if not hydrogens:
        molecule = Chem.RemoveAllHs(molecule)
    if len(Chem.GetMolFrags(molecule)) > 1:
        raise Skipped("consists of several molecules")
    if not 3 <= molecule.GetNumAtoms() <= max_atoms:
        raise Skipped(f"has {molecule.GetNumAtoms()} atoms, not 3 to {max_atoms}")
    Chem.MolToSmiles(molecule, isomericSmiles=False)  # leaves the order of its atoms as a property
    ordered = Chem.RenumberAtoms(molecule, list(molecule.GetPropsAsDict(True, True)["_smilesAtomOutputOrder"]))
    ordered.SetProp("_Name", molecule.GetProp("_Name"))
    return ordered


def canonical(molecule: Chem.Mol) -> str:
    """SMILES by which two molecules are the same; blind to chirality, as the model is."""
    return Chem.MolToSmiles(Chem.RemoveAllHs(molecule), isomericSmiles=False)


def positions(molecule: Chem.Mol) -> list[np.ndarray]:
    """The positions of the atoms in each conformation, in angstrom."""
    return [conformer.GetPositions() for conformer in molecule.GetConformers()]


def placed(molecule: Chem.Mol, conformations: Sequence[np.ndarray] | np.ndarray) -> Chem.Mol:
    """The molecule with these conformations in place of its own."""
    molecule = Chem.Mol(molecule)
    molecule.RemoveAllConformers()
    for xyz in conformations:
        conformer = Chem.Conformer(molecule.GetNumAtoms())
        conformer.SetPositions(np.asarray(xyz, np.float64))
        molecule.AddConformer(conformer, assignId=True)
    return molecule
