"""Proofs and refutations of bounds: of an expression, its symbols and their domain. What they mean is not known here."""
