"""Proofs and refutations of bounds on an expression, given its symbols and their domain: it knows no law."""
