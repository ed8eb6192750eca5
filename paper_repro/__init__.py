"""Published experiments on model collapse as configurations, their claims, and recorded results: a folder a paper."""
