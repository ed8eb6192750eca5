"""Neural networks trained on their own samples. Empty so far: the place in the layers is kept for them."""
