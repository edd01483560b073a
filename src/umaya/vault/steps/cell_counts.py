"""`count-in-cells`: where people live becomes how many live in each cell of a grid that is as fine as numbers permit.

A cell of about 1 km is halved, down to the finest size that the scheme names, as long as every part in which somebody
lives has enough people; otherwise it stays whole, so no part can be had by subtraction within one release. A cell of
1 km with too few is not told, like one where nobody lives. Who has several rows counts where the first one is.
Codes as `umaya.stores.fine_mesh` has them (JIS X 0410).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from umaya.stores import fine_mesh
from umaya.types.classes import SecrecyClass
from umaya.types.effects import ClassEffect
from umaya.types.schemas import CELLS
from umaya.vault.obligations import ObligationContext
from umaya.vault.people import numbers
from umaya.vault.steps.columns import GONE, NOTHING, TO_NON_PERSONAL, FieldName, MinPeople, Parameters, needed
from umaya.vault.steps.groups import Counts

_WIDTH: Final = 1 << 20  # more columns of 125 m than the world has


class CellCountsParameters(Parameters):
    """Of `count-in-cells`."""

    lon: FieldName
    """Longitude in degrees."""
    lat: FieldName
    """Latitude in degrees."""
    finest: Literal["1km", "500m", "250m", "125m"] = "125m"
    """The least size of a cell."""
    min_people: MinPeople
    """Least number of different people in a cell."""


@dataclass(frozen=True)
class CellCounts:
    """People per cell, schema `CELLS`; a row without both coordinates, or outside Japan, counts nowhere."""

    parameters: CellCountsParameters
    name: ClassVar[str] = "count-in-cells"
    lookback: ClassVar[timedelta] = timedelta(0)
    may_end: ClassVar[bool] = True
    row_wise: ClassVar[bool] = False
    sees_people: ClassVar[bool] = True
    adds: ClassVar[Mapping[str, SecrecyClass]] = NOTHING

    @property
    def effects(self) -> tuple[ClassEffect, ...]:
        """What is counted of enough people is about nobody; other fields are gone."""
        told = ClassEffect(frozenset([self.parameters.lon, self.parameters.lat]), TO_NON_PERSONAL)
        return (told, ClassEffect(None, {before: GONE[before] for before in TO_NON_PERSONAL}))

    def fit(self, schema: pa.Schema, context: ObligationContext) -> pa.Schema:
        """Return `CELLS`; raises ValueError unless both coordinates are there as floating numbers."""
        del context
        for name in (self.parameters.lon, self.parameters.lat):
            if not pa.types.is_floating(needed(schema, name).type):
                raise ValueError(f"it needs degrees in the field `{name}`")
        return CELLS

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return the cells with enough people."""
        subject = numbers(data.column(str(context.subject)).combine_chunks())
        lon, lat = (
            pc.fill_null(data.column(name), float("nan")).to_numpy()
            for name in (self.parameters.lon, self.parameters.lat)
        )
        known = fine_mesh.in_japan(lon, lat)
        _, first = np.unique(subject[known], return_index=True)
        at = np.flatnonzero(known)[first]
        row, column = fine_mesh.rows_columns(lon[at], lat[at])
        return self._told(row, column).replace_schema_metadata(data.schema.metadata)

    def _told(self, row: Counts, column: Counts) -> pa.Table:
        """Return the cells that are told of people by row and column of the finest cells."""
        least = self.parameters.min_people
        levels = [_counted(row, column, level) for level in range(fine_mesh.LEVELS[self.parameters.finest] + 1)]
        _, of, people = levels[0]
        halved = people[of] >= least  # of each person, whether the cells that hold them were halved down to the level
        depth = np.where(halved, 0, -1)
        for level, (_, part_of, part_people) in enumerate(levels[1:], 1):
            whole_of = levels[level - 1][1]
            whole = np.ones(len(levels[level - 1][0]), np.bool_)
            whole[whole_of[part_people[part_of] < least]] = False
            halved = halved & whole[whole_of]
            depth[halved] = level
        parts = []
        for level, (cell, cell_of, cell_people) in enumerate(levels):
            told = np.unique(cell_of[depth == level])
            codes = [fine_mesh.code(one // _WIDTH, one % _WIDTH, level) for one in cell[told].tolist()]
            parts.append(pa.table([codes, cell_people[told]], CELLS))
        return pa.concat_tables(parts).sort_by("cell")


def _counted(row: Counts, column: Counts, level: int) -> tuple[Counts, Counts, Counts]:
    """Return the cells of a level in which somebody lives, which of them holds each person, and their people."""
    shift = fine_mesh.FINEST - level
    cell, of, people = np.unique((row >> shift) * _WIDTH + (column >> shift), return_inverse=True, return_counts=True)
    return cell, of, people
