"""Ridge fits written out with matrices, on Gaussian rows: means over noises and w* are exact, those over X sampled.

Beside these what several tests hold laws against: the master equation, and chi^2.
"""

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from scipy import special

from theory import LinearRegression, Workflow
from theory.tasks.regression import ridge_limit

#: Standard errors that a mean may be off, and the relative error that must be seen so.
Z, EFFECT = 5, 0.02


@dataclass(frozen=True)
class Literal:
    """What is fitted: eigenvalues of the covariance with the energies of w* along each, one by one."""

    T: int
    values: tuple[float, ...]
    energies: tuple[float, ...]
    design: str
    penalty: float
    scaled: bool = True
    sigma: float = 0.5
    replicates: int = 1000
    seed: int = field(default=1, kw_only=True)

    def errors(self, workflow: Workflow, iterations: int) -> np.ndarray:
        """Test errors given X, of shape (replicates, iterations)."""
        d, rng = len(self.values), np.random.default_rng(self.seed)
        scale = np.sqrt(self.values)

        def rows(number: int) -> np.ndarray:
            return rng.standard_normal((self.replicates, number, d)) * scale

        common = rows(self.T)
        designs, first_noise, noises = {}, {}, 0
        sets = [workflow.shares(n) for n in range(1, iterations + 1)]
        for pool in {pool: None for shares in sets for pool in shares}:
            size = workflow.size(pool)
            assert (size * self.T).denominator == 1
            designs[pool] = np.tile(common, (1, int(size), 1)) if self.design == "fixed" else rows(int(size * self.T))
            first_noise[pool], noises = noises, noises + designs[pool].shape[1]
        # each model is a matrix on w*, and one on all noises
        models = [(np.tile(np.eye(d), (self.replicates, 1, 1)), np.zeros((self.replicates, d, noises)))]
        for shares in sets:
            gram = np.zeros((self.replicates, d, d))
            says = [np.zeros_like(part) for part in models[0]]
            used = sum((workflow.size(pool) * self.T for pool in shares), Fraction(0))
            for pool, share in shares.items():
                x, at = designs[pool], first_noise[pool]
                own = float(share) / x.shape[1] * x.transpose(0, 2, 1)
                gram += own @ x
                for part, before in zip(says, models[pool.labelled_by], strict=True):
                    part += own @ (x @ before)
                says[1][:, :, at : at + x.shape[1]] += own
            if self.penalty:
                ridge = self.penalty if self.scaled else self.penalty / float(used)
                inverse = np.linalg.inv(gram + ridge * np.eye(d))
            else:
                inverse = np.linalg.pinv(gram, rcond=1e-10, hermitian=True)
            models.append((inverse @ says[0], inverse @ says[1]))
        found = [
            np.einsum("rij,i,j->r", (seen - np.eye(d)) ** 2, self.values, self.energies)
            + self.sigma**2 * np.einsum("rij,i->r", heard**2, self.values)
            for seen, heard in models[1:]
        ]
        return np.stack(found, 1)

    def agrees(self, workflow: Workflow, law: np.ndarray, *, effect: float = EFFECT, bias: float = 0.0) -> None:
        """Hold a law against the mean over X.

        Args:
            workflow: that both are of.
            law: at iterations 1, 2, ….
            effect: the relative error of the law that must be seen.
            bias: the relative error that it may have, as a limit does.
        """
        errors = self.errors(workflow, len(law))
        mean, deviation = errors.mean(0), errors.std(0, ddof=1) / np.sqrt(len(errors))
        assert (deviation < effect * law / (2 * Z)).all(), deviation / law
        assert (abs(mean - law) < Z * deviation + bias * law).all(), ((mean - law) / deviation, mean / law - 1)


def master(task: LinearRegression, workflow: Workflow, iterations: int) -> np.ndarray:
    """The master equation's errors of models 1, 2, …, whatever law the task has."""
    assert task.penalty is not None
    return ridge_limit.errors(workflow, task.design, task.penalty, task.values({}), np.arange(1, iterations + 1))


def chi_square(x: float, freedom: int) -> float:
    """The density of chi^2."""
    half = freedom / 2
    return float(np.exp((half - 1) * np.log(x) - x / 2 - half * np.log(2) - special.gammaln(half)))
