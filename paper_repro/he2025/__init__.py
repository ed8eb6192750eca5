"""He, Xu and Cheng (2025), weighting that stabilises recursive learning (arXiv 2502.18049)."""
