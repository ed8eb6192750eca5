"""Wu, Zhou and Su (2026), "When Does Model Collapse Occur in Structured Interactive Learning?" (arXiv 2605.20151)."""
