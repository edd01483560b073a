"""The auditor's desk: what is found is proved, what is exported proves itself, what is checked is said in words."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from tests.gate.lists import ACTORS, SCHEME, Lists
from tests.web.clients import TestClient, client_of
from tests.web.hubs import AUDITOR, make_hub
from umaya.gate import Refusal, Release, Use
from umaya.hub import Hub
from umaya.ledger import Fault, Kind, Record
from umaya.ledger.evidence_check import Archive, Step, read_zip
from umaya.types.clock import ManualClock
from umaya.web.pages.audit import question_of
from umaya.web.pages.audit_search import proven_entry, search_of
from umaya.web.pages.ledger_checks import FINDINGS, OTHER, Jobs, finding


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The demo hub with two released lists and a refused one."""
    hub = make_hub(tmp_path_factory.mktemp("audit") / "hub")
    lists = Lists.of_gate(hub.gate, cast("ManualClock", hub.clock))
    lists.furnish()
    lists.approve()
    lists.consent(1, 2, 3)
    for _ in range(2):
        assert isinstance(hub.gate.open(Use(ACTORS["seller"], SCHEME, "案内", None)), Release)
        cast("ManualClock", hub.clock).advance(timedelta(hours=1))
    assert isinstance(hub.gate.open(Use(ACTORS["seller"], SCHEME, "案内", None, fields=("no_such",))), Refusal)
    yield hub
    hub.close()


@pytest.fixture(scope="module")
def client(hub: Hub) -> TestClient:
    return client_of(hub, AUDITOR)


def proved(data: bytes) -> dict[str, str]:
    steps: list[Step] = []
    Archive(read_zip(data)).run(steps.append)
    return {step.name: step.en for step in steps}


def test_the_home_tells_the_state_of_the_ledger(hub: Hub, client: TestClient) -> None:
    page = client.get("/audit").text
    assert "never checked yet" in page
    assert re.search(r"Minase Bank</dt><dd>1 <a", page)
    client.post("/ledger/verify")
    page = client.get("/audit").text
    assert "whole, " in page
    assert hub.ledger.entry(hub.ledger.size - 1).kind == Kind.LEDGER_CHECKED


def test_a_search_finds_and_leads_on(hub: Hub, client: TestClient) -> None:
    page = client.get(f"/audit/search?scheme={SCHEME}&kind=use.released").text
    uses = [use for use in hub.gate.uses.list(scheme=SCHEME) if use.closing_entry is not None]
    assert len(uses) == 2
    for use in uses:
        assert f"/audit/entries/{use.closing_entry}" in page
        assert f"/uses/{use.id}" in page
    assert "2 of " in page
    assert "None of the" in client.get("/audit/search?kind=use.failed").text
    assert f"/audit/entries/{uses[0].entry}" in client.get(f"/audit/search?use={uses[0].id}").text


def test_pages_of_a_search_hold_every_hit_once(hub: Hub, client: TestClient) -> None:
    hub.ledger.append_many([Record("consent.given", "hub", {})] * 120)
    path, found = "/audit/search?kind=consent.given", []
    while path:
        page = client.get(path).text
        found += re.findall(r"/audit/entries/(\d+)", page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        path = older[1].replace("&amp;", "&") if older else ""
    kinds = [index for index, entry in enumerate(hub.ledger.entries()) if entry.kind == "consent.given"]
    assert [int(index) for index in found] == kinds[::-1]


def test_a_wrong_search_comes_back_with_what_was_typed(client: TestClient) -> None:
    answer = client.get("/audit/search", params={"use": "<b>x", "start": "tomorrow"})
    assert answer.status_code == 422
    assert "&lt;b&gt;x" in answer.text
    assert 'role="alert"' in answer.text
    assert 'aria-describedby="fault-use"' in answer.text
    assert question_of({"start": "9999-12-31", "end": "9999-12-31"})[1] == {"end": "day"}


def test_days_are_those_of_japan_and_the_last_is_included(hub: Hub, client: TestClient) -> None:
    use = hub.gate.uses.list(scheme=SCHEME)[0]
    day = (use.decided_at + timedelta(hours=9)).date().isoformat()
    assert f"/audit/entries/{use.entry}" in client.get(f"/audit/search?scheme={SCHEME}&start={day}&end={day}").text


def test_an_entry_is_shown_in_words_as_bytes_and_proved(hub: Hub, client: TestClient) -> None:
    use = hub.gate.uses.list(scheme=SCHEME)[1]
    page = client.get(f"/audit/entries/{use.entry}").text
    assert "This entry is in the signed ledger" in page
    assert "People permitted" in page
    assert "c2sp.org/tlog-proof@v1" in page
    assert client.get(f"/audit/entries/{use.entry}/entry.json").content == hub.ledger.entry_bytes(use.entry)
    assert client.get(f"/audit/entries/{use.entry}/proof.txt").text == hub.ledger.receipt(use.entry)
    assert client.get(f"/audit/entries/{hub.ledger.size}").status_code == 404
    assert client.get("/audit/entries/-1").status_code in {404, 422}


def test_the_steps_of_a_proof_lead_to_the_signed_root(hub: Hub) -> None:
    search = search_of(hub)
    for index in range(hub.ledger.size):
        shown = proven_entry(search, index)
        assert ([shown.leaf] + [step.gives for step in shown.steps])[-1] == shown.root


def test_evidence_leaves_after_it_was_recorded_and_proves_itself(hub: Hub, client: TestClient) -> None:
    use = next(use for use in hub.gate.uses.list(scheme=SCHEME) if use.receipt is not None)
    for form in (
        {"of": "use", "use": use.id},
        {"of": "scheme", "scheme": SCHEME},
        {"of": "search", "scheme": SCHEME, "kind": "use.permitted"},
    ):
        answer = client.post("/audit/export", data=form)
        assert answer.headers["content-type"] == "application/zip"
        entry = hub.ledger.entry(int(answer.headers["umaya-entry"]))
        assert (entry.kind, entry.actor, entry.body["of"]) == ("evidence.exported", AUDITOR.id, form["of"])
        assert entry.body["content"] == answer.headers["umaya-content"]
        assert len(proved(answer.content)) == 9
    assert client.post("/audit/export", data={"of": "use", "use": "no-such"}).status_code == 404
    assert client.post("/audit/export", data={"of": "search", "use": "no-such"}).status_code == 422
    assert "one scheme" in client.get("/audit").text


def test_the_desk_is_for_auditors(hub: Hub) -> None:
    other = client_of(hub, ACTORS["steward"])
    size = hub.ledger.size
    for path in ("/audit", "/audit/search", "/audit/entries/0", "/audit/entries/0/entry.json", "/ledger/verify/x"):
        assert other.get(path).status_code == 403, path
    for path in ("/audit/export", "/ledger/verify"):
        assert other.post(path, data={"of": "scheme", "scheme": SCHEME}).status_code == 403
    for path in ("/ledger/receipt", "/ledger/consistency"):
        assert other.post(path, files={"file": ("x", b"x")}).status_code == 403
    assert hub.ledger.size == size


def test_one_receipt_is_checked_in_one_click(hub: Hub, client: TestClient) -> None:
    def told(data: bytes) -> str:
        return client.post("/ledger/receipt", files={"file": ("receipt", data)}).text

    use = next(use for use in hub.gate.uses.list(scheme=SCHEME) if use.receipt is not None)
    assert use.receipt is not None
    assert "The receipt is genuine" in told(use.receipt.encode())
    person = hub.gate.person_receipt(use.id, 1)
    assert "The person's receipt is genuine" in told(person)
    changed = use.receipt.replace(f"index {use.entry}", f"index {use.entry - 1}").encode()
    for wrong in (changed, person.replace(b'"present":true', b'"present":false'), b"", b"{}", b"\xff\xfe"):
        assert "is genuine" not in told(wrong)


def test_an_older_checkpoint_is_a_part_of_the_ledger(hub: Hub, client: TestClient) -> None:
    def told(note: str | bytes) -> str:
        return client.post("/ledger/consistency", files={"file": ("checkpoint.txt", note)}).text

    old = client.get("/ledger/checkpoint").text
    hub.ledger.append("hub.created", "hub", {})
    assert "holds the older one unchanged" in told(old)
    assert "holds the older one unchanged" in told(old.replace("\n", "\r\n"))
    assert "no checkpoint signed" in told(old.replace(old.split("\n")[1], "7", 1))
    assert "not text" in told(b"\xff")


def test_a_ledger_that_was_rolled_back_or_forked_is_found_by_a_checkpoint(tmp_path: Path) -> None:
    """The copy is the hub before two appends: rolled back, and after another one of its own: forked."""
    hub = make_hub(tmp_path / "hub")
    hub.ledger.close()
    shutil.copytree(tmp_path / "hub" / "ledger", tmp_path / "before")
    hub.ledger.append_many([Record("hub.created", "hub", {})] * 9)
    kept = hub.ledger.checkpoint()
    hub.close()
    shutil.rmtree(tmp_path / "hub" / "ledger")
    (tmp_path / "before").rename(tmp_path / "hub" / "ledger")
    from umaya.hub import open_hub

    hub = open_hub(tmp_path / "hub", environment={})
    client = client_of(hub, AUDITOR)
    assert "was rolled back" in client.post("/ledger/consistency", files={"file": ("c", kept)}).text
    hub.ledger.append_many([Record("hub.created", "hub", {})] * 9)
    assert "another history" in client.post("/ledger/consistency", files={"file": ("c", kept)}).text
    hub.close()


def test_a_long_check_tells_how_far_it_is(hub: Hub, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("umaya.web.pages.ledger.PATIENCE_S", 0.0)
    part = client.post("/ledger/verify", headers={"HX-Request": "true"}).text
    while "hx-get" in part:
        path = re.search(r'hx-get="(/ledger/verify/[0-9a-f-]+)"', part)
        assert path is not None
        assert "<progress" in part
        part = client.get(path[1], headers={"HX-Request": "true"}).text
    assert "The ledger is whole" in part
    assert client.get("/ledger/verify/no-such").status_code == 404


def test_every_finding_of_the_checker_has_words(hub: Hub) -> None:
    """Each sentence in the checker's code is said by one of ours, and few by the last resort."""
    source = "".join(
        path.read_text("utf-8") for path in (Path(__file__).parents[2] / "src/umaya/ledger/check").glob("*.py")
    )
    told = re.findall(r'FaultError\(\s*[\w"\[\]/.]+,\s*f?"([^"]+)"', source) + re.findall(
        r'problem = f?"([^"]+)"', source
    )
    assert len(told) > 15
    others = [text for text in told if finding(Fault("x", None, text)).words == OTHER]
    assert others == []
    assert {finding(Fault("x", None, text)).words for text in told} <= {*FINDINGS, OTHER}


def test_a_check_belongs_to_who_started_it(hub: Hub) -> None:
    jobs = Jobs(hub)
    job = jobs.start(AUDITOR)
    job.wait(None)
    assert jobs.find(AUDITOR, job.id) is job
    assert jobs.find(ACTORS["steward"], job.id) is None
