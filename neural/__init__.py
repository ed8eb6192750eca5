"""Neural networks trained on their own samples, on any workflow: one outer loop, one inner loop, data, metrics."""
