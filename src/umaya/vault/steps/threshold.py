"""`k-threshold`: rows of groups with too few people do not leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import pyarrow as pa

from umaya.types.classes import SecrecyClass
from umaya.types.effects import ClassEffect
from umaya.vault.obligations import ObligationContext
from umaya.vault.people import numbers
from umaya.vault.steps.columns import NOTHING, FieldNames, MinPeople, Parameters, needed
from umaya.vault.steps.groups import group_numbers, people_per_group


class ThresholdParameters(Parameters):
    """Of `k-threshold`."""

    by: FieldNames
    """Rows with the same values of these are a group."""
    min_people: MinPeople
    """Least number of different people in a group."""


@dataclass(frozen=True)
class Threshold:
    """The rows of groups that are large enough, in their order. They are still about people: no class is lowered."""

    parameters: ThresholdParameters
    name: ClassVar[str] = "k-threshold"
    lookback: ClassVar[timedelta] = timedelta(0)
    may_end: ClassVar[bool] = True
    row_wise: ClassVar[bool] = False
    sees_people: ClassVar[bool] = True
    adds: ClassVar[Mapping[str, SecrecyClass]] = NOTHING
    effects: ClassVar[tuple[ClassEffect, ...]] = ()

    def fit(self, schema: pa.Schema, context: ObligationContext) -> pa.Schema:
        for name in self.parameters.by:
            if name == context.subject or pa.types.is_nested(needed(schema, name).type):
                raise ValueError(f"rows cannot be grouped by the field `{name}`")
        return schema

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return the rows of large groups."""
        group, count = group_numbers(data, self.parameters.by)
        people = numbers(data.column(str(context.subject)).combine_chunks())
        large = people_per_group(group, count, people) >= self.parameters.min_people
        return data.filter(pa.array(large[group]))
