"""Every field has exactly one secrecy class, every actor one party, every name a form that the ledger takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from tests.gate.world import ACTORS, CLASSES, SCHEMA, World
from umaya.gate import Dataset, Party, Words, catalogue
from umaya.types.classes import SecrecyClass
from umaya.types.errors import ConflictError, InputError, NotFoundError, UmayaError
from umaya.types.site import Actor

TITLE = Words("新しい", "New")
NEW = Dataset("new-positions", "post-minase", TITLE, SCHEMA, CLASSES, "t", "lon", "lat", ("vehicle_id", "t"))


def test_a_dataset_comes_back_as_it_was_registered(either_world: World) -> None:
    either_world.gate.catalogue.add_dataset(NEW)
    found = either_world.gate.catalogue.dataset("new-positions")
    assert found == NEW
    assert [field.name for field in found.fields] == SCHEMA.names
    assert {field.name: field.secrecy_class for field in found.fields} == CLASSES


def test_an_unclassified_field_cannot_be_registered(world: World) -> None:
    classes = {name: secrecy for name, secrecy in CLASSES.items() if name != "speed_mps"}
    entries = len(world.ledger.entries)
    with pytest.raises(InputError, match=r"new-positions: field `speed_mps`: the field has no secrecy class"):
        world.gate.catalogue.add_dataset(replace(NEW, classes=classes))
    with pytest.raises(NotFoundError):
        world.gate.catalogue.dataset("new-positions")
    assert len(world.ledger.entries) == entries


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("id", {"id": "New Positions"}),
    ("id", {"id": "../escape"}),
    ("id", {"id": "a" * 65}),
    ("t2", {"time": "t2"}),
    ("ghost", {"classes": {**CLASSES, "ghost": SecrecyClass.ORDINARY}}),
    ("schema", {"schema": pa.schema([("氏名", pa.string())]), "classes": {"氏名": SecrecyClass.ORDINARY}}),
    ("schema", {"schema": pa.schema([])}),
    ("storage", {"storage": "cloud"}),
    ("speed_mps", {"classes": {**CLASSES, "speed_mps": "location"}}),
]


@pytest.mark.parametrize(("field", "changes"), WRONG)
def test_a_wrong_dataset_is_refused_naming_the_field(world: World, field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        world.gate.catalogue.add_dataset(replace(NEW, **changes))
    assert caught.value.place.field == field


def test_my_number_cannot_be_registered(world: World) -> None:
    """My Number Act arts. 19, 20: no class, no basis; its card is something else."""
    schema = pa.schema([pa.field("my_number", pa.string()), pa.field("my_number_card_seen", pa.bool_())])
    dataset = replace(NEW, schema=schema, classes=dict.fromkeys(schema.names, SecrecyClass.ORDINARY))
    with pytest.raises(InputError, match="never stored") as caught:
        world.gate.catalogue.add_dataset(dataset)
    assert caught.value.place.field == "my_number"


def test_what_is_registered_is_in_the_ledger_without_names(world: World) -> None:
    bodies = {entry.kind: entry.body for entry in world.ledger.entries}
    registered = [entry.body for entry in world.ledger.entries if entry.kind == "actor.registered"]
    roles = sorted(ACTORS["banker"].roles)
    assert {"subject": "banker", "party": "bank-minase", "roles": roles} in registered
    assert bodies["party.registered"] == {"party": "bank-minase", "party_kind": "bank"}
    assert "addressee:correspondence" in next(
        entry.body["fields"] for entry in world.ledger.entries if entry.kind == "dataset.registered"
    )


def test_actors_and_parties_are_found_by_id(world: World) -> None:
    catalogue = world.gate.catalogue
    assert catalogue.actor("officer") == ACTORS["officer"]
    assert {actor.id for actor in catalogue.actors()} == {*ACTORS, "post-minase-tells"}
    assert [party.id for party in catalogue.parties()] == ["bank-minase", "city-minase", "post-minase"]
    assert catalogue.party("city-minase").kind == "municipality"
    assert [dataset.id for dataset in catalogue.datasets()] == ["bike-positions", "letterboxes"]
    for find in (catalogue.actor, catalogue.party, catalogue.dataset):
        with pytest.raises(NotFoundError):
            find("nobody")


def test_ids_are_given_once(world: World) -> None:
    with pytest.raises(ConflictError):
        world.gate.catalogue.add_party(Party("post-minase", TITLE, "post"))
    with pytest.raises(ConflictError):
        world.gate.catalogue.add_actor(ACTORS["clerk"])
    with pytest.raises(ConflictError):
        world.gate.catalogue.add_dataset(replace(NEW, id="letterboxes"))


def test_an_actor_has_known_roles_and_a_known_party(world: World) -> None:
    with pytest.raises(InputError, match="role"):
        world.gate.catalogue.add_actor(Actor("new", "新人", "post-minase", frozenset({"root"})))
    with pytest.raises(NotFoundError):
        world.gate.catalogue.add_actor(Actor("new", "新人", "nowhere", frozenset()))


def test_a_registration_that_cannot_be_recorded_does_not_happen(world: World) -> None:
    world.ledger.fail_at = frozenset({"party.registered"})
    with pytest.raises(UmayaError, match="did not happen"):
        world.gate.catalogue.add_party(Party("new-party", TITLE, "post"))
    with pytest.raises(NotFoundError):
        world.gate.catalogue.party("new-party")


def test_of_two_processes_that_register_the_same_one_is_told(
    either_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked and found nothing; the database lets one through, and the ledger has that one only."""
    monkeypatch.setattr(catalogue, "_must_be_new", lambda *_: None)
    entries = len(either_world.ledger.entries)
    with pytest.raises(ConflictError, match="at this moment"):
        either_world.gate.catalogue.add_party(Party("post-minase", Words("二つ目", "A second"), "post"))
    assert len(either_world.ledger.entries) == entries
