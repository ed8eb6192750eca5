"""GEOM's pickles: conformers by their numbers in the file, likeliest first, whatever hand they have."""

import pickle

import pytest
from rdkit import Chem
from rdkit.Chem import rdDistGeom

from neural.conformers.geom import from_geom
from neural.conformers.molecules import Skipped, positions


def in_space(smiles, seed=1):
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    assert rdDistGeom.EmbedMolecule(molecule, randomSeed=seed) == 0
    return molecule


def found(path, conformers, conformations, **entry):
    told = [{"rd_mol": molecule, "boltzmannweight": weight} for molecule, weight in conformers]
    path.write_bytes(pickle.dumps({**entry, "conformers": told}))
    return list(from_geom([path], conformations))


def test_the_likeliest_are_taken_and_others_are_named_by_their_place_in_the_file(tmp_path):
    left, right, isomer = in_space("C[C@H](N)O"), in_space("C[C@@H](N)O", seed=2), in_space("COCN")
    told = found(tmp_path / "a.pickle", [(isomer, 0.2), (left, 0.1), (right, 0.5), (left, 0.05)], 2)
    (place, reason), (name, molecule) = told
    assert isinstance(reason, Skipped)
    assert isinstance(molecule, Chem.Mol)
    assert place == "a.pickle, conformer 1"  # second by its weight
    assert (name, molecule.GetProp("_Name")) == ("a.pickle", "a")
    # both hands are one molecule; the third is one too many
    assert molecule.GetNumConformers() == 2
    extents = [float(xyz.std()) for xyz in positions(molecule)]
    expected = [float(positions(each)[0].std()) for each in (right, left)]
    assert extents == pytest.approx(expected)
    assert extents != pytest.approx(expected[::-1])
    ((_, named),) = found(tmp_path / "b.pickle", [(left, 1.0)], 2, smiles="CC(N)\n O")
    assert isinstance(named, Chem.Mol)
    assert named.GetProp("_Name") == "CC(N) O"
