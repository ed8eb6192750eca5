"""Conformations to learn from: embedded ones of small drugs, GEOM-Drugs as it is released, and any SDF or SMILES file.

A row of data is one conformation: the number of its molecule, then three coordinates an atom in angstrom, centred, and
zeros for the atoms that the largest molecule has more. (float32 holds the numbers of 16 million molecules exactly.) All
are padded to one size, since the loops take rows of one shape, and the sizes of drugs are alike.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Array, Float, Float32, Int, Int8, Key
from rdkit import Chem, rdBase

from ..files import as_text, of_a_system, read_bytes, some_of, suffix_of
from ..real_data import cache_folder, check_available, collect, make_cached
from ..remarks import Remark, tell
from ..sources import dictionary
from .ccd import from_ccd
from .geom import SUFFIXES as PICKLES, from_geom
from .molecules import (
    SEED,
    Found,
    Skipped,
    TooLarge,
    block,
    canonical,
    drawn,
    from_smiles,
    in_sdf,
    is_sdf,
    placed,
    positions,
    prepared,
)

#: Suffixes of files of both kinds; `.txt` and none may be either.
SDF, SMILES, EITHER = (".sdf", ".sd", ".mol", ".mdl"), (".smi", ".smiles", ".ism", ".can", ".tsv"), (".txt", "")

#: The embedded molecules.
DRUGS = Path(__file__).with_name("drugs.smi")

#: Elements that have a feature of their own; all others share one.
ELEMENTS = ("H", "C", "N", "O", "F", "P", "S", "Cl", "Br", "I")

#: Hybridisations that have a feature of their own.
HYBRIDISATIONS = (Chem.HybridizationType.SP, Chem.HybridizationType.SP2, Chem.HybridizationType.SP3)

#: Sizes of rings that an atom can tell it is in.
RINGS = (3, 4, 5, 6, 7)

#: Kinds of pairs: 0 the atom itself or padding, then bonds, then atoms 2, 3 or more bonds apart.
BONDS = {
    Chem.BondType.SINGLE: 1,
    Chem.BondType.DOUBLE: 2,
    Chem.BondType.TRIPLE: 3,
    Chem.BondType.AROMATIC: 4,
}

#: Of what is kept: changed whenever the same molecules give other rows.
FORM = 4

Rows = Float32[np.ndarray, "conformations columns"]


@dataclass(frozen=True, eq=False)
class ConformerSet:
    """Molecules, and real conformations of them to train and to test on; no molecule is in both.

    Attributes:
        molecules: without conformations; the first number of a row is the place of its molecule here.
        atoms: what the model sees of their atoms; zeros are padding.
        pairs: the kind of each pair of atoms.
        train: rows.
        test: held out, the same for every model.
        too_large: how many more molecules there were, but for the limit of their atoms.
    """

    molecules: tuple[Chem.Mol, ...]
    atoms: Int8[np.ndarray, "molecules atoms features"]
    pairs: Int8[np.ndarray, "molecules atoms atoms"]
    train: Rows
    test: Float32[np.ndarray, "held_out columns"]
    too_large: int = 0

    def real(self, iteration: int, conformations: int, *, key: Key[Array, ""]) -> Rows:
        """Conformations that no earlier iteration of the same key collected."""
        return collect(self.train, iteration, conformations, noun="conformations", key=key, remedy=self._remedy)

    def check_real(self, iteration: int, conformations: int) -> None:
        """Refuse what `real` refuses."""
        noun = "conformations"
        check_available(len(self.train), iteration, conformations, noun=noun, option=noun, remedy=self._remedy)

    @property
    def _remedy(self) -> str:
        return f", or a larger --max-atoms, for which {self.too_large} molecules were skipped" * (self.too_large > 0)


def split(rows: Rows) -> tuple[Int[np.ndarray, " conformations"], Float32[np.ndarray, "conformations atoms 3"]]:
    """The numbers of the rows' molecules, and positions."""
    return rows[:, 0].astype(int), rows[:, 1:].reshape(len(rows), -1, 3)


def join(
    numbers: Int[np.ndarray, " conformations"], xyz: Float[np.ndarray, "conformations atoms 3"]
) -> Float32[np.ndarray, "conformations columns"]:
    """Rows: what `split` takes apart."""
    return np.concatenate([numbers[:, None], xyz.reshape(len(xyz), -1)], axis=1, dtype=np.float32)


@dataclass(frozen=True)
class Choice:
    """Which conformations of a source are taken.

    Attributes:
        molecules: at most so many, drawn at random but always the same; `None` for all.
        test_molecules: held out of these.
        per_molecule: conformations of each, at most.
        hydrogens: whether they are kept.
        max_atoms: molecules with more are skipped.
    """

    molecules: int | None
    test_molecules: int
    per_molecule: int
    hydrogens: bool
    max_atoms: int


def conformers(choice: Choice, cache: Path | None = None) -> ConformerSet:
    """Conformations that RDKit computes of 264 small drugs."""
    return of_file(DRUGS, choice, cache)


def of_file(path: Path, choice: Choice, cache: Path | None = None) -> ConformerSet:
    """Conformations in an SDF file, or computed of the molecules of a file with a SMILES a line.

    The suffix tells which (`.sdf`, `.sd`, `.mol`; `.smi`, `.smiles`), for `.txt` the content; either may be compressed.

    Raises:
        ValueError: the file is missing or damaged, is not what its name says, or holds too few molecules.
    """
    if not path.is_file():
        raise ValueError(f"{path} is no file; give SMILES or SDF by --file.")
    suffix, content = suffix_of(path), read_bytes(path, option="--file")
    text = as_text(content, path, "SMILES or SDF")
    if suffix not in SDF + SMILES + EITHER:
        raise ValueError(f"{path}: files {suffix} are not read; give SDF (.sdf, .mol) or SMILES (.smi) by --file.")
    if suffix in SDF and text.strip() and not is_sdf(text):
        raise ValueError(f"{path} is named as SDF and holds none; name a file with a SMILES a line .smi.")
    if suffix in SMILES and is_sdf(text):
        raise ValueError(f"{path} is named as SMILES and holds SDF; name it .sdf.")
    if is_sdf(text):
        return _conformer_set(path, in_sdf(text, path), choice, cache, content)
    found = from_smiles(
        text,
        path,
        choice.molecules,
        choice.per_molecule,
        hydrogens=choice.hydrogens,
        max_atoms=choice.max_atoms,
    )
    return _conformer_set(path, found, choice, cache, content)


def geom_drugs(path: Path, choice: Choice, cache: Path | None = None) -> ConformerSet:
    """GEOM-Drugs from its released folder of pickles (`rdkit_folder/drugs`), or from an SDF file of it.

    Of the folder only the molecules that are drawn are read. As in the preparation of GeoDiff (Xu et al. 2022) the
    likeliest conformations of each are taken.

    Raises:
        ValueError: the folder is missing, or a file is damaged or not one of GEOM; it is named.
    """
    if path.is_file() and suffix_of(path) in SDF:
        return of_file(path, choice, cache)
    files = sorted(path.iterdir()) if path.is_dir() else []
    files = [file for file in files if file.suffix.lower() in PICKLES and not of_a_system(file, path)]
    if not files:
        raise ValueError(f"{path} holds no pickles; give GEOM's rdkit_folder/drugs, or an SDF file, by --file.")
    files = [files[i] for i in drawn(len(files), choice.molecules)]
    if unread := [str(file) for file in files if not file.is_file()]:
        raise ValueError(f"--file {path}: {some_of(unread)} cannot be read as a file; take it away.")
    states = "\n".join(f"{file.resolve()} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files)
    return _conformer_set(
        path, from_geom(files, choice.per_molecule), choice, cache, states.encode(errors="surrogateescape")
    )


def ccd(path: Path | None, choice: Choice, cache: Path | None = None) -> ConformerSet:
    """Ligands of the Protein Data Bank, each in a conformation out of a crystal and in an ideal one.

    Args:
        path: of a chemical component dictionary in BinaryCIF; `None` for that of the installed biotite.
        choice: what is taken of it.
        cache: folder of the cached file.

    Raises:
        ValueError: biotite is not installed, the file is missing or no such dictionary, or it holds too few molecules.
    """
    path = path or dictionary()
    if path is None:
        raise ValueError("--data ccd needs biotite: pip install 'model-collapse[ccd]'")
    content = read_bytes(path, option="--file")
    found = from_ccd(content, path, hydrogens=choice.hydrogens, max_atoms=choice.max_atoms)
    return _conformer_set(path, found, choice, cache, b"ccd" + hashlib.sha256(content).digest())


def _conformer_set(
    path: Path, found: Iterable[Found], choice: Choice, cache: Path | None, content: bytes
) -> ConformerSet:
    """The conformations that are chosen, in a cached file from the second time on, and what there is to say of it."""
    # Which molecules are held out is chosen of what is kept: to hold out others takes no time.
    kept = replace(choice, test_molecules=0)
    digest = hashlib.sha256(f"{kept} {SEED} {FORM} {rdBase.rdkitVersion}\n".encode() + content).hexdigest()[:24]
    file = cache_folder(cache) / f"conformers-{digest}.sdf"

    def make(partial: Path) -> None:
        news, text = _select(found, choice)
        # A line of JSON: whoever reads this file again is to see it too.
        content = f"{json.dumps(news)}\n{text}".encode()
        partial.write_bytes(f"{hashlib.sha256(content).hexdigest()}\n".encode() + content)

    make_cached(file, make)
    digest, _, content = file.read_bytes().partition(b"\n")
    if digest.decode(errors="replace") != hashlib.sha256(content).hexdigest():
        raise ValueError(f"the cached conformations {file} are damaged; remove the file, and it is made again.")
    header, text = content.decode().split("\n", 1)
    skipped, more, too_large = json.loads(header)
    _tell(path, skipped, more, choice)
    groups: dict[str, list[Chem.Mol]] = {}
    for _, molecule in in_sdf(text, file):
        assert not isinstance(molecule, Skipped)  # it was written from a molecule
        groups.setdefault(canonical(molecule), []).append(molecule)
    if not groups and not choice.test_molecules:  # they are only counted
        none = np.zeros((0, 1), np.float32)
        return ConformerSet((), np.zeros((0, 0, 0), np.int8), np.zeros((0, 0, 0), np.int8), none, none, too_large)
    if len(groups) <= choice.test_molecules:
        remedy = f"; {too_large} have more than {choice.max_atoms} atoms: use a larger --max-atoms" * (too_large > 0)
        if choice.molecules is not None and choice.molecules <= choice.test_molecules:
            remedy = f"; use more --molecules than {choice.molecules}"
        raise ValueError(
            f"{path} holds {len(groups)} molecules that can be used; more than the {choice.test_molecules} held out "
            f"(--test-molecules) are needed{remedy}."
        )
    return _built([groups[smiles] for smiles in sorted(groups)], choice.test_molecules, too_large)


def _tell(path: Path, skipped: Sequence[Sequence[str]], more: Sequence[str], choice: Choice) -> None:
    """Say what is left out.

    Args:
        path: of the file or the folder.
        skipped: each molecule with its reason, and the kind of that.
        more: each molecule that has more conformations than are taken, once for each of these.
        choice: that was made.
    """
    if more:
        why = f"more than the --per-molecule {choice.per_molecule} of one molecule"
        line = f"{path}: {len(more)} conformations left out, {why} ({some_of(list(dict.fromkeys(more)), '; ')})"
        tell(line, [Remark(str(path), len(more), why, more[0])])
    if skipped:
        names = [name for name, _ in skipped]
        kinds = [kind for _, kind in skipped]
        remarks = [
            Remark(str(path), kinds.count(kind), kind, names[kinds.index(kind)]) for kind in dict.fromkeys(kinds)
        ]
        tell(f"{path}: {len(skipped)} skipped ({some_of(names, '; ')})", remarks)


def _select(found: Iterable[Found], choice: Choice) -> tuple[tuple[list[tuple[str, str]], list[str], int], str]:
    """What is left out, as `_tell` has it, and how many for their size; and the chosen conformations as text."""
    skipped: list[tuple[str, str]] = []
    more: list[str] = []
    too_large = 0
    blocks: dict[str, list[str]] = {}
    forms: dict[str, str] = {}
    for place, molecule in found:
        try:
            if isinstance(molecule, Skipped):
                raise molecule
            made = prepared(molecule, hydrogens=choice.hydrogens, max_atoms=choice.max_atoms)
            form = Chem.MolToSmiles(made, isomericSmiles=False)
            if forms.setdefault(canonical(made), form) != form:
                raise Skipped("has other hydrogens than the same molecule before it")
            mine = blocks.setdefault(canonical(made), [])
            room = choice.per_molecule - len(mine)
            conformers = list(made.GetConformers())
            mine += [block(made, conformer.GetId()) for conformer in conformers[:room]]
            more += [place] * len(conformers[room:])
        except Skipped as reason:
            skipped.append((f"{place}: {reason}", reason.kind))
            too_large += isinstance(reason, TooLarge)
    names = sorted(blocks)
    kept = [blocks[names[i]] for i in drawn(len(names), choice.molecules)]
    return (skipped, more, too_large), "".join(text for texts in kept for text in texts)


def _built(groups: Sequence[Sequence[Chem.Mol]], test_molecules: int, too_large: int) -> ConformerSet:
    atoms = max(group[0].GetNumAtoms() for group in groups)
    rows = []
    for number, group in enumerate(groups):
        for molecule in group:
            for xyz in positions(molecule):
                row = np.zeros((1, atoms, 3))
                row[0, : len(xyz)] = xyz - xyz.mean(0)
                rows.append(join(np.array([number]), row))
    held_out = np.random.default_rng(SEED).permutation(len(groups))[:test_molecules]
    table = np.concatenate(rows)
    tested = np.isin(table[:, 0].astype(int), held_out)
    molecules = tuple(placed(group[0], ()) for group in groups)
    features, pairs = (np.stack(parts) for parts in zip(*(graph(m, atoms) for m in molecules), strict=True))
    return ConformerSet(molecules, features, pairs, table[~tested], table[tested], too_large)


def graph(molecule: Chem.Mol, atoms: int) -> tuple[Int8[np.ndarray, "atoms features"], Int8[np.ndarray, "atoms atoms"]]:
    """What the model sees of a molecule, padded to so many atoms: bonds and kinds of atoms, and no chirality."""
    count = molecule.GetNumAtoms()
    features = np.zeros((atoms, FEATURES), np.int8)
    for index, atom in enumerate(molecule.GetAtoms()):
        features[index] = _features(atom)
    apart = Chem.GetDistanceMatrix(molecule).astype(int)
    pairs = np.zeros((atoms, atoms), np.int8)
    pairs[:count, :count] = np.where(apart > 0, max(BONDS.values()) + apart.clip(2, 4) - 1, 0)
    for bond in molecule.GetBonds():
        ends = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        pairs[ends] = pairs[ends[::-1]] = BONDS.get(bond.GetBondType(), 1)
    return features, pairs


def _features(atom: Chem.Atom) -> Int8[np.ndarray, " features"]:
    ring = atom.GetOwningMol().GetRingInfo()
    return np.array(
        [
            *(atom.GetSymbol() == element for element in ELEMENTS),
            atom.GetSymbol() not in ELEMENTS,
            *(atom.GetHybridization() == kind for kind in HYBRIDISATIONS),
            *(ring.IsAtomInRingOfSize(atom.GetIdx(), size) for size in RINGS),
            atom.GetIsAromatic(),
            atom.GetFormalCharge(),
            atom.GetTotalNumHs(includeNeighbors=True),
            atom.GetDegree(),
        ],
        np.int8,
    )


#: Numbers that tell an atom's kind.
FEATURES = len(ELEMENTS) + 1 + len(HYBRIDISATIONS) + len(RINGS) + 4

#: Kinds of pairs.
KINDS = max(BONDS.values()) + 4
