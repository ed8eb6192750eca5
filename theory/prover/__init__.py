"""Proofs and refutations of bounds: of an expression, its symbols and their domain; what these mean is not known here."""
