"""Metrics of images: distances of Gaussians, copies, lost directions and lost classes."""

from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import sqrtm

from neural.images import image_set, metrics

RANDOM = np.random.default_rng(0)


def test_frechet_distance_of_gaussians():
    a, b = RANDOM.normal(size=(2, 200_000, 3)) * np.array([1.0, 2.0, 0.5])
    b = 3 * b + np.array([1.0, 0, 0])
    # commuting covariances: the squared distances of means and of standard deviations
    assert metrics.frechet(a, b) == pytest.approx(1 + 4 * (1 + 4 + 0.25), rel=0.02)
    assert abs(metrics.frechet(a, a)) < 1e-9
    left, right = (RANDOM.normal(size=(50, 3)) @ RANDOM.normal(size=(3, 3)) for _ in range(2))
    A, B = np.cov(left.T), np.cov(right.T)
    expected = ((left.mean(0) - right.mean(0)) ** 2).sum() + np.trace(A + B - 2 * np.real(sqrtm(A @ B)))
    assert metrics.frechet(left, right) == pytest.approx(expected, rel=1e-8)
    one, other = np.array([[0.0], [2.0]]), np.array([[1.0], [7.0]])  # a grey image of one pixel: variances 2 and 18
    assert metrics.frechet(one, other) == pytest.approx(3**2 + 2 + 18 - 2 * 6)
    assert metrics.dimension(one) == 1


@pytest.mark.parametrize(("shape", "blocks"), [((9, 12, 1), (3, 6)), ((16, 7, 3), (8, 7)), ((11, 8, 1), (1, 8))])
def test_pixels_are_means_over_equal_blocks_of_which_there_are_eight_a_side_at_most(shape, blocks):
    images = RANDOM.uniform(size=(2, *shape)).astype(np.float32)
    parts = [[np.split(row, blocks[1], axis=1) for row in np.split(image, blocks[0])] for image in images]
    expected = [[part.mean((0, 1), dtype=float) for row in each for part in row] for each in parts]
    np.testing.assert_allclose(metrics.pixels(images), np.reshape(expected, (2, -1)), rtol=1e-12)


@pytest.mark.parametrize(("drawn", "share"), [((990, 9, 1), 1), ((992, 8, 0), 1 / 3), ((89, 911, 0), 1 / 3)])
def test_a_class_is_lost_by_its_own_share_of_real_images(drawn, share):
    """Of 90, 9 and 1 in a hundred a tenth is 9 %, 0.9 % and 0.1 %, that much included."""
    places = np.array([[0.0], [10.0], [20.0]])
    labels, samples = np.repeat([2, 0, 7], (90, 9, 1)), np.repeat(places, drawn, axis=0)
    assert metrics.classes(np.repeat(places, (90, 9, 1), axis=0), labels, samples) == pytest.approx(share)


def test_diversity_sees_copies_lost_directions_and_lost_classes():
    made = image_set.digits()
    assert made.labels is not None
    real, test = metrics.pixels(made.train), metrics.pixels(made.test)
    assert real.shape == (1437, 64)
    assert metrics.pixels(np.ones((2, 64, 48, 3), np.float32)).shape == (2, 8 * 8 * 3)
    rows = RANDOM.normal(size=(20_000, 5)) * np.array([1, 1, 1, 0, 0])
    assert metrics.dimension(rows) == pytest.approx(3, rel=0.01)
    assert metrics.dimension(np.ones((4, 3))) == 0
    np.testing.assert_allclose(metrics.spectrum(rows)[3:], 0, atol=1e-12)
    assert metrics.nearest_other(np.array([[0.0], [1.0], [3.0]])) == pytest.approx(4 / 3)
    assert metrics.nearest_other(np.concatenate([real[:50]] * 2)) == 0
    assert metrics.nearest(np.array([[0.0], [5.0]]), np.array([[1.0], [3.0]])) == 1.5
    assert metrics.classes(real, made.labels, test) == 1
    few = real[np.less(made.labels, 4)]
    assert metrics.classes(real, made.labels, few) == 0.4
    order = np.random.default_rng(0).permutation(1797)[1437:]
    with np.load(Path(image_set.__file__).with_name("digits.npz")) as file:
        truth = file["labels"][order]
    found = np.array([metrics.classes(real, np.where(made.labels == c, 1, 0), test[truth == c]) for c in range(10)])
    assert (found == 0.5).all()  # of "this digit" and "another" only the first is drawn: the classifier is right
