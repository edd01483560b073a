"""A hub in memory for the tests of pages and API: three people of two parties, and the small town's roads."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.web import town
from umaya.types.errors import NotFoundError
from umaya.types.site import Actor

OFFICER = Actor("minase-officer", "水無 花子", "city-minase", frozenset({"officer"}))
STEWARD = Actor("post-steward", "郵 太郎", "post-minase", frozenset({"steward"}))
AUDITOR = Actor("post-auditor", "監 次郎", "post-minase", frozenset({"auditor"}))


class FakeCatalogue:
    """Knows three people and their parties."""

    def __init__(self) -> None:
        self.people = {actor.id: actor for actor in (OFFICER, STEWARD, AUDITOR)}

    def actor(self, actor_id: str) -> Actor:
        if actor_id not in self.people:
            raise NotFoundError("there is no such actor")
        return self.people[actor_id]

    def actors(self) -> list[Actor]:
        return list(self.people.values())

    def parties(self) -> list[Any]:
        names = {"city-minase": ("水無瀬市", "Minase City"), "post-minase": ("みなせ郵便局", "Minase Post")}
        return [SimpleNamespace(id=key, name={"ja": ja, "en": en}, kind="") for key, (ja, en) in names.items()]


class FakeRoads:
    """The small town after an earthquake."""

    def state(self, actor: Actor, at: datetime | None = None) -> dict[str, Any]:
        newest = town.WINDOWS - 1
        window = newest if at is None else int((at - town.FIRST) / town.STEP)
        return town.state(max(0, min(newest, window)))

    def network(self) -> dict[str, Any]:
        return town.network()


@dataclass
class FakeHub:
    """As much of a hub as pages ask for."""

    directory: Path
    demo: bool = True
    language: str = "ja"
    roads: FakeRoads = field(default_factory=FakeRoads)

    def __post_init__(self) -> None:
        self.settings = SimpleNamespace(demo=self.demo, language=self.language)
        self.gate = SimpleNamespace(catalogue=FakeCatalogue())
