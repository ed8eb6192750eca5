"""The paper's claims; the project's exact laws judge them, so that nothing is run."""

from ..paper import Paper
from .claims import CLAIMS

PAPER = Paper("2307.01850", "Alemohammad et al. 2023", "Self-Consuming Generative Models Go MAD", CLAIMS)
