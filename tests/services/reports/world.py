"""A hub whose carriers may report: the demo hub of the pages' tests, with the small town's roads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np

from tests.web import town
from tests.web.hubs import make_hub
from umaya.gate import Party, Words
from umaya.hub import Hub
from umaya.places.atlas import Atlas
from umaya.services.reports import RoadReports
from umaya.types.site import Actor

CARRIER = Actor("post-carrier", "配 一", "post-minase", frozenset({"carrier"}))
OTHER = Actor("other-carrier", "他 一", "other-post", frozenset({"carrier"}))
PLACE = {"lon": str(town.WEST + 0.0001), "lat": str(town.SOUTH)}


@contextmanager
def report_hub(folder: Path, *, hidden: bool = False, disaster: bool = True) -> Iterator[Hub]:
    """Yield it, open, with or without a declared event; with `hidden`, every road is a dead end.

    Photos get one region masked, always the same.
    """
    made = make_hub(folder, disaster=disaster)
    made.gate.catalogue.add_party(Party("other-post", Words("別の局", "Other"), "post"))
    for actor in (CARRIER, OTHER):
        made.gate.catalogue.add_actor(actor)
    network = town.road_network()
    dead_ends = network.edges["segment_id"].to_numpy() if hidden else np.empty(0, np.int64)
    atlas = cast("Atlas", SimpleNamespace(network=network, suppressed=lambda _: dead_ends))
    reports = RoadReports(
        made.database, made.ledger, atlas, made.clock, os.urandom, lambda _: [(300, 380, 120, 60)], lambda _: None
    )
    yield replace(made, reports=reports)
    made.close()
