"""A wheel of the packages, put somewhere as pip would."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def unpacked(place: Path) -> Path:
    """Build it, and unpack it into a folder; returns that."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(place / "dist")]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = (place / "dist").iterdir()
    installed = place / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    return installed
