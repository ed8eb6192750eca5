"""Conformations of molecules: diffusion models, sets of conformations and metrics. All but the network needs RDKit."""
