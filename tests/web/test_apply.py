"""The guided form: what a person typed comes back, what the gate would refuse is said at once, drafts are one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gate.lists import DOCUMENT, TOPIC
from tests.web.apply_world import ASKER, COLLEAGUE, SELLER, make_apply_hub
from tests.web.clients import TestClient, client_of
from umaya.gate import documents
from umaya.hub import Hub
from umaya.law.privacy_check import Problem
from umaya.web.pages.apply_draft import STEPS, as_document, of_data
from umaya.web.pages.apply_page import anchors

TYPED: dict[str, dict[str, Any]] = {
    "idea": {
        "title.ja": "満期のご案内",
        "title.en": "Maturity offers",
        "purpose.ja": "満期に合った保険を案内する",
        "purpose.en": "Offer insurance at maturity\r\nto those who consented",
        "scheme": "maturity-offers",
    },
    "what": {"dataset": "deposits", "fields": ["balance", "town"]},
    "whose": {
        "recipient": "insurer-minase",
        "area.kind": "none",
        "period.from": "2026-06-01",
        "period.to": "2027-03-31",
    },
    "why": {"basis": "cross-sell-consent", "topic": TOPIC, "business": "insurance"},
    "obligations": {
        "obligations.count": "2",
        "obligations.0.name": "generalise-numbers",
        "obligations.0.fields": ["balance"],
        "obligations.0.width": "1000000",
        "obligations.1.name": "delete-by",
        "obligations.1.days": "90",
    },
    "privacy": {f"privacy.{problem}.risk": "low" for problem in Problem},
}
"""What an applicant types, step by step."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = make_apply_hub(tmp_path_factory.mktemp("apply") / "hub")
    yield hub
    hub.close()


@pytest.fixture(scope="module")
def client(hub: Hub) -> TestClient:
    return client_of(hub, ASKER)


def begin(client: TestClient, **form: str) -> str:
    """Begin a draft; return the path of its pages."""
    answer = client.post("/apply/new", data={"how": "empty", **form}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].removesuffix("/idea")


def revision(client: TestClient, page: str) -> str:
    found = re.search(r'name="revision" value="(\d+)"', client.get(page).text)
    assert found is not None
    return found[1]


def post(client: TestClient, draft: str, step: str, do: str = "next", **form: Any) -> Any:
    """Send a step's form as its page would; return the answer, not what it leads to."""
    data = {"revision": revision(client, f"{draft}/{step}"), "do": do, **form}
    return client.post(f"{draft}/{step}", data=data, follow_redirects=False)


def fill(client: TestClient, draft: str, *steps: str) -> None:
    for step in steps:
        answer = post(client, draft, step, **TYPED[step])
        assert answer.headers["location"] == f"{draft}/{STEPS[STEPS.index(step) + 1]}", (step, answer.headers)


def test_from_an_idea_to_a_scheme(hub: Hub, client: TestClient) -> None:
    """Seven steps, each leading on; the gate takes what they made, and the draft is gone."""
    draft = begin(client)
    fill(client, draft, *STEPS[:-1])
    review = client.get(f"{draft}/review")
    assert "It can be submitted as it is" in review.text
    answer = client.post(f"{draft}/submit", data={"revision": revision(client, f"{draft}/review")})
    assert answer.url.path == "/schemes/maturity-offers"
    document = hub.gate.schemes.get("maturity-offers").versions[0].document
    assert document.purpose.en == "Offer insurance at maturity\nto those who consented"
    assert (document.provider, document.fields, document.topic) == ("bank-minase", ["balance", "town"], TOPIC)
    width = {"fields": ["balance"], "width": 1_000_000}
    assert document.obligations == [{"generalise-numbers": width}, {"delete-by": {"days": 90}}]
    assert len(document.privacy_check or []) == 16
    assert client.get(f"{draft}/idea").status_code == 404
    listed = client.get("/apply").text
    assert "Maturity offers" in listed
    assert "/apply/new?scheme=maturity-offers" in listed


def test_the_gate_says_at_once_what_it_would_refuse(client: TestClient) -> None:
    """Beside the field and in a summary that leads to it; in the language of the page; a save goes on all the same."""
    draft = begin(client)
    fill(client, draft, "idea", "what")
    answer = post(client, draft, "whose", recipient="insurer-minase", **{"period.from": "spring", "area.kind": "none"})
    assert answer.headers["location"] == f"{draft}/whose?told=true"
    page = client.get(answer.headers["location"]).text
    assert re.search(r'role="alert".*?href="#period-from".*?It is no date', page, re.DOTALL)
    assert re.search(
        r'value="spring" id="period-from" aria-describedby="[^"]*fault-period-from" aria-invalid="true"', page
    )
    assert re.search(r'id="fault-period-from".*?It is no date', page, re.DOTALL)
    japanese = client.get(f"{draft}/whose?told=true&lang=ja").text
    assert "日付ではありません。" in japanese
    client.get(f"{draft}/whose?lang=en")
    assert client.get(f"{draft}/review").status_code == 200


def test_what_the_law_says_stands_beside_the_field(client: TestClient) -> None:
    """A basis that cannot reach the fields: the law's own words with their article, beside field and recipient."""
    draft = begin(client)
    fill(client, draft, "idea", "what", "whose")
    post(client, draft, "why", basis="statute", **{"authority.ja": "何々法", "authority.en": "Some act"})
    page = client.get(f"{draft}/what").text
    assert re.search(r'id="fault-fields-balance".*?does not let a field of this secrecy class leave', page, re.DOTALL)
    assert "APPI art. 27(1)(i)" in page


def test_bases_are_offered_with_what_would_carry_them(client: TestClient) -> None:
    """Statistics needs groups: the offer is taken with one button, and then carries the fields."""
    draft = begin(client)
    fill(client, draft, "idea", "what", "whose")
    page = client.get(f"{draft}/why").text
    assert 'value="use:statistics:0"' in page
    assert "Bases that cannot be used" in page
    answer = post(client, draft, "why", do="use:statistics:0")
    assert answer.headers["location"].startswith(f"{draft}/why#")
    text = client.get(f"{draft}/scheme.yaml").text
    assert documents.read(text, "x").data["obligations"] == [
        {"aggregate": {"by": ["town"], "sums": ["balance"], "min_people": 10}}
    ]
    assert "the basis reaches the chosen fields" in client.get(f"{draft}/obligations").text


def test_another_basis_puts_aside_and_gives_back(client: TestClient) -> None:
    """What only one basis asks for is not lost when another is tried."""
    draft = begin(client)
    fill(client, draft, "idea", "what", "whose", "why")
    post(client, draft, "why", do="choose", basis="statistics", topic=TOPIC, business="insurance")
    data = documents.read(client.get(f"{draft}/scheme.yaml").text, "x").data
    assert {"topic", "business"}.isdisjoint(data)
    post(client, draft, "why", do="choose", basis="cross-sell-consent")
    data = documents.read(client.get(f"{draft}/scheme.yaml").text, "x").data
    assert (data["topic"], data["business"]) == (TOPIC, "insurance")


def test_obligations_are_added_moved_and_removed(client: TestClient) -> None:
    """Each by a button of its own that keeps what was typed in the others."""
    draft = begin(client)
    fill(client, draft, "idea", "what")
    post(client, draft, "obligations", do="add", **{"obligations.count": "0", "obligations.add": "delete-by"})
    first = {"obligations.0.name": "delete-by", "obligations.0.days": "soon"}
    post(client, draft, "obligations", do="add", **first, **{"obligations.count": "1", "obligations.add": "drop"})
    second = {"obligations.1.name": "drop", "obligations.1.fields": ["balance"], "obligations.count": "2"}
    post(client, draft, "obligations", do="up:1", **first, **second)
    data = documents.read(client.get(f"{draft}/scheme.yaml").text, "x").data
    assert data["obligations"] == [{"drop": {"fields": ["balance"]}}, {"delete-by": {"days": "soon"}}]
    page = client.get(f"{draft}/obligations").text
    assert 'value="soon" id="obligations-1-days"' in page
    post(
        client,
        draft,
        "obligations",
        do="remove:0",
        **{
            "obligations.count": "2",
            "obligations.0.name": "drop",
            "obligations.1.name": "delete-by",
        },
    )
    data = documents.read(client.get(f"{draft}/scheme.yaml").text, "x").data
    assert data["obligations"] == [{"delete-by": {}}]


def test_an_outdated_form_overwrites_nothing_and_loses_nothing(client: TestClient) -> None:
    """Two windows: the later save is refused with what was typed in it, and taken when it is sent again."""
    draft = begin(client)
    old = revision(client, f"{draft}/idea")
    fill(client, draft, "idea")
    late = {"revision": old, "do": "next", "title.en": "Written in the other window"}
    answer = client.post(f"{draft}/idea", data=late)
    assert answer.status_code == 409
    assert "saved in another window first" in answer.text
    assert "Written in the other window" in answer.text
    assert "Maturity offers" in client.get(f"{draft}/idea").text
    found = re.search(r'name="revision" value="(\d+)"', answer.text)
    assert found is not None
    client.post(f"{draft}/idea", data=late | {"revision": found[1]})
    assert "Written in the other window" in client.get(f"{draft}/idea").text
    stale = client.post(f"{draft}/submit", data={"revision": old})
    assert (stale.status_code, "saved in another window first" in stale.text) == (409, True)


def test_drafts_of_others_are_as_if_not_there(hub: Hub, client: TestClient) -> None:
    """For a colleague, too; and nobody without the role gets that far."""
    draft = begin(client)
    colleague, seller = client_of(hub, COLLEAGUE), client_of(hub, SELLER)
    paths = [*(f"{draft}/{step}" for step in STEPS), f"{draft}/scheme.yaml"]
    assert {colleague.get(path).status_code for path in paths} == {404}
    assert {seller.get(path).status_code for path in [*paths, "/apply", "/apply/new"]} == {403}
    for act in ("idea", "idea/check", "submit", "discard"):
        assert colleague.post(f"{draft}/{act}", data={"revision": "1"}).status_code == 404
    assert draft not in colleague.get("/apply").text
    assert client.get(f"{draft}/idea").status_code == 200


def test_the_live_check_keeps_nothing(hub: Hub, client: TestClient) -> None:
    """It answers with the gate's word and a place for every field of the step, and neither draft nor ledger changes."""
    draft = begin(client)
    fill(client, draft, "idea", "what")
    before, size = client.get(f"{draft}/scheme.yaml").text, hub.ledger.size
    shown = re.search(r'name="revision" value="(\d+)"', client.get(f"{draft}/whose").text)
    assert shown is not None
    overtaken = client.post(f"{draft}/whose/check", data={"revision": "1", "period.to": "never"}).text
    assert 'id="gate-says"' in overtaken
    assert "fault-period-to" not in overtaken  # a page of an earlier draft may lack the field
    answer = client.post(f"{draft}/whose/check", data={"revision": shown[1], "period.to": "never"})
    assert 'id="gate-says"' in answer.text
    assert re.search(r'id="fault-period-to"[^>]*hx-swap-oob="true">.*?It is no date', answer.text, re.DOTALL)
    other = client.post(f"{draft}/obligations/check", data={"do": "add", "obligations.add": "drop"})
    assert "fault-obligations-0" not in other.text  # a button that was pressed before is not pressed again
    assert (client.get(f"{draft}/scheme.yaml").text, hub.ledger.size) == (before, size)


def test_every_field_has_its_place_for_faults(hub: Hub, client: TestClient) -> None:
    """The places that the live check fills are those that the pages have."""
    draft = begin(client)
    fill(client, draft, *STEPS[:-1])
    data = documents.read(client.get(f"{draft}/scheme.yaml").text, "x").data
    dataset = hub.gate.catalogue.dataset("deposits")
    basis = hub.gate.dry_check.bases()["cross-sell-consent"]
    for step in STEPS[:-1]:
        text = client.get(f"{draft}/{step}").text
        found = re.findall(r'id="fault-([^"]+)"', text)
        assert sorted(found) == sorted(anchors(step, data, dataset, basis)), step
        assert not [one for one in found if f'id="{one}"' not in text], step


def test_ways_to_begin(hub: Hub, client: TestClient) -> None:
    """A worked example, a file, pasted text, and the next version of a scheme that is there."""
    example = begin(client, how="template", template="minase-insurance-offer")
    assert "balance" in client.get(f"{example}/scheme.yaml").text
    pasted = begin(client, how="yaml", yaml=DOCUMENT)
    client.post(f"{pasted}/submit", data={"revision": "1"})
    assert hub.gate.schemes.get("insurance-offer").summary.version == 1
    amended = begin(client, how="next", scheme="insurance-offer")
    assert "says the same" in client.get(f"{amended}/review?told=true").text
    refused = client.post(f"{amended}/submit", data={"revision": "1"})
    assert refused.status_code == 409
    uploaded = client.post(
        "/apply/new", data={"how": "yaml"}, files={"file": ("s.yaml", "scheme: from-file\n")}, follow_redirects=False
    )
    path = uploaded.headers["location"].removesuffix("/idea")
    assert client.get(f"{path}/scheme.yaml").text == "scheme: from-file\n"
    broken = client.post("/apply/new", data={"how": "yaml", "yaml": "scheme: [unclosed"})
    assert broken.status_code == 422
    assert "scheme: [unclosed" in broken.text
    other = client.post("/apply/new", data={"how": "next", "scheme": "no-such-scheme"})
    assert other.status_code == 404


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = [*documents.read(DOCUMENT, "x").data, "area", "notice", "authority", "agreement", "other"]


@given(data=st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4))
@settings(max_examples=25, deadline=None)
def test_no_document_is_too_wrong_to_be_shown(client: TestClient, data: dict[str, Any]) -> None:
    """Whatever a file says, every step shows it and none fails."""
    text = documents.write(documents.read(DOCUMENT, "x").data | data)
    answer = client.post("/apply/new", data={"how": "yaml", "yaml": text}, follow_redirects=False)
    if answer.status_code == 422:  # YAML cannot say it
        return
    draft = answer.headers["location"].removesuffix("/idea")
    assert {client.get(f"{draft}/{step}?told=true").status_code for step in STEPS} == {200}
    client.post(f"{draft}/discard")


def test_a_draft_of_a_document_states_the_document() -> None:
    """Into a draft and out again nothing changes."""
    data = documents.read(DOCUMENT, "x").data
    assert as_document(of_data(data)).data == data
