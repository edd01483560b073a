"""Calls about uses: what would be decided, rows that leave, receipts, alarms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from umaya.client import models
from umaya.client.transport import Transport, operation, segment, timestamp

Row = Mapping[str, Any]
"""A condition on rows: `field`, `op` and `value`."""


class UseCalls(Transport):
    """See `umaya.client.Client`."""

    @operation("POST", "/api/v1/uses/decide")
    def decide(self, scheme: str, reason: str, **narrowed: Any) -> models.Decision:
        """Return what would be decided now; takes what `use` takes. Naming people is recorded."""
        answer = self._post("/api/v1/uses/decide", _use(scheme, reason, **narrowed))
        return models.Decision.model_validate(answer.json())

    @operation("POST", "/api/v1/uses")
    def use(
        self,
        scheme: str,
        reason: str,
        *,
        window: tuple[datetime, datetime] | None = None,
        event: str | None = None,
        fields: Sequence[str] | None = None,
        people: Sequence[int] | None = None,
        matching: Sequence[Row] = (),
        key: str | None = None,
    ) -> tuple[str, pa.Table]:
        """Record a use and take its rows; return the id of the use and the rows.

        Args:
            scheme: id.
            reason: why, in words; recorded.
            window: half-open span of time, where the basis needs one; aware.
            event: id of a declared event, where the basis needs one.
            fields: only these of the scheme's.
            people: only these, by number.
            matching: what rows must meet, e.g. `{"field": "balance", "op": "ge", "value": 30}`.
            key: idempotency key; rows leave once: a repetition raises, and names the use.
        """
        body = _use(scheme, reason, window=window, event=event, fields=fields, people=people, matching=matching)
        answer = self._post("/api/v1/uses", body, key)
        return answer.headers["Umaya-Use"], pa.ipc.open_stream(answer.content).read_all()

    @operation("GET", "/api/v1/uses")
    def uses(self, scheme: str, state: str | None = None) -> Iterator[models.UseRecord]:
        """Yield the uses of a scheme, latest first."""
        return self._pages(models.UseRecord, "/api/v1/uses", scheme=scheme, state=state)

    @operation("GET", "/api/v1/uses/{use}")
    def use_record(self, use: str) -> models.UseRecord:
        """Return what became of a use."""
        return models.UseRecord.model_validate(self._get(f"/api/v1/uses/{segment(use)}").json())

    @operation("GET", "/api/v1/uses/{use}/receipt")
    def receipt(self, use: str) -> str:
        """Return the proof that a use is in the ledger (C2SP tlog-proof)."""
        return str(self._get(f"/api/v1/uses/{segment(use)}/receipt").text)

    @operation("POST", "/api/v1/explain")
    def explain(self, scheme: str, reason: str, person: int, **narrowed: Any) -> models.Explanation:
        """Return why one person's data may or may not be used; takes what `use` takes."""
        answer = self._post("/api/v1/explain", {**_use(scheme, reason, **narrowed), "person": person})
        return models.Explanation.model_validate(answer.json())

    @operation("GET", "/api/v1/alarms")
    def alarms(self, *, seen: bool | None = None) -> list[models.Alarm]:
        """Return the alarms of the own party, latest first."""
        shown = None if seen is None else str(seen).lower()
        return [models.Alarm.model_validate(one) for one in self._get("/api/v1/alarms", seen=shown).json()]

    @operation("POST", "/api/v1/alarms/{alarm}/see")
    def see_alarm(self, alarm: str, *, key: str | None = None) -> None:
        """Note that the second line has looked into an alarm."""
        self._post(f"/api/v1/alarms/{segment(alarm)}/see", None, key)


def _use(
    scheme: str,
    reason: str,
    *,
    window: tuple[datetime, datetime] | None = None,
    event: str | None = None,
    fields: Sequence[str] | None = None,
    people: Sequence[int] | None = None,
    matching: Sequence[Row] = (),
) -> dict[str, Any]:
    return {
        "scheme": scheme,
        "reason": reason,
        "window": None if window is None else [timestamp(moment) for moment in window],
        "event": event,
        "fields": None if fields is None else list(fields),
        "people": None if people is None else list(people),
        "matching": [dict(one) for one in matching],
    }
