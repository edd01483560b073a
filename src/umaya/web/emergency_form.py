"""The form of a requester in an emergency: what was typed, what is wrong with it, and the request that it makes."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import shapely
from shapely import affinity

from umaya.gate import Area
from umaya.gate.emergency.asking import EmergencyRequest
from umaya.gate.emergency.openings import Balancing
from umaya.gate.emergency.plan import Plan
from umaya.types.errors import InputError
from umaya.types.site import Actor

HOURS: Final = (1, 3, 6, 12, 24, 48, 72)
RADII_KM: Final = (1, 2, 5, 10, 20)
TEXTS: Final = ("why", "danger", "why_raw", "why_fields", "harm")
_POINT = re.compile(r"\s*\(?\s*(-?\d{1,3}(?:\.\d+)?)\s*[,、\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*\)?\s*")
_ORDER: Final = ("event", "why", "danger", "fields", "point", "why_raw", "why_fields", "harm")
"""The fields as they stand on the page: what is wrong is told in this order."""
_KM_PER_DEGREE: Final = 111.32


@dataclass
class EmergencyForm:
    """What was typed, and what is wrong with it.

    Attributes:
        faults: field to a code; its words are `emergency.fault.CODE`.
    """

    plan: str = ""
    event: str = ""
    fields: Sequence[str] = ()
    where: str = "whole"
    point: str = ""
    radius: int = 2
    hours: int = 6
    texts: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(TEXTS, ""))
    faults: dict[str, str] = field(default_factory=dict)

    def request(self, actor: Actor, plan: Plan, now: datetime) -> EmergencyRequest | None:
        """Return the request that the form makes, or None where something is wrong, which `faults` then says."""
        area = self._area()
        self.faults |= {name: "text" for name in TEXTS if not self.texts[name].strip()}
        if not self.fields:
            self.faults["fields"] = "fields"
        if not self.event:
            self.faults["event"] = "event"
        if self.faults:
            self.faults = {name: self.faults[name] for name in _ORDER if name in self.faults}
            return None
        try:
            return EmergencyRequest(
                actor=actor,
                event=self.event,
                dataset=plan.document.dataset,
                fields=tuple(self.fields),
                recipient=plan.document.recipient,
                area=area,
                ends=now + timedelta(hours=self.hours),
                why=self.texts["why"],
                balancing=Balancing(*(self.texts[name] for name in TEXTS[1:])),
            )
        except InputError as error:
            self.faults[error.place.field or "why"] = "unfit"
            return None

    def _area(self) -> Area | None:
        if self.where == "whole":
            return None
        given = _POINT.fullmatch(unicodedata.normalize("NFKC", self.point))
        lat, lon = (float(part) for part in given.groups()) if given else (91.0, 0.0)
        if not (-85 <= lat <= 85 and -170 <= lon <= 170):
            self.faults["point"] = "point"
            return None
        return around(lon, lat, self.radius)


def around(lon: float, lat: float, radius_km: float) -> Area:
    """Return the circle of a radius around a point, as a polygon of 32 corners; within a per cent at these sizes."""
    circle = shapely.Point(0, 0).buffer(radius_km / _KM_PER_DEGREE, quad_segs=8)
    stretched = affinity.scale(circle, xfact=1 / math.cos(math.radians(lat)), origin=(0, 0))
    return Area(affinity.translate(stretched, lon, lat))
