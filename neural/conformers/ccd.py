"""Ligands of the Protein Data Bank: its Chemical Component Dictionary (Westbrook et al. 2015), as biotite ships it.

A component is a molecule that was found in a structure. The dictionary has two conformations of most: the model one, as
it lay in a crystal, and an ideal one that was computed.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped
from rdkit import Chem
from tqdm import tqdm

from .molecules import Found, Skipped, TooLarge, is_drawn, misplaced, placed, too_large

#: The organic elements; a component that has another is left out, and so is one without carbon.
ORGANIC = ("C", "H", "D", "N", "O", "F", "P", "S", "CL", "BR", "I")

#: Atoms other than hydrogen that a ligand has at least: smaller ones are solvents, ions and gases.
LEAST = 6

#: What is read: the categories of the dictionary, and the columns of each.
_COMPONENTS, _ATOMS, _BONDS = "chem_comp", "chem_comp_atom", "chem_comp_bond"
_MODEL = ("model_Cartn_x", "model_Cartn_y", "model_Cartn_z")
_IDEAL = ("pdbx_model_Cartn_x_ideal", "pdbx_model_Cartn_y_ideal", "pdbx_model_Cartn_z_ideal")

_ORDERS = {"SING": Chem.BondType.SINGLE, "DOUB": Chem.BondType.DOUBLE, "TRIP": Chem.BondType.TRIPLE}


def from_ccd(content: bytes, path: Path, *, hydrogens: bool, max_atoms: int) -> Iterator[Found]:
    """The components that are organic molecules, with their conformations: the model one, then the ideal one.

    Args:
        content: of the file, in BinaryCIF with all components in one block.
        path: of the file, to name it.
        hydrogens: whether they count as atoms.
        max_atoms: a larger molecule is not made.

    Raises:
        ValueError: the file is no such dictionary.
    """
    try:
        components = _read(content)
    except Exception as error:  # what is raised depends on where the damage is
        reason = (str(error).splitlines() or [""])[0]
        raise ValueError(
            f"{path} is no chemical component dictionary in BinaryCIF ({type(error).__name__} {reason}); give one as "
            "biotite has it, or leave out --file for biotite's own."
        ) from error
    for component in tqdm(components, "reading the chemical components", unit="molecule", leave=False):
        try:
            yield component.name, component.molecule(hydrogens=hydrogens, max_atoms=max_atoms)
        except Skipped as reason:
            yield component.name, reason


@dataclass(frozen=True, eq=False)
class _Component:
    """An entry of the dictionary.

    Attributes:
        name: its code.
        released: whether it is not obsolete.
        symbols: of its atoms' elements, in capitals.
        charges: of its atoms.
        model: positions in a crystal, angstrom; not a number where they are not known.
        ideal: positions as computed.
        bonds: places of the atoms that are bonded.
        orders: of the bonds.
    """

    name: str
    released: bool
    symbols: Shaped[np.ndarray, " atoms"]
    charges: Int[np.ndarray, " atoms"]
    model: Float[np.ndarray, "atoms 3"]
    ideal: Float[np.ndarray, "atoms 3"]
    bonds: Int[np.ndarray, "bonds 2"]
    orders: Shaped[np.ndarray, " bonds"]

    def molecule(self, *, hydrogens: bool, max_atoms: int) -> Chem.Mol:
        """The molecule with its conformations.

        Raises:
            Skipped: it is no organic molecule of the sizes that are wanted, or there is no conformation of it.
        """
        heavy = ~np.isin(self.symbols, ("H", "D"))
        counted = heavy | hydrogens
        if not self.released:
            raise Skipped("is obsolete")
        if not set(self.symbols.tolist()) <= set(ORGANIC) or "C" not in self.symbols:
            raise Skipped("is not organic")
        if heavy.sum() < LEAST:
            raise Skipped(f"has {heavy.sum()} atoms other than hydrogen, fewer than {LEAST}", "has too few atoms")
        if counted.sum() > max_atoms:
            raise TooLarge(f"has {counted.sum()} atoms, not 3 to {max_atoms}", too_large(max_atoms))
        graph = self._graph()
        whole = [xyz for xyz in (self.model, self.ideal) if misplaced(xyz[counted]) is None]
        conformations = [xyz for xyz in whole if not is_drawn(placed(graph, [xyz]))]
        if not conformations:
            raise Skipped("has no conformation in which every atom has a place of its own")
        molecule = placed(graph, conformations)
        molecule.SetProp("_Name", self.name)
        return molecule

    def _graph(self) -> Chem.Mol:
        """Atoms and bonds.

        Raises:
            Skipped: they are no molecule that RDKit accepts.
        """
        molecule = Chem.RWMol()
        for symbol, charge in zip(self.symbols.tolist(), self.charges.tolist(), strict=True):
            atom = Chem.Atom("H" if symbol == "D" else symbol.capitalize())
            atom.SetFormalCharge(charge)
            molecule.AddAtom(atom)
        for (a, b), order in zip(self.bonds.tolist(), self.orders.tolist(), strict=True):
            if order not in _ORDERS:
                raise Skipped(f"has a bond of the kind {order!r}", "has a bond of a strange kind")
            molecule.AddBond(a, b, _ORDERS[order])
        try:
            Chem.SanitizeMol(molecule)
        except Chem.MolSanitizeException as error:
            why = "is no molecule that RDKit accepts"
            raise Skipped(f"{why}: {str(error).splitlines()[0]}", why) from error
        return molecule.GetMol()


def _read(content: bytes) -> Sequence[_Component]:
    """All components, in the order of their codes."""
    from biotite.structure.io.pdbx import BinaryCIFFile  # pyright: ignore[reportMissingImports]: an extra

    block = BinaryCIFFile.read(io.BytesIO(content)).block
    status = dict(zip(*(_column(block[_COMPONENTS], name, str) for name in ("id", "pdbx_release_status")), strict=True))
    atoms, bonds = block[_ATOMS], block[_BONDS]
    names, of_atom = np.unique(_column(atoms, "comp_id", str), return_inverse=True)
    symbols, charges = _column(atoms, "type_symbol", str), _column(atoms, "charge", int)
    model, ideal = (np.stack([_column(atoms, axis, float) for axis in axes], axis=1) for axes in (_MODEL, _IDEAL))
    labels = _column(atoms, "atom_id", str)
    of_bond = np.searchsorted(names, _column(bonds, "comp_id", str))
    ends = np.stack([_column(bonds, name, str) for name in ("atom_id_1", "atom_id_2")], axis=1)
    orders = _column(bonds, "value_order", str)
    found = []
    for name, mine, bonded in zip(
        names.tolist(), _groups(of_atom, len(names)), _groups(of_bond, len(names)), strict=True
    ):
        places = {label: place for place, label in enumerate(labels[mine].tolist())}
        found.append(
            _Component(
                name,
                status[name] == "REL",
                symbols[mine],
                charges[mine],
                model[mine],
                ideal[mine],
                np.array([[places[a], places[b]] for a, b in ends[bonded].tolist()], int).reshape(-1, 2),
                orders[bonded],
            )
        )
    return found


def _column(category: Any, name: str, kind: type) -> Shaped[np.ndarray, " rows"]:
    """A column; numbers that are not there are not a number."""
    return category[name].as_array(kind, masked_value=np.nan if kind is float else None)


def _groups(of: Int[np.ndarray, " rows"], groups: int) -> list[Int[np.ndarray, " mine"]]:
    """The rows of each group, in their order."""
    order = np.argsort(of, kind="stable")
    return np.split(order, np.searchsorted(of[order], np.arange(1, groups)))
