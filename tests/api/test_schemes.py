"""The JSON API of schemes: from a document to its end, as roles allow, under the rules of sessions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gate.review_world import answered
from tests.web.clients import TestClient, client_of
from tests.web.hubs import APPLICANT, APPROVER, AUDITOR, OFFICER, SCHEME, VERIFIER, make_hub
from umaya.gate import Party, Words
from umaya.hub import Hub
from umaya.types.site import Actor

PATH = "/api/v1/schemes"
DOCUMENT = SCHEME.format(id="snow", ja="除雪", en="Snow")
STRANGER = Actor("insurer-officer", "保 五郎", "insurer-minase", frozenset({"officer"}))


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    hub = make_hub(tmp_path / "hub")
    yield hub
    hub.close()


def post(client: TestClient, path: str, status: int = 200, **body: Any) -> Any:
    answer = client.post(f"{PATH}{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_scheme_goes_from_its_document_to_its_end(hub: Hub) -> None:
    applicant, verifier, approver, steward, officer = (
        client_of(hub, person) for person in (APPLICANT, VERIFIER, APPROVER, AUDITOR, OFFICER)
    )
    submitted = post(applicant, "", 201, document=DOCUMENT)
    assert (submitted["scheme"], submitted["version"], submitted["state"]) == ("snow", 1, "submitted")
    assert submitted["open_points"] == []
    limits = [{"report-every-days": {"days": 30}}, "max-uses-per-day: {uses: 10}"]
    assert post(verifier, "/snow/verify", version=1, note="確認", conditions=limits)["state"] == "verified"
    assert post(approver, "/snow/approve", version=1)["in_force"] == 1
    late = ["valid-until: {day: 2999-12-31}"]
    assert post(approver, "/snow/impose", reason="期限", conditions=late)["state"] == "approved"
    assert post(officer, "/snow/report", text="利用なし")["state"] == "approved"
    assert post(steward, "/snow/suspend", reason="苦情")["in_force"] is None
    assert post(approver, "/snow/resume", reason="解決")["in_force"] == 1
    assert post(applicant, "", 201, document=DOCUMENT.replace("Route emergency", "Slow"))["version"] == 2
    found = officer.get(f"{PATH}/snow/diff").json()
    assert (found["before"], found["after"]) == (1, 2)
    assert [change["key"] for change in found["changes"]] == ["purpose.en"]
    assert len(found["without_conditions"]) == 3
    assert post(verifier, "/snow/return", reason="不要", version=2)["state"] == "returned"
    post(steward, "/snow/end", reason="終わり")
    versions = officer.get(f"{PATH}/snow").json()["versions"]
    assert [version["state"] for version in versions] == ["ended", "returned"]
    assert versions[0]["conditions"] == [
        "report-every-days: {days: 30}",
        "max-uses-per-day: {uses: 10}",
        "valid-until: {day: 2999-12-31}",
    ]
    acts = officer.get(f"{PATH}/snow/history").json()["items"]
    assert [act["act"] for act in acts] == [
        "submit",
        "verify",
        "approve",
        "impose",
        "report",
        "suspend",
        "resume",
        "submit",
        "return",
        "end",
    ]
    assert [hub.ledger.entry(act["entry"]).actor for act in acts] == [act["actor"] for act in acts]


def test_open_points_are_told_with_the_draft(hub: Hub) -> None:
    high = answered(exposure="risk: high, measure: {ja: 注意する, en: Take care}")
    submitted = post(client_of(hub, APPLICANT), "", 201, document=DOCUMENT + high)
    assert submitted["open_points"] == [{"code": "privacy-high-risk-open", "item": "exposure"}]
    verifier = client_of(hub, VERIFIER)
    assert verifier.get(f"{PATH}/snow").json()["open_points"] == submitted["open_points"]
    assert post(verifier, "/snow/verify", 409)["code"] == "conflict"
    assert post(verifier, "/snow/privacy-check", 403)["code"] == "forbidden"


REFUSED: list[tuple[Actor | None, str, dict[str, Any], int, str]] = [
    # who, path, body, status, code
    (None, "", {"document": DOCUMENT}, 401, "sign-in"),
    (VERIFIER, "", {"document": DOCUMENT}, 403, "forbidden"),
    (APPLICANT, "", {"document": DOCUMENT.replace("lon, lat]", "lon, latt]")}, 422, "input"),
    (APPLICANT, "", {"text": DOCUMENT}, 422, "input"),
    (APPLICANT, "/IN-FORCE/verify", {}, 409, "conflict"),
    (APPLICANT, "/IN-FORCE/suspend", {"reason": "x"}, 403, "forbidden"),
    (VERIFIER, "/IN-FORCE/suspend", {}, 422, "input"),
    (VERIFIER, "/IN-FORCE/suspend", {"reason": " "}, 422, "input"),
    (VERIFIER, "/IN-FORCE/verify", {"conditions": ["be-careful"]}, 422, "input"),
    (VERIFIER, "/no-such-scheme/verify", {}, 404, "not-found"),
    (VERIFIER, "/IN-FORCE/consent", {}, 409, "conflict"),
    (AUDITOR, "/IN-FORCE/resume", {"reason": "x"}, 409, "conflict"),
]


@pytest.mark.parametrize(("actor", "path", "body", "status", "code"), REFUSED)
def test_what_may_not_be_is_answered_with_its_problem(
    hub: Hub, actor: Actor | None, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    (in_force,) = (scheme.id for scheme in hub.gate.schemes.list() if scheme.in_force)
    path = path.replace("IN-FORCE", in_force)
    client = client_of(hub, actor)
    size = hub.ledger.size
    assert post(client, path, status, **body)["code"] == code
    assert hub.ledger.size == size


def test_a_fault_in_a_document_names_its_place(hub: Hub) -> None:
    document = DOCUMENT.replace("lon, lat]", "lon, latt]")
    problem = post(client_of(hub, APPLICANT), "", 422, document=document, file="snow.yaml")
    assert problem["place"] == {"file": "snow.yaml", "row": 7, "field": "fields[3]"}


def test_a_scheme_that_is_none_of_ones_business_is_not_there(hub: Hub) -> None:
    hub.gate.catalogue.add_party(Party("insurer-minase", Words("保険", "Insurer"), "insurer"))
    hub.gate.catalogue.add_actor(STRANGER)
    stranger = client_of(hub, STRANGER)
    scheme = hub.gate.schemes.list()[0].id
    assert stranger.get(PATH).json() == {"items": [], "next": None}
    for path in ("", "/history", "/diff"):
        assert stranger.get(f"{PATH}/{scheme}{path}").status_code == 404
    assert post(stranger, f"/{scheme}/report", 404, text="x")["code"] == "not-found"


def test_another_sites_page_changes_nothing(hub: Hub) -> None:
    client = client_of(hub, APPLICANT)
    answer = client.post(PATH, json={"document": DOCUMENT}, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")
