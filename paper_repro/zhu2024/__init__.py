"""Zhu et al. (2024), "How to Synthesize Text Data without Model Collapse?" (arXiv 2412.14689)."""
