"""Gerstgrasser et al. (2024), "Is Model Collapse Inevitable?" (arXiv 2404.01413)."""
