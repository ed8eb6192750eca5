"""Molecules by RDKit: what lies in a plane for good reason, and conformations at rest in their force field."""

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers

from neural.conformers import molecules


def test_three_atoms_always_lie_in_a_plane():
    """And are no drawing, if they are all that is given; four that hang together at one carbon are."""
    for smiles, drawn in (("COC", False), ("CCC", False), ("CC(C)C", True), ("CC(C)=O", False), ("CN(C)C", False)):
        molecule = Chem.MolFromSmiles(smiles)
        flat = np.random.default_rng(0).normal(size=(2, molecule.GetNumAtoms(), 3)) * [[[1, 1, 0]], [[1, 1, 1]]]
        assert molecules.is_drawn(molecules.placed(molecule, flat)) == drawn
        assert not molecules.is_drawn(molecules.placed(molecule, flat[1:]))


def test_a_name_is_told_up_to_sixty_letters():
    for letters, told in ((1, "a"), (60, 60 * "a"), (61, 60 * "a" + "…"), (1000, 60 * "a" + "…")):
        assert molecules._short(letters * "a") == told


def test_some_are_drawn_at_random_and_always_the_same():
    found = molecules.drawn(1000, 100)
    assert found == sorted(set(found)) == molecules.drawn(1000, 100)
    # a mean of 100 numbers drawn out of 1,000 without replacement
    assert abs(np.mean(found) - 499.5) < 5 * 1000 / (12 * 100) ** 0.5
    assert max(found) > 900
    assert (molecules.drawn(4, None), molecules.drawn(3, 9)) == ([0, 1, 2, 3], [0, 1, 2])


@pytest.mark.parametrize(
    ("smiles", "stretch", "reason", "kind"),
    [
        ("CC", 1, "has 2 atoms, not 3 to 5", "has fewer than 3 atoms"),
        ("CCCCCO", 1, "has 6 atoms, not 3 to 5", "has more atoms than --max-atoms 5"),
        ("CCO", 2, r"has a bond .* of \d\.\d\d angstrom", "has a bond far too long or too short"),
        ("CCO.CCO", 1, "consists of several molecules", "consists of several molecules"),
    ],
)
def test_molecules_are_counted_by_the_kind_of_what_is_wrong(smiles, stretch, reason, kind):
    molecule = Chem.MolFromSmiles(smiles)
    rdDistGeom.EmbedMolecule(molecule, randomSeed=1)
    made = molecules.placed(molecule, [stretch * xyz for xyz in molecules.positions(molecule)])
    with pytest.raises(molecules.Skipped, match=reason) as caught:
        molecules.prepared(made, hydrogens=False, max_atoms=5)
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("smiles", "lengths"),
    # 0.6 and 1.6 times the sum of RDKit's radii: 0.76 of carbon, 1.02 of chlorine, 0.66 of oxygen
    [("CC", (0.912, 2.432)), ("CCl", (1.068, 2.848)), ("C=O", (0.852, 2.272))],
)
def test_a_bond_may_be_as_long_and_as_short_as_its_atoms_allow(smiles, lengths):
    molecule = Chem.MolFromSmiles(smiles)
    for length, inwards in zip(lengths, (1, -1), strict=True):
        for move, known in ((0.001, True), (-0.001, False)):
            found = molecules.stretched(molecule, np.array([[0, 0, 0], [0, 0, length + inwards * move]]))
            assert (found is None) == known
    assert "angstrom" in (molecules.stretched(molecule, np.array([[0, 0, 0], [0, 0, 9.0]])) or "")


def test_atoms_have_a_place_of_their_own_from_a_tenth_of_an_angstrom_on():
    for apart, reason in ((0.1001, None), (0.0999, "has several atoms in one place")):
        assert molecules.misplaced(np.array([[0, 0, 0], [5, 0, 0], [5, apart, 0]])) == reason


def test_what_the_force_field_does_not_know_is_skipped():
    with pytest.raises(molecules.Skipped, match="has no MMFF parameters"):
        molecules.embedded(molecules.parsed("CB(C)C"), 1)


def test_embedded_conformations_are_at_rest_in_the_force_field():
    """To relax them once more gives nothing; as distance geometry leaves them it gives tens of kcal/mol."""
    made = molecules.embedded(molecules.parsed("NCC(=O)O"), 2)
    properties = rdForceFieldHelpers.MMFFGetMoleculeProperties(made)
    fields = [rdForceFieldHelpers.MMFFGetMoleculeForceField(made, properties, confId=n) for n in range(2)]
    before = [field.CalcEnergy() for field in fields]
    assert [field.Minimize(maxIts=2000) for field in fields] == [0, 0]
    assert np.subtract(before, [field.CalcEnergy() for field in fields]).max() < 0.01
