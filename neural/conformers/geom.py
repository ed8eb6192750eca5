"""Conformations out of the pickles of GEOM, of which nothing is run."""

import io
import math
import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rdkit import Chem
from tqdm import tqdm

from ..files import read_bytes
from .molecules import Found, Skipped, arranged, misplaced, placed, positions, stretched

#: The only class that a pickle of GEOM needs, beside what Python has built in.
ALLOWED = ("rdkit.Chem.rdchem", "Mol")

#: Suffixes of the pickles.
SUFFIXES = (".pickle", ".pkl")


def from_geom(files: Sequence[Path], conformations: int) -> Iterator[Found]:
    """The likeliest conformations of the molecules in files of GEOM (Axelrod and Gomez-Bombarelli 2022).

    Each is a pickle: a dictionary whose `conformers` have an `rd_mol` and a `boltzmannweight`. A pickle can name any
    function to be called when it is read; here it can name RDKit's molecule, and nothing else. The likeliest conformer
    says what the molecule is; those of another molecule, such as an isomer, are skipped.

    Raises:
        ValueError: a file is no such pickle, or asks for something else.
    """
    for path in tqdm(files, "reading GEOM", unit="molecule", leave=False):
        content = read_bytes(path, option="--file")
        try:
            entry = _Unpickler(io.BytesIO(content)).load()
            found = list(_found(entry, conformations, " ".join(str(entry.get("smiles", path.stem)).split())))
        except _Refused as error:
            raise ValueError(f"{path} {error}") from error
        except Exception as error:  # bytes that are no pickle can raise anything
            first = next(iter(str(error).splitlines()), "")
            raise ValueError(f"{path} is no molecule of GEOM: {type(error).__name__} {first}".strip()) from error
        for place, molecule in found:
            yield f"{path.name}{place}", molecule


def _found(entry: Any, conformations: int, name: str) -> Iterator[Found]:
    """The conformers that are skipped, then the molecule with the others."""
    ranked = sorted(enumerate(entry["conformers"], 1), key=lambda item: -item[1]["boltzmannweight"])
    if not all(0 <= conformer["boltzmannweight"] < math.inf for _, conformer in ranked):
        raise _Refused("has a conformer whose Boltzmann weight is no finite number of at least 0.")
    kind = _kind(arranged(ranked[0][1]["rd_mol"]))
    taken: list[Chem.Mol] = []
    for number, conformer in ranked:
        if len(taken) == conformations:
            break
        # All atoms come into one order, which may be another in each conformer.
        molecule = arranged(conformer["rd_mol"])
        if reason := _objection(molecule, kind):
            yield f", conformer {number}", Skipped(reason)
        else:
            taken.append(molecule)
    if taken:
        first = placed(taken[0], [positions(molecule)[0] for molecule in taken])
        first.SetProp("_Name", name)
        yield "", first


def _kind(molecule: Chem.Mol) -> str:
    return Chem.MolToSmiles(molecule, isomericSmiles=False)


def _objection(molecule: Chem.Mol, kind: str) -> str | None:
    if (found := _kind(molecule)) != kind:
        return f"is another molecule ({found:.60}) than the likeliest conformer ({kind:.60})"
    if molecule.GetNumConformers() != 1 or not molecule.GetConformer().Is3D():
        return "has no positions in space, or several"
    (xyz,) = positions(molecule)
    return misplaced(xyz) or stretched(molecule, xyz)


class _Refused(Exception):
    """What a pickle asks for that it may not have."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> type[Chem.Mol]:
        if (module, name) != ALLOWED:
            raise _Refused(
                f"asks for {module}.{name}, and a molecule of GEOM needs nothing but {'.'.join(ALLOWED)}; "
                "nothing of it was run."
            )
        return Chem.Mol
