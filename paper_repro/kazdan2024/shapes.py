"""Four toy sets in the plane, drawn as scikit-learn draws those of these names: blobs, circles, moons, swiss roll."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

#: (rows, generator) -> points.
Shape = Callable[[int, np.random.Generator], Float[np.ndarray, "rows 2"]]

#: Standard deviation of the noise on circles and moons.
_NOISE = 0.05


def blobs(rows: int, random: np.random.Generator) -> Float[np.ndarray, "rows 2"]:
    """Three normal distributions of standard deviation 1; their centres stand still."""
    centres = np.array([[-4.0, -2.0], [0.0, 4.0], [5.0, -1.0]])
    return centres[random.integers(3, size=rows)] + random.normal(size=(rows, 2))


def circles(rows: int, random: np.random.Generator) -> Float[np.ndarray, "rows 2"]:
    """One of radius 1, one of 0.8."""
    radius = np.where(random.random(rows) < 0.5, 1.0, 0.8)
    return _noisy(radius[:, None] * _on_circle(2 * np.pi * random.random(rows)), random)


def moons(rows: int, random: np.random.Generator) -> Float[np.ndarray, "rows 2"]:
    """Two half circles of radius 1, one within the other's reach."""
    upper = _on_circle(np.pi * random.random(rows))
    lower = np.array([1.0, 0.5]) - upper
    return _noisy(np.where(random.random((rows, 1)) < 0.5, upper, lower), random)


def swiss_roll(rows: int, random: np.random.Generator) -> Float[np.ndarray, "rows 2"]:
    """A spiral from radius 4.7 to 14.1: the roll without its length."""
    angle = 1.5 * np.pi * (1 + 2 * random.random(rows))
    return angle[:, None] * _on_circle(angle)


def _on_circle(angle: Float[np.ndarray, " rows"]) -> Float[np.ndarray, "rows 2"]:
    return np.stack([np.cos(angle), np.sin(angle)], 1)


def _noisy(points: Float[np.ndarray, "rows 2"], random: np.random.Generator) -> Float[np.ndarray, "rows 2"]:
    return points + _NOISE * random.normal(size=points.shape)


SHAPES: dict[str, Shape] = {"blobs": blobs, "circles": circles, "moons": moons, "swiss roll": swiss_roll}
