"""`aggregate`: rows become counts and sums of groups; groups of too few people are suppressed, and it is said how many.

A group's sum of a field is left out too where too few of its people have a value. How many groups were suppressed
stands in the metadata of the schema under `umaya:suppressed-groups`; nothing else is told of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from umaya.types.classes import SecrecyClass
from umaya.types.effects import ClassEffect
from umaya.vault.obligations import ObligationContext
from umaya.vault.people import numbers
from umaya.vault.steps.columns import (
    GONE,
    NOTHING,
    TO_NON_PERSONAL,
    FieldName,
    FieldNames,
    MinPeople,
    Parameters,
    need_number,
    needed,
)
from umaya.vault.steps.groups import Counts, group_numbers, people_per_group

SUPPRESSED: Final = b"umaya:suppressed-groups"


class AggregateParameters(Parameters):
    """Of `aggregate`."""

    by: FieldNames
    """Rows with the same values of these are a group."""
    sums: list[FieldName] = Field(default=[], max_length=256)
    """Numbers that are summed."""
    min_people: MinPeople
    """Least number of different people in a group, and with a value in a sum."""


@dataclass(frozen=True)
class Aggregate:
    """One row for each large group: its values, `people` (int64), `rows` (int64), and `<field>_sum` for each sum."""

    parameters: AggregateParameters
    name: ClassVar[str] = "aggregate"
    lookback: ClassVar[timedelta] = timedelta(0)
    may_end: ClassVar[bool] = True
    row_wise: ClassVar[bool] = False
    sees_people: ClassVar[bool] = True
    adds: ClassVar[Mapping[str, SecrecyClass]] = NOTHING

    @property
    def effects(self) -> tuple[ClassEffect, ...]:
        """What is counted of enough people is about nobody; other fields are gone."""
        told = ClassEffect(frozenset([*self.parameters.by, *self.parameters.sums]), TO_NON_PERSONAL)
        rest = ClassEffect(None, {before: GONE[before] for before in TO_NON_PERSONAL})
        return (told, rest)

    def fit(self, schema: pa.Schema, context: ObligationContext) -> pa.Schema:
        for name in self.parameters.by:
            if name == context.subject or pa.types.is_nested(needed(schema, name).type):
                raise ValueError(f"rows cannot be grouped by the field `{name}`")
        for name in self.parameters.sums:
            if name == context.subject:
                raise ValueError("whom rows are about cannot be summed")
            need_number(needed(schema, name))
        left = self.apply(schema.empty_table(), context).schema
        if len(set(left.names)) < len(left.names):
            raise ValueError("two of its columns would have one name")
        return left

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return the groups, ordered by their values."""
        chosen, subject = self.parameters, numbers(data.column(str(context.subject)).combine_chunks())
        group, count = group_numbers(data, chosen.by)
        people = people_per_group(group, count, subject)
        large = people >= chosen.min_people
        first = np.empty(count, np.int64)
        first[group[::-1]] = np.arange(len(group))[::-1]  # of equal groups the one that is written last is the first
        left = data.select(chosen.by).take(pa.array(first))
        left = left.append_column("people", pa.array(people))
        left = left.append_column("rows", pa.array(np.bincount(group, minlength=count)))
        for name in chosen.sums:
            left = left.append_column(f"{name}_sum", self._sums(data.column(name), group, count, subject))
        left = left.filter(pa.array(large)).sort_by([(name, "ascending") for name in chosen.by])
        said = {SUPPRESSED: str(count - left.num_rows).encode()}
        return left.replace_schema_metadata({**(data.schema.metadata or {}), **said})

    def _sums(
        self, column: pa.ChunkedArray, group: Counts, count: int, subject: npt.NDArray[np.uint32]
    ) -> pa.ChunkedArray:
        """Return the sum of each group, null where too few of its people have a value."""
        known = pc.is_valid(column).to_numpy()
        enough = people_per_group(group[known], count, subject[known]) >= self.parameters.min_people
        summed = pa.table({"group": group, "value": column}).group_by("group").aggregate([("value", "sum")])
        sums = summed.sort_by("group").column("value_sum")
        return pc.if_else(pa.array(enough), sums, pa.scalar(None, sums.type))
