"""Incidents that this hub exists to prevent, each as it happened elsewhere, step by step.

What the gate leaves behind is tested with what it refuses: the ledger tells the order of things, and whoever must look
into them is told.
"""

from __future__ import annotations

import csv
import inspect
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyroaring import BitMap
from sqlalchemy import update

from tests.databases import migrated
from tests.gate.joint_use.group import NOTICE, SUBMITTER, changed, form_group
from tests.gate.lists import ACTORS, BANK, CLASSES, DOCUMENT, INSURER, NOW, SCHEMA, SCHEME, TOPIC, Lists
from tests.gate.world import World
from umaya.cli.tables import writer
from umaya.gate import Dataset, Decision, Gate, Op, Party, Predicate, Refusal, Release, Stream, Words
from umaya.gate import roles as r
from umaya.gate.alarms import AlarmKind
from umaya.gate.conditions import parse
from umaya.gate.models import FieldRow
from umaya.gate.people import Channel, Evidence
from umaya.law import RULES
from umaya.types.classes import SecrecyClass as C
from umaya.types.clock import ManualClock
from umaya.types.errors import InputError
from umaya.types.reasons import Reason
from umaya.types.site import Actor

RICH = Predicate("balance", Op.GE, 50)
SOON = Predicate("matures", Op.LT, date(2026, 8, 1))
POST, PLATFORM = "post-minase", "platform-minase"


@pytest.fixture
def lists(tmp_path: Path) -> Iterator[Lists]:
    """The world with its scheme approved; nobody has consented."""
    database = migrated(f"sqlite:///{tmp_path / 'hub.db'}")
    world = Lists(database, tmp_path / "vault")
    world.furnish()
    world.approve()
    yield world
    database.close()


# Lists from balances and maturity dates, people invited, consent taken on arrival (2024).


def test_the_list_made_before_anybody_consented_is_refused_at_the_list(lists: Lists) -> None:
    """Balances and maturity dates choose whom to invite: nobody is even searched, and the second line hears of it."""
    refusal = lists.gate.open(lists.use(matching=(RICH, SOON)))
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.CONSENT_MISSING
    people = refusal.decision.people
    assert people is not None
    assert (people.asked, people.permitted, people.refused) == (8, BitMap(), {Reason.CONSENT_MISSING: 8})
    (alarm,) = lists.gate.alarms.list(ACTORS["second-line"])
    assert (alarm.kind, alarm.party, alarm.about) == (AlarmKind.WITHOUT_CONSENT, BANK, refusal.entry)
    assert lists.ledger.kinds()[-2:] == ["use.refused", "alarm.raised"]


@pytest.mark.parametrize("door", ["open", "stream", "point"])
def test_the_invitation_by_number_is_refused_and_alarming(lists: Lists, door: str) -> None:
    """Somebody has the numbers from elsewhere, and asks for the one customer: at every door the same."""
    if door == "point":
        point = lists.gate.point(lists.use())
        decision = point.decide(6)
        assert decision.reason is Reason.CONSENT_MISSING
        lists.gate.enter(point, [decision])
    else:
        refusal = getattr(lists.gate, door)(lists.use(people=[6], matching=(RICH,)))
        assert isinstance(refusal, Refusal)
        assert refusal.reason is Reason.CONSENT_MISSING
    (alarm,) = lists.gate.alarms.list(ACTORS["second-line"])
    assert lists.ledger.entries[alarm.about].body["reason"] == "consent-missing"


def test_a_condition_that_stops_the_scheme_hides_no_alarm(lists: Lists) -> None:
    """Numbers of people who never consented, under a scheme that allows few refusals: stopped, and told of."""
    lists.consent(1)
    lists.gate.review.impose(ACTORS["head"], SCHEME, [parse("max-refused-share: {percent: 10}")], "狙い撃ちの防止")
    refusal = lists.gate.open(lists.use(people=[1, 2, 3]))
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.CONDITION_FAILED
    (alarm,) = lists.gate.alarms.list(ACTORS["second-line"])
    assert alarm.kind is AlarmKind.WITHOUT_CONSENT


def test_consent_on_arrival_does_not_make_the_earlier_list_lawful(lists: Lists) -> None:
    """The customer comes, and consents at the counter: from now on, and not before. The ledger has the order."""
    before = lists.gate.open(lists.use(people=[6], matching=(RICH, SOON)))
    lists.clock.advance(timedelta(days=3))
    lists.consent(6)
    lists.clock.advance(timedelta(minutes=10))
    after = lists.gate.open(lists.use(people=[6]))
    assert isinstance(before, Refusal)
    assert isinstance(after, Release)
    kinds = lists.ledger.kinds()
    taken = kinds.index("consent.given")
    assert before.entry is not None
    assert before.entry < taken < after.entry
    assert kinds[before.entry] == "use.refused"
    assert lists.ledger.entries[before.entry].body["decided_at"] < lists.ledger.entries[taken].body["taken_at"]
    assert lists.gate.uses.get(before.use).reason is Reason.CONSENT_MISSING
    assert [lists.gate.uses.get(use.use).permitted for use in (before, after)] == [0, 1]


def test_a_consent_that_is_dated_back_before_the_list_makes_no_list(lists: Lists) -> None:
    """Somebody writes an earlier hour on the form. The list stays refused, and both moments are on record."""
    lists.clock.advance(timedelta(days=3))
    refusal = lists.gate.open(lists.use(people=[6]))
    given = lists.gate.consents.give(
        ACTORS["teller"],
        6,
        TOPIC,
        1,
        Channel.COUNTER,
        Evidence(f"sha256:{6:064x}", "form-6"),
        taken_at=lists.clock.now() - timedelta(days=1),
    )
    assert isinstance(refusal, Refusal)
    assert refusal.entry is not None
    assert refusal.entry < given.entry
    assert lists.gate.uses.get(refusal.use).permitted == 0


def test_the_banks_own_purpose_cannot_be_bent_to_insurance(lists: Lists) -> None:
    """The bank may know its own balances. The insurer is not the bank; the bank's insurance desk is not its bank."""
    own = DOCUMENT.replace("basis: cross-sell-consent", "basis: own-purpose").replace(f"topic: {TOPIC}\n", "")
    with pytest.raises(InputError, match="does not allow this recipient"):
        lists.gate.schemes.submit(ACTORS["asker"], own, "scheme.yaml")
    applicant = Actor("bank-asker", "申請", BANK, frozenset({r.APPLICANT}))
    lists.gate.catalogue.add_actor(applicant)
    itself = own.replace(f"recipient: {INSURER}", f"recipient: {BANK}")
    with pytest.raises(InputError, match="non-public-financial"):
        lists.gate.schemes.submit(applicant, itself, "scheme.yaml")


# Delivery register data written to the group platform; a notice that does not say where the responsible party is.


def test_the_delivery_register_cannot_be_shared_with_the_group(lists: Lists) -> None:
    """Who gets what post is a secret of the mail: no joint use can name it, whatever the notice says."""
    catalogue = lists.gate.catalogue
    catalogue.add_party(Party(POST, Words("水無瀬郵便局", "Minase Post"), "post"))
    catalogue.add_party(Party(PLATFORM, Words("水無瀬基盤", "Minase Platform"), "platform"))
    applicant = Actor("platform-asker", "申請", PLATFORM, frozenset({r.APPLICANT}))
    catalogue.add_actor(applicant)
    fields = {"person": pa.uint32(), "address": pa.string(), "moved_to": pa.string(), "name": pa.string()}
    schema = pa.schema([pa.field(name, type_, nullable=name != "person") for name, type_ in fields.items()])
    classes = {"person": C.ORDINARY, "address": C.POSTAL, "moved_to": C.POSTAL, "name": C.ORDINARY}
    catalogue.add_dataset(
        Dataset("delivery-register", POST, Words("配達原簿", "Register"), schema, classes, subject="person")
    )
    document = DOCUMENT.replace("basis: cross-sell-consent", "basis: joint-use").replace(f"topic: {TOPIC}\n", "")
    document = document.replace(f"provider: {BANK}", f"provider: {POST}").replace(INSURER, PLATFORM)
    document = document.replace("dataset: deposits", "dataset: delivery-register").replace("business: insurance\n", "")
    for postal in ("address", "moved_to"):
        with pytest.raises(InputError, match="does not allow the class `postal`") as caught:
            lists.gate.schemes.submit(
                applicant, document.replace("[balance, matures, town]", f"[name, {postal}]"), "scheme.yaml"
            )
        assert "fields" in str(caught.value)
    assert lists.gate.decide(lists.use(scheme=SCHEME.replace("insurance", "register"))).reason is Reason.NO_SCHEME


def notice_refused(world: World, document: str) -> InputError:
    with pytest.raises(InputError) as caught:
        world.gate.joint_use.submit(SUBMITTER, document, "notice.yaml")
    assert world.gate.joint_use.list() == []
    return caught.value


def test_delivery_data_cannot_even_be_written_into_a_notice(world: World) -> None:
    form_group(world)
    parcels = changed(
        ("text: {ja: 氏名および住所（郵便局）", "text: {ja: 配達原簿"), ("[name, address]", "[name, parcels]")
    )
    assert "post-customers" in str(notice_refused(world, parcels))
    assert "never jointly used" in str(notice_refused(world, parcels.replace("class: ordinary", "class: postal")))


def test_a_notice_without_the_address_of_the_responsible_party_is_refused(world: World) -> None:
    form_group(world)
    address = '\n    address: {ja: 水無瀬市本町1-1, en: "1-1 Honmachi, Minase"}'
    for lacking in ("", '\n    address: {ja: "", en: ""}', '\n    address: {ja: 水無瀬市本町1-1, en: " "}'):
        assert "address" in str(notice_refused(world, changed((address, lacking))))
    assert world.gate.joint_use.submit(SUBMITTER, NOTICE, "notice.yaml").version == 1


# A view that bypasses row rules.


def test_no_way_of_asking_reads_rows_past_the_rule_for_people(lists: Lists) -> None:
    """Whoever is looked for by number, by a field beyond the scheme or by nothing: only who consented is found."""
    lists.consent(1)
    everything = Predicate("balance", Op.GE, -(2**60))
    for use in (
        lists.use(matching=(Predicate("person", Op.GE, 0),)),
        lists.use(fields=("person", "balance")),
        lists.use(fields=("balance", "balance; --")),
        lists.use(matching=(Predicate("nobody_knows", Op.IS_NULL, True),)),
    ):
        assert lists.gate.decide(use).reason is Reason.FIELD_NOT_IN_SCHEME
        assert isinstance(lists.gate.open(use), Refusal)
        assert isinstance(lists.gate.stream(use), Refusal)
    outcome = lists.gate.open(lists.use(people=range(8), matching=(everything,)))
    assert isinstance(outcome, Release)
    assert outcome.data.column("balance").to_pylist() == [20]


@dataclass(frozen=True)
class Reached:
    """A public attribute of the gate, and how it was reached."""

    path: str
    value: object


def public(gate: Gate) -> Iterator[Reached]:
    """Yield everything that a caller of the gate may touch, and what may be touched of that."""
    for name in dir(gate):
        if name.startswith("_"):
            continue
        value = getattr(gate, name)
        yield Reached(name, value)
        if not callable(value):
            yield from (Reached(f"{name}.{inner}", getattr(value, inner)) for inner in dir(value) if inner[0] != "_")


def test_rows_leave_the_gate_by_two_methods_only(lists: Lists) -> None:
    """Nothing else that a caller can touch returns Arrow data, the vault, a grant or a mint, nor says that it may."""
    doors = {"open", "stream"}
    records = {"provisions.table"}  # of uses, with counts of people
    told = {"pa.Table", "pa.RecordBatch", "Release", "Stream", "Opened", "Vault", "Mint", "Grant", "Lake"}
    found = set()
    for reached in public(lists.gate):
        assert not isinstance(reached.value, (pa.Table, pa.RecordBatch))
        assert type(reached.value).__module__.split(".")[1:2] != ["vault"], reached.path
        if callable(reached.value):
            returns = str(inspect.signature(reached.value).return_annotation)
            if any(word in returns.replace("|", " ").replace("[", " ").replace("]", " ").split() for word in told):
                found.add(reached.path)
    assert found == doors | records


# A list cut at a default limit.

MANY = 100_001


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lists]:
    """100,001 customers, all of whom consented in one campaign."""
    folder = tmp_path_factory.mktemp("crowd")
    database = migrated(f"sqlite:///{folder / 'hub.db'}")
    world = Lists(database, folder / "vault", clock=ManualClock(NOW))
    numbers = np.arange(MANY, dtype=np.uint32)
    columns = {
        "person": pa.array(numbers),
        "balance": pa.array(numbers.astype(np.int64)),
        "matures": pa.array([date(2027, 1, 1)] * MANY, pa.date32()),
        "town": pa.array(["ア"] * MANY),
    }
    world.furnish(pa.table(columns, SCHEMA))
    world.approve()
    pq.write_table(pa.table({"person": columns["person"]}), folder / "campaign.parquet")
    world.gate.consents.campaign(ACTORS["teller"], TOPIC, 1, folder / "campaign.parquet")
    yield world
    database.close()


def counted(decision: Decision) -> tuple[int, int]:
    assert decision.people is not None
    assert decision.people.refused == {}
    return decision.people.asked, len(decision.people.permitted)


def test_a_list_of_a_hundred_thousand_and_one_is_whole_when_it_is_opened(crowd: Lists) -> None:
    outcome = crowd.gate.open(crowd.use())
    assert isinstance(outcome, Release)
    assert counted(outcome.decision) == (MANY, MANY)
    assert sorted(outcome.data.column("balance").to_pylist()) == list(range(MANY))
    record = crowd.gate.uses.get(outcome.use)
    assert (record.asked, record.permitted, record.rows) == (MANY, MANY, MANY)


def test_it_is_whole_when_it_is_streamed_into_a_file(crowd: Lists, tmp_path: Path) -> None:
    """As `umaya use release` does it, with a CSV file and with Arrow."""
    for name in ("list.csv", "list.arrows"):
        stream = crowd.gate.stream(crowd.use())
        assert isinstance(stream, Stream)
        with stream:
            writer(tmp_path / name)(stream.schema, stream)
        assert counted(stream.decision) == (MANY, MANY)
        closing = crowd.ledger.entries[crowd.gate.uses.get(stream.use).closing_entry or 0]
        assert (closing.body["rows"], closing.body["delivered"]) == (MANY, MANY)
    with (tmp_path / "list.csv").open(encoding="utf-8", newline="") as file:
        lines = [int(row["balance"]) for row in csv.DictReader(file)]
    assert sorted(lines) == list(range(MANY))
    with pa.ipc.open_stream(str(tmp_path / "list.arrows")) as reader:
        assert sorted(reader.read_all().column("balance").to_pylist()) == list(range(MANY))


def test_it_is_whole_when_a_search_finds_all_but_one(crowd: Lists) -> None:
    outcome = crowd.gate.open(crowd.use(matching=(Predicate("balance", Op.NE, 7),)))
    assert isinstance(outcome, Release)
    assert (counted(outcome.decision), outcome.data.num_rows) == ((MANY, MANY), MANY - 1)


# A revocation that a cached decision ignored.


def test_a_cached_decision_does_not_outlive_a_withdrawal_in_another_process(lists: Lists) -> None:
    """Another program of the hub withdraws between two decisions of a point that nobody told."""
    lists.consent(1, 2)
    point = lists.gate.point(lists.use())
    assert [point.decide(person).reason for person in (1, 1, 2)] == [Reason.PERMITTED] * 3
    script = (
        "import sys; from datetime import timedelta; from pathlib import Path; from tests.gate.lists import NOW, Lists;"
        " from umaya.stores.database import Database; from umaya.types.clock import ManualClock;"
        " Lists(Database.open(sys.argv[1]), Path(sys.argv[2]), clock=ManualClock(NOW + timedelta(hours=1))).withdraw(1)"
    )
    url = lists.database.engine.url.render_as_string(hide_password=False)
    project = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", script, url, str(lists.directory)], cwd=project, check=True)
    assert point.decide(1).reason is Reason.CONSENT_WITHDRAWN
    assert point.decide(2).reason is Reason.PERMITTED
    refusal = lists.gate.open(lists.use(people=[1]))
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.CONSENT_WITHDRAWN


# My Number and correspondence: never, whatever the scheme.

ALL_BASES = sorted(RULES.at(date(2026, 6, 1)).bases)


@pytest.mark.parametrize("basis", ALL_BASES)
def test_correspondence_is_released_on_no_basis(lists: Lists, basis: str) -> None:
    """Neither as it is nor made unreadable: the scheme is not even taken."""
    secret = {**CLASSES, "town": C.CORRESPONDENCE}
    title = Words("書状", "Letters")
    lists.gate.catalogue.add_dataset(Dataset("letters", BANK, title, SCHEMA, secret, subject="person"))
    document = DOCUMENT.replace("basis: cross-sell-consent", f"basis: {basis}").replace(
        "dataset: deposits", "dataset: letters"
    )
    applicant = Actor("bank-asker", "申請", BANK, frozenset({r.APPLICANT}))
    lists.gate.catalogue.add_actor(applicant)
    for recipient in (INSURER, BANK):
        proposed = document.replace(f"recipient: {INSURER}", f"recipient: {recipient}")
        with pytest.raises(InputError, match=r"`correspondence` never leaves|does not allow this recipient"):
            lists.gate.schemes.submit(applicant, proposed, "scheme.yaml")


def test_a_scheme_on_correspondence_that_got_into_the_store_releases_nothing(lists: Lists) -> None:
    """The field was an ordinary one when the scheme was approved; the steward who noticed reclassified it by hand."""
    lists.consent(1)
    with lists.database.writing() as session:
        session.execute(update(FieldRow).where(FieldRow.name == "town").values(secrecy_class=C.CORRESPONDENCE.value))
    refusal = lists.new_gate().open(lists.use())
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.CLASS_NEVER_LEAVES
    by_search = lists.new_gate().open(lists.use(fields=("balance",), matching=(Predicate("town", Op.EQ, "ア"),)))
    assert isinstance(by_search, Refusal)
    assert by_search.reason is Reason.CLASS_NEVER_LEAVES


def test_my_number_has_no_field_and_no_row(lists: Lists) -> None:
    """A column that says so cannot be registered; a column that says nothing cannot be filled with it."""
    for name in ("my_number", "kojin_bango"):
        schema = SCHEMA.append(pa.field(name, pa.string()))
        dataset = Dataset("numbers", BANK, Words("番", "N"), schema, {**CLASSES, name: C.ORDINARY}, subject="person")
        with pytest.raises(InputError, match="My Number"):
            lists.gate.catalogue.add_dataset(dataset)
    mine = ["123456789018", "987654321018", "111111111118", "222222222225"]
    table = pa.table(
        {
            "person": pa.array(range(8, 8 + len(mine)), pa.uint32()),
            "balance": pa.array([0] * len(mine), pa.int64()),
            "matures": pa.nulls(len(mine), pa.date32()),
            "town": mine,
        },
        SCHEMA,
    )
    with pytest.raises(InputError, match="My Number"):
        lists.gate.intake.take(ACTORS["core"], "deposits", table, "deposits.parquet", 1)
    people = lists.gate.decide(lists.use()).people
    assert people is not None
    assert people.asked == 8
