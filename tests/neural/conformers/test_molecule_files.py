"""A user's own molecules, as files come: numbered atoms, odd names, drawings, isomers, and other suffixes."""

import dataclasses
import gzip
import pickle
import re

import jax.random as jr
import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import rdDepictor, rdDistGeom

from neural.conformers import conformer_set as conformers, molecules
from neural.conformers.conformer_set import Choice, split
from tests.helpers import command, refused

CHOICE = Choice(molecules=None, test_molecules=1, per_molecule=3, hydrogens=False, max_atoms=12)


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def of(path, source=conformers.of_file, **changes):
    return source(path, Choice(**{**vars(CHOICE), **changes}), path.parent / "cache")


def names(made):
    return sorted(molecule.GetProp("_Name") for molecule in made.molecules)


def in_space(smiles, name="", seed=1):
    """A molecule with hydrogens and one conformation, not relaxed."""
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    assert rdDistGeom.EmbedMolecule(molecule, randomSeed=seed) == 0
    molecule.SetProp("_Name", name)
    return molecule


ETHANOL, GLYCINE, ACID = (
    molecules.block(in_space(smiles, name))
    for smiles, name in (("CCO", "ethanol"), ("NCC(=O)O", "glycine"), ("CC(=O)O", "acid"))
)
TWO = ETHANOL + GLYCINE


def renamed(block, name):
    return "\n".join([name, *block.split("\n")[1:]])


@pytest.mark.parametrize(
    "lines",
    [
        ("[CH3:1][CH2:2][CH2:3][OH:4] a", "[CH3:4][CH2:3][CH2:2][OH:1] b"),
        ("[CH3:7]CCO a", "OCCC b"),
        ("C[CH2:1]CO a", "CC[CH2:1]O b"),
        ("CCCO[H:9] a", "[H:3]OCC[CH3:2] b"),
        ("CC([CH3:1])CO a", "CC(C)CO b"),
        ("[cH:1]1ccccc1 a", "c1c[cH:5]ccc1 b"),
        ("C[NH2+:2]C a", "[CH3:1][NH2+]C b"),
        ("[13CH3:1]CCO a", "OC[13CH2:4]C b"),
    ],
)
def test_numbered_atoms_make_no_other_molecule(lines, tmp_path):
    for hydrogens in (False, True):
        made = of(write(tmp_path / "a.smi", "\n".join([*lines, "NCC(=O)O c"])), hydrogens=hydrogens, max_atoms=20)
        assert len(made.molecules) == 2
        assert not any(atom.GetAtomMapNum() for molecule in made.molecules for atom in molecule.GetAtoms())
        same = max((split(rows)[1] for rows in (made.train, made.test)), key=len)
        assert len(same) in (3, 6)


def test_numbered_atoms_are_in_the_order_of_others(tmp_path):
    numbered = [molecules.prepared(_of(lines), hydrogens=True, max_atoms=20) for lines in ("OCCN", "[OH:3][CH2:2]CN")]
    kinds = [[atom.GetSymbol() for atom in molecule.GetAtoms()] for molecule in numbered]
    assert kinds[0] == kinds[1]
    assert len({molecules.canonical(molecule) for molecule in numbered}) == 1


def _of(smiles):
    return in_space(smiles, smiles)


def test_numbered_atoms_of_an_sdf_file(tmp_path):
    molecule = in_space("CCO", "numbered")
    for atom in molecule.GetAtoms():
        atom.SetAtomMapNum(9 - atom.GetIdx())
    made = of(write(tmp_path / "a.sdf", TWO + molecules.block(molecule)))
    assert sorted([len(made.train), len(made.test)]) == [1, 2]
    assert len(made.molecules) == 2


@pytest.mark.parametrize(
    ("smiles", "reason"),
    [
        ("C" * 100_000, "has 100000 atoms, not 3 to 12"),
        ("C1CC" * 50_000, "has 150000 atoms, not 3 to 12"),
        ("C(" * 50_000 + "[Na+]" + ")" * 50_000, "has 50001 atoms, not 3 to 12"),
        ("C([H])([2H])([H:3])" + "[H+].[H-]" * 9_000, "is a SMILES of 81019 letters; 10000 at most are read"),
        ("C" * 9_999, "has 9999 atoms, not 3 to 12"),
        ("C" * 13, "has 13 atoms, not 3 to 12"),
        (
            "c12c3c4c5c1c1c6c7c2c2c8c3c3c9c4c4c%10c5c5c1c1c6c6c%11c7c2c2c7c8c3c3c8c9c4c4c9c%10c5c5c1c1c6c6c%11c2c2c7c3c3c8c4"
            "c4c9c5c1c1c6c2c3c41",
            "has 60 atoms, not 3 to 12",
        ),
        ("CO", "has 2 atoms, not 3 to 12"),
        ("CCO.CCN", "consists of several molecules"),
        ("[H][H]", "has 0 atoms, not 3 to 12|has 2 atoms"),
    ],
)
def test_molecules_are_counted_before_they_are_embedded(smiles, reason, tmp_path, monkeypatch, capsys):
    embedded = molecules.embedded

    def watched(molecule, conformations):
        assert molecule.GetNumAtoms() < 12, "what is not used was embedded"
        return embedded(molecule, conformations)

    monkeypatch.setattr(molecules, "embedded", watched)
    of(write(tmp_path / "a.smi", f"CCO\nNCC(=O)O\n{smiles} it"))
    assert re.search(rf"a.smi: 1 skipped \(line 3, it: ({reason})\)", capsys.readouterr().err)


def test_hydrogens_count_where_they_are_kept(tmp_path, capsys):
    of(write(tmp_path / "a.smi", "CCO\nNCO\nCCCCC large"), hydrogens=True, max_atoms=9)
    assert "line 3, large: has 17 atoms, not 3 to 9" in capsys.readouterr().err


def test_embedding_has_a_limit_of_attempts_and_one_of_time(monkeypatch):
    seen = {}

    def nothing(molecule, conformations, parameters):
        seen.update(attempts=parameters.maxIterations, seconds=parameters.timeout)
        return []

    monkeypatch.setattr(molecules.rdDistGeom, "EmbedMultipleConfs", nothing)
    with pytest.raises(molecules.Skipped, match="^cannot be embedded$"):
        molecules.embedded(molecules.parsed("CCO"), 2)
    assert seen == {"attempts": 400, "seconds": 60}
    monkeypatch.setattr(molecules, "SECONDS", 0)
    with pytest.raises(molecules.Skipped, match="cannot be embedded in 0 seconds"):
        molecules.embedded(molecules.parsed("CCO"), 2)

    def full(*_):
        raise MemoryError

    monkeypatch.setattr(molecules.rdDistGeom, "EmbedMultipleConfs", full)
    with pytest.raises(molecules.Skipped, match="cannot be embedded"):
        molecules.embedded(molecules.parsed("CCO"), 2)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.sdf", TWO),
        ("B.SDF", TWO),
        ("a.sd", TWO),
        ("a.Sd", TWO),
        ("a.sdf.gz", gzip.compress(TWO.encode(), mtime=0)),
        ("A.SDF.GZ", gzip.compress(TWO.encode(), mtime=0)),
        ("crlf.sdf", TWO.replace("\n", "\r\n")),
        ("mark.sdf", "\ufeff" + TWO),
        ("16.sdf", TWO.encode("utf-16")),
        ("blank end.sdf", TWO + "\n\n \n"),
        ("dos end.sdf", TWO + "\x1a"),
        ("no end.sdf", TWO.removesuffix("$$$$\n")),
        ("no line end.sdf", TWO.removesuffix("\n")),
        ("no end but data.sdf", TWO.removesuffix("$$$$\n") + "> <name>\nglycine\n\n"),
        ("a.mdl", TWO),
        ("no suffix", TWO),
        ("a.txt", TWO),
    ],
)
def test_sdf_files_of_many_hands(name, content, tmp_path, capsys):
    made = of(write(tmp_path / name, content))
    assert names(made) == ["ethanol", "glycine"]
    assert len(made.train) + len(made.test) == 2
    assert capsys.readouterr().err == ""


def test_a_mol_file_is_one_molecule(tmp_path):
    for name, content in (("a.mol", ETHANOL), ("b.mol", ETHANOL.removesuffix("$$$$\n")), ("C.MOL", ETHANOL)):
        with pytest.raises(ValueError, match=rf"{name} holds 1 molecules that can be used; more than the 1 held out"):
            of(write(tmp_path / name, content))
    with pytest.raises(ValueError, match=r"a.mol.gz holds 1 molecules"):
        of(write(tmp_path / "a.mol.gz", gzip.compress(ETHANOL.encode(), mtime=0)))


@pytest.mark.parametrize(
    "name", ["a\x0cb", "a\x85b", "a\u2028b", "a\u2029b", "a\x0bb", "a\x1cb", "$$$$", "$$$$ b", "é 名"]
)
def test_a_name_is_kept_whatever_it_is(name, tmp_path, capsys):
    for content in (renamed(ETHANOL, name) + GLYCINE, GLYCINE + renamed(ETHANOL, name)):
        for _ in range(2):  # read, and from the cache
            assert names(of(write(tmp_path / "a.sdf", content))) == sorted([name, "glycine"])
    made = of(write(tmp_path / "a.smi", f"CCO {name}\nNCC(=O)O glycine\n"))
    assert names(made) == sorted([name, "glycine"])
    assert capsys.readouterr().err.count("skipped") == 0


def test_a_remark_of_dollars_ends_nothing(tmp_path):
    lines = GLYCINE.split("\n")
    lines[2] = "$$$$"
    assert names(of(write(tmp_path / "a.sdf", ETHANOL + "\n".join(lines)))) == ["ethanol", "glycine"]


def moved(block, change):
    molecule = Chem.MolFromMolBlock(block.split("$$$$")[0], removeHs=False)
    conformer = molecule.GetConformer()
    conformer.SetPositions(change(conformer.GetPositions()))
    return Chem.MolToMolBlock(molecule)


def drawing(smiles):
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    rdDepictor.Compute2DCoords(molecule)
    return Chem.MolToMolBlock(molecule)


def met(xyz):
    return np.concatenate([xyz[:1], xyz[:1], xyz[2:]])


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (moved(ACID, lambda xyz: 0 * xyz), "has several atoms in one place"),
        (moved(ACID, met), "has several atoms in one place"),
        (drawing("CC(=O)O"), "has no positions in space"),
        (drawing("CC(=O)O").replace("2D", "3D", 1), "has no positions in space, but is drawn in a plane"),
        (moved(ACID, lambda xyz: xyz * [1, 1, 0]), "has no positions in space, but is drawn in a plane"),
        (moved(ACID, lambda xyz: xyz / 10), r"has a bond C-C of 0\.15 angstrom"),  # nanometres
        (moved(ACID, lambda xyz: xyz * 1.8897), r"has a bond C-C of 2\.\d+ angstrom"),  # bohr
        (moved(ACID, lambda xyz: xyz + 99_000 * np.eye(len(xyz), 3)), r"has a bond C-C of \d+\.\d+ angstrom"),
        (ACID.split("$$$$")[0].replace(" O ", " R#", 1), "has an atom of no element"),
        (ACID.split("$$$$")[0].replace("M  END", ""), "is not a valid molecule"),
        (Chem.MolToMolBlock(in_space("C" * 13)), "has 13 atoms, not 3 to 12"),
        (Chem.MolToMolBlock(in_space("CCO.CCN")), "consists of several molecules"),
        ("\n\n\n  0  0  0  0  0  0  0  0  0  0999 V2000\nM  END\n", "has no positions in space"),
    ],
)
def test_molecules_that_are_nowhere_are_skipped(block, reason, tmp_path, capsys):
    made = of(write(tmp_path / "a.sdf", TWO + renamed(block, "it") + "$$$$\n"))
    assert names(made) == ["ethanol", "glycine"]
    assert re.search(rf"a.sdf: 1 skipped \(line \d+, it: {reason}\)", capsys.readouterr().err)


def test_a_flat_molecule_may_lie_in_a_plane(tmp_path):
    flat = moved(
        molecules.block(in_space("c1ccccc1", "benzene")), lambda xyz: xyz @ np.linalg.svd(xyz)[2].T * [1, 1, 0]
    )
    assert names(of(write(tmp_path / "a.sdf", ETHANOL + renamed(flat, "benzene") + "$$$$\n"))) == ["benzene", "ethanol"]


@pytest.mark.parametrize("hydrogens", [False, True])
def test_heavy_atoms_beside_a_double_bond_may_lie_in_a_plane(hydrogens, tmp_path):
    """As calculations lay them out: the hydrogens tell that it is no drawing, and may be left out."""
    oxime = in_space("CC=NO")
    heavy = [atom.GetAtomicNum() > 1 for atom in oxime.GetAtoms()]
    (x,) = molecules.positions(oxime)
    x = (x - x[heavy].mean(0)) @ np.linalg.svd(x[heavy] - x[heavy].mean(0))[2].T
    x[heavy, 2] = 0
    path = write(tmp_path / "a.sdf", ETHANOL + renamed(molecules.block(molecules.placed(oxime, [x])), "oxime"))
    made = of(path, test_molecules=0, hydrogens=hydrogens)
    assert names(made) == ["ethanol", "oxime"]
    _, found = distances(made, "oxime")
    real = x if hydrogens else x[heavy]
    apart = np.linalg.norm(real[:, None] - real, axis=-1)
    np.testing.assert_allclose(np.sort(found[0].ravel()), np.sort(apart.ravel()), atol=1e-3)


def test_a_molecule_with_and_without_its_hydrogens(tmp_path, capsys):
    bare = Chem.MolToMolBlock(Chem.RemoveHs(in_space("CCO", "bare"))) + "$$$$\n"
    made = of(write(tmp_path / "a.sdf", TWO + bare), hydrogens=True)
    assert len(made.train) + len(made.test) == 2
    assert "bare: has other hydrogens than the same molecule before it" in capsys.readouterr().err
    assert len(of(tmp_path / "a.sdf").molecules) == 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.smi", TWO, "is named as SMILES and holds SDF; name it .sdf"),
        ("a.SMILES.gz", gzip.compress(TWO.encode(), mtime=0), "is named as SMILES and holds SDF; name it .sdf"),
        (
            "a.sdf",
            "CCO ethanol\nNCC(=O)O glycine\n",
            "is named as SDF and holds none; name a file with a SMILES a line",
        ),
        ("a.MOL", "CCO ethanol", "is named as SDF and holds none"),
        ("a.sdf", "", "holds 0 molecules that can be used; more than the 1 held out"),
        ("a.smi", "\n# a remark\n", "holds 0 molecules that can be used"),
        ("a.xyz", "3\nwater\nO 0 0 0\nH 0 0 1\nH 0 1 0\n", "files .xyz are not read; give SDF"),
        ("a.pdb", "ATOM", "files .pdb are not read; give SDF"),
        ("a.mol2", "@<TRIPOS>MOLECULE", "files .mol2 are not read"),
        ("a.csv", "smiles,name\nCCO,ethanol", "files .csv are not read"),
        ("a.sdf", gzip.compress(TWO.encode(), mtime=0), "by its content it is compressed"),
        ("a.sdf.gz", TWO, "is not compressed as its name says"),
        ("a.sdf.gz", gzip.compress(TWO.encode(), mtime=0)[:99], "is compressed and damaged"),
        ("a.smi", b"CCO a\0b", "holds zero bytes"),
        ("a.smi", b"CCO caf\xe9", "byte 7 is not UTF-8"),
        ("a.sdf", TWO[:-200], "the file ends in the middle of this molecule"),
        ("a.sdf", "\n".join(ETHANOL.split("\n")[:6]), "line 1: the file ends in the middle of this molecule"),
    ],
)
def test_what_is_unclear_is_refused_in_one_line(name, content, message, tmp_path):
    with pytest.raises(ValueError, match=message) as caught:
        of(write(tmp_path / name, content))
    assert str(tmp_path / name) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_remedy_is_the_option_that_helps(tmp_path, capsys):
    path = write(tmp_path / "a.smi", "CCO\nCCC\nCCN\nCCCC\nOCCC\n")
    message = (
        r"3 molecules .* the 3 held out \(--test-molecules\) are needed; 2 have more than 3 atoms: use a larger --max"
    )
    with pytest.raises(ValueError, match=message):
        of(path, test_molecules=3, max_atoms=3, per_molecule=1)
    message = "use fewer --conformations, or a larger --max-atoms, for which 2 molecules were skipped"
    for _ in range(2):  # read, and from the cache
        with pytest.raises(ValueError, match=message):
            of(path, max_atoms=3, per_molecule=1).real(1, 50, key=jr.key(0))
    made = of(path, max_atoms=4, per_molecule=1)
    with pytest.raises(ValueError, match=r"use fewer --conformations\.$"):
        made.real(1, 50, key=jr.key(0))
    with pytest.raises(ValueError, match=r"or a larger --max-atoms, for which 1 molecules were skipped\.$"):
        dataclasses.replace(made, too_large=1).check_real(1, 50)
    with pytest.raises(ValueError, match=r"holds 2 molecules .* are needed; use more --molecules than 2"):
        of(path, test_molecules=2, molecules=2, per_molecule=1)
    capsys.readouterr()
    line = f"diffusion replace --preset smoke --data file --run-dir {tmp_path / 'run'} --file"
    for file in (tmp_path / "missing.sdf", tmp_path):
        refused(
            command(capsys, "neural", f"{line} {file}"), "python -m neural", f"{file} is no file; give SMILES or SDF"
        )


def pickled(path, mols, weights=None, smiles="CCCO"):
    weights = weights or np.linspace(0.9, 0.1, len(mols)).tolist()
    conformer = [{"rd_mol": mol, "boltzmannweight": weight} for mol, weight in zip(mols, weights, strict=True)]
    return write(path, pickle.dumps({"smiles": smiles, "conformers": conformer}))


def shuffled(molecule, seed):
    order = np.random.default_rng(seed).permutation(molecule.GetNumAtoms())
    return Chem.RenumberAtoms(molecule, order.tolist())


def geom(folder, **changes):
    return of(folder, conformers.geom_drugs, **changes)


def distances(made, name):
    """All distances between the atoms of a molecule's conformations: each row sorted by kinds of atoms and bonds."""
    number = next(n for n, molecule in enumerate(made.molecules) if molecule.GetProp("_Name") == name)
    numbers, xyz = split(np.concatenate([made.train, made.test]))
    xyz = xyz[numbers == number][:, : made.molecules[number].GetNumAtoms()]
    return made.molecules[number], np.linalg.norm(xyz[:, :, None] - xyz[:, None], axis=-1)


@pytest.mark.parametrize("hydrogens", [False, True])
def test_the_atoms_of_conformers_come_into_one_order(hydrogens, tmp_path, capsys):
    each = [in_space("CCCO", seed=seed) for seed in (1, 2, 3)]
    for atom in each[2].GetAtoms():
        atom.SetAtomMapNum(atom.GetIdx() + 1)
    pickled(tmp_path / "a" / "a.pickle", [each[0], shuffled(each[1], 5), shuffled(each[2], 7)])
    pickled(tmp_path / "a" / "b.pickle", [in_space("NCC(=O)O")], smiles="NCC(=O)O")
    made = geom(tmp_path / "a", hydrogens=hydrogens, max_atoms=20)
    assert "skipped" not in capsys.readouterr().err
    molecule, apart = distances(made, "CCCO")
    assert len(apart) == 3
    bonded = Chem.GetAdjacencyMatrix(molecule).astype(bool)
    assert (apart[:, bonded] < 1.7).all()
    assert (apart[:, ~bonded & ~np.eye(len(bonded), dtype=bool)] > 1.7 - 0.3 * hydrogens).all()


def test_other_isomers_are_skipped_and_named(tmp_path, capsys):
    others = [in_space("CC(C)O"), in_space("COCC"), in_space("CCCN"), in_space("CCC[O-]"), in_space("CCCO.[Na+]")]
    nowhere = Chem.Mol(in_space("CCCO"))
    nowhere.GetConformer().SetPositions(np.zeros((12, 3)))
    bare = Chem.Mol(nowhere)
    bare.RemoveAllConformers()
    twice = molecules.placed(nowhere, [molecules.positions(in_space("CCCO", seed=seed))[0] for seed in (1, 2)])
    flat = Chem.Mol(nowhere)
    rdDepictor.Compute2DCoords(flat)
    good = [in_space("CCCO", seed=seed) for seed in (1, 2, 3, 4)]
    wide = molecules.placed(nowhere, [2 * molecules.positions(good[0])[0]])
    pickled(tmp_path / "a" / "a.pickle", [good[0], *others, nowhere, bare, twice, flat, wide, *good[1:]])
    pickled(tmp_path / "a" / "b.pickle", [in_space("NCC(=O)O")], smiles="NCC(=O)O")
    made = geom(tmp_path / "a", per_molecule=3)
    assert names(made) == ["CCCO", "NCC(=O)O"]
    told = capsys.readouterr().err
    assert f"{tmp_path / 'a'}: 10 skipped (a.pickle, conformer 2: is another molecule ([H]OC([H])(" in told
    assert told.endswith("and 5 more)\n")
    molecule, apart = distances(made, "CCCO")
    assert len(apart) == 3  # what is skipped takes no one's place
    assert (apart[:, Chem.GetAdjacencyMatrix(molecule).astype(bool)] < 1.7).all()


def test_a_folder_of_pickles_with_what_systems_leave(tmp_path):
    for name, smiles in (("a.pickle", "CCO"), ("B.PICKLE", "NCC(=O)O"), ("c.pkl", "CC(=O)O")):
        pickled(tmp_path / "a" / name, [in_space(smiles)], smiles=smiles)
    for name in ("._a.pickle", ".DS_Store", "notes.txt"):
        write(tmp_path / "a" / name, b"\0\5\x16\7")
    assert names(geom(tmp_path / "a")) == ["CC(=O)O", "CCO", "NCC(=O)O"]
    bytes_before = (tmp_path / "a" / "c.pkl").stat().st_size
    pickled(tmp_path / "a" / "c.pkl", [in_space("CC(=O)O")], smiles="OC(=O)C")
    assert (tmp_path / "a" / "c.pkl").stat().st_size == bytes_before  # but another file, read anew
    assert names(geom(tmp_path / "a")) == ["CCO", "NCC(=O)O", "OC(=O)C"]
    pickled(tmp_path / "a" / "c.pkl", [in_space("CC(=O)O")], smiles="two\nlines")
    assert names(geom(tmp_path / "a")) == ["CCO", "NCC(=O)O", "two lines"]
    assert names(geom(write(tmp_path / "B.SDF", TWO))) == ["ethanol", "glycine"]
    for made in ("folder.pickle", "link.pickle"):
        (tmp_path / "b").mkdir(exist_ok=True)
        (tmp_path / "b" / made).symlink_to(tmp_path / "nowhere") if made[0] == "l" else (tmp_path / "b" / made).mkdir()
    with pytest.raises(ValueError, match=r"--file .*b: .*folder.pickle, .*link.pickle cannot be read as a file"):
        geom(tmp_path / "b")
    for missing in (tmp_path / "missing", write(tmp_path / "file", "")):
        with pytest.raises(ValueError, match=r"holds no pickles; give GEOM's .* by --file"):
            geom(missing)


def test_a_molecule_of_geom_that_is_too_large_is_counted_once(tmp_path, capsys):
    pickled(tmp_path / "a" / "a.pickle", [in_space("C" * 13, seed=seed) for seed in (1, 2, 3)])
    with pytest.raises(ValueError, match="1 have more than 12 atoms: use a larger --max-atoms"):
        geom(tmp_path / "a")
    assert "1 skipped (a.pickle: has 13 atoms, not 3 to 12)" in capsys.readouterr().err


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), -0.1])
def test_the_likeliest_of_conformers_is_known(weight, tmp_path):
    folder = tmp_path / "drugs"
    pickled(folder / "a.pickle", [in_space("CCO"), in_space("CCO", seed=2)], [0.5, weight])
    with pytest.raises(ValueError, match=r"a.pickle has a conformer whose Boltzmann weight is no finite number"):
        geom(folder)


def test_what_a_library_says_in_many_lines_is_said_in_one(tmp_path):
    folder = tmp_path / "drugs"
    pickled(folder / "a.pickle", [None])
    with pytest.raises(ValueError, match=r"a.pickle is no molecule of GEOM: \w+") as caught:
        geom(folder)
    assert "\n" not in str(caught.value)
