"""Proofs and refutations of bounds: of an expression, its symbols and their domain, whatever these mean."""
