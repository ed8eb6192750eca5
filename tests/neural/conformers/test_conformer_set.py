"""Sets of conformations: embedded drugs, SDF, GEOM's pickles, and damaged files."""

import os
import pickle
from dataclasses import dataclass, fields
from pathlib import Path

import jax.random as jr
import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem.rdMolDescriptors import CalcMolFormula

from neural.conformers import conformer_set as conformers, metrics, molecules
from neural.conformers.configuration import PRESETS
from neural.conformers.conformer_set import Choice, join, split

CHOICE = Choice(molecules=None, test_molecules=1, per_molecule=3, hydrogens=False, max_atoms=12)

SMILES = """# a remark

CCO ethanol
CC(=O)Nc1ccc(O)cc1 paracetamol
C1CC isn't closed
OCC the same ethanol
[Na+].[Cl-] salt
C(C)(C)(C)(C)C pentavalent
CCCCCCCCCCCCCCC pentadecane
C1#CC1 impossible
C[Pt]C metal
NCC(=O)O
"""


@pytest.fixture(scope="module")
def drugs():
    """Two of the embedded drugs' choices share a cache for all tests here; the first test pays."""
    choice = Choice(molecules=12, test_molecules=3, per_molecule=2, hydrogens=False, max_atoms=18)
    return conformers.conformers(choice)


def write(path, text):
    path.write_text(text)
    return path


def of(path, **changes):
    return conformers.of_file(path, Choice(**{**vars(CHOICE), **changes}), path.parent / "cache")


def test_the_drugs_are_many_real_and_different():
    lines = [line.split(maxsplit=1) for line in conformers.DRUGS.read_text().splitlines() if line[0] != "#"]
    found = {molecules.canonical(Chem.MolFromSmiles(smiles)) for smiles, _ in lines}
    assert len(found) == len({name for _, name in lines}) == len(lines) >= 150
    assert max(Chem.MolFromSmiles(smiles).GetNumAtoms() for smiles, _ in lines) == PRESETS["cpu"].max_atoms
    caffeine = next(smiles for smiles, name in lines if name.strip() == "caffeine")
    assert CalcMolFormula(Chem.MolFromSmiles(caffeine)) == "C8H10N4O2"


def test_no_molecule_is_both_trained_and_tested_on(drugs):
    numbers = [set(split(rows)[0].tolist()) for rows in (drugs.train, drugs.test)]
    train, test = ({molecules.canonical(drugs.molecules[n]) for n in part} for part in numbers)
    assert (len(train), len(test)) == (9, 3)
    assert not train & test
    assert len(drugs.train) == 18


def test_conformations_are_centred_padded_and_differ(drugs):
    for rows in (drugs.train, drugs.test):
        numbers, x = split(rows)
        present = (drugs.atoms[numbers] != 0).any(-1)
        assert (x[~present] == 0).all()
        np.testing.assert_allclose(x.sum(1), 0, atol=1e-4)
        np.testing.assert_array_equal(join(numbers, x), rows)
    distances = [
        metrics.rmsd(drugs.molecules[n], split(drugs.train)[1][2 * i : 2 * i + 2])[0, 1]
        for i, n in enumerate(dict.fromkeys(split(drugs.train)[0].tolist()))
    ]
    assert max(distances) > 0.5


def test_a_graph_has_bonds_kinds_and_no_chirality():
    left, right = (Chem.MolFromSmiles(f"C[C{hand}H](N)C(=O)O") for hand in ("@", "@@"))
    for a, b in zip(conformers.graph(left, 8), conformers.graph(right, 8), strict=True):
        np.testing.assert_array_equal(a, b)
    atoms, pairs = conformers.graph(left, 8)
    assert (atoms != 0).any(-1).tolist() == [True] * 6 + [False] * 2
    assert pairs[:6, :6].tolist() == [
        [0, 1, 5, 5, 6, 6],
        [1, 0, 1, 1, 5, 5],
        [5, 1, 0, 5, 6, 6],
        [5, 1, 5, 0, 2, 1],
        [6, 5, 6, 2, 0, 5],
        [6, 5, 6, 1, 5, 0],
    ]
    assert pairs.max() < conformers.KINDS
    assert (conformers.graph(Chem.MolFromSmiles("c1ccccc1C#N"), 8)[1][5, 6:].tolist(), atoms.shape[1]) == (
        [1, 5],
        conformers.FEATURES,
    )


def test_a_graph_has_each_atoms_kind_by_hand():
    """Elements, another one, sp to sp3, rings of 3 to 7, aromatic, charge, hydrogens, neighbours."""
    molecule = Chem.MolFromSmiles("[NH3+]C1CC1C#N")
    bare, whole = (conformers.graph(one, 14)[0] for one in (molecule, Chem.AddHs(molecule)))
    elements = {"C": [0, 1, *[0] * 9], "N": [0, 0, 1, *[0] * 8], "H": [1, *[0] * 10]}
    ring, none = [1, 0, 0, 0, 0], [0] * 5
    atoms = [("N", 3, none, 1, 3, 1), ("C", 3, ring, 0, 1, 3), ("C", 3, ring, 0, 2, 2), ("C", 3, ring, 0, 1, 3)]
    atoms += [("C", 1, none, 0, 0, 2), ("N", 1, none, 0, 0, 1)]
    for row, full, (element, sp, rings, charge, hydrogens, neighbours) in zip(bare, whole, atoms, strict=False):
        known = [*elements[element], *np.eye(3, dtype=int)[sp - 1], *rings, 0, charge, hydrogens]
        assert row.tolist() == [*known, neighbours]
        assert full.tolist() == [*known, neighbours + hydrogens]  # which count as such though they are atoms
    assert whole[6].tolist() == [*elements["H"], 0, 0, 0, *none, 0, 0, 0, 1]
    benzene = conformers.graph(Chem.MolFromSmiles("c1ccc2ccccc2c1[Si]"), 11)[0]
    assert benzene[3].tolist() == [*elements["C"], 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 3]
    assert benzene[10, :11].tolist() == [0] * 10 + [1]
    row = conformers.graph(Chem.MolFromSmiles("CCCCC"), 6)[1][0]
    assert row.tolist() == [0, 1, 5, 6, 7, 0]  # four bonds apart are no three


def test_smiles_that_cannot_be_used_are_counted_and_named(tmp_path, capsys):
    path = write(tmp_path / "mine.smi", SMILES)
    first = of(path)
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.endswith(
        "mine.smi: 6 skipped (line 5, isn't closed: does not parse as SMILES; line 7, salt: consists of several "
        "molecules; line 8, pentavalent: does not parse as SMILES; line 9, pentadecane: has 15 atoms, not 3 to 12; "
        "line 10, impossible: cannot be embedded; and 1 more)"
    )
    assert sorted(molecule.GetProp("_Name") for molecule in first.molecules) == ["NCC(=O)O", "ethanol", "paracetamol"]
    assert len(first.train) + len(first.test) == 9  # the same molecule twice is one
    again = of(path)  # from the cache
    assert "6 skipped" in capsys.readouterr().err
    np.testing.assert_array_equal(first.train, again.train)
    for file in (tmp_path / "cache").iterdir():
        file.unlink()
    np.testing.assert_array_equal(first.train, of(path).train)  # the same when computed anew
    assert of(path, hydrogens=True, max_atoms=30).atoms.shape[1] == 20  # paracetamol's, with its nine hydrogens


@pytest.mark.parametrize("suffix", ".smi .smiles .ism .can .tsv .txt".split())
def test_smiles_have_many_suffixes(suffix, tmp_path):
    made = of(write(tmp_path / f"a{suffix}", "CCO\tethanol\nCCN\tethylamine\n"), per_molecule=1)
    assert sorted(molecule.GetProp("_Name") for molecule in made.molecules) == ["ethanol", "ethylamine"]


def sdf(tmp_path, name="two.sdf"):
    texts = []
    for smiles in ("CCO", "NCC(=O)O"):
        molecule = molecules.embedded(molecules.parsed(smiles), 2)
        molecule.SetProp("_Name", smiles)
        texts += [molecules.block(molecule, n) for n in range(2)]
    return write(tmp_path / name, "".join(texts))


def test_an_sdf_file_gives_back_its_conformations(tmp_path):
    made = of(sdf(tmp_path))
    assert [len(rows) for rows in (made.train, made.test)] == [2, 2]
    numbers, x = split(np.concatenate([made.train, made.test]))
    seen = {molecule.GetProp("_Name"): 0 for molecule in made.molecules}
    for _, molecule in molecules.in_sdf((tmp_path / "two.sdf").read_text(), tmp_path):
        assert not isinstance(molecule, molecules.Skipped)
        name = molecule.GetProp("_Name")
        heavy = molecules.positions(molecules.prepared(molecule, hydrogens=False, max_atoms=9))[0]
        number = next(n for n, m in enumerate(made.molecules) if m.GetProp("_Name") == name)
        found = x[numbers == number][seen[name], : len(heavy)]
        np.testing.assert_allclose(found, heavy - heavy.mean(0), atol=1e-5)
        seen[name] += 1


def test_an_sdf_file_that_is_cut_is_named_with_its_line(tmp_path):
    path = sdf(tmp_path)
    lines = path.read_text().splitlines()
    last = max(n for n, line in enumerate(lines[:-1]) if line == molecules.END) + 2
    for end in (last + 3, len(lines) - 2):
        path.write_text("\n".join(lines[:end]))
        with pytest.raises(ValueError, match=rf"two.sdf, line {last}: the file ends in the middle of this molecule"):
            of(path)


def test_flat_and_broken_molecules_of_an_sdf_file_are_skipped(tmp_path, capsys):
    path = sdf(tmp_path)
    flat = Chem.MolToMolBlock(Chem.MolFromSmiles("CCCC")) + "$$$$\n"
    path.write_text(path.read_text() + flat + "broken\n\n\n  nonsense\n$$$$\n")
    of(path)
    told = capsys.readouterr().err
    assert "2 skipped" in told
    assert "nameless: has no positions in space" in told
    assert "broken: is not a valid molecule" in told


def geom(folder, name, smiles, conformations=3):
    """A file as GEOM has them: a dictionary of Python's own types and RDKit molecules, one conformation each."""
    folder.mkdir(exist_ok=True)
    molecule = molecules.embedded(molecules.parsed(smiles), conformations)
    each = [molecules.placed(molecule, [x]) for x in molecules.positions(molecule)]
    weights = np.linspace(0.1, 0.5, conformations).tolist()
    entry = {
        "smiles": smiles,
        "conformers": [{"rd_mol": m, "boltzmannweight": w, "set": 1} for m, w in zip(each, weights, strict=True)],
    }
    path = folder / f"{name}.pickle"
    path.write_bytes(pickle.dumps(entry))
    return path, each


def test_geoms_pickles_give_their_likeliest_conformations(tmp_path):
    folder = tmp_path / "drugs"
    for name, smiles in (("a", "CCO"), ("b", "NCC(=O)O"), ("c", "CC(C)O")):
        _, each = geom(folder, name, smiles)
    choice = Choice(**{**vars(CHOICE), "per_molecule": 2})
    made = conformers.geom_drugs(folder, choice, tmp_path / "cache")
    assert [len(rows) for rows in (made.train, made.test)] == [4, 2]
    number = next(n for n, m in enumerate(made.molecules) if m.GetProp("_Name") == "CC(C)O")
    numbers, x = split(np.concatenate([made.train, made.test]))
    kept = np.stack([molecules.positions(molecules.prepared(_named(m), hydrogens=False, max_atoms=9))[0] for m in each])
    kept -= kept.mean(1, keepdims=True)
    # the last two are the likeliest, the last one first; four decimals are kept
    np.testing.assert_allclose(x[numbers == number][:, :4], kept[[2, 1]], atol=2e-4)


def test_only_so_many_molecules_are_taken_as_are_asked_for(tmp_path, monkeypatch):
    """Out of an SDF file, and out of GEOM's folder, of which no other file is read."""
    text = sdf(tmp_path).read_text()
    acid = molecules.embedded(molecules.parsed("CC(=O)O"), 1)
    acid.SetProp("_Name", "acid")
    path = write(tmp_path / "three.sdf", text + molecules.block(acid))
    assert (len(of(path).molecules), len(of(path, molecules=2).molecules)) == (3, 2)
    (tmp_path / "drugs").mkdir()
    for number in range(5):
        (tmp_path / "drugs" / f"{number}.pickle").write_bytes(b"")
    read = []
    monkeypatch.setattr(conformers, "from_geom", lambda *asked: read.append(asked) or [])
    of_geom = Choice(**{**vars(CHOICE), "molecules": 2, "per_molecule": 7})
    with pytest.raises(ValueError, match="holds 0 molecules"):
        conformers.geom_drugs(tmp_path / "drugs", of_geom, tmp_path / "cache")
    ((files, conformations),) = read
    assert (len(set(files)), conformations) == (2, 7)


def _named(molecule):
    molecule.SetProp("_Name", "")
    return molecule


@dataclass
class Evil:
    path: Path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@dataclass
class Sly:
    path: Path

    def __reduce__(self):
        return eval, (f"open({str(self.path)!r}, 'w')",)


def test_a_pickle_that_carries_code_is_refused_and_not_run(tmp_path):
    folder = tmp_path / "drugs"
    path, _ = geom(folder, "a", "CCO")
    executed = tmp_path / "executed"
    for danger, name in ((Evil(executed), f"{os.system.__module__}.system"), (Sly(executed), "builtins.eval")):
        path.write_bytes(pickle.dumps({"conformers": [danger]}))
        with pytest.raises(ValueError, match=rf"a.pickle asks for {name}, and a molecule of GEOM needs nothing but"):
            conformers.geom_drugs(folder, CHOICE, tmp_path / "cache")
    assert not executed.exists()
    for content in (
        b"",
        b"not a pickle",
        b"\x80\xff.",
        pickle.dumps([1]),
        pickle.dumps({"conformers": []}),
        path.read_bytes()[:20],
    ):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"a.pickle is no molecule of GEOM: \w+"):
            conformers.geom_drugs(folder, CHOICE, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob(".*")), "half a file is left"


def test_real_conformations_are_new_at_every_iteration(drugs):
    first, second = (drugs.real(n, 9, key=jr.key(1)) for n in (1, 2))
    assert not {row.tobytes() for row in first} & {row.tobytes() for row in second}
    with pytest.raises(ValueError, match="use fewer --conformations"):
        drugs.real(3, 9, key=jr.key(1))


def test_every_choice_of_conformations_is_kept_by_itself(tmp_path, monkeypatch):
    """All but of how many molecules are held out, which takes no time."""

    def asked(content, **changes):
        path = write(tmp_path / "a.smi", content)
        with pytest.raises(NotImplementedError) as where:
            of(path, **changes)
        return str(where.value)

    def make_cached(file, _):
        raise NotImplementedError(file)

    monkeypatch.setattr(conformers, "make_cached", make_cached)
    usual = asked(SMILES)
    changes = {"molecules": 7, "per_molecule": 2, "hydrogens": True, "max_atoms": 11}
    assert {field.name for field in fields(Choice)} == changes.keys() | {"test_molecules"}
    found = [usual, asked("C ethane"), *(asked(SMILES, **{name: value}) for name, value in changes.items())]
    assert len(set(found)) == len(found)
    assert asked(SMILES, test_molecules=2) == usual


@pytest.mark.parametrize("place", [0, 70, 200, -40])
def test_damaged_cached_conformations_are_named_and_made_again(place, tmp_path):
    path = sdf(tmp_path)
    whole = of(path).train
    (cached,) = (tmp_path / "cache").iterdir()
    content = bytearray(cached.read_bytes())
    content[place] ^= 1
    for damage in (bytes(content), b"", cached.read_bytes()[:-1]):
        cached.write_bytes(damage)
        with pytest.raises(ValueError, match=f"cached conformations {cached} are damaged; remove the file"):
            of(path)
    cached.unlink()
    np.testing.assert_array_equal(of(path).train, whole)
