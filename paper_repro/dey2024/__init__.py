"""Dey and Donoho (2024), "Universality of the π²/6 Pathway in Avoiding Model Collapse" (arXiv 2410.22812)."""
