"""Language models: transformers, their corpora and metrics."""
