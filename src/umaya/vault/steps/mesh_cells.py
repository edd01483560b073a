"""`generalise-places`: coordinates become the second-level mesh cell (about 10 km) in which they lie.

Codes as `umaya.stores.mesh` has them (JIS X 0410).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from umaya.stores import mesh
from umaya.types.classes import SecrecyClass
from umaya.types.effects import ClassEffect
from umaya.vault.obligations import ObligationContext
from umaya.vault.steps.columns import FieldName, Parameters, RowStep

_LOWERED: Final = {SecrecyClass.LOCATION: SecrecyClass.ORDINARY}


class MeshCellsParameters(Parameters):
    """Of `generalise-places`."""

    lon: FieldName
    """Longitude in degrees."""
    lat: FieldName
    """Latitude in degrees."""
    into: FieldName = "mesh"
    """The column of mesh codes that takes their place."""


@dataclass(frozen=True)
class MeshCells(RowStep):
    """A table with a mesh code in the place of coordinates; null where one of them is missing."""

    parameters: MeshCellsParameters
    name: ClassVar[str] = "generalise-places"

    @property
    def fields(self) -> Sequence[str]:
        return (self.parameters.lon, self.parameters.lat)

    @property
    def effects(self) -> tuple[ClassEffect, ...]:
        """A cell of 10 km does not tell where somebody was; what was learned from mail stays a secret of mail."""
        return (ClassEffect(frozenset(self.fields), _LOWERED),)

    def check(self, field: pa.Field) -> None:
        if not pa.types.is_floating(field.type):
            raise ValueError(f"it needs degrees in the field `{field.name}`")

    def fit(self, schema: pa.Schema, context: ObligationContext) -> pa.Schema:
        if self.parameters.into in set(schema.names) - set(self.fields):
            raise ValueError(f"`into` names the field `{self.parameters.into}`, which is there already")
        return super().fit(schema, context)

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return the table with the codes as its last column; without both coordinates, without either."""
        del context
        left = data.drop_columns([name for name in self.fields if name in data.column_names])
        if not {*self.fields} <= {*data.column_names}:
            return left
        columns = [data.column(name) for name in self.fields]
        missing = pc.or_(pc.is_null(columns[0]), pc.is_null(columns[1])).to_numpy()
        cells = mesh.cells(*(pc.fill_null(column, 0).to_numpy() for column in columns))
        found, place = np.unique(cells, return_inverse=True)
        codes = pa.array([mesh.code(cell) for cell in found.tolist()], pa.string())
        return left.append_column(self.parameters.into, codes.take(pa.array(place, mask=missing)))
