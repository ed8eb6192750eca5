"""Tables of real rows that a logistic regression can be refitted on: what its laws need to know of them."""

from typing import NamedTuple


class Rows(NamedTuple):
    """Those that models are fitted to.

    Attributes:
        T: how many.
        d: columns, that of ones included.
        signal: length of the weights that are fitted to the recorded labels, to five digits.
    """

    T: int
    d: int
    signal: float


#: By name; the rows themselves are in `sim.table`.
TABLES: dict[str, Rows] = {
    "breast-cancer": Rows(398, 4, 1.7221),
    "haberman": Rows(214, 4, 1.2882),
    "iris": Rows(70, 3, 1.5565),
    "transfusion": Rows(523, 4, 1.8904),
}
