"""The review desk: each form is an act that the gate takes, each act has its form; evidence stands side by side."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.gate.review_world import CHECKED, CUSTOMERS, ID, answered
from tests.web.clients import client_of
from tests.web.hubs import APPLICANT, APPROVER, AUDITOR, VERIFIER
from tests.web.reviews import (
    BANKS_HEAD,
    BANKS_OFFICER,
    PROTECTION,
    REVIEW_PEOPLE,
    STRANGER,
    review_hub,
    sign,
    verify,
)
from umaya.gate.conditions import Condition, Rule
from umaya.hub import Hub
from umaya.types.site import Actor

PAGE = f"/review/{ID}/1"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Hub]:
    """A hub of the test's own with one scheme that waits for its privacy check, and one for the second line."""
    hub = review_hub(tmp_path / "hub")
    yield hub
    hub.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The same hub for the tests that change nothing in it."""
    hub = review_hub(tmp_path_factory.mktemp("review") / "hub")
    yield hub
    hub.close()


def forms(page: str) -> set[str]:
    """Return the acts that a page offers as forms."""
    return set(re.findall(rf'action="/schemes/{ID}/1/([a-z-]+)"', page))


def test_the_page_offers_what_the_gate_would_take_and_no_other_act(desk: Hub) -> None:
    """In every state on the way; that the gate takes it is proved in tests/gate/test_rehearsal.py, act by act."""
    review = desk.gate.review
    clients = {actor.id: client_of(desk, actor) for actor in REVIEW_PEOPLE}
    steps: list[Callable[[], None]] = [
        lambda: sign(desk),
        lambda: review.verify(VERIFIER, ID),
        lambda: review.consent(BANKS_HEAD, ID),
        lambda: review.approve(APPROVER, ID),
        lambda: review.suspend(AUDITOR, ID, "理由"),
        lambda: review.end(APPROVER, ID, "理由"),
    ]
    for step in [lambda: None, *steps]:
        step()
        for actor in REVIEW_PEOPLE:
            offered = {offer.step.value for offer in desk.gate.rehearsal.offers(actor, ID)}
            assert forms(clients[actor.id].get(PAGE).text) == offered, actor.id


def test_each_step_is_told_to_the_one_whose_turn_it_is(desk: Hub) -> None:
    """On the home page, on the work list and on the scheme's page; to the others it says whose turn it is."""
    turns: list[tuple[Actor, str, str]] = [
        (PROTECTION, "privacy-check", "Sign off the privacy check"),
        (VERIFIER, "verify", "Check it against the law (lock one)"),
        (BANKS_HEAD, "consent", "Give the consent of a party that is consulted"),
        (APPROVER, "approve", "Approve it or send it back (lock two)"),
    ]
    for actor, act, words in turns:
        client = client_of(desk, actor)
        assert f"{words} - Customers" in client.get("/").text
        listed = client.get("/review").text
        assert "Your turn" in listed
        assert f'href="{PAGE}"' in listed[: listed.index("Somebody else")]
        assert "Your turn</span>" in client.get(f"/schemes/{ID}").text
        for other in {PROTECTION, VERIFIER, BANKS_HEAD, APPROVER} - {actor}:
            page = client_of(desk, other).get(f"/schemes/{ID}").text
            assert words in page
            assert "Your turn</span>" not in page
        answer = client.post(f"/schemes/{ID}/1/{act}", data={"note": "確かめた"})
        assert answer.status_code == 200
        assert 'role="status"' in answer.text
    assert desk.gate.schemes.get(ID).summary.in_force == 1


def test_the_work_list_is_oldest_first_with_open_points(desk: Hub) -> None:
    desk.gate.schemes.submit(APPLICANT, CUSTOMERS.replace(ID, "unchecked"), "unchecked.yaml")
    page = client_of(desk, AUDITOR).get("/review").text
    assert page.index("/review/minase-drill/1") < page.index(PAGE) < page.index("/review/unchecked/1")
    assert "16 open" in page
    assert client_of(desk, STRANGER).get("/review").text.count('href="/review/') == 0


def test_conditions_are_imposed_by_a_form_with_units(desk: Hub) -> None:
    sign(desk)
    client = client_of(desk, VERIFIER)
    page = client.get(PAGE).text
    assert "Most people in one use (people)" in page
    assert "Last day of use" in page
    assert "The joint-use notice is published" not in page, "the scheme rests on no notice"
    given = {
        "condition.max-people-per-use": "500",
        "condition.valid-until": "2027-01-31",
        "condition.max-uses-per-day": "",
    }
    client.post(f"/schemes/{ID}/1/verify", data=given)
    (version,) = desk.gate.schemes.get(ID).versions
    limits = {condition.rule: condition.limit for condition in version.conditions}
    assert limits.pop(Rule.MAX_PEOPLE_PER_USE) == 500
    assert str(limits.pop(Rule.VALID_UNTIL)) == "2027-01-31"
    assert not limits
    assert "Most people in one use: 500 people" in client.get(PAGE).text


@pytest.mark.parametrize("typed", ["0", "-1", "1.5", "many", "4294967296", "９", "1" * 400])
def test_a_limit_that_is_none_comes_back_with_what_was_typed(shared: Hub, typed: str) -> None:
    client = client_of(shared, VERIFIER)
    given = {"note": "広すぎる", "condition.max-people-per-use": typed, "condition.report-every-days": "30"}
    answer = client.post(f"/schemes/{ID}/1/impose", data=given)
    assert answer.status_code == 422
    field = re.search(r'<input[^>]*id="impose-max-people-per-use"[^>]*>', answer.text)
    assert field is not None
    assert 'aria-invalid="true"' in field[0]
    assert f'value="{typed}"' in field[0]
    assert 'aria-describedby="impose-max-people-per-use-help impose-max-people-per-use-error"' in field[0]
    assert 'role="alert"' in answer.text
    assert 'href="#impose-max-people-per-use"' in answer.text
    assert "広すぎる</textarea>" in answer.text
    assert shared.gate.schemes.get(ID).versions[0].conditions == ()


@pytest.mark.parametrize("act", ["return", "impose", "suspend", "resume", "end", "report"])
def test_an_act_that_needs_a_reason_is_not_taken_without(shared: Hub, act: str) -> None:
    answer = client_of(shared, VERIFIER).post(f"/schemes/{ID}/1/{act}", data={"note": "  "})
    assert answer.status_code == 422
    assert "Say why." in answer.text
    assert len(shared.gate.schemes.get(ID).acts) == 1


def test_a_reason_that_is_too_long_and_no_condition_are_said_beside_their_fields(shared: Hub) -> None:
    answer = client_of(shared, VERIFIER).post(f"/schemes/{ID}/1/impose", data={"note": "あ" * 4001})
    assert answer.status_code == 422
    assert "Keep it under 4,000 characters." in answer.text
    assert "State at least one condition." in answer.text


def test_what_the_gate_would_not_take_no_form_brings_about(shared: Hub) -> None:
    """Who may not is told so; a version in another state is; another party's scheme is not told from none."""
    assert client_of(shared, APPLICANT).post(f"/schemes/{ID}/1/verify").status_code == 403
    assert client_of(shared, VERIFIER).post(f"/schemes/{ID}/1/verify").status_code == 409, "no sign-off yet"
    assert client_of(shared, APPROVER).post(f"/schemes/{ID}/1/approve").status_code == 409
    stranger = client_of(shared, STRANGER)
    for path in (PAGE, f"/review/{ID}/9", "/review/no-such-scheme/1"):
        assert stranger.get(path).status_code == 404
    for scheme in (ID, "no-such-scheme"):
        assert stranger.post(f"/schemes/{scheme}/1/verify", data={"note": ""}).status_code == 404
    assert client_of(shared, VERIFIER).get(f"/review/{ID}/2").status_code == 404
    assert client_of(shared, VERIFIER).get(f"/review/{ID}/{2**31}").status_code == 422


def test_the_evidence_stands_side_by_side(shared: Hub) -> None:
    page = client_of(shared, VERIFIER).get(PAGE).text
    for heading in ("What the law asks", "What the locks wait for", "Answers of the privacy check"):
        assert heading in page
    assert "Income Tax Act" in page, "the authority that is cited"
    assert "Minase Bank consented (prior consultation)" in page
    assert page.count("It does not arise") == 16
    assert "It is the first version." in page


def test_what_is_risky_is_said_in_words_with_an_icon(desk: Hub) -> None:
    """A high risk that a measure lowers, no processing, a new recipient; to outsiders nothing of other schemes."""
    high = answered(
        surveillance="risk: high, measure: {ja: 集計のみ, en: Counts only}, residual: low",
        intrusion="risk: middle",
    )
    desk.gate.schemes.submit(APPLICANT, CUSTOMERS + high, "customers.yaml")
    page = client_of(desk, APPROVER).get(f"/review/{ID}/2").text
    summary = page[page.index("In short") : page.index("What the law asks")]
    for told in ("the data leaves unprocessed", "a high risk", "this recipient is new", "a middle risk is left"):
        assert told in summary
    assert summary.count("⚠") == summary.count("<strong>Risk</strong>") == 2
    assert summary.count("<strong>New</strong>") >= 2
    outside = client_of(desk, BANKS_HEAD).get(f"/review/{ID}/2").text
    assert "this recipient is new" not in outside


def test_a_new_version_is_shown_beside_the_one_in_force_and_similar_schemes(desk: Hub) -> None:
    """With the changes, the conditions that would be lost, and the scheme that is like it."""
    verify(desk)
    desk.gate.review.consent(BANKS_HEAD, ID)
    desk.gate.review.approve(APPROVER, ID, conditions=[Condition(Rule.MAX_USES_PER_DAY, 3)])
    desk.gate.schemes.submit(APPLICANT, CHECKED.replace("2027-03-31", "2028-12-31"), "customers.yaml")
    page = client_of(desk, VERIFIER).get(f"/review/{ID}/2").text
    assert "Against version 1: 1 changes." in page
    assert f'href="/schemes/{ID}/diff?version=2"' in page
    assert "conditions of the version before do not stand with this one" in page
    assert "max-uses-per-day: {uses: 3}" in page
    assert "the period is longer than a year" in page
    desk.gate.schemes.submit(APPLICANT, CHECKED.replace(ID, "twin"), "twin.yaml")
    twin = client_of(desk, VERIFIER).get("/review/twin/1").text
    assert "Similar schemes in force" in twin
    assert f'href="/schemes/{ID}"' in twin
    assert "Similar schemes in force" not in client_of(desk, BANKS_HEAD).get("/review/twin/1").text


def test_a_report_is_asked_for_by_its_day(desk: Hub) -> None:
    verify(desk)
    desk.gate.review.consent(BANKS_HEAD, ID)
    desk.gate.review.approve(APPROVER, ID, conditions=[Condition(Rule.REPORT_EVERY_DAYS, 30)])
    client = client_of(desk, BANKS_OFFICER)
    assert "Report on its use" in client.get("/").text
    desk.clock.set(desk.clock.now() + timedelta(days=32))  # type: ignore[attr-defined] # the test's own clock
    assert "Overdue" in client.get(f"/schemes/{ID}").text
    assert "Reported." in client.post(f"/schemes/{ID}/1/report", data={"note": "使っていない"}).text
    assert "Overdue" not in client.get(f"/schemes/{ID}").text
