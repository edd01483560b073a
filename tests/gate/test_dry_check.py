"""What the dry check says is what submission does; what it finds beyond the first fault stands all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.databases import migrated
from tests.gate.lists import ACTORS as PEOPLE
from tests.gate.lists import DOCUMENT, TOPIC, Lists
from tests.gate.world import ACTORS, SCHEME, World
from umaya.gate import documents
from umaya.gate.checks import FaultCode
from umaya.gate.dry_check import Checked, ShapeCode, Stage
from umaya.gate.reach import Offer, Wanted
from umaya.gate.schemes import SubmissionCode
from umaya.law.joint_use import AgreedPoint
from umaya.law.privacy_check import PrivacyFault, Problem
from umaya.types.errors import InputError, UmayaError
from umaya.types.reasons import Reason
from umaya.types.site import Actor

TEXTS = {"ja": "統計", "en": "Statistics"}
ANSWERS = [{"problem": problem.value, "risk": "low"} for problem in Problem]
AWRY: dict[str, list[Any]] = {
    "scheme": ["insurance-offer", "other-offer", "Offer!", 7],
    "title": [TEXTS, {"ja": "", "en": "x"}, {"ja": "x"}, "x"],
    "provider": ["bank-minase", "insurer-minase", "nobody", True],
    "recipient": ["insurer-minase", "bank-minase", "shop-minase", "nobody"],
    "dataset": ["deposits", "letters", None],
    "fields": [["town"], ["balance", "town"], ["balance", "matures", "town"], ["person"], ["salary"], [], ["town"] * 2],
    "purpose": [TEXTS, {"ja": "x", "en": "x" * 4001}],
    "basis": ["cross-sell-consent", "statistics", "own-purpose", "joint-use", "statute", "consent", "hearsay"],
    "area": [None, {"bbox": [136.8, 36.2, 136.9, 36.28]}, {"bbox": ["west", 1.0, 2.0, 3.0]}, {}],
    "period": [{"from": date(2026, 4, 1), "to": date(2027, 3, 31)}, {"from": date(2026, 4, 1), "to": date(2025, 1, 1)}],
    "obligations": [
        [],
        [{"drop": {"fields": ["balance"]}}],
        [{"aggregate": {"by": ["town"], "sums": ["balance"], "min_people": 3}}],
        [{"aggregate": {"by": ["town"], "min_people": 1}}, {"fly": {}}],
        [{"mask": {"fields": ["balance"]}}],
        [{"drop": {"fields": ["town"]}, "mask": {"fields": ["town"]}}],
    ],
    "topic": [TOPIC, "other-topic", None],
    "notice": [None, "group-notice"],
    "authority": [None, TEXTS],
    "business": ["insurance", "banking", None],
    "privacy_check": [None, ANSWERS, [{"problem": "gossip", "risk": "low"}]],
    "agreement": [None, {point.value: TEXTS for point in AgreedPoint}, {"later": TEXTS}],
    "bassis": ["x"],
}
"""Values that each key may have, right and wrong."""


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lists]:
    """Bank and insurer; shared, for checks write nothing and submissions only add versions."""
    folder: Path = tmp_path_factory.mktemp("dry")
    database = migrated(f"sqlite:///{folder / 'hub.db'}")
    world = Lists(database, folder / "vault")
    world.furnish()
    yield world
    database.close()


def checked(world: Lists | World, actor: Actor, text: str) -> Checked:
    return world.gate.dry_check.check(actor, documents.read(text, "draft.yaml"))


def codes(found: Checked, stage: Stage = Stage.SUBMISSION) -> list[tuple[str, str]]:
    return [(str(one.code), documents.key_path(one.path)) for one in found.at(stage)]


def refusal(world: Lists, actor: Actor, text: str) -> UmayaError | None:
    """Submit a document; return the error that refuses it, or None."""
    try:
        world.gate.schemes.submit(actor, text, "draft.yaml")
    except UmayaError as error:
        return error
    return None


@st.composite
def drafts(draw: st.DrawFn) -> str:
    """A document of which some keys say something else, right or wrong, or nothing."""
    data = yaml.safe_load(DOCUMENT)
    del data["privacy_check"]
    for key in draw(st.sets(st.sampled_from(sorted(AWRY)), max_size=5)):
        value = draw(st.sampled_from([*AWRY[key], "<absent>"]))
        data.pop(key, None)
        if value != "<absent>":
            data[key] = value
    return documents.write(data)


@given(text=drafts(), actor=st.sampled_from(["asker", "asker", "asker", "seller", "head"]))
@settings(max_examples=120, deadline=None)
def test_submission_says_what_the_dry_check_said(lists: Lists, text: str, actor: str) -> None:
    """Where it finds nothing, submission takes the document; where it does, submission refuses with the first of it."""
    document = documents.read(text, "draft.yaml")
    entries = len(lists.ledger.entries)
    found = lists.gate.dry_check.check(PEOPLE[actor], document).at(Stage.SUBMISSION)
    assert len(lists.ledger.entries) == entries
    said = refusal(lists, PEOPLE[actor], text)
    if isinstance(said, InputError):
        assert (said.problem, said.advice) == (found[0].problem, found[0].advice)
        assert said.place == document.place(found[0].path)
    else:
        assert [str(said)] == [one.problem for one in found[:1]] or (said is None and found == ())


def test_everything_is_found_at_once(lists: Lists) -> None:
    """Beyond the first fault: two fields, the recipient and the evidence, each with its key path."""
    text = DOCUMENT.replace("fields: [balance, matures, town]", "fields: [salary, balance, matures]")
    text = text.replace("basis: cross-sell-consent", "basis: postal-exception-1").replace("scheme: ", "scheme: x-")
    assert codes(checked(lists, PEOPLE["asker"], text)) == [
        ("no-such-field", "fields[0]"),
        ("recipient-not-allowed", "recipient"),
        ("class-not-allowed-by-basis", "fields[1]"),
        ("class-not-allowed-by-basis", "fields[2]"),
        ("evidence-missing", "authority"),
    ]


def test_what_is_not_written_yet_hides_nothing_else(lists: Lists) -> None:
    """Without title, purpose, id and period the fields are judged all the same."""
    data = yaml.safe_load(DOCUMENT)
    for key in ("scheme", "title", "purpose", "period", "privacy_check"):
        del data[key]
    data["basis"] = "statute"
    found = checked(lists, PEOPLE["asker"], documents.write(data))
    assert [one.path[0] for one in found.found if one.unwritten] == ["scheme", "title", "purpose", "period"]
    assert ("class-not-allowed-by-basis", "fields[0]") in codes(found)
    assert {one.path[0] for one in found.at(Stage.LOCKS)} == {"privacy_check"}
    assert len(found.at(Stage.LOCKS)) == len(Problem)


def test_broken_obligations_are_not_taken_for_none(lists: Lists) -> None:
    """What they would lower is not known, so nobody is told that the fields may not leave."""
    data = yaml.safe_load(DOCUMENT) | {"scheme": "counts", "basis": "statistics", "topic": None}
    data["obligations"] = [{"aggregate": {"by": ["town"], "min_people": 1}}]
    found = codes(checked(lists, PEOPLE["asker"], documents.write(data)))
    assert found == [("wrong-parameter", "obligations[0].aggregate.min_people")]


def test_open_points_and_a_period_that_is_over_are_told_apart(lists: Lists) -> None:
    """They do not stop the submission: one keeps the locks open, the other every use away."""
    data = yaml.safe_load(DOCUMENT) | {"scheme": "late"}
    data["privacy_check"] = data["privacy_check"][1:]
    data["period"] = {"from": date(2025, 4, 1), "to": date(2025, 5, 1)}
    found = checked(lists, PEOPLE["asker"], documents.write(data))
    assert found.at(Stage.SUBMISSION) == ()
    assert [one.code for one in found.at(Stage.LOCKS)] == [PrivacyFault.NOT_ANSWERED]
    assert [one.code for one in found.at(Stage.USE)] == [Reason.OUTSIDE_PERIOD]


def test_a_scheme_of_others_cannot_be_continued(world: World) -> None:
    """Another's hat, other parties, the same again, the end: each is told before anything is handed in."""
    world.submit()
    again = checked(world, ACTORS["clerk"], SCHEME)
    assert codes(again) == [(SubmissionCode.SAYS_THE_SAME, "scheme")]
    world.gate.review.verify(ACTORS["second-line"], "minase-passable-roads")
    other = SCHEME.replace("recipient: city-minase", "recipient: bank-minase")
    assert (SubmissionCode.PARTIES_CHANGED, "scheme") in codes(checked(world, ACTORS["clerk"], other))
    assert codes(checked(world, ACTORS["officer"], SCHEME))[0] == (SubmissionCode.NO_APPLICANT, "scheme")
    stranger = codes(checked(world, ACTORS["banker"], SCHEME))
    assert stranger[0] == (SubmissionCode.NO_PARTY_TO_IT, "scheme")


def test_what_is_written_is_read_back() -> None:
    """Dates, texts that look like something else, equal parts: no alias, no value changed."""
    data = {"scheme": "no", "period": {"from": date(2026, 4, 1)}, "title": TEXTS, "purpose": TEXTS, "fields": ["1e3"]}
    assert documents.read(documents.write(data), "draft.yaml").data == data


def test_every_code_is_of_one_kind() -> None:
    """Pages look words up by code alone."""
    codes_of_kinds = [str(code) for code in (*FaultCode, *SubmissionCode, *ShapeCode, *Reason)]
    assert len(codes_of_kinds) == len(set(codes_of_kinds))


WANTED = Wanted("bank-minase", "deposits", ("balance", "town"), "insurer-minase")
COUNTED = [{"aggregate": {"by": ["town"], "sums": ["balance"], "min_people": 10}}]


def test_only_what_the_gate_would_take_is_offered(lists: Lists) -> None:
    """Of three offers the one that lowers the class is left for statistics; where a class is never let go, none is."""
    offers = [Offer(COUNTED), Offer([{"round": {"fields": ["balance"], "digits": 0}}]), Offer([{"fly": {}}])]
    ways = {way.basis.id: way for way in lists.gate.reach.ways(WANTED, lambda *_: offers)}
    assert ways["statistics"].offers == (offers[0],)
    assert ways["statute"].against
    assert not ways["statute"].open
    assert ways["cross-sell-consent"].against == ()
    assert ways["own-purpose"].against[0].reason is Reason.RECIPIENT_NOT_ALLOWED
    assert not ways["own-purpose"].open
    for way in ways.values():
        assert way.open == (not way.against or bool(way.offers))


def test_within_one_business_the_business_is_asked_for(lists: Lists) -> None:
    """A secret of the bank's business may be used by it for its own purpose, once it says for which business."""
    own = Wanted("bank-minase", "deposits", ("balance",), "bank-minase")
    ways = {way.basis.id: way for way in lists.gate.reach.ways(own, lambda *_: [Offer((), "banking")])}
    assert ways["own-purpose"].offers == (Offer((), "banking"),)
