"""Reading the tables of public sources: CSV, plain or gzipped, checked field by field.

What always holds: a fault names file, row and field and never repeats the value.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from umaya.types.errors import InputError, Place


def read_csv(path: Path, fields: tuple[str, ...]) -> pa.Table:
    """Return the named columns of a CSV file (UTF-8, with or without a byte order mark) as text, empty for null.

    Raises:
        InputError: when the file cannot be read, is not UTF-8, lacks a column, or a row is not whole.
    """
    place = str(path)
    options = pa.csv.ConvertOptions(
        include_columns=list(fields), column_types=dict.fromkeys(fields, pa.string()), strings_can_be_null=False
    )
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as source:
            table: pa.Table = pa.csv.read_csv(
                source,
                read_options=pa.csv.ReadOptions(use_threads=False),
                parse_options=pa.csv.ParseOptions(newlines_in_values=True),
                convert_options=options,
            )
    except KeyError as error:
        missing = next((field for field in fields if f"'{field}'" in str(error)), None)
        raise InputError(
            Place(place, field=missing), "the column is missing", "take the file as it is published"
        ) from error
    except (OSError, EOFError) as error:
        raise InputError(Place(place), "the file cannot be read", "check its path and whether it is whole") from error
    except pa.ArrowInvalid as error:
        raise InputError(
            Place(place), "the file is not a CSV table in UTF-8", "take the file as it is published"
        ) from error
    return table


def whole_numbers(path: Path, table: pa.Table, field: str, kind: pa.DataType, *, empty: int | None = None) -> pa.Array:
    """Return a column of digits as numbers; `empty` stands for an empty cell, None refuses it."""
    column = table[field].combine_chunks()
    blank = pc.equal(column, "")
    right = pc.match_substring_regex(column, "^[0-9]{1,15}$")
    if empty is not None:
        right = pc.or_(right, blank)
    _check(path, field, right, "the number is not in digits")
    digits = pc.if_else(blank, str(empty or 0), column)
    return pc.cast(digits, pa.int64()).cast(kind)


def coordinates(path: Path, table: pa.Table, field: str, low: float, high: float) -> pa.Array:
    """Return a column of degrees; null where the cell is empty."""
    column = table[field].combine_chunks()
    blank = pc.equal(column, "")
    right = pc.or_(blank, pc.match_substring_regex(column, r"^[0-9]{1,3}(\.[0-9]+)?$"))
    _check(path, field, right, "the coordinate is not in degrees")
    values = pc.if_else(blank, None, column).cast(pa.float64())
    inside = pc.fill_null(pc.and_(pc.greater_equal(values, low), pc.less_equal(values, high)), True)  # Arrow
    _check(path, field, inside, f"the coordinate does not lie between {low:g} and {high:g}")
    return values


def filled(path: Path, table: pa.Table, field: str) -> pa.Array:
    """Return a column of text in which no cell may be empty."""
    column = table[field].combine_chunks()
    _check(path, field, pc.not_equal(column, ""), "the field is empty")
    return column


def _check(path: Path, field: str, right: Any, problem: str) -> None:
    wrong = np.flatnonzero(~right.to_numpy(zero_copy_only=False))
    if len(wrong):
        raise InputError(Place(str(path), int(wrong[0]) + 1, field), problem, "take the file as it is published")


Progress = Callable[[str], None]
