"""Alemohammad et al. (2023), "Self-Consuming Generative Models Go MAD" (arXiv 2307.01850)."""
