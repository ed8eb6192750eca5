"""Molecules with conformations, by RDKit: embedded from SMILES, and out of SDF files."""

import re
import time
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

#: The fourth line of a molecule in an SDF file: it counts atoms and bonds.
COUNTS = re.compile(r"[ \d]{3}[ \d]{3}.*V[23]000\s*")

#: What ends the atoms and bonds of a molecule in an SDF file.
BONDS_END = "M  END"

#: Embedding gives up a conformation after so many attempts (hard molecules need hundreds), and a molecule after so many
#: seconds. RDKit's own limit is ten attempts an atom, which can take hours.
ATTEMPTS, SECONDS = 400, 60

#: Letters of a SMILES that is read; of a longer one atoms are only counted, since reading it can take hours.
LONGEST = 10_000

#: An atom other than hydrogen in a SMILES.
ATOM = re.compile(r"\[(?!\d*H[+-]?\d*(?::\d+)?\])[^\]]*\]|Br|Cl|[BCNOPSFIbcnops]")

#: Angstrom; no two atoms are nearer to one another.
NEAREST = 0.1

#: Angstrom; a conformation that is no higher along z counts as flat.
FLAT = 0.01

#: Lengths of a bond, in units of the sum of its atoms' covalent radii; nanometres, bohr and picometres are none.
SHORTEST_BOND, LONGEST_BOND = 0.6, 1.6

# RDKit writes its warnings to standard error; what matters of them is said here in one line.
rdBase.DisableLog("rdApp.*")


class Skipped(Exception):
    """A molecule that cannot be used, and why.

    Attributes:
        kind: the reason without what is of this molecule alone, by which molecules are counted.
    """

    def __init__(self, reason: str, kind: str | None = None) -> None:
        super().__init__(reason)
        self.kind = reason if kind is None else kind


class TooLarge(Skipped):
    """A molecule that has more atoms than asked for."""


def too_large(max_atoms: int) -> str:
    """What is wrong with all molecules that are `TooLarge`."""
    return f"has more atoms than --max-atoms {max_atoms}"


#: Where a molecule stands and what it is called; and the molecule with its conformations, or why there are none.
Found = tuple[str, Chem.Mol | Skipped]


def drawn(all: int, some: int | None) -> list[int]:
    """The numbers of those that are taken out of `all`: `some` at most, at random but always the same."""
    return np.sort(np.random.default_rng(SEED).permutation(all)[:some]).tolist()


def from_smiles(
    text: str, path: Path, molecules: int | None, conformations: int, *, hydrogens: bool, max_atoms: int
) -> Iterator[Found]:
    """The molecules of a text with a SMILES and a name a line, `#` before a remark, or some of them, embedded.

    Conformations are RDKit's: distance geometry with torsion preferences, ETKDG (Riniker and Landrum 2015), relaxed in
    the force field MMFF94 (Halgren 1996). The same on every run.

    Args:
        text: of the file.
        path: of the file, to name it.
        molecules: at most so many lines; `None` for all.
        conformations: of each molecule.
        hydrogens: whether they count as atoms.
        max_atoms: a molecule with more is not embedded.
    """
    # Other ends of lines, such as U+2028, are letters of a name.
    lines = [(n, line.split(maxsplit=1)) for n, line in enumerate(text.split("\n"), 1)]
    lines = [(n, words) for n, words in lines if words and not words[0].startswith("#")]
    lines = [lines[i] for i in drawn(len(lines), molecules)]
    for number, words in tqdm(lines, f"embedding {path.name}", unit="molecule", leave=False):
        name = words[1].strip() if len(words) > 1 else words[0]
        try:
            _refuse_length(words[0], max_atoms)
            molecule = parsed(words[0])
            whole = Chem.AddHs(molecule) if hydrogens else molecule
            refuse_size(whole, hydrogens=hydrogens, max_atoms=max_atoms)  # before it takes hours
            molecule = embedded(molecule, conformations)
            molecule.SetProp("_Name", name)
        except Skipped as reason:
            molecule = reason
        yield f"line {number}, {_short(name)}", molecule


def _refuse_length(smiles: str, max_atoms: int) -> None:
    if len(smiles) > LONGEST:
        atoms = sum(1 for _ in ATOM.finditer(smiles))
        if atoms > max_atoms:
            raise TooLarge(f"has {atoms} atoms, not 3 to {max_atoms}", too_large(max_atoms))
        raise Skipped(f"is a SMILES of {len(smiles)} letters; {LONGEST} at most are read", "is too long a SMILES")


def _short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:60]}…"


def parsed(smiles: str) -> Chem.Mol:
    """The molecule.

    Raises:
        Skipped: it does not parse.
    """
    molecule = Chem.MolFromSmiles(smiles)
    if molecule is None:
        raise Skipped("does not parse as SMILES")
    return molecule


def embedded(molecule: Chem.Mol, conformations: int) -> Chem.Mol:
    """The molecule with hydrogens and conformations.

    Raises:
        Skipped: there are no conformations of it.
    """
    molecule = Chem.AddHs(molecule)
    parameters = rdDistGeom.ETKDGv3()
    parameters.randomSeed = SEED
    parameters.numThreads = 0  # all; each conformation has random numbers of its own
    parameters.maxIterations = ATTEMPTS
    parameters.timeout = SECONDS
    started = time.monotonic()
    try:
        found = len(rdDistGeom.EmbedMultipleConfs(molecule, conformations, parameters))
    except (RuntimeError, ValueError, MemoryError) as error:  # a molecule without bounds, such as an empty one
        raise Skipped("cannot be embedded") from error
    if found < conformations:
        late = time.monotonic() - started >= SECONDS
        raise Skipped(f"cannot be embedded in {SECONDS} seconds" if late else "cannot be embedded")
    if not rdForceFieldHelpers.MMFFHasAllMoleculeParams(molecule):
        raise Skipped("has no MMFF parameters")
    rdForceFieldHelpers.MMFFOptimizeMoleculeConfs(molecule, numThreads=0, maxIters=2000)
    return molecule


def is_sdf(text: str) -> bool:
    """Whether a text holds molecules as SDF has them, be they cut off."""
    return any(line.rstrip() == BONDS_END or COUNTS.fullmatch(line) for line in text.split("\n"))


def in_sdf(text: str, path: Path) -> Iterator[Found]:
    """The molecules of the text of an SDF file, a conformation each; the last one may lack the line that ends it.

    Raises:
        ValueError: the last molecule is cut off.
    """
    start, lines = 0, text.split("\n")  # other ends of lines, such as U+2028, are letters of a name
    for number, line in enumerate(lines):
        if line.startswith(END) and not _heads(lines, start, number):
            yield _record(lines[start:number], start)
            start = number + 1
    rest = lines[start:]
    if not any(line.strip(" \t\x1a") for line in rest):
        return
    if not any(line.rstrip() == BONDS_END for line in rest):
        raise ValueError(f"{path}, line {start + 1}: the file ends in the middle of this molecule, without {END}.")
    yield _record(rest, start)


def _heads(lines: Sequence[str], start: int, number: int) -> bool:
    """Whether a line is one of the first three of a molecule, which hold its name and remarks, whatever they say."""
    counts = lines[start + 3 : start + 4]
    return number < start + 3 and bool(counts) and COUNTS.fullmatch(counts[0]) is not None


def _record(lines: Sequence[str], start: int) -> Found:
    name = lines[0].strip() if lines else ""
    name = name or "nameless"
    return f"line {start + 1}, {_short(name)}", _of_block("\n".join(lines), name)


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


def prepared(molecule: Chem.Mol, *, hydrogens: bool, max_atoms: int) -> Chem.Mol:
    """The molecule with or without its hydrogens, its atoms in an order that depends on the molecule alone.

    Raises:
        Skipped: it is not one molecule of 3 to `max_atoms` atoms, each in its place in space.
    """
    refuse_size(molecule, hydrogens=hydrogens, max_atoms=max_atoms)
    made = arranged(molecule if hydrogens else Chem.RemoveAllHs(molecule))
    if any(atom.GetAtomicNum() == 0 for atom in made.GetAtoms()):
        raise Skipped("has an atom of no element")
    if reasons := [reason for xyz in positions(made) if (reason := misplaced(xyz))]:
        raise Skipped(reasons[0])
    if is_drawn(molecule):
        raise Skipped("has no positions in space, but is drawn in a plane")
    if reasons := [reason for xyz in positions(made) if (reason := stretched(made, xyz))]:
        raise Skipped(reasons[0], "has a bond far too long or too short")
    made = placed(made, [_upright(xyz) for xyz in positions(made)])
    made.SetProp("_Name", molecule.GetProp("_Name"))
    return made


def refuse_size(molecule: Chem.Mol, *, hydrogens: bool, max_atoms: int) -> None:
    """Check that this is one molecule of 3 to `max_atoms` atoms.

    Raises:
        Skipped: it is not.
    """
    # RemoveAllHs would take hours on a hundred thousand of them.
    counted = {atom.GetIdx() for atom in molecule.GetAtoms() if hydrogens or atom.GetAtomicNum() != 1}
    if sum(not counted.isdisjoint(fragment) for fragment in Chem.GetMolFrags(molecule)) > 1:
        raise Skipped("consists of several molecules")
    if not 3 <= (atoms := len(counted)) <= max_atoms:
        reason = f"has {atoms} atoms, not 3 to {max_atoms}"
        raise TooLarge(reason, too_large(max_atoms)) if atoms > max_atoms else Skipped(reason, "has fewer than 3 atoms")


def arranged(molecule: Chem.Mol) -> Chem.Mol:
    """The molecule with its atoms in the order of its SMILES, whatever order they have, and without the numbers that
    chemists map atoms by: RDKit would order and tell molecules by them.
    """
    molecule = Chem.Mol(molecule)
    for atom in molecule.GetAtoms():
        atom.SetAtomMapNum(0)
    Chem.MolToSmiles(molecule, isomericSmiles=False)  # leaves the order of its atoms as a property
    return Chem.RenumberAtoms(molecule, list(molecule.GetPropsAsDict(True, True)["_smilesAtomOutputOrder"]))


def misplaced(xyz: np.ndarray) -> str | None:
    """What is wrong with the positions of a conformation's atoms."""
    if not np.isfinite(xyz).all():
        return "has positions that are no numbers"
    apart = np.linalg.norm(xyz[:, None] - xyz[None], axis=-1) + np.diag([np.inf] * len(xyz))
    return "has several atoms in one place" if apart.min() < NEAREST else None


def stretched(molecule: Chem.Mol, xyz: np.ndarray) -> str | None:
    """Which bond is far too long or too short with its atoms at these positions."""
    radius = Chem.GetPeriodicTable().GetRcovalent
    for bond in molecule.GetBonds():
        ends = bond.GetBeginAtom(), bond.GetEndAtom()
        length = np.linalg.norm(np.subtract(*(xyz[atom.GetIdx()] for atom in ends)))
        radii = sum(radius(atom.GetSymbol()) for atom in ends)
        if not SHORTEST_BOND * radii <= length <= LONGEST_BOND * radii:
            return f"has a bond {'-'.join(atom.GetSymbol() for atom in ends)} of {length:.2f} angstrom"
    return None


def _upright(xyz: np.ndarray) -> np.ndarray:
    """The same conformation, turned where it lies in the plane z = 0: RDKit takes one of a molecule with a double bond
    for a drawing, when it reads again what was kept without the hydrogens that lay beside that plane.
    """
    sides = np.ptp(xyz, axis=0)
    return xyz if sides[2] > FLAT else np.roll(xyz, 2 - int(sides.argmax()), axis=1)


def is_drawn(molecule: Chem.Mol) -> bool:
    """Whether positions in a plane cannot be real: a tetrahedral carbon and its neighbours never lie in one."""
    tetrahedral = any(
        atom.GetHybridization() == Chem.HybridizationType.SP3 and atom.GetAtomicNum() == 6 and atom.GetDegree() >= 3
        for atom in molecule.GetAtoms()
    )
    return tetrahedral and any(np.ptp(xyz[:, 2]) == 0 for xyz in positions(molecule))


def canonical(molecule: Chem.Mol) -> str:
    """SMILES by which two arranged molecules are the same; blind to chirality, as the model is."""
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
