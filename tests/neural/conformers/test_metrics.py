"""Metrics of conformations, by hand."""

import numpy as np
import pytest
from rdkit import Chem
from scipy.stats import wasserstein_distance

from neural.conformers import metrics


def test_rmsd_is_over_rotations_and_symmetries():
    molecule = Chem.MolFromSmiles("CCC")
    straight = np.array([[-1.5, 0, 0], [0, 0, 0], [1.5, 0, 0]])
    turned = np.array([[1.0, 1.5, 0], [1, 0, 0], [1, -1.5, 0]])  # and its ends have changed places
    longer = straight * 17 / 15
    found = metrics.rmsd(molecule, np.stack([straight, turned, longer]))
    # ends 0.2 farther out: root of 2 * 0.2^2 / 3
    expected = (0.08 / 3) ** 0.5
    np.testing.assert_allclose(found, [[0, 0, expected], [0, 0, expected], [expected, expected, 0]], atol=1e-5)
    skew = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]])
    hands = metrics.rmsd(Chem.MolFromSmiles("FCCCl"), np.stack([skew, skew * [1, 1, -1]]))
    assert hands[0, 1] > 0.1  # a mirror image is another conformation


def test_angles_in_a_line_and_torsions_in_a_plane_are_numbers():
    """Cosines of which rounding makes more than 1, or less than -1."""
    along, across = np.random.default_rng(0).normal(size=(2, 200, 3))
    units = along / np.linalg.norm(along, axis=-1, keepdims=True)
    assert ((units * units).sum(-1) > 1).any()
    nought = np.zeros((200, 3))
    line = np.stack([along, nought, along, -along], axis=1)
    found = metrics.angle(line, np.array([[0, 1, 2], [0, 1, 3]]))
    np.testing.assert_allclose(found, np.tile([0, 180], (200, 1)), atol=3e-6)
    plane = np.stack([along, nought, across, along + across, across - along], axis=1)
    found = metrics.torsion(plane, np.array([[0, 1, 2, 3], [0, 1, 2, 4]]))
    np.testing.assert_allclose(found, np.tile([0, 180], (200, 1)), atol=3e-6)


def test_coverage_and_matching_by_hand():
    distances = np.array([[0.1, 2.0], [0.75, 0.9], [3.0, 0.751]])  # 0.75 is near, and no more
    assert metrics.recall(distances) == (pytest.approx(2 / 3), pytest.approx((0.1 + 0.75 + 0.751) / 3))
    assert metrics.among(np.array([[0.0, 1, 2], [1, 0, 3], [2, 3, 0]])) == 2
    assert metrics.among(np.zeros((1, 1))) == 0


def test_bonds_angles_and_torsions_by_hand():
    molecule = Chem.MolFromSmiles("OCCN")
    geometry = metrics.Geometry(molecule)
    assert {kind: len(paths) for kind, paths in geometry.bonds.items()} == {
        "C SINGLE O": 1,
        "C SINGLE C": 1,
        "C SINGLE N": 1,
    }
    assert set(geometry.torsions) == {"N SINGLE C SINGLE C SINGLE O"}
    x = np.array([[[1.0, 0, 0], [0, 0, 0], [0, 2, 0], [0, 2, 3]], [[1.0, 0, 0], [0, 0, 0], [0, 2, 0], [-1, 3, 0]]])
    shape = metrics.Shape({0: geometry}, np.zeros(2, int), x)
    assert shape.bonds["C SINGLE N"].tolist() == [3, pytest.approx(2**0.5)]
    assert shape.angles["C SINGLE C SINGLE O"].tolist() == [90, 90]
    np.testing.assert_allclose(shape.angles["C SINGLE C SINGLE N"], [90, 135])
    np.testing.assert_allclose(shape.torsions["N SINGLE C SINGLE C SINGLE O"], [90, 180])
    mirrored = metrics.Shape({0: geometry}, np.zeros(2, int), x * [1, 1, -1])
    assert metrics.distance(mirrored.torsions, shape.torsions) == 0
    # a bond in three is 0.3 longer
    longer = x + 0.3 * np.eye(4)[3][:, None] * [0, 0, 1]
    of_longer = metrics.Shape({0: geometry}, np.zeros(2, int), longer)
    expected = wasserstein_distance(of_longer.bonds["C SINGLE N"], shape.bonds["C SINGLE N"]) / 3
    assert metrics.distance(of_longer.bonds, shape.bonds) == pytest.approx(expected)
    assert not metrics.Geometry(Chem.MolFromSmiles("C1CCCCC1")).torsions  # none outside the ring
    assert not metrics.Geometry(Chem.MolFromSmiles("OC=CN")).torsions.keys() & {"N SINGLE C DOUBLE C SINGLE O"}
    assert metrics.distance({}, shape.torsions) == 0
    # a kind counts as often as samples have it: three times 2, and once 0, however often real ones have it
    samples, others = {"a": np.ones(3), "b": np.ones(1)}, {"a": np.full(2, 3.0), "b": np.ones(9)}
    assert metrics.distance(samples, others) == pytest.approx(1.5)


def test_one_bond_or_one_contact_is_enough_for_a_conformation_to_be_insane():
    geometry = {0: metrics.Geometry(Chem.MolFromSmiles("CCCC"))}
    real = np.array([[[0.0, 0, 0], [1.5, 0, 0], [1.5, 1.8, 0], [3, 1.8, 0]]])  # bonds of one kind, 1.6 on average
    reference = metrics.Shape(geometry, np.zeros(1, int), real)
    stretched, met, both = real.copy(), real.copy(), np.concatenate([real] * 2)
    stretched[0, 3, 0] = 3.6  # one of 2.1, and the other two as they are
    met[0, 3] = [0.05, 1.8, 0]  # 1.45 from its neighbour, and 1.80 from the other end, of 1.87 at least
    for bad in (stretched, met):
        assert metrics.Shape(geometry, np.zeros(1, int), bad).sane(reference) == 0
    assert metrics.Shape(geometry, np.zeros(2, int), both).sane(reference) == 1


def test_sane_conformations_keep_bonds_and_distances():
    molecule = Chem.MolFromSmiles("CCC")
    real = np.array([[[-1.2, 0.9, 0], [0, 0, 0], [1.2, 0.9, 0]]])
    geometry = {0: metrics.Geometry(molecule)}
    reference = metrics.Shape(geometry, np.zeros(1, int), real)
    folded = np.array([[-0.5, 1.4, 0], [0, 0, 0], [0.5, 1.4, 0]])
    samples = np.stack([real[0], 1.199 * real[0], 1.201 * real[0], folded])  # a fifth longer, and no more
    assert metrics.Shape(geometry, np.zeros(4, int), samples).sane(reference) == 0.5
    # of several real ones the nearest ends say how near is too near: 1.36 of 1.7, and not of 2.05 on average
    bent = np.array([[[-0.85, 1.2359, 0], [0, 0, 0], [0.85, 1.2359, 0]]])
    near = np.array(
        [[[-0.681, 1.3365, 0], [0, 0, 0], [0.681, 1.3365, 0]], [[-0.679, 1.3375, 0], [0, 0, 0], [0.679, 1.3375, 0]]]
    )
    both = metrics.Shape(geometry, np.zeros(2, int), np.concatenate([real, bent]))
    assert metrics.Shape(geometry, np.zeros(2, int), near).sane(both) == 0.5
