"""What the gate tells a person about themselves, and never tells anybody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from pyroaring import BitMap
from sqlalchemy import event

from tests.gate.lists import SCHEME, TOPIC, Lists
from tests.gate.own_town import ACTORS, own_world, released
from umaya.gate import Op, Predicate, Stream
from umaya.gate.own import Reach
from umaya.gate.people import State
from umaya.gate.record import NotRecordedError
from umaya.ledger import load_vkey
from umaya.ledger.check_receipt import NotProvedError, check_receipt
from umaya.ledger.entries import Entry
from umaya.ledger.people_tree import people_root
from umaya.types.errors import ConflictError, InputError, NotFoundError
from umaya.types.reasons import Reason


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Lists]:
    """1, 4 and 6 consented."""
    world = own_world(tmp_path)
    world.consent(1, 4, 6)
    yield world
    world.database.close()


def uses_of(world: Lists, person: int) -> list[str]:
    return [use.id for use in world.gate.own.look(person, "uses").uses().uses]


def reasons_of(world: Lists, person: int) -> dict[str, Reason]:
    return {scheme.id: scheme.reason for scheme in world.gate.own.look(person, "schemes").schemes()}


def state_of(world: Lists, person: int) -> State:
    return world.gate.own.look(person, "consents").topic(TOPIC).state


def test_each_sees_the_uses_that_were_permitted_for_them_latest_first(world: Lists) -> None:
    first = released(world)
    world.clock.advance(timedelta(minutes=1))
    second = released(world, world.use(people=[4]))
    assert uses_of(world, 4) == [second, first]
    assert uses_of(world, 6) == [first]
    assert uses_of(world, 5) == []


def test_a_use_says_who_what_why_on_which_basis_and_when(world: Lists) -> None:
    """And the fields that were asked for, not all that the scheme has."""
    released(world, world.use(fields=("town", "balance")))
    (use,) = world.gate.own.look(1, "uses").uses().uses
    assert (use.provider.id, use.recipient.id, use.scheme) == ("bank-minase", "insurer-minase", SCHEME)
    assert use.document.purpose.ja == "保険の案内"
    assert use.basis is not None
    assert use.basis.id == "cross-sell-consent"
    assert use.fields == ("balance", "town")
    assert [kind.value for kind in use.classes] == ["non-public-financial", "ordinary"]
    assert use.decided_at == world.clock.now()
    assert use.reach is Reach.GIVEN


def test_who_was_looked_through_and_not_found_is_told_so(world: Lists) -> None:
    """1 has 20, 4 has 50, 6 has 70."""
    released(world, world.use(matching=(Predicate("balance", Op.GE, 50),)))
    reaches = {person: world.gate.own.look(person, "uses").uses().uses[0].reach for person in (1, 4, 6)}
    assert reaches == {1: Reach.LOOKED_THROUGH, 4: Reach.GIVEN, 6: Reach.GIVEN}


def test_a_release_that_was_interrupted_is_told_as_such(world: Lists) -> None:
    stream = world.gate.stream(world.use())
    assert isinstance(stream, Stream)
    with stream:
        next(iter(stream))
    assert world.gate.own.look(4, "uses").use(stream.use).reach is Reach.GIVEN_IN_PART


def test_a_release_that_was_never_read_reached_nobody(world: Lists) -> None:
    stream = world.gate.stream(world.use())
    assert isinstance(stream, Stream)
    stream.close()
    assert world.gate.own.look(4, "uses").use(stream.use).reach is Reach.NOT_REACHED


def test_a_use_under_way_and_one_at_a_counter_are_open(world: Lists) -> None:
    point = world.gate.point(world.use())
    decision = point.decide(4)
    world.gate.enter(point, [decision, point.decide(5)])
    assert world.gate.own.look(4, "uses").use(decision.use).reach is Reach.OPEN
    assert uses_of(world, 5) == []


def test_pages_follow_each_other_without_gap_or_repetition(world: Lists) -> None:
    ids = [released(world, world.use(people=[4, 6])) for _ in range(5)]
    look, found, before = world.gate.own.look(4, "uses"), [], None
    while True:
        page = look.uses(2, before)
        found += [use.id for use in page.uses]
        before = page.older
        if before is None:
            break
    assert found == ids[::-1]


def test_a_use_of_others_is_answered_as_one_that_does_not_exist(world: Lists) -> None:
    use = released(world)
    look = world.gate.own.look(5, "uses")
    told = []
    for guess in (use, "00000000-0000-4000-8000-000000000000", "no-use"):
        for ask in (look.use, look.proof):
            with pytest.raises(NotFoundError) as error:
                ask(guess)
            told.append(str(error.value))
    assert len(set(told)) == 1


def test_a_use_of_others_is_answered_by_the_reads_of_one_that_does_not_exist(world: Lists) -> None:
    """The same statements in the same order, so that time tells nothing either; a proof of absence likewise."""
    single = released(world, world.use(people=[4]))
    look = world.gate.own.look(6, "uses")
    assert statements(world, partial(look.use, single)) == statements(world, partial(look.use, "no-use"))
    silent = world.gate.own.look(0, "uses").proof_of_absence
    told = [statements(world, partial(silent, SCHEME, guess)) for guess in (single, "no-use")]
    assert told[0] == told[1]


def statements(world: Lists, ask: Callable[[], object]) -> list[str]:
    """Return the SQL that a question is answered by."""
    found: list[str] = []
    listener = lambda *args: found.append(args[2])  # noqa: E731 - removed again below
    event.listen(world.database.engine, "before_cursor_execute", listener)
    with pytest.raises(NotFoundError):
        ask()
    event.remove(world.database.engine, "before_cursor_execute", listener)
    return found


def test_numbers_that_became_one_see_the_uses_of_both(world: Lists) -> None:
    """Whichever number the session knows; the receipt is by the number that the use knew, and of nobody else's use."""
    use = released(world)
    world.gate.merges.merge("hub", into=5, origin=4)
    later = released(world)  # the word of 4 is that of 5 now
    for session in (4, 5):
        assert uses_of(world, session) == [later, use]
    look = world.gate.own.look(5, "uses")
    vkey = key_of(world)
    for found in (use, later):
        bundle = look.proof(found)
        assert check_receipt(bundle.receipt, vkey, bundle.key).present
    assert uses_of(world, 1) == [later, use]
    assert uses_of(world, 0) == []


def permitted(world: Lists) -> BitMap:
    people = world.gate.decide(world.use()).people
    assert people is not None
    return people.permitted


def key_of(world: Lists) -> str:
    return load_vkey(world.directory.parent / "keys" / "ledger.vkey")


def test_a_receipt_comes_with_the_key_of_its_person_alone(world: Lists) -> None:
    use = released(world)
    mine, other = (world.gate.own.look(person, "receipt").proof(use) for person in (4, 6))
    assert check_receipt(mine.receipt, key_of(world), mine.key).whose
    with pytest.raises(NotProvedError):
        check_receipt(mine.receipt, key_of(world), other.key)


def test_a_withdrawal_binds_the_next_list(world: Lists) -> None:
    """The past use stays, the topic says withdrawn, the scheme says why, and the person can prove both."""
    before = released(world)
    world.clock.advance(timedelta(minutes=1))
    world.gate.own.withdraw(4, TOPIC)
    assert 4 not in permitted(world)
    world.clock.advance(timedelta(minutes=1))
    after = released(world)
    assert uses_of(world, 4) == [before]
    assert state_of(world, 4) is State.WITHDRAWN
    assert reasons_of(world, 4) == {SCHEME: Reason.CONSENT_WITHDRAWN}
    look = world.gate.own.look(4, "receipt")
    assert [absence.use for absence in look.absences(SCHEME)] == [after]
    bundle = look.proof_of_absence(SCHEME, after)
    proved = check_receipt(bundle.receipt, key_of(world), bundle.key)
    assert (proved.present, proved.whose, proved.count) == (False, True, 2)


def test_a_withdrawal_is_handed_in_by_the_program_of_residents(world: Lists) -> None:
    world.gate.own.withdraw(4, TOPIC)
    entry = Entry.from_bytes(world.ledger.entry_bytes(world.ledger.size - 1))
    assert (entry.kind, entry.actor, entry.body["channel"]) == ("consent.withdrawn", "my-page", "web")
    word = world.gate.own.look(4, "consents").topic(TOPIC).history[0]
    assert (word.kind, word.channel) == ("withdrawn", "web")


def test_without_that_program_nothing_is_withdrawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("umaya.gate.own.own.PROGRAM_ID", "nobody")
    world = own_world(tmp_path)
    world.consent(4)
    with pytest.raises(ConflictError):
        world.gate.own.withdraw(4, TOPIC)
    assert 4 in permitted(world)
    world.database.close()


def test_the_reason_is_the_gates_own_for_everybody_unprotected(world: Lists) -> None:
    """Eight customers and two strangers, in every state that words can be in."""
    world.withdraw(6)
    world.consent(2)
    world.gate.merges.merge("hub", into=3, origin=2)
    for person in (0, 1, 3, 4, 5, 6, 7, 8, 9):
        assert reasons_of(world, person)[SCHEME] is world.gate.decide(world.use(), person).reason


def test_a_topic_concerns_whom_its_source_holds_or_who_spoke(world: Lists) -> None:
    """8 is no customer and said nothing; 9 is none and said no."""
    world.gate.own.withdraw(9, TOPIC)
    found = {
        person: [one.topic.id for one in world.gate.own.look(person, "consents").topics()] for person in (0, 4, 8, 9)
    }
    assert found == {0: [TOPIC], 4: [TOPIC], 8: [], 9: [TOPIC]}


def test_a_topic_says_what_was_shown_until_when_where_and_what_a_withdrawal_stops(world: Lists) -> None:
    topic = world.gate.own.look(4, "consents").topic(TOPIC)
    assert topic.state is State.ACTIVE
    assert topic.word is not None
    assert topic.text is not None
    assert topic.word.channel == "counter"
    assert topic.word.good_through == topic.text.good_through(topic.word.taken_at.date())
    assert topic.text.wording.ja == "保険の案内に使います"
    assert [scheme.id for scheme in topic.stops] == [SCHEME]
    assert topic.particulars is not None
    assert topic.particulars.party == topic.target.id


def test_every_look_is_in_the_ledger_before_anything_is_told(world: Lists, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry names nobody; who has the secret finds the person in it."""
    world.gate.own.look(4, "uses")
    entry = Entry.from_bytes(world.ledger.entry_bytes(world.ledger.size - 1))
    assert (entry.kind, entry.body["page"]) == ("person.informed", "uses")
    root = people_root(np.array([4], np.uint32), str(entry.body["look"]), world.gate.own.secret)
    assert entry.body["people"] == f"sha256:{root.hex()}"

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(world.ledger, "append", full)
    with pytest.raises(NotRecordedError):
        world.gate.own.look(4, "uses")


def test_a_number_beyond_all_numbers_is_refused(world: Lists) -> None:
    with pytest.raises(InputError):
        world.gate.own.look(2**32, "uses")


def everything(world: Lists, person: int) -> list[object]:
    """Return all that a person can be told at one moment, and what each guess is answered."""
    look = world.gate.own.look(person, "home")
    proofs: list[bool | None] = []
    for use in world.gate.uses.list():
        for prove in (look.proof, lambda use: look.proof_of_absence(SCHEME, use)):
            try:
                bundle = prove(use.id)
                proofs.append(check_receipt(bundle.receipt, key_of(world), bundle.key).present)
            except NotFoundError:
                proofs.append(None)
    return [look.schemes(), look.uses(), look.topics(), look.absences(SCHEME), proofs]


@pytest.mark.parametrize("person", [0, 4, 9])
def test_nothing_that_a_person_is_told_tells_of_a_protective_measure(world: Lists, person: int) -> None:
    """0 was silent, 4 consented and was in a list, 9 is no customer: each is told the same with a measure as without,
    before and after a click on withdraw.
    """
    released(world)
    world.clock.advance(timedelta(minutes=1))
    told = everything(world, person)
    measure = world.gate.measures.set(ACTORS["guard"], person, "支援措置")
    assert everything(world, person) == told
    world.clock.advance(timedelta(minutes=1))
    world.gate.own.withdraw(person, TOPIC)
    withdrawn = everything(world, person)
    world.gate.measures.lift(ACTORS["guard"], measure.id, "解除")
    assert everything(world, person) == withdrawn


def test_a_protected_person_with_a_consent_gets_no_proof_of_absence(world: Lists) -> None:
    """It would say that something else than their words kept them out; nor does one after a withdrawal reach back."""
    world.gate.measures.set(ACTORS["guard"], 4, "支援措置")
    use = released(world)
    world.clock.advance(timedelta(minutes=1))
    for _ in range(2):
        look = world.gate.own.look(4, "receipt")
        assert look.absences(SCHEME) == []
        with pytest.raises(NotFoundError):
            look.proof_of_absence(SCHEME, use)
        world.gate.own.withdraw(4, TOPIC)


def test_a_use_that_asked_for_one_person_is_nobody_elses_to_know(world: Lists) -> None:
    use = released(world, world.use(people=[4]))
    look = world.gate.own.look(0, "receipt")
    assert look.absences(SCHEME) == []
    for scheme in (SCHEME, "no-such-scheme"):
        with pytest.raises(NotFoundError):
            look.proof_of_absence(scheme, use)


def test_both_databases_tell_the_same(tmp_path: Path, database_url: str) -> None:
    world = own_world(tmp_path, database_url)
    world.consent(1, 4)
    before = released(world)
    world.clock.advance(timedelta(minutes=1))
    world.gate.own.withdraw(4, TOPIC)
    world.clock.advance(timedelta(minutes=1))
    after = released(world)
    assert (uses_of(world, 1), uses_of(world, 4)) == ([after, before], [before])
    look = world.gate.own.look(4, "home")
    assert [absence.use for absence in look.absences(SCHEME)] == [after]
    assert [topic.state for topic in look.topics()] == [State.WITHDRAWN]
    assert [scheme.reason for scheme in look.schemes()] == [Reason.CONSENT_WITHDRAWN]
    world.database.close()
