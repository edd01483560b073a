"""The register of notices: two people, nothing unlawful published, nothing widened, nothing rewritten."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import text, update

from tests.gate.joint_use.group import (
    BANK_PUBLISHER,
    BANK_SUBMITTER,
    BOTH,
    NOTICE,
    PUBLISHER,
    SUBMITTER,
    changed,
)
from tests.gate.world import ACTORS, World
from umaya.gate.joint_use import NoticeState, find_notice, in_force, notice_in_force
from umaya.gate.joint_use.models import NoticeVersionRow
from umaya.types.errors import ConflictError, ForbiddenError, InputError, IntegrityError, NotFoundError

ID = "minase-group"
TODAY = date(2026, 4, 2)
START = date(2026, 4, 10)
DAY = timedelta(days=1)
LATER = ("starts: 2026-04-10", "starts: 2026-05-01")


def publish(world: World, document: str = NOTICE, on: date = TODAY) -> int:
    """Submit and publish; return the version."""
    version = world.gate.joint_use.submit(SUBMITTER, document, "notice.yaml").version
    return world.gate.joint_use.publish(PUBLISHER, ID, version, on).version


def force(world: World, day: date) -> int | None:
    with world.database.reading() as session:
        found = in_force(session, ID, day)
        assert notice_in_force(session, ID, day) is (found is not None)
        assert found == find_notice(session, ID).on(day), "read alone as in its history"
        return None if found is None else found.version


def refused(world: World, document: str) -> InputError:
    entries = len(world.ledger.entries)
    with pytest.raises(InputError) as caught:
        world.gate.joint_use.submit(SUBMITTER, document, "notice.yaml")
    assert len(world.ledger.entries) == entries, "a refused notice leaves no trace"
    return caught.value


def test_a_notice_is_submitted_by_one_and_published_by_another(either_group: World) -> None:
    register = either_group.gate.joint_use
    draft = register.submit(SUBMITTER, NOTICE, "notice.yaml")
    assert (draft.version, draft.state, draft.words) == (1, NoticeState.SUBMITTED, {})
    assert force(either_group, START) is None, "a draft is no notice"
    published = register.publish(PUBLISHER, ID, 1, TODAY + DAY, "第1回 役員会")
    record = register.get(ID)
    assert record.versions == (published,)
    assert [(act.act, act.actor, act.role) for act in record.acts] == [
        ("submit", "group-clerk", "applicant"),
        ("publish", "group-head", "approver"),
    ]
    submitted, entry = either_group.ledger.entries[-2:]
    assert (submitted.kind, entry.kind) == ("notice.submitted", "notice.published")
    assert entry.index == published.entry
    assert entry.body["document"] == published.digest == submitted.body["document"]
    assert (entry.body["published"], entry.body["starts"]) == (TODAY + DAY, START)
    assert "第1回" not in str(entry.body)


def test_the_digest_in_the_ledger_is_that_of_the_published_words(group: World) -> None:
    publish(group)
    words = group.gate.joint_use.get(ID).versions[0].words
    entry = group.ledger.entries[-1]
    for language in ("ja", "en"):
        told = "sha256:" + hashlib.sha256(words[language].text.encode()).hexdigest()
        assert entry.body[f"text_{language}"] == words[language].digest == told
    for wanted in ("氏名および住所（郵便局）", "水無瀬市本町2-2", "頭取 銀 花子", "2026年4月2日", "2026年4月10日"):
        assert wanted in words["ja"].text
    assert "Three months" not in words["en"].text, "what was agreed among the users is not published"


@pytest.mark.parametrize(("day", "version"), [(START - DAY, None), (START, 1), (date(2036, 1, 1), 1)])
def test_a_notice_holds_from_its_first_day(group: World, day: date, version: int | None) -> None:
    publish(group)
    assert force(group, day) == version


def test_the_version_in_force_stays_until_the_next_one_starts(group: World) -> None:
    publish(group)
    publish(group, changed(LATER, ("en: Offers of services", "en: Offers of services and surveys")))
    days = (START, date(2026, 4, 30), date(2026, 5, 1))
    assert [force(group, day) for day in days] == [1, 1, 2]
    record = group.gate.joint_use.get(ID)
    assert [one.version for one in record.seen(TODAY)] == [1, 2], "what comes is told before it starts"


def test_a_notice_without_the_responsible_partys_address_is_refused(group: World) -> None:
    """The incident: an item that the law asks for since April 2022 was left out, and nobody noticed."""
    error = refused(group, changed(('    address: {ja: 水無瀬市本町1-1, en: "1-1 Honmachi, Minase"}\n', "")))
    assert error.place.field == "responsible[0].address"
    assert error.place.row == NOTICE.splitlines().index("responsible:") + 2
    assert "`notice-no-responsible-address`" in error.problem


@pytest.mark.parametrize(
    ("change", "field", "problem"),
    [
        (('    representative: {ja: 頭取 銀 花子, en: "Hanako Gin, President"}\n', ""), "responsible[1].representative",
         "notice-no-representative"),
        (("  end: {ja: 三か月前に通知, en: Three months' notice}\n", ""), "agreed.end", "notice-point-not-agreed"),
        (("    class: ordinary", "    class: postal"), "items[0]", "notice-class-never-jointly"),
        (("    class: ordinary", "    class: special-care"), "items[0]", "notice-class-never-jointly"),
        (("    class: ordinary", "    class: correspondence"), "items[0]", "notice-class-never-jointly"),
        (("氏名および住所（郵便局）", "氏名および個人番号"), "items[0]", "notice-my-number"),
        (("starts: 2026-04-10", "starts: 2026-04-01"), "starts", "notice-starts-before-publication"),
        (("purpose: risk", "purpose: offers"), "purposes[1]", "notice-repeated-id"),
        (("    responsible: bank-minase", "    responsible: city-minase"), "items[1]", "notice-no-responsible"),
        (("[name, address]", "[name, parcels]"), "items[0].fields.post-customers", "class `postal`"),
        (("post-customers: [name, address]", "post-illness: [illness]"), "items[0].fields.post-illness",
         "class `special-care`"),
        (("[name, address]", "[name, person]"), "items[0].fields.post-customers", "no such field"),
        (("[name, address]", "[name, income]"), "items[0].fields.post-customers", "no such field"),
        (("post-customers: [name, address]", "city-residents: [name]"), "items[0].fields.city-residents", "no user"),
        (("post-customers: [name, address]", "nowhere: [name]"), "items[0].fields.nowhere", "no such dataset"),
        (("agreed:", "agred:"), "agred", "unknown"),
    ],
)  # fmt: skip
def test_what_the_law_or_the_catalogue_refuses_is_refused_at_its_key(
    group: World, change: tuple[str, str], field: str, problem: str
) -> None:
    error = refused(group, changed(change))
    assert (error.place.file, error.place.field) == ("notice.yaml", field)
    assert error.place.row is not None
    assert problem in error.problem


def test_a_publisher_answers_for_something(group: World) -> None:
    lines = NOTICE.splitlines(keepends=True)
    at = lines.index("responsible:\n")
    document = "".join([*lines[: at + 1], *lines[at + 5 :]]).replace(
        "    responsible: post-minase", "    responsible: bank-minase"
    )
    assert refused(group, document).place.field == "publisher"


WIDENED = {
    "an item": (
        "users:\n",
        "  - item: post-phone\n    text: {ja: 電話番号, en: Phone}\n    class: ordinary\n"
        "    responsible: post-minase\nusers:\n",
    ),
    "an item's words": ("氏名および住所（郵便局）", "氏名、住所および職業（郵便局）"),
    "a user": ("purposes:\n", "  - party: city-minase\n    name: {ja: 水無瀬市, en: Minase City}\npurposes:\n"),
    "an item's fields": ("[name, address]", "[name, address, phone]"),
}


@pytest.mark.parametrize("name", WIDENED)
def test_widening_items_or_users_is_refused(group: World, name: str) -> None:
    """APPI art. 27(6): only with everybody's consent, which no notice can stand in for."""
    publish(group)
    error = refused(group, changed(LATER, WIDENED[name]))
    assert "widened" in error.problem
    assert force(group, date(2026, 5, 1)) == 1


def test_narrowing_is_free_and_cannot_be_taken_back(group: World) -> None:
    publish(group)
    publish(group, changed(LATER, ("[name, address]", "[name]")))
    assert "widened" in refused(group, changed(("starts: 2026-04-10", "starts: 2026-06-01"))).problem


def test_a_new_system_may_hold_the_same_item(group: World) -> None:
    """A dataset that the item did not stand for yet may join it: its words and class bound it."""
    document = changed(("    fields: {post-customers: [name, address]}\n", ""))
    publish(group, document)
    assert publish(group, changed(LATER)) == 2


def test_a_changed_purpose_cannot_start_before_the_publication_of_its_notice(group: World) -> None:
    publish(group)
    purpose = ("各種サービスのご案内", "各種サービスのご案内と調査")
    too_soon = refused(group, changed(purpose, ("starts: 2026-04-10", "starts: 2026-04-02")))
    assert too_soon.place.field in {"purposes[0]", "starts"}
    register = group.gate.joint_use
    draft = register.submit(SUBMITTER, changed(purpose, LATER), "notice.yaml")
    with pytest.raises(InputError, match="change-purpose-before-publication"):
        register.publish(PUBLISHER, ID, draft.version, date(2026, 5, 1))
    with pytest.raises(InputError, match="starts-before-publication"):
        register.publish(PUBLISHER, ID, draft.version, date(2026, 5, 2))
    assert register.publish(PUBLISHER, ID, draft.version, date(2026, 4, 30)).version == 2


def test_a_changed_responsible_party_cannot_start_before_the_publication_of_its_notice(group: World) -> None:
    publish(group)
    document = changed(LATER, ("    responsible: bank-minase", "    responsible: post-minase"))
    draft = group.gate.joint_use.submit(SUBMITTER, document, "notice.yaml")
    with pytest.raises(InputError, match="change-responsible-before-publication"):
        group.gate.joint_use.publish(PUBLISHER, ID, draft.version, date(2026, 5, 1))
    assert group.gate.joint_use.publish(PUBLISHER, ID, draft.version, date(2026, 4, 30)).version == 2


def test_a_mere_renaming_passes_with_evidence(group: World) -> None:
    publish(group)
    user = "  - party: bank-minase\n    name: {ja: %s, en: Minase Bank}\npurposes"
    renamed = changed(LATER, (user % "水無瀬銀行", user % "みなせ銀行"))
    assert "change-users-widened" in refused(group, renamed).problem
    shown = "continues:\n  - {kind: renamed, old: bank-minase, new: bank-minase, evidence: 登記簿 2026-123}\n"
    assert publish(group, renamed + shown) == 2


def test_nobody_publishes_what_they_submitted(group: World) -> None:
    register = group.gate.joint_use
    register.submit(BOTH, NOTICE, "notice.yaml")
    with pytest.raises(ForbiddenError, match="cannot publish it too"):
        register.publish(BOTH, ID, 1, TODAY)
    assert register.publish(PUBLISHER, ID, 1, TODAY).state is NoticeState.PUBLISHED


def test_only_the_publishers_people_act(group: World) -> None:
    register = group.gate.joint_use
    for actor in (BANK_SUBMITTER, PUBLISHER, ACTORS["officer"]):
        with pytest.raises(ForbiddenError):
            register.submit(actor, NOTICE, "notice.yaml")
    register.submit(SUBMITTER, NOTICE, "notice.yaml")
    for actor in (SUBMITTER, BANK_PUBLISHER, ACTORS["steward"]):
        with pytest.raises(ForbiddenError):
            register.publish(actor, ID, 1, TODAY)
    register.publish(PUBLISHER, ID, 1, TODAY)
    for actor in (SUBMITTER, BANK_PUBLISHER):
        with pytest.raises(ForbiddenError):
            register.end(actor, ID, TODAY)


def test_a_notice_is_handed_over_by_both_sides(group: World) -> None:
    """The old publisher's applicant names the new one, whose approver publishes."""
    publish(group)
    document = changed(LATER, ("publisher: post-minase", "publisher: bank-minase"))
    with pytest.raises(ForbiddenError):
        group.gate.joint_use.submit(BANK_SUBMITTER, document, "notice.yaml")
    version = group.gate.joint_use.submit(SUBMITTER, document, "notice.yaml").version
    with pytest.raises(ForbiddenError):
        group.gate.joint_use.publish(PUBLISHER, ID, version, TODAY)
    group.gate.joint_use.publish(BANK_PUBLISHER, ID, version, TODAY)


def test_a_notice_is_not_published_in_the_past_nor_twice(group: World) -> None:
    register = group.gate.joint_use
    register.submit(SUBMITTER, NOTICE, "notice.yaml")
    with pytest.raises(InputError, match="past"):
        register.publish(PUBLISHER, ID, 1, TODAY - DAY)
    register.publish(PUBLISHER, ID, 1, TODAY)
    with pytest.raises(ConflictError, match="published"):
        register.publish(PUBLISHER, ID, 1, TODAY)
    with pytest.raises(ConflictError, match="says the same"):
        register.submit(SUBMITTER, NOTICE, "notice.yaml")
    for notice, version in ((ID, 2), ("nothing", 1)):
        with pytest.raises(NotFoundError):
            register.publish(PUBLISHER, notice, version, TODAY)


def test_a_newer_draft_takes_the_place_of_the_one_before(group: World) -> None:
    register = group.gate.joint_use
    register.submit(SUBMITTER, NOTICE, "notice.yaml")
    register.submit(SUBMITTER, changed(LATER), "notice.yaml")
    assert [one.state for one in register.get(ID).versions] == [NoticeState.REPLACED, NoticeState.SUBMITTED]
    with pytest.raises(ConflictError, match="replaced"):
        register.publish(PUBLISHER, ID, 1, TODAY)


def test_a_version_does_not_start_before_the_one_that_it_follows(group: World) -> None:
    publish(group)
    error = refused(group, changed(("starts: 2026-04-10", "starts: 2026-04-09")))
    assert (error.place.field, "would start before version 1" in error.problem) == ("starts", True)


def test_joint_use_ends_with_its_last_day_and_stays_readable(either_group: World) -> None:
    publish(either_group)
    register = either_group.gate.joint_use
    with pytest.raises(InputError, match="past"):
        register.end(PUBLISHER, ID, TODAY - DAY)
    register.end(PUBLISHER, ID, date(2026, 6, 30), "共同利用の終了")
    assert [force(either_group, day) for day in (date(2026, 6, 30), date(2026, 7, 1))] == [1, None]
    assert either_group.ledger.entries[-1].body["last_day"] == date(2026, 6, 30)
    with pytest.raises(ConflictError, match="ended"):
        register.submit(SUBMITTER, changed(LATER), "notice.yaml")
    with pytest.raises(ConflictError, match="ended"):
        register.end(PUBLISHER, ID, date(2026, 7, 31))
    assert register.get(ID).versions[0].words["en"].text


def test_what_was_never_published_cannot_end(group: World) -> None:
    group.gate.joint_use.submit(SUBMITTER, NOTICE, "notice.yaml")
    with pytest.raises(ConflictError, match="nothing is published"):
        group.gate.joint_use.end(PUBLISHER, ID, TODAY)
    with pytest.raises(NotFoundError):
        group.gate.joint_use.end(PUBLISHER, "nothing", TODAY)


@pytest.mark.parametrize("column", ["document", "text"])
def test_a_stored_version_that_was_changed_is_not_read(group: World, column: str) -> None:
    publish(group)
    with group.database.writing() as session:
        session.execute(
            update(NoticeVersionRow).values({column: text(f"replace({column}, 'Offers', 'Sales')")}),
            execution_options={"synchronize_session": False},
        )
    with pytest.raises(IntegrityError, match="minase-group"):
        group.gate.joint_use.get(ID)


def test_where_the_ledger_cannot_write_nothing_is_published(group: World) -> None:
    from umaya.gate.record import NotRecordedError

    group.gate.joint_use.submit(SUBMITTER, NOTICE, "notice.yaml")
    group.ledger.fail_at = frozenset({"notice.published"})
    with pytest.raises(NotRecordedError):
        group.gate.joint_use.publish(PUBLISHER, ID, 1, TODAY)
    assert force(group, START) is None


def test_of_two_who_publish_at_once_one_does(either_group: World) -> None:
    either_group.gate.joint_use.submit(SUBMITTER, NOTICE, "notice.yaml")
    gates = [either_group.gate, either_group.new_gate()]
    start, told = Barrier(2), []

    def run(at: int) -> None:
        start.wait()
        try:
            gates[at].joint_use.publish((PUBLISHER, BOTH)[at], ID, 1, TODAY)
            told.append("published")
        except ConflictError:
            told.append("too late")

    threads = [Thread(target=run, args=(at,)) for at in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["published", "too late"]
    assert either_group.ledger.kinds().count("notice.published") == 1


def test_the_proof_is_that_of_the_entry_that_published(group: World) -> None:
    publish(group)
    entry, receipt = group.gate.joint_use.proof(ID, 1)
    assert group.gate.joint_use.get(ID).versions[0].words["ja"].digest in entry
    assert receipt == "receipt of notice.published"
    group.gate.joint_use.submit(SUBMITTER, changed(LATER), "notice.yaml")
    with pytest.raises(NotFoundError):
        group.gate.joint_use.proof(ID, 2)
