"""The numbers of all positions, as columns: what every backend returns. It needs numpy, extra `parity`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from evidence.parity.row import Row

if TYPE_CHECKING:
    from numpy.typing import NDArray

_KINDS = {"float": np.float64, "int": np.int64, "bool": np.bool_}
COLUMNS = tuple(f.name for f in fields(Row) if f.name != "position")
"""The columns, named as the fields of `Row`."""
_TABLE = np.dtype([(f.name, _KINDS[str(f.type)]) for f in fields(Row) if f.name != "position"])


def allocate(positions: int) -> NDArray[Any]:
    """Return a table for so many rows, about 140 bytes each: all not measured until a backend writes them."""
    table = np.zeros(positions, _TABLE)
    for name, kind in _TABLE.fields.items() if _TABLE.fields else ():
        if kind[0] == np.float64:
            table[name] = np.nan
    table["reference_top"] = table["subject_top"] = -1
    return table


@dataclass(frozen=True, slots=True)
class Measured:
    """A table of all rows with the number of compared ids, of ids in the padded tail, and what measured them."""

    table: NDArray[Any]
    vocabulary: int
    tail_width: int = 0
    backend: str = "numpy"

    def __len__(self) -> int:
        """Return the number of positions."""
        return len(self.table)

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return one column, by the name of the field of `Row`."""
        column: NDArray[Any] = self.table[name]
        return column

    def row(self, position: int) -> Row:
        """Return one position as a value."""
        return Row(position, *self.table[position].item())
