"""A step run on a few rows of people, as the chain runs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa

from umaya.vault import Chain, Obligations, Owed, standard_factories
from umaya.vault.obligations import Left, ObligationContext

SECRET = bytes(range(32))
CONTEXT = ObligationContext("insurance-offer", None, None, None, "deposits", date(2026, 4, 1), "person")
NOBODYS = replace(CONTEXT, subject=None)
OBLIGATIONS = Obligations(standard_factories(SECRET))


def chain(*steps: tuple[str, dict[str, Any]]) -> Chain:
    """Return the chain of steps as a scheme states them."""
    return OBLIGATIONS.chain([Owed.of(name, parameters) for name, parameters in steps])


def people(numbers: Sequence[int]) -> pa.ChunkedArray:
    """Return a subject column."""
    return pa.chunked_array([pa.array(numbers, pa.uint32())])


def run(data: pa.Table, *steps: tuple[str, dict[str, Any]], of: Sequence[int] | None = None) -> Left:
    """Return what steps leave of rows, each about a person of its own unless said."""
    return chain(*steps).run(data, people(range(data.num_rows) if of is None else of), CONTEXT)


def column(values: Sequence[Any], kind: pa.DataType, step: str, **parameters: Any) -> list[Any]:
    """Return what a step makes of the values of one column `x`."""
    left = run(pa.table({"x": pa.array(values, kind)}), (step, {"fields": ["x"], **parameters}))
    return list(left.data.column("x").to_pylist())
