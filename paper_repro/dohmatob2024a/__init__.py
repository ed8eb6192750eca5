"""Dohmatob, Feng and Kempe (2024), "Model Collapse Demystified: The Case of Regression" (arXiv 2402.07712)."""
