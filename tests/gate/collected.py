"""Lets the datasets of a test's world have a collection notice: version 1, that holds from today on."""

from __future__ import annotations

from umaya.gate import Gate, Words
from umaya.gate.collection import CollectionNotice, Manner
from umaya.gate.roles import PRIVACY_OFFICER
from umaya.law import day_in_japan
from umaya.types.clock import Clock
from umaya.types.site import Actor

PURPOSE = Words("配達と、災害時に通れる道を知らせること", "Delivery, and telling passable roads in a disaster")
WORDING = Words("お届けのため、位置を記録しています。", "Positions are recorded for delivery.")


def tell(gate: Gate, clock: Clock, dataset: str, officer: Actor | None = None) -> CollectionNotice:
    """Register a notice, by an officer of the owner who is made where none is given."""
    if officer is None:
        owner = gate.catalogue.dataset(dataset).owner
        officer = Actor(f"{owner}-tells", "取得の通知", owner, frozenset({PRIVACY_OFFICER}))
        if officer.id not in {one.id for one in gate.catalogue.actors()}:
            gate.catalogue.add_actor(officer)
    today = day_in_japan(clock.now())
    return gate.collections.register(officer, dataset, Manner.PUBLISHED, PURPOSE, WORDING, today)
