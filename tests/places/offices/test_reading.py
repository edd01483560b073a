"""Lists of offices: what is taken, and how each fault is told by row and field."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.places.offices import Office, OfficeRegister, OfficeService, read_offices
from umaya.types.errors import InputError, IntegrityError

HEADER = "office_id,name,name_en,lon,lat,services,staff,rooms,kiosks,weekdays,saturdays,sundays,opened,closed"
GOOD = "o1,中央郵便局,Central,139.75,35.70,mail;savings,8,2,1,09:00-17:00,,,2007-10-01,"


def written(folder: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    file = folder / "offices.csv"
    file.write_bytes("\n".join([header, *rows]).encode(encoding))
    return file


def fault(folder: Path, *rows: str, header: str = HEADER) -> InputError:
    with pytest.raises(InputError) as raised:
        read_offices(written(folder, *rows, header=header))
    return raised.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_list_is_read(tmp_path: Path, encoding: str) -> None:
    (office,) = read_offices(written(tmp_path, GOOD, encoding=encoding))
    assert office.name == "中央郵便局"
    assert office.services == {OfficeService.MAIL, OfficeService.SAVINGS}
    assert (office.opened, office.closed, office.saturdays) == (date(2007, 10, 1), None, "")


def test_four_columns_are_enough(tmp_path: Path) -> None:
    (office,) = read_offices(written(tmp_path, "o1,中央,139.75,35.7", header="office_id,name,lon,lat"))
    assert office.services == {OfficeService.MAIL}


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (GOOD.replace("139.75,35.70", "35.70,139.75"), "office_id"),
        (GOOD.replace("139.75", "east"), "lon"),
        (GOOD.replace("139.75", "nan"), "lon"),
        (GOOD.replace("mail;", "flying;"), "services"),
        (GOOD.replace("09:00-17:00", "9-17"), "weekdays"),
        (GOOD.replace("09:00-17:00", "09:00-17:00/12:00-13:00"), "weekdays"),
        (GOOD.replace(",8,", ",-1,"), "staff"),
        (GOOD.replace("2007-10-01", "1 Oct"), "opened"),
        (GOOD + "2001-01-01", "office_id"),
        (GOOD.replace("中央郵便局", ""), "name"),
        (GOOD.replace("o1", "o 1"), "office_id"),
        (GOOD.replace("mail;savings", "kiosk").replace(",1,09", ",0,09"), "office_id"),
        (GOOD + ",more", "office_id"),
    ],
)
def test_a_fault_is_told_by_row_and_field_and_nothing_is_taken(tmp_path: Path, row: str, field: str) -> None:
    told = fault(tmp_path, GOOD.replace("o1", "o0"), row)
    assert (told.place.row, told.place.field) == (2, field)
    assert "nothing was taken" in told.advice


def test_how_many_more_rows_have_faults_is_said(tmp_path: Path) -> None:
    assert "1 more rows" in fault(tmp_path, GOOD.replace("139.75", "x"), GOOD.replace("35.70", "y")).advice


def test_an_id_stands_once(tmp_path: Path) -> None:
    assert "row 1 has the same id" in fault(tmp_path, GOOD, GOOD).problem


@pytest.mark.parametrize("header", ["office_id,name,lon", HEADER + ",phone", HEADER + ",lon", ""])
def test_the_header_is_checked(tmp_path: Path, header: str) -> None:
    assert fault(tmp_path, GOOD, header=header).place.field is not None


def test_no_row_no_list_and_no_text(tmp_path: Path) -> None:
    assert "no row" in fault(tmp_path).problem
    (tmp_path / "offices.csv").write_bytes(b"\xff\xfe\x00\x81\xff")
    with pytest.raises(InputError, match="neither"):
        read_offices(tmp_path / "offices.csv")
    with pytest.raises(InputError, match="cannot be read"):
        read_offices(tmp_path / "none.csv")


def test_no_message_repeats_what_was_typed(tmp_path: Path) -> None:
    told = fault(tmp_path, GOOD.replace("139.75", "秘密の値"))
    assert "秘密の値" not in str(told)


def office(name: str, **changes: object) -> Office:
    return Office.model_validate({"office_id": name, "name": name, "lon": 139.75, "lat": 35.7, **changes})


def test_the_register_tells_what_a_list_changes(tmp_path: Path) -> None:
    register = OfficeRegister(tmp_path / "places")
    register.put([office("a"), office("b"), office("c", closed="2026-04-01")])
    changes = register.changes([office("b", staff=3), office("c", closed="2026-04-01"), office("d")])
    assert (changes.added, changes.changed, changes.gone) == (("d",), ("b",), ("a",))
    assert [one.office_id for one in register.on(date(2026, 3, 31))] == ["a", "b", "c"]
    assert [one.office_id for one in register.on(date(2026, 4, 1))] == ["a", "b"]


def test_a_damaged_register_is_told(tmp_path: Path) -> None:
    (tmp_path / "offices.json").write_text("[{")
    with pytest.raises(IntegrityError):
        OfficeRegister(tmp_path).all()


@given(st.sets(st.sampled_from(list(OfficeService)), min_size=1), st.integers(0, 50))
def test_an_office_is_kept_as_it_is(services: set[OfficeService], staff: int) -> None:
    one = office("a", services=services, staff=staff, kiosks=1)
    assert Office.model_validate_json(one.model_dump_json()) == one
