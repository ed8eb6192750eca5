"""The paper's numbers, read off its figures and text."""

from pathlib import Path

from ..published import Published

PUBLISHED = Published(Path(__file__).with_name("published_values.csv"))
