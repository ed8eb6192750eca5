"""Yi, Liu, Cheng and Xu (2025), "Escaping Model Collapse via Synthetic Data Verification" (arXiv 2510.16657)."""
