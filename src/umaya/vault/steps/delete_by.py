"""`delete-by`: the recipient is told the last day on which it may hold the data.

The day stands in the metadata of the schema under `umaya:delete-by`, as YYYY-MM-DD in Japan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

import pyarrow as pa
from pydantic import Field

from umaya.vault.obligations import ObligationContext
from umaya.vault.steps.columns import Parameters, RowStep

LAST_DAY: Final = b"umaya:delete-by"


class DeleteByParameters(Parameters):
    """Of `delete-by`."""

    days: int = Field(ge=0, le=3660)
    """From the day of the release to the last one."""


@dataclass(frozen=True)
class DeleteBy(RowStep):
    """The same table, with a last day."""

    parameters: DeleteByParameters
    name: ClassVar[str] = "delete-by"

    @property
    def fields(self) -> Sequence[str]:
        return ()

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return the table with the day in its metadata."""
        last = context.day + timedelta(days=self.parameters.days)
        return data.replace_schema_metadata({**(data.schema.metadata or {}), LAST_DAY: last.isoformat().encode()})
