"""Calls about raw data in a declared disaster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from umaya.client import models
from umaya.client.transport import Transport, operation, segment, timestamp


class EmergencyCalls(Transport):
    """See `umaya.client.Client`."""

    @operation("GET", "/api/v1/emergencies")
    def emergencies(self) -> Iterator[models.Emergency]:
        """Yield the emergency openings that one may see, latest first."""
        return self._pages(models.Emergency, "/api/v1/emergencies")

    @operation("POST", "/api/v1/emergencies")
    def ask_emergency(
        self,
        event: str,
        dataset: str,
        recipient: str,
        fields: Sequence[str],
        ends: datetime,
        why: str,
        balancing: Mapping[str, str],
        *,
        area: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> models.Emergency:
        """Open raw data at once in a declared disaster.

        Args:
            event: id of the declared disaster.
            dataset: id.
            recipient: id of the party that gets the data.
            fields: no more than are needed.
            ends: when it ends by itself; aware.
            why: the reason.
            balancing: `danger`, `why_raw`, `why_fields`, `harm`.
            area: GeoJSON; the whole event when None.
            key: idempotency key.
        """
        body = {"event": event, "dataset": dataset, "recipient": recipient, "fields": list(fields), "why": why}
        stated = {"ends": timestamp(ends), "balancing": dict(balancing), "area": None if area is None else dict(area)}
        return models.Emergency.model_validate(self._post("/api/v1/emergencies", body | stated, key).json())

    @operation("GET", "/api/v1/emergencies/{emergency}")
    def emergency(self, emergency: str) -> models.Emergency:
        """Return an opening."""
        return models.Emergency.model_validate(self._get(f"/api/v1/emergencies/{segment(emergency)}").json())

    @operation("POST", "/api/v1/emergencies/{emergency}/data")
    def emergency_data(
        self, emergency: str, window: tuple[datetime, datetime] | None = None, *, key: str | None = None
    ) -> tuple[str, pa.Table]:
        """Record a use within an opening and take its raw rows; return the id of the use and the rows."""
        body = {"window": None if window is None else [timestamp(moment) for moment in window]}
        answer = self._post(f"/api/v1/emergencies/{segment(emergency)}/data", body, key)
        return answer.headers["Umaya-Use"], pa.ipc.open_stream(answer.content).read_all()

    @operation("POST", "/api/v1/emergencies/{emergency}/acknowledge")
    def acknowledge_emergency(self, emergency: str, *, key: str | None = None) -> None:
        """Note that one has seen the warning."""
        self._post(f"/api/v1/emergencies/{segment(emergency)}/acknowledge", None, key)

    @operation("POST", "/api/v1/emergencies/{emergency}/end")
    def end_emergency(self, emergency: str, note: str, *, key: str | None = None) -> models.Emergency:
        """End an opening now."""
        answer = self._post(f"/api/v1/emergencies/{segment(emergency)}/end", {"note": note}, key)
        return models.Emergency.model_validate(answer.json())

    @operation("POST", "/api/v1/emergencies/{emergency}/review")
    def review_emergency(
        self, emergency: str, finding: str, seen: str, measures: str, *, key: str | None = None
    ) -> models.Emergency:
        """Write the review: `justified` or `not-justified`, what was looked at, what is done about it."""
        body = {"finding": finding, "seen": seen, "measures": measures}
        answer = self._post(f"/api/v1/emergencies/{segment(emergency)}/review", body, key)
        return models.Emergency.model_validate(answer.json())
