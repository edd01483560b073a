"""The hub's own pages: what each role is shown, the way of a scheme through its two locks, the ledger, the receipts."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.web import town
from tests.web.clients import client_of
from tests.web.hubs import APPLICANT, APPROVER, AUDITOR, NOW, OFFICER, PEOPLE, SCHEME, VERIFIER
from umaya.gate import Party, Release, Use, Words
from umaya.hub import Hub
from umaya.ledger import load_vkey, verify_receipt
from umaya.types.site import Actor
from umaya.web.navigation import links_for


def test_the_demo_sign_in_says_what_it_is_and_lists_people_by_party(hub: Hub) -> None:
    client = client_of(hub)
    assert "This is a demonstration sign-in" in client.get("/sign-in").text
    page = client.get("/sign-in/staff").text
    assert page.index("Minase City") < page.index(OFFICER.name) < page.index("Minase Post Office")
    for person in PEOPLE:
        assert person.name in page


@pytest.mark.parametrize("actor", PEOPLE, ids=lambda a: a.id)
def test_home_shows_what_the_roles_can_do(hub: Hub, actor: Actor) -> None:
    client = client_of(hub, actor)
    page = client.get("/").text
    for link in links_for(actor):
        leads = link.key != "offices"  # no scheme of this hub counts people
        assert (f'href="{link.path}"' in page) == leads
        assert client.get(link.path).status_code == (200 if leads else 403)


def test_home_tells_what_waits_for_whom(hub: Hub) -> None:
    """The drill's scheme waits for the second line, and for nobody else."""
    waiting = "Passable roads in a drill"
    assert waiting in client_of(hub, VERIFIER).get("/").text
    for other in (APPLICANT, APPROVER, OFFICER, AUDITOR):
        assert waiting not in client_of(hub, other).get("/").text


def test_the_language_asked_for_stays(hub: Hub) -> None:
    client = client_of(hub, OFFICER, language="en")
    assert '<html lang="ja">' in client.get("/?lang=ja").text
    assert '<html lang="ja">' in client.get("/").text
    assert '<html lang="en">' in client.get("/?lang=en").text


def test_a_scheme_is_shown_with_its_document_and_history(hub: Hub) -> None:
    page = client_of(hub, OFFICER).get("/schemes/minase-passable-roads").text
    for text in ("Route emergency vehicles", "bike-positions", "max_homes=3", "In force", "6時間後に見直すこと"):
        assert text in page
    assert page.index("Submitted</strong>") < page.index("Verified</strong>") < page.index("Approved</strong>")
    assert '<form method="post" action="/schemes' not in page, "an officer has no act to take"


def test_a_scheme_goes_through_both_locks_in_the_browser(fresh_hub: Hub) -> None:
    path, review = "/schemes/minase-drill", "/review/minase-drill/1"
    verifier, approver = client_of(fresh_hub, VERIFIER), client_of(fresh_hub, APPROVER)
    assert 'action="/schemes/minase-drill/1/approve"' not in approver.get(review).text
    page = verifier.get(review).text
    assert 'action="/schemes/minase-drill/1/verify"' in page
    assert "weighed against secrecy" in page, "the evidence to confirm stands beside the button"
    assert "What comes next" in verifier.post(f"{path}/1/verify", data={"note": "ok"}).text
    assert 'action="/schemes/minase-drill/1/verify"' not in verifier.get(review).text
    assert "Approved." in approver.post(f"{path}/1/approve").text
    assert fresh_hub.gate.schemes.get("minase-drill").summary.in_force == 1


def test_a_scheme_is_returned_with_a_reason_only(fresh_hub: Hub) -> None:
    client = client_of(fresh_hub, VERIFIER)
    assert client.post("/schemes/minase-drill/1/return", data={"note": " "}).status_code == 422
    page = client.post("/schemes/minase-drill/1/return", data={"note": "the area is too wide"}).text
    assert "the area is too wide" in page
    assert "Submit a corrected version" in page


def test_what_the_gate_forbids_no_page_does(fresh_hub: Hub) -> None:
    """The buttons are a convenience: the gate refuses whoever asks without them."""
    answer = client_of(fresh_hub, APPLICANT).post("/schemes/minase-drill/1/verify")
    assert answer.status_code == 403
    assert client_of(fresh_hub, VERIFIER).post("/schemes/minase-passable-roads/1/verify").status_code == 409
    assert fresh_hub.gate.schemes.get("minase-drill").summary.state == "submitted"


def test_a_scheme_of_other_parties_is_not_told_from_none(fresh_hub: Hub) -> None:
    from umaya.gate import Party, Words

    stranger = Actor("bank-steward", "金 五郎", "bank-minase", frozenset({"steward"}))
    fresh_hub.gate.catalogue.add_party(Party("bank-minase", Words("銀行", "Bank"), "bank"))
    fresh_hub.gate.catalogue.add_actor(stranger)
    client = client_of(fresh_hub, stranger)
    assert "Passable roads" not in client.get("/schemes").text
    there, nowhere = client.get("/schemes/minase-drill"), client.get("/schemes/no-such-scheme")
    assert there.status_code == nowhere.status_code == 404
    assert re.sub("minase-drill", "no-such-scheme", there.text) == nowhere.text


def test_notes_are_shown_as_text(fresh_hub: Hub) -> None:
    attack = "<script>alert(1)</script>"
    page = client_of(fresh_hub, VERIFIER).post("/schemes/minase-drill/1/return", data={"note": attack}).text
    assert attack not in page
    assert "&lt;script&gt;" in page


def test_the_ledger_is_shown_newest_first(hub: Hub) -> None:
    page = client_of(hub, AUDITOR).get("/ledger").text
    numbers = [int(n) for n in re.findall(r'href="/audit/entries/(\d+)"', page)]
    assert numbers == list(range(hub.ledger.size))[::-1]
    assert "Disaster declared" in page
    assert hub.ledger.checkpoint().splitlines()[2] in page


def test_the_ledger_is_verified_in_one_click(fresh_hub: Hub) -> None:
    """Whole first; then one byte is changed on disk and the page says so. The part for HTMX has no layout."""
    client = client_of(fresh_hub, AUDITOR)
    assert "The ledger is whole" in client.post("/ledger/verify").text
    part = client.post("/ledger/verify", headers={"HX-Request": "true"}).text
    assert "The ledger is whole" in part
    assert "<html" not in part
    entries = next(p for p in (fresh_hub.directory / "ledger/tile/entries").rglob("*") if p.is_file())
    damaged = bytearray(entries.read_bytes())
    damaged[-3] ^= 1
    entries.chmod(0o600)
    entries.write_bytes(damaged)
    page = client.post("/ledger/verify", headers={"HX-Request": "true"}).text
    assert "The ledger is NOT whole" in page
    assert "head of audit" in page


def test_a_refused_use_is_listed_with_its_reason(fresh_hub: Hub) -> None:
    window = (NOW - timedelta(minutes=20), NOW - timedelta(minutes=10))
    fresh_hub.gate.open(Use(OFFICER, "minase-passable-roads", "look", window, event=None))
    page = client_of(fresh_hub, OFFICER).get("/releases?state=refused").text
    assert "No disaster has been declared." in page
    assert "event-missing" in page
    assert "Nothing was released yet." in client_of(fresh_hub, OFFICER).get("/releases").text


def test_an_index_that_no_entry_can_have_is_a_problem_and_no_crash(hub: Hub) -> None:
    assert client_of(hub, AUDITOR).get(f"/releases?before={10**20}").status_code == 422


def test_a_receipt_can_be_saved_and_proves_its_entry(fresh_hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from umaya.gate.uses import UseState

    window = (NOW - timedelta(minutes=20), NOW - timedelta(minutes=10))
    refused = fresh_hub.gate.open(Use(OFFICER, "minase-passable-roads", "look", window, event=None))
    index = town.WINDOWS % fresh_hub.ledger.size
    receipt = fresh_hub.ledger.receipt(index)
    record = replace(fresh_hub.gate.uses.get(refused.use), state=UseState.RELEASED, receipt=receipt)
    monkeypatch.setattr(fresh_hub.gate.uses, "get", lambda _: record)
    answer = client_of(fresh_hub, AUDITOR).get(f"/releases/{record.id}/receipt")
    assert answer.headers["content-disposition"].startswith("attachment")
    vkey = load_vkey(fresh_hub.directory / "keys" / "ledger.vkey")
    verify_receipt(answer.text, fresh_hub.ledger.entry_bytes(index), vkey)


def test_uses_and_receipts_of_other_parties_are_not_told_from_none(fresh_hub: Hub) -> None:
    gate = fresh_hub.gate
    gate.catalogue.add_party(Party("city-other", Words("隣市", "Other City"), "municipality"))
    stranger = Actor("other-officer", "隣 五月", "city-other", frozenset({"officer"}))
    gate.catalogue.add_actor(stranger)
    text = SCHEME.format(id="plain", ja="加工なし", en="Unprocessed")
    gate.schemes.submit(APPLICANT, text[: text.index("obligations:")], "plain.yaml")
    gate.review.verify(VERIFIER, "plain")
    gate.review.approve(APPROVER, "plain")
    theirs = SCHEME.format(id="theirs", ja="隣市の施策", en="Of the other city").replace("city-minase", "city-other")
    gate.schemes.submit(APPLICANT, theirs, "theirs.yaml")
    window = (NOW - timedelta(minutes=20), NOW - timedelta(minutes=10))
    released = gate.open(Use(OFFICER, "plain", "their own words", window, "minase-earthquake"))
    refused = gate.open(Use(OFFICER, "plain", "their own words", window))
    assert isinstance(released, Release)
    assert client_of(fresh_hub, OFFICER).get(f"/releases/{released.use}/receipt").status_code == 200
    client = client_of(fresh_hub, stranger)
    for state, use in (("released", released), ("refused", refused)):
        page = client.get(f"/releases?state={state}").text
        assert OFFICER.name not in page
        assert use.use not in page
        mine = client_of(fresh_hub, OFFICER).get(f"/releases?state={state}").text
        assert OFFICER.name in mine
    answers = [client.get(f"/releases/{use}/receipt") for use in (released.use, "nothing")]
    assert [answer.status_code for answer in answers] == [404, 404]


def test_acts_on_a_scheme_of_other_parties_are_not_told_from_none(fresh_hub: Hub) -> None:
    """Not even that one may not act: the answer to every act is that of a scheme that is not there."""
    fresh_hub.gate.catalogue.add_party(Party("bank-minase", Words("銀行", "Bank"), "bank"))
    roles = frozenset({"applicant", "verifier", "approver", "steward"})
    fresh_hub.gate.catalogue.add_actor(Actor("bank-all", "金 六郎", "bank-minase", roles))
    client = client_of(fresh_hub, fresh_hub.gate.catalogue.actor("bank-all"))
    for act in ("verify", "approve", "return", "suspend"):
        for scheme in ("minase-drill", "minase-passable-roads", "no-such-scheme"):
            assert client.post(f"/schemes/{scheme}/1/{act}", data={"note": "x"}).status_code == 404


@pytest.mark.parametrize("actor", [OFFICER, VERIFIER, None], ids=["officer", "verifier", "nobody"])
def test_the_ledger_is_verified_for_its_readers_only(hub: Hub, actor: Actor | None) -> None:
    answer = client_of(hub, actor).post("/ledger/verify")
    assert answer.status_code == (401 if actor is None else 403)
    assert "root" not in answer.text
