"""The officer's desk: nothing leaves before it is recorded, and faults stand beside what was typed."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData

from tests.gate.lists import ACTORS, DOCUMENT, SCHEME, Lists
from tests.web.clients import client_of
from tests.web.hubs import AUDITOR, make_hub
from umaya.gate import Stream, Use
from umaya.gate.conditions import Condition as Imposed
from umaya.gate.conditions import Rule
from umaya.gate.uses import UseState
from umaya.hub import Hub
from umaya.law import day_in_japan
from umaya.types.clock import ManualClock
from umaya.web.pages import uses_form
from umaya.web.row_files import BOM, guarded, written

SELLER = ACTORS["seller"]
FORM = {"scheme": SCHEME, "reason": "満期の案内の準備", "fields": ["balance", "matures", "town"], "format": "csv"}

COUNTING = DOCUMENT.replace(f"scheme: {SCHEME}", "scheme: bank-counts").replace(
    "obligations: []", "obligations: [{k-threshold: {by: [town], min_people: 10}}]"
)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The demo hub with the bank's list: three customers consented, one withdrew."""
    hub = make_hub(tmp_path_factory.mktemp("uses") / "hub")
    lists = Lists.of_gate(hub.gate, cast("ManualClock", hub.clock))
    lists.furnish()
    lists.approve()
    lists.consent(1, 2, 3)
    yield hub
    hub.close()


def uses(hub: Hub) -> int:
    return len(hub.gate.uses.list(scheme=SCHEME))


def test_the_desk_lists_what_the_officer_may_use_and_no_other(hub: Hub) -> None:
    page = client_of(hub, SELLER).get("/uses").text
    assert f"/uses/new?scheme={SCHEME}" in page
    assert "minase-passable-roads" not in page
    assert client_of(hub, ACTORS["steward"]).get("/uses").status_code == 403
    assert client_of(hub, ACTORS["stranger"]).get(f"/uses/new?scheme={SCHEME}").status_code == 404


def test_what_would_be_decided_now_releases_and_records_nothing(hub: Hub) -> None:
    client = client_of(hub, SELLER)
    size, before = hub.ledger.size, uses(hub)
    page = client.post("/uses/decide", data=FORM).text
    assert "This would be permitted now" in page
    assert "Nothing was released, and nothing was recorded." in page
    assert "8 people" in page
    assert "3 people" in page
    assert (hub.ledger.size, uses(hub)) == (size, before)


def test_a_list_leaves_as_csv_after_it_was_recorded(hub: Hub) -> None:
    client, size = client_of(hub, SELLER), hub.ledger.size
    answer = client.post(
        "/uses/release", data=FORM | {"op.balance": "between", "value.balance": "30", "until.balance": "40"}
    )
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="{SCHEME}-')
    assert answer.text.splitlines()[0] == '"balance","matures","town"'
    assert len(answer.text.splitlines()) == 3
    use = hub.gate.uses.list(scheme=SCHEME)[0]
    assert (use.state, use.rows, use.stated_reason) == (UseState.RELEASED, 2, FORM["reason"])
    assert hub.ledger.entry(use.entry).body["searched"] == ["balance"]
    assert use.entry >= size
    progress = client.get(f"/uses/progress?scheme={SCHEME}&after={size - 1}").text
    assert "2 rows were given" in progress
    assert "Released" in progress
    last = client.get(f"/uses/last?scheme={SCHEME}&after={size - 1}", follow_redirects=False)
    assert last.headers["location"] == f"/uses/{use.id}"


@pytest.mark.parametrize("form", ["csv-excel", "parquet", "arrow"])
def test_a_list_leaves_in_every_format(hub: Hub, form: str) -> None:
    data = client_of(hub, SELLER).post("/uses/release", data=FORM | {"format": form, "fields": ["balance"]}).content
    if form == "csv-excel":
        assert data.startswith(BOM)
    table = {
        "csv-excel": lambda: pa.csv.read_csv(io.BytesIO(data.removeprefix(BOM))),
        "parquet": lambda: pq.read_table(io.BytesIO(data)),
        "arrow": lambda: pa.ipc.open_stream(data).read_all(),
    }[form]()
    assert sorted(table.column("balance").to_pylist()) == [20, 30, 40]
    assert table.column_names == ["balance"]


def test_faults_stand_beside_what_was_typed(hub: Hub) -> None:
    size = hub.ledger.size
    typed = FORM | {"reason": " ", "fields": [], "op.balance": "ge", "value.balance": "たくさん"}
    client = client_of(hub, SELLER)
    for path in ("/uses/decide", "/uses/release"):
        answer = client.post(path, data=typed)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        for name in ("reason", "fields", "value.balance"):
            assert f'href="#{name}"' in answer.text
            assert f'id="fault-{name}"' in answer.text
        assert 'value="たくさん"' in answer.text
        assert 'aria-invalid="true" aria-describedby="fault-reason reason-help"' in answer.text
    assert hub.ledger.size == size


def test_counts_of_chosen_rows_are_not_offered_and_not_given(hub: Hub) -> None:
    """A scheme that counts says that rows cannot be chosen; a form that chooses all the same is refused, not cut."""
    Lists.of_gate(hub.gate, cast("ManualClock", hub.clock)).approve(COUNTING)
    counting = "bank-counts"
    client = client_of(hub, SELLER)
    page = client.get(f"/uses/new?scheme={counting}").text
    assert "Rows cannot be chosen under this scheme" in page
    assert "op.balance" not in page
    assert "op.balance" in client.get(f"/uses/new?scheme={SCHEME}").text
    chosen = {**FORM, "scheme": counting, "op.balance": "ge", "value.balance": "50"}
    assert "This would be refused now" in client.post("/uses/decide", data=chosen).text
    answer = client.post("/uses/release", data=chosen)
    assert answer.status_code == 403
    assert "<code>rows-chosen</code>" in answer.text


def test_a_refusal_says_why_and_what_to_do(hub: Hub) -> None:
    client = client_of(hub, SELLER)
    hub.gate.review.suspend(ACTORS["steward"], SCHEME, "苦情を確かめる")
    try:
        answer = client.post("/uses/release", data=FORM)
        assert answer.status_code == 404  # no longer in force: the desk does not offer it
    finally:
        hub.gate.review.resume(ACTORS["head"], SCHEME, "確かめた")
    hub.gate.review.impose(ACTORS["head"], SCHEME, [Imposed(Rule.MIN_GROUP_SIZE, 5)], "少なすぎる")
    answer = client.post("/uses/release", data=FORM)
    assert answer.status_code == 403
    use = hub.gate.uses.list(scheme=SCHEME)[0]
    assert use.state is UseState.REFUSED
    assert f"<code>{use.reason.value}</code>" in answer.text
    assert "Nothing left." in answer.text
    assert f"/uses/{use.id}" in answer.text
    page = client.get(f"/uses/{use.id}").text
    assert "Refused" in page


def test_a_use_is_followed_by_its_parties_and_auditors_only(hub: Hub) -> None:
    use = hub.gate.uses.list(UseState.RELEASED, SCHEME)[0]
    for who in (SELLER, AUDITOR):
        client = client_of(hub, who)
        page = client.get(f"/uses/{use.id}").text
        for entry in (use.entry, use.closing_entry):
            assert f"/uses/{use.id}/entries/{entry}" in page
        assert client.get(f"/uses/{use.id}/entries/{use.entry}").status_code == 200
        assert client.get(f"/uses/{use.id}/entries/0").status_code == 404
        assert client.get(f"/uses/{use.id}/receipt").text == use.receipt
        report = client.get(f"/uses/{use.id}/report.txt").text
        assert use.stated_reason in report
        assert "&#" not in report
    stranger = client_of(hub, ACTORS["stranger"])
    pages = {
        stranger.get(f"/uses/{it}{rest}").status_code
        for it in (use.id, "no-such-use")
        for rest in ("", "/receipt", "/report.txt", "/entries/3")
    }
    assert pages == {404}


def test_a_report_is_filed_or_comes_back(hub: Hub) -> None:
    use = hub.gate.uses.list(UseState.RELEASED, SCHEME)[0]
    client, path = client_of(hub, SELLER), f"/uses/{use.id}/report"
    answer = client.post(path, data={"text": "  "})
    assert (answer.status_code, 'role="alert"' in answer.text) == (422, True)
    if hub.gate.schemes.get(SCHEME).summary.in_force is None:
        hub.gate.review.resume(ACTORS["head"], SCHEME, "確かめた")
    assert "The report was taken" in client.post(path, data={"text": "三件を案内した"}).text
    assert hub.gate.schemes.get(SCHEME).acts[-1].act == "report"
    assert client_of(hub, ACTORS["teller"]).post(path, data={"text": "x"}).status_code == 403


DANGEROUS = ("=1+1", "+1", "-2", "@x", "\t=1", " =1", "＝1", "\n=1", "\r")


def test_no_text_of_a_csv_begins_a_formula() -> None:
    batch = pa.record_batch({"a": [*DANGEROUS, "plain", "", None], "n": list(range(-6, 6))})
    texts = guarded(batch).column("a").to_pylist()
    assert texts == [*(f"'{text}" for text in DANGEROUS), "plain", "", None]
    assert guarded(batch).column("n").to_pylist() == list(range(-6, 6))


@given(st.lists(st.one_of(st.none(), st.text(alphabet="=+-@\t\r\n aあ＝'\"", max_size=6)), min_size=1))
def test_guarding_changes_nothing_but_what_is_dangerous(texts: list[str | None]) -> None:
    kept = guarded(pa.record_batch({"a": pa.array(texts, pa.string())})).column("a").to_pylist()
    for before, after in zip(texts, kept, strict=True):
        if after != before:
            assert after == f"'{before}"
            assert before is not None
            assert before[:1] in {"\t", "\r", "\n"} or before.lstrip()[:1] in {"=", "+", "-", "@", "＝"}
        elif after:
            assert after.lstrip(" \t\r\n")[:1] not in {"=", "+", "-", "@", "＝"}


def test_nested_values_stand_in_a_csv_as_json() -> None:
    batch = pa.record_batch(
        {"list": [[1, 2], None], "raw": [b"x", b"y"], "when": [datetime(2026, 4, 1, tzinfo=UTC)] * 2}
    )
    made = guarded(batch)
    assert json.loads(made.column("list")[0].as_py()) == [1, 2]
    assert made.column("list")[1].as_py() is None
    sink = io.BytesIO()
    pa.csv.write_csv(pa.Table.from_batches([made]), sink)
    assert sink.getvalue().count(b"\n") == 3


def test_operators_suit_the_types_of_fields(hub: Hub) -> None:
    fields = {it.name: it for it in uses_form.search_fields(hub.gate.usable.get(SELLER, SCHEME))}
    assert (fields["balance"].input, "between" in fields["balance"].operators) == ("number", True)
    assert (fields["matures"].input, fields["town"].input) == ("date", "text")
    assert "ge" not in fields["town"].operators
    typed = {
        "op.town": "in",
        "value.town": "ア、イ",
        "op.matures": "ge",
        "value.matures": "2026-07-02",
        "reason": "案内",
    }
    form = uses_form.read(
        FormData([*typed.items(), ("fields", "balance")]), SELLER, hub.gate.usable.get(SELLER, SCHEME)
    )
    assert form.use is not None
    assert {(it.field, str(it.op), it.values) for it in form.use.matching} == {
        ("town", "in", ("ア", "イ")),
        ("matures", "ge", ("2026-07-02",)),
    }
    wrong = {"op.town": "ge", "value.town": "ア", "op.balance": "between", "value.balance": "3", "until.balance": "1"}
    form = uses_form.read(FormData(wrong), SELLER, hub.gate.usable.get(SELLER, SCHEME))
    assert set(form.faults) == {"reason", "fields", "value.town", "value.balance"}


def test_a_download_that_is_cut_short_is_recorded_as_such(hub: Hub) -> None:
    """The browser goes away after the first bytes: the use is closed, and its page says what to do."""
    lists = Lists.of_gate(hub.gate, cast("ManualClock", hub.clock))
    lists.approve(DOCUMENT.replace(f"scheme: {SCHEME}", "scheme: another-offer"))
    stream = hub.gate.stream(Use(SELLER, "another-offer", "案内", None))
    assert isinstance(stream, Stream)
    parts = written(stream, "csv-excel")
    assert next(parts) == BOM
    parts.close()
    assert hub.gate.uses.get(stream.use).state is UseState.INTERRUPTED
    page = client_of(hub, SELLER).get(f"/uses/{stream.use}").text
    assert "Only a part was given." in page


def test_what_conditions_leave_is_told(hub: Hub) -> None:
    scheme = "limited-offer"
    lists = Lists.of_gate(hub.gate, cast("ManualClock", hub.clock))
    lists.approve(DOCUMENT.replace(f"scheme: {SCHEME}", f"scheme: {scheme}"))
    today = day_in_japan(hub.clock.now())
    conditions = [
        Imposed(Rule.MAX_USES_PER_DAY, 2),
        Imposed(Rule.VALID_UNTIL, today + timedelta(days=9)),
        Imposed(Rule.REPORT_EVERY_DAYS, 7),
    ]
    hub.gate.review.impose(ACTORS["head"], scheme, conditions, "試行")
    for left in (2, 1, 0):
        usable = hub.gate.usable.get(SELLER, scheme)
        assert usable.left_today == left
        hub.gate.open(Use(SELLER, scheme, "案内", None))
    assert usable.last_day == today + timedelta(days=9)
    assert usable.report_by == today + timedelta(days=7)
