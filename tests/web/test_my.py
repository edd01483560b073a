"""A resident's own pages: theirs alone, in words, with receipts that hold and a withdrawal in one tap."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.gate.lists import ACTORS, SCHEME, TOPIC, Lists
from tests.web.clients import TestClient, client_of
from tests.web.my_hub import ALSO, ON_THE_LIST, STRANGER, list_of, my_hub
from umaya.gate.people import State
from umaya.gate.rights import RequestState
from umaya.hub import Hub
from umaya.law.rights import RequestKind
from umaya.ledger.entries import Entry
from umaya.types.site import Actor, Resident

Clients = Callable[[Resident | Actor | None], TestClient]
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, Lists]]:
    """The hub of the tests that change nothing."""
    with my_hub(tmp_path_factory.mktemp("my") / "hub") as made:
        yield made


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[tuple[Hub, Lists]]:
    with my_hub(tmp_path / "hub") as made:
        yield made


@pytest.fixture(scope="module")
def clients(shared: tuple[Hub, Lists]) -> Callable[[Resident | Actor | None], TestClient]:
    """Return a client of the shared hub for somebody, signed in once."""
    return cache(lambda who: client_of(shared[0], who))


def use_of(hub: Hub, resident: Resident) -> str:
    """Return the id of a resident's latest use."""
    return hub.gate.own.look(resident.person, "uses").uses(1).uses[0].id


PAGES = ("/my", "/my/uses", "/my/schemes", "/my/consents", f"/my/consents/{TOPIC}", "/my/requests", "/my/check")


def test_everybody_may_read_what_one_can_see_here(clients: Clients) -> None:
    page = clients(None).get("/my")
    assert page.status_code == 200
    assert "Who may use your data" in page.text
    assert "/sign-in?next=/my" in page.text


@pytest.mark.parametrize("path", [*PAGES[1:-1], "/my/uses/x/receipt", "/my/uses/x/bundle"])
def test_whoever_is_not_signed_in_is_led_to_sign_in(clients: Clients, path: str) -> None:
    answer = clients(None).get(path, follow_redirects=False)
    assert answer.status_code in {302, 303}
    assert "/sign-in" in answer.headers["location"]


def test_staff_sees_no_resident(clients: Clients) -> None:
    """An auditor is asked to sign in as themselves like everybody else."""
    client = clients(ACTORS["steward"])
    assert "/sign-in" in client.get("/my/uses", follow_redirects=False).headers["location"]
    assert "signed in as staff" in client.get("/my").text


def test_the_home_of_a_resident_is_their_page(clients: Clients) -> None:
    answer = clients(ON_THE_LIST).get("/", follow_redirects=False)
    assert answer.headers["location"] == "/my"


@pytest.mark.parametrize("path", PAGES)
def test_no_page_shows_a_person_number_or_how_many_there_are(
    shared: tuple[Hub, Lists], clients: Clients, path: str
) -> None:
    """The number 99 stands on no page of 99, and a list of two is nowhere a list of two."""
    assert "99" not in re.sub(r"<(style|link|script).*?>", "", clients(STRANGER).get(path).text)
    page = clients(ON_THE_LIST).get(path).text
    assert not re.search(r"\b2 (people|persons|customers)", page)


def test_a_use_says_who_what_why_and_how_far_it_went(shared: tuple[Hub, Lists], clients: Clients) -> None:
    hub, _ = shared
    page = clients(ON_THE_LIST).get(f"/my/uses/{use_of(hub, ON_THE_LIST)}").text
    for words in ("Minase Life", "Minase Bank", "Offer insurance", "Your data was handed over", "facts about money"):
        assert words in page
    assert "案内の準備" not in page  # what the clerk wrote


def test_uses_of_others_and_uses_that_do_not_exist_look_alike(shared: tuple[Hub, Lists], clients: Clients) -> None:
    """Whatever is asked about them: the page, the receipt, the archive, the check, the proof of absence."""
    hub, _ = shared
    foreign = use_of(hub, ON_THE_LIST)
    client = clients(STRANGER)
    for ask in ("{}", "{}/receipt", "{}/bundle", "{}/check"):
        send = client.post if ask.endswith("check") else client.get
        told = {use: send(f"/my/uses/{ask.format(use)}") for use in (foreign, UNKNOWN, "no-such-use")}
        assert {answer.status_code for answer in told.values()} == {404}
        assert len({answer.text.replace(use, "") for use, answer in told.items()}) == 1
    inside = clients(ALSO)  # in the list, so nothing proves absence
    for use in (foreign, UNKNOWN):
        assert inside.post(f"/my/schemes/{SCHEME}/absences/{use}/check").status_code == 404
        assert inside.get(f"/my/schemes/{SCHEME}/absences/{use}/bundle").status_code == 404


def test_a_receipt_is_checked_in_one_click(shared: tuple[Hub, Lists], clients: Clients) -> None:
    hub, _ = shared
    page = clients(ON_THE_LIST).post(f"/my/uses/{use_of(hub, ON_THE_LIST)}/check").text
    assert "you are among the people of this use" in page
    assert page.count("Checked:") == 6


def test_the_archive_verifies_on_a_machine_with_python_alone(
    shared: tuple[Hub, Lists], clients: Clients, tmp_path: Path
) -> None:
    hub, _ = shared
    answer = clients(ON_THE_LIST).get(f"/my/uses/{use_of(hub, ON_THE_LIST)}/bundle")
    assert answer.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path)
    readme = (tmp_path / "README.txt").read_text("utf-8")
    (line,) = [line.split() for line in readme.splitlines() if "check_receipt.py receipt.json" in line]
    command = [sys.executable, "-I", "-S", *line[1:]]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "You are among the people whose data could be used" in done.stdout


def test_anybody_can_check_a_file_and_is_told_which_step_fails(shared: tuple[Hub, Lists], clients: Clients) -> None:
    hub, _ = shared
    bundle = hub.gate.own.look(4, "receipt").proof(use_of(hub, ON_THE_LIST))
    client = clients(None)

    def told(data: bytes, key: str = "") -> str:
        answer = client.post("/my/check", files={"receipt": ("receipt.json", data)}, data={"key": key})
        assert answer.status_code == 200
        return answer.text

    assert "The receipt is genuine" in told(bundle.receipt)
    assert "you are among the people" in told(bundle.receipt, bundle.key.hex())
    assert "Not proved" in told(bundle.receipt, bytes(32).hex())
    assert "Not proved" in told(b"\xff" + bundle.receipt)
    bent = told(bundle.receipt.replace(b'"present":true', b'"present":false'))
    assert re.findall(r"<strong>(Checked|Failed|Not checked):", bent) == ["Checked"] * 4 + ["Failed", "Not checked"]


def test_a_file_that_cannot_be_a_receipt_comes_back_with_the_form(clients: Clients) -> None:
    client = clients(None)
    for files, data in (
        ({}, {}),
        ({"receipt": ("r", b"x" * (2**20 + 1))}, {}),
        ({"receipt": ("r", b"{}")}, {"key": "abc"}),
    ):
        answer = client.post("/my/check", files=files or None, data=data)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert 'aria-invalid="true"' in answer.text


def test_the_checker_and_the_public_key_are_there_for_everybody(clients: Clients) -> None:
    client = clients(None)
    assert b"def check_receipt" in client.get("/my/check/check_receipt.py").content
    assert client.get("/my/check/ledger.vkey").text.startswith("minase.example/umaya+")


def test_one_tap_withdraws_and_the_next_list_is_without_the_person(fresh: tuple[Hub, Lists]) -> None:
    """The page that follows says what changed and how to consent again; the past use stays, and absence is proved."""
    hub, world = fresh
    client = client_of(hub, ON_THE_LIST)
    assert "Withdraw my consent" in client.get("/my/consents").text
    page = client.post(f"/my/consents/{TOPIC}/withdraw")
    assert page.status_code == 200
    for words in ("Your consent is withdrawn", "To consent again", "may no longer use your data", "stay lawful"):
        assert words in page.text
    assert "Withdraw my consent" not in page.text
    after = list_of(world)
    assert hub.gate.uses.get(after).permitted == 1
    assert client.get(f"/my/uses/{after}").status_code == 404
    assert client.get("/my/uses").text.count('class="my-card"') == 1
    assert "You said no" in client.get("/my/schemes").text
    assert f"/absences/{after}/check" in client.get(f"/my/schemes/{SCHEME}/absences").text
    proved = client.post(f"/my/schemes/{SCHEME}/absences/{after}/check").text
    assert "you are not among the people of this use" in proved
    archive = client.get(f"/my/schemes/{SCHEME}/absences/{after}/bundle")
    assert zipfile.ZipFile(io.BytesIO(archive.content)).testzip() is None
    assert hub.gate.own.look(ALSO.person, "consents").topic(TOPIC).state is State.ACTIVE


def test_a_withdrawal_is_the_signed_in_persons_and_nobody_elses(fresh: tuple[Hub, Lists]) -> None:
    """Whatever a form says besides."""
    hub, _ = fresh
    client_of(hub, STRANGER).post(f"/my/consents/{TOPIC}/withdraw", data={"person": "4"})
    assert hub.gate.own.look(4, "consents").topic(TOPIC).state is State.ACTIVE
    assert client_of(hub, STRANGER).post("/my/consents/no-topic/withdraw").status_code == 404


def test_every_page_about_a_person_is_recorded_and_names_nobody(fresh: tuple[Hub, Lists]) -> None:
    hub, _ = fresh
    client = client_of(hub, ON_THE_LIST)
    use = use_of(hub, ON_THE_LIST)
    for path in (*PAGES[:-1], f"/my/uses/{use}", f"/my/uses/{use}/receipt", f"/my/uses/{use}/bundle"):
        size = hub.ledger.size
        client.get(path)
        entry = Entry.from_bytes(hub.ledger.entry_bytes(hub.ledger.size - 1))
        assert (hub.ledger.size, entry.kind) == (size + 1, "person.informed")
        assert json.loads(json.dumps(entry.body)).keys() == {"look", "page", "people"}


def test_a_request_is_started_here_and_stands_in_ones_own_list_alone(fresh: tuple[Hub, Lists]) -> None:
    hub, _ = fresh
    client = client_of(hub, ON_THE_LIST)
    page = client.post("/my/requests/new/disclosure", data={"party": "bank-minase", "form": "pdf"})
    assert page.status_code == 200
    assert "It is the turn of Minase Bank" in page.text
    (asked,) = hub.gate.rights.of(4)
    assert (asked.state, asked.party, asked.channel.value) == (RequestState.RECEIVED, "bank-minase", "my-page")
    assert f"/my/requests/{asked.id}" in client.get("/my/requests").text
    other = client_of(hub, ALSO)
    for act in ("withdraw", "answer"):
        told = [other.post(f"/my/requests/{guess}/{act}") for guess in (asked.id, UNKNOWN)]
        assert [answer.status_code for answer in told] == [404, 404]
    assert asked.id not in other.get("/my/requests").text
    told = [other.get(f"/my/requests/{guess}") for guess in (asked.id, UNKNOWN)]
    assert [answer.status_code for answer in told] == [404, 404]
    assert told[0].text.replace(asked.id, "") == told[1].text.replace(UNKNOWN, "")


def test_a_request_can_be_taken_back_by_whoever_made_it(fresh: tuple[Hub, Lists]) -> None:
    hub, _ = fresh
    client = client_of(hub, ON_THE_LIST)
    client.post("/my/requests/new/purpose-notice", data={"party": "bank-minase"})
    (asked,) = hub.gate.rights.of(4)
    assert client.post(f"/my/requests/{asked.id}/answer").status_code == 409  # nothing lies ready
    assert "Withdrawn" in client.post(f"/my/requests/{asked.id}/withdraw").text
    assert hub.gate.rights.of(4)[0].state is RequestState.WITHDRAWN


def test_every_kind_of_request_has_its_form(clients: Clients) -> None:
    for kind in RequestKind:
        page = clients(ON_THE_LIST).get(f"/my/requests/new/{kind.value}")
        assert page.status_code == 200
        assert f'action="/my/requests/new/{kind.value}"' in page.text


def test_a_request_that_cannot_be_taken_comes_back_as_it_was_typed(fresh: tuple[Hub, Lists]) -> None:
    """No party, no ground, no words, a dataset that is none: the fault stands beside its field."""
    client = client_of(fresh[0], ON_THE_LIST)
    cases = [
        ("disclosure", {"party": ""}, "party"),
        ("stop-use", {"party": "bank-minase", "words": "やめて"}, "ground"),
        ("stop-use", {"party": "bank-minase", "ground": "no-longer-needed", "words": ""}, "words"),
        ("correction", {"dataset": "", "words": "住所がちがう"}, "dataset"),
    ]
    for kind, typed, field in cases:
        answer = client.post(f"/my/requests/new/{kind}", data=typed)
        assert answer.status_code == 422, kind
        assert f'id="{field}-fault"' in answer.text
        assert f'href="#{field}"' in answer.text
        assert typed.get("words", "") in answer.text
    assert fresh[0].gate.rights.of(4) == []


def test_a_correction_says_what_is_wrong_and_what_is_right(fresh: tuple[Hub, Lists]) -> None:
    client = client_of(fresh[0], ON_THE_LIST)
    typed = {"dataset": "deposits", "field": "town", "value": "ウ", "words": "引っ越した"}
    assert client.post("/my/requests/new/correction", data=typed).status_code == 200
    (asked,) = fresh[0].gate.rights.of(4)
    assert (asked.party, asked.dataset) == ("bank-minase", "deposits")
    assert asked.texts["value"] == "ウ"
