"""Whether a use is within its notice: only the users, only the items' fields, only the purposes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.gate.joint_use.group import NOTICE
from umaya.gate.documents import read
from umaya.gate.joint_use import Notice, NoticeState, covers
from umaya.gate.joint_use.document import NoticeDocument, parse
from umaya.types.reasons import Reason

DOCUMENT = parse(read(NOTICE, "notice.yaml"))
HERE = Notice("minase-group", 1, NoticeState.PUBLISHED, "", DOCUMENT, DOCUMENT.starts, {}, 0)
POST, BANK, CITY = "post-minase", "bank-minase", "city-minase"


def test_the_document_is_read_back_from_its_canonical_form() -> None:
    assert NoticeDocument.of_canonical(DOCUMENT.canonical()) == DOCUMENT


def test_a_use_within_the_notice_passes() -> None:
    assert covers(HERE, POST, BANK, "post-customers", ["name", "address"]) is None
    assert covers(HERE, BANK, POST, "bank-customers", ["balance"], "offers") is None


@pytest.mark.parametrize(
    ("asked", "key", "item"),
    [
        ((None, POST, BANK, "post-customers", ["name"]), "notice", None),
        ((HERE, CITY, BANK, "post-customers", ["name"]), "provider", CITY),
        ((HERE, POST, CITY, "post-customers", ["name"]), "recipient", CITY),
        ((HERE, POST, BANK, "post-customers", ["name", "phone"]), "fields", "phone"),
        ((HERE, BANK, POST, "bank-customers", ["name"]), "fields", "name"),
        ((HERE, POST, BANK, "elsewhere", ["name"]), "fields", "name"),
        ((HERE, POST, BANK, "post-customers", ["name"], "sales"), "purpose", "sales"),
    ],
)
def test_a_use_outside_says_where(asked: tuple[object, ...], key: str, item: str | None) -> None:
    fault = covers(*asked)  # type: ignore[arg-type] # the cases above
    assert fault is not None
    assert (fault.reason, fault.key, fault.item) == (Reason.NOTICE_NOT_IN_FORCE, key, item)


ITEMS = {("post-customers", "name"), ("post-customers", "address"), ("bank-customers", "balance")}


@given(
    st.sampled_from([POST, BANK, CITY]),
    st.sampled_from([POST, BANK, CITY]),
    st.sampled_from(["post-customers", "bank-customers", "city-residents"]),
    st.sets(st.sampled_from(["name", "address", "phone", "balance"]), min_size=1),
)
def test_what_is_covered_is_what_the_notice_says(provider: str, recipient: str, dataset: str, fields: set[str]) -> None:
    within = CITY not in {provider, recipient} and {(dataset, field) for field in fields} <= ITEMS
    assert (covers(HERE, provider, recipient, dataset, fields) is None) is within
