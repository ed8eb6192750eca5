"""Dohmatob, Feng, Subramonian and Kempe (2024), "Strong Model Collapse" (arXiv 2410.04840)."""
