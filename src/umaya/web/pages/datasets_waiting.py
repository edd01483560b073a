"""What of datasets waits for somebody: purposes that nobody told, retention that nobody set, sweeps that are late."""

from __future__ import annotations

from collections.abc import Iterator

from umaya.gate.roles import PRIVACY_OFFICER, STEWARD
from umaya.hub import Hub
from umaya.types.site import Actor
from umaya.web.pages.datasets import standing_of
from umaya.web.waiting import Desk, Waiting


def find(hub: Hub, actor: Actor) -> Iterator[Waiting]:
    """Yield what waits for the actor."""
    if actor.roles.isdisjoint({STEWARD, PRIVACY_OFFICER}):
        return
    for dataset in hub.gate.catalogue.datasets():
        if dataset.owner != actor.party:
            continue
        standing, href = standing_of(hub, dataset), f"/datasets/{dataset.id}"
        if PRIVACY_OFFICER in actor.roles and standing.personal and not standing.in_force:
            yield Waiting("notice", f"{href}#notices", dataset.title)
        if STEWARD in actor.roles and standing.rule is None:
            yield Waiting("rule", f"{href}#retention", dataset.title)
        if STEWARD in actor.roles and standing.overdue:
            yield Waiting("sweep", f"{href}#retention", dataset.title)


DATASETS = Desk("datasets", ("notice", "rule", "sweep"), find)
