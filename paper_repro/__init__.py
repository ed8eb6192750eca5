"""The experiments of "Is Model Collapse Inevitable?" (arXiv 2404.01413) as configurations, and their results."""
