"""Kazdan et al. (2024), "Collapse or Thrive?" (arXiv 2410.16713)."""
