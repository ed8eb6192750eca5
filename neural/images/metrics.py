"""What is measured of sampled images, so that one sees what is lost, beside the loss of the model they come from.

"Collapse" means several things (Schaeffer et al. 2025, 2503.03150); each metric says which one it can show.

| metric | measures | collapse as |
|---|---|---|
| `test_loss` | squared error per pixel + beta * KL per pixel on held-out real images | a growing population risk |
| `reconstruction`, `kl_per_pixel` | the two parts of it: squared error, and KL in nats, per pixel | which part grows |
| `frechet` | Frechet distance of samples and held-out images, on their pixels | distance of two moments |
| `variance` | total variance of the samples, of the real images' = 1 | shrinking variance |
| `dimension` | effective number of principal components of the samples, real = 1 | few directions left |
| `nearest_sample` | distance from a sample to the nearest other one, real = 1 | copies of a few images |
| `nearest_real` | distance from a held-out image to the nearest sample, to the nearest real = 1 | lost real tails |
| `classes` | share of the classes that are still drawn, at least a tenth as often as in real images | lost modes |

The Frechet distance of two Gaussians (Dowson and Landau 1982), which Heusel et al. (2017) made a metric of generators
on the features of an Inception network, is taken here on the pixels, averaged over blocks to 8 x 8 at most. They need
no second trained network, whose weights would have to be had and whose photographs are unlike 8 x 8 digits; they are
fixed; and mean and covariance of pixels are what a Gaussian likelihood is fitted to and what theory says collapses.
It is blind to whatever leaves these two moments alone; distances and classes see some of that.
"""

import numpy as np
from jaxtyping import Float, Float32, Integer
from scipy.spatial import KDTree

Features = Float[np.ndarray, "rows features"]
OtherFeatures = Float[np.ndarray, "others features"]

#: Side that images are averaged down to, at most, for the Frechet distance, distances and classes.
SIDE = 8

#: A class is drawn if its share of the samples is at least one part in so many of its share of the real images.
DRAWN = 10


def pixels(images: Float32[np.ndarray, "rows height width channels"]) -> Features:
    """The features of all metrics: pixels as float64, averaged over equal blocks to at most `SIDE` a side."""
    rows, height, width, channels = images.shape
    down, across = (next(n for n in range(min(side, SIDE), 0, -1) if side % n == 0) for side in (height, width))
    blocks = images.reshape(rows, down, height // down, across, width // across, channels)
    return blocks.mean((2, 4), dtype=np.float64).reshape(rows, -1)


def frechet(a: Features, b: OtherFeatures) -> float:
    """|m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)), m and C the mean and covariance."""
    roots = np.linalg.svd(_root(_covariance(a)) @ _root(_covariance(b)), compute_uv=False)
    between = ((a.mean(0) - b.mean(0)) ** 2).sum()
    return float(between + a.var(0, ddof=1).sum() + b.var(0, ddof=1).sum() - 2 * roots.sum())


def _covariance(rows: Features) -> Float[np.ndarray, "features features"]:
    return np.atleast_2d(np.cov(rows, rowvar=False))  # of a single feature NumPy gives a number


def _root(covariance: Float[np.ndarray, "features features"]) -> Float[np.ndarray, "features features"]:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(values.clip(0))) @ vectors.T


def spectrum(rows: Features) -> Float[np.ndarray, " features"]:
    """Eigenvalues of the sample covariance, the largest first."""
    return np.linalg.eigvalsh(_covariance(rows)).clip(0)[::-1]


def dimension(rows: Features) -> float:
    """Participation ratio (sum of eigenvalues)^2 / sum of squares: k for k equal directions; 0 where all are equal."""
    values = spectrum(rows)
    return float(values.sum() ** 2 / (values**2).sum()) if values[0] > 0 else 0.0


def _tree(rows: Features) -> KDTree:
    return KDTree(rows, leafsize=16)


def nearest_other(rows: Features) -> float:
    """Mean distance of a row to the nearest of the others."""
    return float(_tree(rows).query(rows, 2)[0][:, 1].mean())


def nearest(of: Features, to: OtherFeatures) -> float:
    """Mean distance of a row of the first to the nearest row of the second."""
    return float(_tree(to).query(of)[0].mean())


def classes(real: Features, labels: Integer[np.ndarray, " rows"], rows: OtherFeatures) -> float:
    """The share of classes drawn, each row being of the class of the real image nearest to it.

    One nearest neighbour is a classifier without training or random numbers, 98 % right on the digits.
    """
    found = labels[_tree(real).query(rows)[1]]
    names, counts = np.unique(labels, return_counts=True)
    drawn = np.array([(found == name).sum() for name in names])
    # In whole numbers: what is drawn as seldom as it may be is not left to rounding.
    return float((DRAWN * drawn * len(labels) >= counts * len(found)).mean())
