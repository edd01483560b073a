"""Lists of offices as CSV files. A file is taken whole or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from umaya.places.offices.office import Office
from umaya.types.errors import InputError, Place

_NEEDED: Final = ("office_id", "name", "lon", "lat")
_LEAVE_OUT: Final = ("name_en", "staff", "rooms", "kiosks", "opened", "closed", "services")
"""Columns of which an empty cell means what a missing column means."""
MOST_OFFICES: Final = 50_000


def read_offices(path: Path) -> list[Office]:
    """Return the offices of a CSV file with a header, in UTF-8 or Shift_JIS (CP932); services parted by `;`.

    Raises:
        InputError: naming file, row and field of the first fault, and how many more rows have one.
    """
    file = str(path)
    reader = csv.DictReader(io.StringIO(_text(path)), strict=True)
    try:
        names = [name.strip() for name in reader.fieldnames or ()]
        reader.fieldnames = names
        _check_header(file, names)
        rows = list(reader)
    except csv.Error as error:
        raise InputError(Place(file, reader.line_num), "the line is not CSV", "check its quotes") from error
    if not 0 < len(rows) <= MOST_OFFICES:
        problem = "there is no row" if not rows else f"there are more than {MOST_OFFICES:,} rows"
        raise InputError(Place(file), problem, "give a header and one row for each office")
    found: list[Office] = []
    faults: list[tuple[int, str, str]] = []
    seen: dict[str, int] = {}
    for number, row in enumerate(rows, 1):
        made = _office(row)
        if isinstance(made, Office) and made.office_id in seen:
            made = ("office_id", f"row {seen[made.office_id]} has the same id")
        if isinstance(made, Office):
            seen[made.office_id] = number
            found.append(made)
        else:
            faults.append((number, *made))
    if faults:
        row_number, field, problem = faults[0]
        more = f" ({len(faults) - 1:,} more rows have faults)" if len(faults) > 1 else ""
        raise InputError(Place(file, row_number, field), problem, f"mend the row; nothing was taken{more}")
    return found


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(Place(str(path)), "the file cannot be read", "check its path") from error
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError(Place(str(path)), "the text is neither UTF-8 nor Shift_JIS", "save it as CSV in UTF-8")


def _check_header(file: str, names: list[str]) -> None:
    for name in _NEEDED:
        if name not in names:
            raise InputError(Place(file, field=name), "the column is missing", "add it to the header")
    for name in names:
        if name not in Office.model_fields or names.count(name) > 1:
            problem = "the column is there twice" if names.count(name) > 1 else "the column is not known"
            raise InputError(Place(file, field=name), problem, f"choose among {', '.join(Office.model_fields)}")


def _office(row: Mapping[str | None, Any]) -> Office | tuple[str, str]:
    """Return the office of a row, or field and problem."""
    if None in row or None in row.values():
        return "office_id", "the row has more or fewer cells than the header"
    given = {str(name): str(value).strip() for name, value in row.items()}
    filled: dict[str, Any] = {name: value for name, value in given.items() if value or name not in _LEAVE_OUT}
    if "services" in filled:
        filled["services"] = [part.strip() for part in filled["services"].split(";") if part.strip()]
    try:
        return Office.model_validate(filled)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = str(first["loc"][0]) if first["loc"] else "office_id"
        return field, str(first["msg"]).removeprefix("Value error, ").replace("Input should", "it should")
