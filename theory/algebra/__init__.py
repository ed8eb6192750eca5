"""A small algebra of random matrices."""
