"""The Chemical Component Dictionary in small, written here: what is taken of it, what is not and why."""

import sys

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import rdDistGeom

from neural.conformers import ccd as of_ccd, conformer_set as conformers, molecules
from neural.conformers.conformer_set import Choice, split
from tests.helpers import command, refused

CHOICE = Choice(molecules=None, test_molecules=1, per_molecule=8, hydrogens=False, max_atoms=12)

#: Components by their codes: those of PDB ligands are three or five letters too.
MOLECULES = {
    "AMI": "NC(=O)c1ccccc1",
    "BET": "C[N+](C)(C)CC(=O)[O-]",
    "BIG": "CCCCCCCCCCCCCC",
    "CRY": "OCCCCCC",
    "FLA": "Oc1ccccc1",
    "IDE": "SCCCCCC",
    "IMA": "O=C(N)c1ccccc1",
    "IRO": "C1CCCCC1[Fe]",
    "NIL": "NCCCCCC",
    "OBS": "FCCCCCC",
    "SMA": "CCO",
    "TOL": "Cc1ccccc1",
    "TRI": "C#CC#CC#C",
    "TWO": "CCCCCC.CCCCCC",
    "VAL": "C(C)(C)(C)(C)CC",
    "YET": "ClCCCCCC",
}

#: Why each of the others is not taken.
LEFT_OUT = {
    "BIG": "has 14 atoms, not 3 to 12",
    "IRO": "is not organic",
    "NIL": "has no conformation in which every atom has a place of its own",
    "OBS": "is obsolete",
    "SMA": "has 3 atoms other than hydrogen, fewer than 6",
    "TWO": "consists of several molecules",
    "VAL": "is no molecule that RDKit accepts",
    "YET": "is obsolete",
}


def made(smiles, seed):
    """The molecule with hydrogens, and two conformations to three decimals, as the dictionary has them."""
    molecule = Chem.MolFromSmiles(smiles, sanitize=False)
    molecule.UpdatePropertyCache(strict=False)
    random = np.random.default_rng(seed)
    if Chem.SanitizeMol(molecule, catchErrors=True) or "Fe" in smiles or "." in smiles:
        return molecule, random.normal(size=(2, molecule.GetNumAtoms(), 3)).round(3)
    molecule = Chem.AddHs(molecule)
    assert len(rdDistGeom.EmbedMultipleConfs(molecule, 2, randomSeed=seed)) == 2
    xyz = np.stack([conformer.GetPositions() for conformer in molecule.GetConformers()]).round(3)
    Chem.Kekulize(molecule, clearAromaticFlags=True)
    return molecule, xyz


def columns():
    """The three categories, and the positions of each component."""
    parts = {name: {} for name in ("chem_comp", "chem_comp_atom", "chem_comp_bond")}
    known = {}

    def add(category, **values):
        for name, value in values.items():
            parts[category].setdefault(name, []).append(value)

    for seed, (code, smiles) in enumerate(MOLECULES.items(), 1):
        molecule, (model, ideal) = made(smiles, seed)
        nothing = np.full_like(model, np.nan)
        model = {"IDE": nothing, "NIL": nothing}.get(code, model)
        ideal = {"CRY": nothing, "NIL": nothing}.get(code, ideal)
        if code == "FLA":
            ideal[:, 2] = np.where(np.arange(len(ideal)) == 2, 0.001, 0)  # as many of the dictionary lie, rounded
        if code == "TRI":
            ideal[:, 1:] = 0  # a straight line
            ideal[:, 0] = np.array([0, 1.2, 2.6, 3.8, 5.2, 6.4, -1, 7.4])
        if code == "TOL":
            ideal[[atom.GetAtomicNum() > 1 for atom in molecule.GetAtoms()], 2] = 0  # but not its hydrogens
        known[code] = model, ideal
        add("chem_comp", id=code, pdbx_release_status={"OBS": "OBS", "YET": "HOLD"}.get(code, "REL"))
        names = [f"{atom.GetSymbol()}{atom.GetIdx()}" for atom in molecule.GetAtoms()]
        for atom, name, here, there in zip(molecule.GetAtoms(), names, model, ideal, strict=True):
            symbol = "D" if code == "AMI" and atom.GetSymbol() == "H" else atom.GetSymbol().upper()
            add("chem_comp_atom", comp_id=code, atom_id=name, type_symbol=symbol, charge=atom.GetFormalCharge())
            for axis, one, other in zip("xyz", here, there, strict=True):
                add("chem_comp_atom", **{f"model_Cartn_{axis}": one, f"pdbx_model_Cartn_{axis}_ideal": other})
        for bond in molecule.GetBonds():
            ends = names[bond.GetBeginAtomIdx()], names[bond.GetEndAtomIdx()]
            order = {1: "SING", 2: "DOUB", 3: "TRIP"}[int(bond.GetBondTypeAsDouble())]
            add("chem_comp_bond", comp_id=code, atom_id_1=ends[0], atom_id_2=ends[1], value_order=order)
    return parts, known


def write(path, parts):
    pdbx = pytest.importorskip("biotite.structure.io.pdbx", reason="biotite is an extra, which make installs")
    block = pdbx.BinaryCIFBlock()
    for category, values in parts.items():
        made = {}
        for name, column in values.items():
            array = np.array(column)
            missing = np.isnan(array) if array.dtype.kind == "f" else np.zeros(len(array), bool)
            mask = pdbx.BinaryCIFData(np.where(missing, 2, 0).astype(np.uint8)) if missing.any() else None
            data = pdbx.BinaryCIFData(np.nan_to_num(array) if array.dtype.kind == "f" else array)
            made[name] = pdbx.BinaryCIFColumn(data, mask)
        block[category] = pdbx.BinaryCIFCategory(made)
    file = pdbx.BinaryCIFFile()
    file["components"] = block
    file.write(path)
    return path


@pytest.fixture(scope="module")
def dictionary(tmp_path_factory):
    parts, known = columns()
    return write(tmp_path_factory.mktemp("ccd") / "components.bcif", parts), known


def of(path, **changes):
    return conformers.ccd(path, Choice(**{**vars(CHOICE), **changes}), path.parent / "cache")


def taken(made):
    """Names of the molecules, and how many conformations of each there are."""
    numbers = np.concatenate([split(rows)[0] for rows in (made.train, made.test)])
    return {made.molecules[n].GetProp("_Name"): int((numbers == n).sum()) for n in np.unique(numbers)}


def distances(xyz):
    return np.sort(np.linalg.norm(xyz[:, None] - xyz[None], axis=-1).ravel())


def test_organic_molecules_are_taken_with_the_conformations_that_are_whole(dictionary, capsys):
    path, known = dictionary
    made = of(path)
    # AMI and IMA are one molecule; of CRY and IDE one of the two conformations is known
    assert taken(made) == {"AMI": 4, "BET": 2, "CRY": 1, "FLA": 2, "IDE": 1, "TOL": 2, "TRI": 2}
    news = capsys.readouterr().err
    assert "8 skipped (BIG: has 14 atoms, not 3 to 12; IRO: is not organic; NIL: has no conf" in news
    assert made.too_large == 1
    for rows in (made.train, made.test):
        for number, x in zip(*split(rows), strict=True):
            molecule = made.molecules[int(number)]
            code, count = molecule.GetProp("_Name"), molecule.GetNumAtoms()
            if code == "AMI":
                continue  # in the order of another, too
            real = [xyz[:count] for xyz in known[code] if not np.isnan(xyz).any()]  # hydrogens are the last
            assert min(np.abs(distances(x[:count]) - distances(xyz)).max() for xyz in real) < 2e-3, code
    charges = {m.GetProp("_Name"): [a.GetFormalCharge() for a in m.GetAtoms()] for m in made.molecules}
    assert (charges["BET"].count(1), charges["BET"].count(-1), sum(charges["FLA"])) == (1, 1, 0)
    bonds = {m.GetProp("_Name"): sorted(b.GetBondType().name for b in m.GetBonds()) for m in made.molecules}
    assert bonds["FLA"] == ["AROMATIC"] * 6 + ["SINGLE"]


@pytest.mark.parametrize("code", LEFT_OUT)
def test_what_is_not_taken_is_left_out_for_its_reason(code, dictionary):
    path, _ = dictionary
    content = path.read_bytes()
    found = dict(of_ccd.from_ccd(content, path, hydrogens=False, max_atoms=12))
    reason = found[code]
    if isinstance(reason, Chem.Mol):  # what any source of conformations leaves out
        with pytest.raises(conformers.Skipped, match=LEFT_OUT[code]):
            conformers.prepared(reason, hydrogens=False, max_atoms=12)
    else:
        assert str(reason).startswith(LEFT_OUT[code])
    assert isinstance(reason, conformers.TooLarge) == (code == "BIG")


def test_hydrogens_count_where_they_are_kept(dictionary):
    path, _ = dictionary
    made = of(path, hydrogens=True, max_atoms=16)
    assert "BET" not in taken(made)  # 19 atoms
    assert taken(made)["FLA"] == 2
    phenol = next(m for m in made.molecules if m.GetProp("_Name") == "FLA")
    assert sorted(atom.GetSymbol() for atom in phenol.GetAtoms()) == ["C"] * 6 + ["H"] * 6 + ["O"]
    # a hydrogen without a place leaves the crystal's conformation out where hydrogens count, and only there
    parts, _ = columns()
    names = parts["chem_comp_atom"]
    place = next(
        n for n, who in enumerate(zip(names["comp_id"], names["type_symbol"], strict=True)) if who == ("FLA", "H")
    )
    names["model_Cartn_x"][place] = np.nan
    bonds = parts["chem_comp_bond"]
    bonds["value_order"][bonds["comp_id"].index("IDE")] = "QUAD"  # and a bond of four makes no molecule
    changed = write(path.with_name("changed.bcif"), parts)
    assert (taken(of(changed))["FLA"], taken(of(changed, hydrogens=True, max_atoms=16))["FLA"]) == (2, 1)
    odd = dict(of_ccd.from_ccd(changed.read_bytes(), changed, hydrogens=False, max_atoms=12))["IDE"]
    assert isinstance(odd, molecules.Skipped)
    assert (str(odd), odd.kind) == ("has a bond of the kind 'QUAD'", "has a bond of a strange kind")


def test_the_dictionary_is_read_once(dictionary, monkeypatch):
    path, known = dictionary
    first = of(path, per_molecule=1)
    monkeypatch.setattr(of_ccd, "_read", lambda content: pytest.fail("the dictionary was read again"))
    again = of(path, per_molecule=1)
    np.testing.assert_array_equal(first.train, again.train)
    np.testing.assert_array_equal(first.test, again.test)
    assert set(taken(first).values()) == {1}
    # of two conformations it is that of the crystal
    for number, x in zip(*split(first.train), strict=True):
        molecule = first.molecules[int(number)]
        code, count = molecule.GetProp("_Name"), molecule.GetNumAtoms()
        if code in ("BET", "FLA", "TOL"):
            assert np.abs(distances(x[:count]) - distances(known[code][0][:count])).max() < 2e-3, code


def test_no_molecule_is_both_trained_and_tested_on(dictionary):
    path, _ = dictionary
    made = of(path, test_molecules=3)
    train, test = (set(split(rows)[0].tolist()) for rows in (made.train, made.test))
    assert len(test) == 3
    assert not train & test
    np.testing.assert_array_equal(made.test, of(path, test_molecules=3).test)


def without(category, column=None):
    parts, _ = columns()
    if column is None:
        del parts[category]
    else:
        del parts[category][column]
    return parts


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (("chem_comp_bond",), "KeyError 'chem_comp_bond'"),
        (("chem_comp_atom", "charge"), "KeyError 'charge'"),
        (("chem_comp", "pdbx_release_status"), "KeyError 'pdbx_release_status'"),
    ],
)
def test_a_file_without_what_is_needed_is_refused_in_one_line(parts, message, tmp_path):
    path = write(tmp_path / "components.bcif", without(*parts))
    told = (
        rf"components.bcif is no chemical component dictionary in BinaryCIF \({message}\); give one as biotite has it"
    )
    with pytest.raises(ValueError, match=told) as refusal:
        of(path)
    assert "\n" not in str(refusal.value)


LINE = "diffusion replace --preset smoke --data ccd --max-atoms 12 --test-molecules 1"


@pytest.mark.parametrize("damage", [lambda content: content[:999], lambda _: b"data_AMI\n", lambda _: b""])
def test_a_damaged_file_is_refused_in_one_line(damage, dictionary, capsys, tmp_path):
    path = tmp_path / "components.bcif"
    path.write_bytes(damage(dictionary[0].read_bytes()))
    line = f"{LINE} --file {path} --cache {tmp_path / 'cache'} --run-dir {tmp_path / 'run'}"
    refused(command(capsys, "neural", line), "python -m neural", "is no chemical component dictionary in BinaryCIF")


@pytest.mark.slow
def test_a_run_on_ligands(dictionary, capsys, tmp_path):
    path, _ = dictionary
    tiny = (
        "--conformations 8 --width 4 --layers 1 --steps 2 --chunk 2 --seeds 1 --iterations 1 --sampler-steps 2 --json"
    )
    ran = command(capsys, "neural", f"{LINE} {tiny} --file {path} --cache {tmp_path} --run-dir {tmp_path / 'run'}")
    assert ran.status == 0, ran.err
    assert ran.json["data"] == "ccd"
    assert ", seed 0" in (tmp_path / "run" / "samples" / "model-1.sdf").read_text()


def test_without_biotite_one_line_says_what_to_install(capsys, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "biotite", None)
    ran = command(capsys, "neural", f"{LINE} --run-dir {tmp_path / 'run'}")
    refused(ran, "python -m neural", "--data ccd needs biotite: pip install 'model-collapse[ccd]'")
