"""Data for the neural loop: one file a source, all of them a `Corpus`."""
