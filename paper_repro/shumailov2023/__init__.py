"""Shumailov et al. (2023), "The Curse of Recursion" (arXiv 2305.17493), and (2024) in Nature 631."""
