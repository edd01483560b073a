"""The counter's pages: what is told, what is asked, what comes back as it was typed, what is never shown."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select

from tests.gate.people.test_evidence import document, picture
from tests.gate.people.town import (
    ACTORS,
    CLERK,
    CROSS_SELL,
    EVIDENCE,
    NOW,
    OTHER_CLERK,
    PRIVACY,
    PROTECTOR,
    SHOPPING,
    topic,
)
from tests.web.clients import TestClient, client_of
from tests.web.counters import AUDITOR, WITHDRAWAL, WORDING, make_hub, number
from umaya.gate.people import Channel
from umaya.gate.people.look_ups import Way
from umaya.gate.people.models import EvidenceRow, LookUpRow
from umaya.hub import Hub, open_hub
from umaya.sample.bank import TOPIC
from umaya.types.clock import ManualClock


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a hub that every test gets a copy of."""
    folder = tmp_path_factory.mktemp("counter") / "hub"
    make_hub(folder).close()
    return folder


@pytest.fixture
def hub(made: Path, tmp_path: Path) -> Iterator[Hub]:
    copy = shutil.copytree(made, tmp_path / "hub")
    hub = open_hub(copy, ManualClock(NOW), environment={})
    yield hub
    hub.close()


def filled(hub: Hub, person: int = 7, **changes: Any) -> dict[str, Any]:
    return {
        "number": number(hub, person),
        "topic": CROSS_SELL,
        "text": "1",
        "language": "ja",
        "explained": ["validity", "withdrawal"],
        "typed": "水無 花子",
        **changes,
    }


def asked(hub: Hub, person: int = 7, **changes: str) -> dict[str, str]:
    return {"number": number(hub, person), "topic": CROSS_SELL, **changes}


def taken(client: TestClient, hub: Hub, **changes: Any) -> int:
    """Take a consent; return its entry."""
    answer = client.post("/counter/give", data=filled(hub, **changes), follow_redirects=False)
    assert answer.status_code == 303, answer.text
    found = re.match(r"/counter/receipts/(\d+)\?for=", answer.headers["location"])
    assert found is not None
    return int(found[1])


def look_ups(hub: Hub) -> list[LookUpRow]:
    with hub.gate._database.reading() as session:
        return list(session.scalars(select(LookUpRow).order_by(LookUpRow.id)))


def state(hub: Hub, person: int, topic: str = CROSS_SELL) -> str:
    return str(hub.gate.consents.look_up(CLERK, person, topic, Way.API).state)


def entries(hub: Hub) -> int:
    """Return how many entries the ledger has."""
    return hub.ledger.size


def test_a_clerk_is_told_the_state_in_words_and_the_look_up_is_recorded(hub: Hub) -> None:
    clerk = client_of(hub, CLERK)
    page = clerk.post("/counter/state", data=asked(hub, reason="asked at the counter")).text
    assert "No consent on record" in page
    (row,) = look_ups(hub)
    assert (row.actor, row.person, row.channel, row.reason) == ("bank-clerk", 7, "page", "asked at the counter")
    taken(clerk, hub)
    page = clerk.post("/counter/state", data=asked(hub)).text
    assert "In force" in page
    assert "until April 2, 2027" in page
    assert "What was said so far" in page


def test_a_wrong_number_is_told_beside_the_field_and_nothing_is_recorded(hub: Hub) -> None:
    """Mistyped, of the other party, empty: what was typed stays, and no ledger entry tells of anybody."""
    clerk = client_of(hub, CLERK)
    before = entries(hub)
    for wrong in ("3K7Q9-XPA2M", number(hub, 7, "cover-minase"), "<b>"):
        for path in ("state", "take", "withdraw", "withdrawn", "give"):
            answer = clerk.post(f"/counter/{path}", data={**filled(hub), "number": wrong})
            assert answer.status_code == 422
            assert 'id="number-error"' in answer.text
            assert 'aria-invalid="true" aria-describedby="number-error' in answer.text
            assert wrong.replace("<", "&lt;").replace(">", "&gt;") in answer.text
    assert "Enter the customer number." in clerk.post("/counter/state", data={"topic": CROSS_SELL}).text
    assert "Choose the topic" in clerk.post("/counter/state", data=asked(hub, topic="no-such-topic")).text
    assert (look_ups(hub), entries(hub)) == ([], before)


def test_a_number_is_in_no_address_and_a_person_number_on_no_page(hub: Hub) -> None:
    clerk = client_of(hub, CLERK)
    person, shown = 3_141_592_653, number(hub, 3_141_592_653)
    pages = [clerk.post(f"/counter/{path}", data=asked(hub, person)) for path in ("state", "take", "withdraw")]
    answer = clerk.post("/counter/give", data=filled(hub, person), follow_redirects=False)
    slip = clerk.get(answer.headers["location"])
    pages += [slip, clerk.get("/counter/today")]
    for page in pages:
        assert str(person) not in page.text
        assert shown not in str(page.url)
    assert shown not in slip.text
    assert shown not in pages[-1].text


def test_a_protected_person_looks_like_one_who_said_nothing(hub: Hub) -> None:
    clerk = client_of(hub, CLERK)
    for person in (7, 8):
        taken(clerk, hub, person=person)
    hub.gate.measures.set(PROTECTOR, 7, "支援措置の申出")
    pages = [clerk.post("/counter/state", data=asked(hub, person)).text for person in (7, 9)]
    assert pages[0].replace(number(hub, 7), "") == pages[1].replace(number(hub, 9), "")


def test_the_sheet_says_all_in_both_languages(hub: Hub) -> None:
    page = client_of(hub, CLERK, "en").post("/counter/take", data=asked(hub)).text
    for words in (
        "本日から2027年4月2日まで有効です。",
        "From today through April 2, 2027.",
        "窓口またはアプリで、いつでも撤回できます。",
        "Withdraw at any counter or in the app at any time.",
        "水無瀬生命の保険のご案内に使うことに同意します",
        "Evidence is kept encrypted through April 2, 2030",
    ):
        assert words in page


def test_a_consent_is_taken_with_a_form_and_the_slip_tells_what_and_until_when(hub: Hub) -> None:
    clerk = client_of(hub, CLERK)
    entry = taken(clerk, hub, strokes="[[[1,2,0],[30,40,16]]]")
    assert state(hub, 7) == "active"
    slip = clerk.get(f"/counter/receipts/{entry}").text
    assert all(words in slip for words in ("Receipt", "April 2, 2027", "Withdraw at any counter", f"{entry} · text 1"))
    page = clerk.post("/counter/evidence", data={"entry": str(entry), "reason": "asked"}).text
    assert 'points="1,2 30,40"' in page
    assert "水無 花子" in page
    assert [row.what for row in look_ups(hub)] == ["state", "evidence"]


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"explained": ["validity"]}, "explained-withdrawal", "Explain how to withdraw"),
        ({"explained": []}, "explained-validity", "Explain how long"),
        ({"language": "fr"}, "language", "Choose the language"),
        ({"typed": " "}, "typed", "A signature, the person"),
        ({"strokes": "[[[1]]]"}, "typed", "could not be read"),
        ({"strokes": "{"}, "typed", "could not be read"),
        ({"strokes": "[[[-1,0,0]]]"}, "typed", "could not be read"),
        ({"text": "2"}, "form", "could not be recorded as it is"),
    ],
)
def test_what_is_missing_is_told_and_the_rest_stays(hub: Hub, changes: dict[str, Any], field: str, told: str) -> None:
    clerk = client_of(hub, CLERK)
    before = entries(hub)
    answer = clerk.post("/counter/give", data=filled(hub, **{"typed": "水無 花子", **changes}))
    assert answer.status_code == 422
    assert told in answer.text
    assert 'role="alert"' in answer.text
    assert field == "form" or f'href="#{field}"' in answer.text
    assert ("水無 花子" in answer.text) == ("typed" not in changes)
    assert (state(hub, 7), entries(hub)) == ("none", before + 1)
    assert kept_files(hub) == []


def kept_files(hub: Hub) -> list[Path]:
    return [path for path in (hub.directory / "vault" / "consent_evidence").rglob("*") if path.is_file()]


def test_what_nobody_may_be_asked_for_needs_the_persons_own_request(hub: Hub) -> None:
    """Without its time, after the word, or one that carried a word already: refused in words. Times are Japan's."""
    clerk = client_of(hub, CLERK)  # it is noon in Japan
    page = clerk.post("/counter/take", data=asked(hub, topic=SHOPPING)).text
    assert "Nobody may be asked for this" in page
    wanted: dict[str, Any] = {"topic": SHOPPING}
    for requested, told in (("", "Enter when the person asked"), ("2026-04-02T12:00", "asked for on arrival")):
        answer = clerk.post("/counter/give", data=filled(hub, **wanted, requested=requested))
        assert (answer.status_code, told in answer.text) == (422, True)
    taken(clerk, hub, **wanted, requested="2026-04-01T18:00")
    answer = clerk.post("/counter/give", data=filled(hub, **wanted, requested="2026-04-01T18:00"))
    assert (answer.status_code, "carried a consent already" in answer.text) == (422, True)
    assert 'value="2026-04-01T18:00"' in answer.text
    assert len(kept_files(hub)) == 1


@pytest.mark.parametrize(("data", "kind"), [(picture("JPEG"), "image/jpeg"), (document(), "application/pdf")])
def test_an_image_of_the_form_is_evidence_and_is_kept_bare(hub: Hub, data: bytes, kind: str) -> None:
    clerk = client_of(hub, CLERK)
    given = clerk.post(
        "/counter/give",
        data=filled(hub, typed=""),
        files={"image": ("x.exe", data, "text/html")},
        follow_redirects=False,
    )
    assert given.status_code == 303, given.text
    entry = re.findall(r"\d+", given.headers["location"])[0]
    why = {"entry": entry, "reason": "asked"}
    page = clerk.post("/counter/evidence", data=why)
    if kind == "image/jpeg":
        assert "data:image/jpeg;base64," in page.text
    else:
        saved = clerk.post("/counter/evidence?pdf=1", data=why)
        assert (saved.headers["content-type"], saved.content[:5]) == (kind, b"%PDF-")
        assert saved.headers["content-disposition"].startswith("attachment")
        assert b"HANAKO" not in saved.content
        assert len(look_ups(hub)) == 2, "to save it is to open it again"


def test_a_file_that_is_no_image_is_told_and_nothing_is_kept(hub: Hub) -> None:
    files = {"image": ("form.png", b"<script>alert(1)</script>", "image/png")}
    answer = client_of(hub, CLERK).post("/counter/give", data=filled(hub), files=files)
    assert answer.status_code == 422
    assert 'id="image-error"' in answer.text
    assert (state(hub, 7), kept_files(hub)) == ("none", [])


def test_where_the_ledger_refuses_nothing_is_told_nothing_taken_and_the_form_stays(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = client_of(hub, CLERK)
    clerk.event_hooks = {"request": [], "response": []}

    def refuse(*_: object) -> None:
        raise OSError("no space left")

    taken(clerk, hub, person=8)
    ledger = hub.gate._ledger
    monkeypatch.setattr(ledger, "append", refuse)
    monkeypatch.setattr(ledger, "append_many", refuse)
    for path, data in (("state", asked(hub, 8)), ("give", filled(hub)), ("withdrawn", asked(hub, 8))):
        answer = clerk.post(f"/counter/{path}", data=data)
        assert answer.status_code == 503
        assert "The ledger cannot be written" in answer.text
        assert str(data["number"]) in answer.text
        assert "In force" not in answer.text
    assert len(kept_files(hub)) == 1
    monkeypatch.undo()
    assert (state(hub, 7), state(hub, 8)) == ("none", "active")


def test_a_withdrawal_takes_two_steps_and_says_what_it_changes(hub: Hub) -> None:
    clerk, other = client_of(hub, CLERK), client_of(hub, OTHER_CLERK)
    taken(clerk, hub)
    theirs = {"number": number(hub, 7, "cover-minase"), "topic": CROSS_SELL}
    first = other.post("/counter/withdraw", data=theirs).text
    assert "From this moment Minase Life can no longer use the information for: Offers." in first
    assert state(hub, 7) == "active"
    done = other.post("/counter/withdrawn", data=theirs, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, f"/counter?topic={CROSS_SELL}&withdrawn=true")
    assert "The withdrawal was recorded" in other.get(done.headers["location"]).text
    assert state(hub, 7) == "withdrawn"


def test_todays_mistake_is_corrected_in_two_steps(hub: Hub) -> None:
    clerk = client_of(hub, CLERK)
    entry = taken(clerk, hub)
    assert str(entry) in clerk.get("/counter/today").text
    assert clerk.post("/counter/today/correct").status_code == 422
    assert "recorded as withdrawn" in clerk.post("/counter/today/correct", data={"entry": entry}).text
    assert state(hub, 7) == "active"
    assert "The correction was recorded" in clerk.post("/counter/today/corrected", data={"entry": entry}).text
    assert state(hub, 7) == "withdrawn"
    assert clerk.post("/counter/today/corrected", data={"entry": entry}).status_code == 422
    assert "withdrawn again" in clerk.get("/counter/today").text


def test_evidence_is_opened_with_a_reason_by_the_partys_clerks_and_auditors(hub: Hub) -> None:
    entry = taken(client_of(hub, CLERK), hub)
    why = {"entry": str(entry), "reason": "complaint"}
    assert "水無 花子" in client_of(hub, AUDITOR).post("/counter/evidence", data=why).text
    for who, wrong in ((OTHER_CLERK, why), (AUDITOR, {**why, "entry": "1"}), (AUDITOR, {**why, "entry": "x"})):
        answer = client_of(hub, who).post("/counter/evidence", data=wrong)
        assert (answer.status_code, 'id="entry-error"' in answer.text) == (422, True)
    answer = client_of(hub, AUDITOR).post("/counter/evidence", data={**why, "reason": " "})
    assert (answer.status_code, 'id="reason-error"' in answer.text) == (422, True)
    assert len(look_ups(hub)) == 1


def test_a_slip_is_the_clerks_own_of_the_day(hub: Hub) -> None:
    entry = taken(client_of(hub, CLERK), hub)
    assert client_of(hub, OTHER_CLERK).get(f"/counter/receipts/{entry}").status_code == 404
    cast("ManualClock", hub.clock).advance(timedelta(days=1))
    assert client_of(hub, CLERK).get(f"/counter/receipts/{entry}").status_code == 404


@pytest.mark.parametrize("who", [PRIVACY, PROTECTOR, AUDITOR, ACTORS["protector"]])
def test_only_clerks_stand_at_the_counter(hub: Hub, who: Any) -> None:
    client = client_of(hub, who)
    assert [client.get(path).status_code for path in ("/counter", "/counter/today", "/counter/receipts/1")] == [403] * 3
    for path in ("state", "take", "give", "withdraw", "withdrawn", "today/correct", "today/corrected"):
        assert client.post(f"/counter/{path}", data=filled(hub)).status_code == 403
    assert (look_ups(hub), state(hub, 7)) == ([], "none")


def test_a_topic_without_a_text_in_force_cannot_be_taken(hub: Hub) -> None:
    clerk = client_of(hub, CLERK)
    hub.gate.topics.end_text(PRIVACY, CROSS_SELL, 1)
    for path in ("take", "give"):
        answer = clerk.post(f"/counter/{path}", data=filled(hub))
        assert answer.status_code == 422
    assert "no text in force" in clerk.post("/counter/take", data=asked(hub)).text
    with hub.gate._database.reading() as session:
        assert session.scalars(select(EvidenceRow)).all() == []


def test_a_demonstration_names_numbers_to_try(hub: Hub) -> None:
    """Of people who said something on the sample's topic; a hub that is none names nobody."""
    hub.gate.topics.add(PRIVACY, topic(TOPIC))
    hub.gate.topics.add_text(PRIVACY, TOPIC, WORDING, WITHDRAWAL, valid_days=30)
    hub.gate.consents.give(CLERK, 7, TOPIC, 1, Channel.COUNTER, EVIDENCE)
    assert number(hub, 7) in client_of(hub, CLERK).get("/counter").text
    assert number(hub, 7, "cover-minase") in client_of(hub, OTHER_CLERK).get("/counter").text
