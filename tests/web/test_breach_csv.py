"""The list of people to tell, as officers open it in a spreadsheet."""

from __future__ import annotations

import pyarrow as pa
import pytest

from umaya.web.pages.breach import contacts_csv


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@x"])
def test_no_contact_begins_a_formula(text: str) -> None:
    assert f'"\'{text}"' in contacts_csv(pa.table({"town": [text, "水無瀬"]})).decode("utf-8-sig")


def test_a_list_of_nobody_has_its_heading() -> None:
    assert contacts_csv(pa.schema([("town", pa.string())]).empty_table()).decode("utf-8-sig").strip() == '"town"'
