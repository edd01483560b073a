"""Every operation of the JSON API as a typed method."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from umaya.client import models
from umaya.client.transport import Transport, operation, segment

Row = Mapping[str, Any]
"""A condition on rows: `field`, `op` and `value`."""


class Client(Transport):
    """A typed client; see `Transport` for its arguments.

    Every method raises `ProblemError` where the API answers with a problem. `key` is an idempotency key: whoever does
    not know whether an act went through repeats it with the same key.
    """

    @operation("GET", "/api/v1/catalogue")
    def catalogue(self) -> dict[str, Any]:
        """Return the catalogue as JSON-LD."""
        return dict(self._get("/api/v1/catalogue").json())

    @operation("GET", "/api/v1/catalogue/{dataset}")
    def dataset(self, dataset: str) -> dict[str, Any]:
        """Return one dataset as JSON-LD."""
        return dict(self._get(f"/api/v1/catalogue/{segment(dataset)}").json())

    @operation("GET", "/api/v1/vocabulary")
    def vocabulary(self) -> dict[str, Any]:
        """Return the hub's own terms as JSON-LD."""
        return dict(self._get("/api/v1/vocabulary").json())

    @operation("GET", "/api/v1/schemes")
    def schemes(self) -> Iterator[models.Scheme]:
        """Yield the schemes that are one's business, by id."""
        return self._pages(models.Scheme, "/api/v1/schemes")

    @operation("GET", "/api/v1/schemes/{scheme}")
    def scheme(self, scheme: str) -> models.WholeScheme:
        """Return a scheme with its versions."""
        return models.WholeScheme.model_validate(self._get(f"/api/v1/schemes/{segment(scheme)}").json())

    @operation("GET", "/api/v1/schemes/{scheme}/policy")
    def policy(self, scheme: str) -> dict[str, Any]:
        """Return the version in force as an ODRL agreement."""
        return dict(self._get(f"/api/v1/schemes/{segment(scheme)}/policy").json())

    @operation("GET", "/api/v1/schemes/{scheme}/history")
    def history(self, scheme: str) -> Iterator[models.SchemeAct]:
        """Yield who did what on which version, oldest first."""
        return self._pages(models.SchemeAct, f"/api/v1/schemes/{segment(scheme)}/history")

    @operation("GET", "/api/v1/schemes/{scheme}/diff")
    def difference(self, scheme: str, version: int | None = None) -> models.Difference:
        """Return what a version, the newest by default, changes in the one that it would replace."""
        answer = self._get(f"/api/v1/schemes/{segment(scheme)}/diff", version=version)
        return models.Difference.model_validate(answer.json())

    @operation("POST", "/api/v1/schemes")
    def submit_scheme(self, document: str, file: str = "scheme.yaml", *, key: str | None = None) -> models.Submitted:
        """Submit a document (YAML) as the first or next version of its scheme."""
        answer = self._post("/api/v1/schemes", {"document": document, "file": file}, key)
        return models.Submitted.model_validate(answer.json())

    @operation("POST", "/api/v1/schemes/{scheme}/privacy-check")
    def sign_privacy(
        self, scheme: str, note: str = "", version: int | None = None, *, key: str | None = None
    ) -> models.Scheme:
        """Sign off the privacy check."""
        return self._act(scheme, "privacy-check", {"note": note, "version": version}, key)

    @operation("POST", "/api/v1/schemes/{scheme}/verify")
    def verify(
        self,
        scheme: str,
        note: str = "",
        conditions: Sequence[str] = (),
        version: int | None = None,
        *,
        key: str | None = None,
    ) -> models.Scheme:
        """Close lock one, with conditions as people write them, e.g. `max-uses-per-day: {uses: 10}`."""
        return self._act(scheme, "verify", {"note": note, "conditions": [*conditions], "version": version}, key)

    @operation("POST", "/api/v1/schemes/{scheme}/consent")
    def consent_to_scheme(
        self, scheme: str, note: str = "", version: int | None = None, *, key: str | None = None
    ) -> models.Scheme:
        """Give the consent of a party that is consulted."""
        return self._act(scheme, "consent", {"note": note, "version": version}, key)

    @operation("POST", "/api/v1/schemes/{scheme}/approve")
    def approve(
        self,
        scheme: str,
        note: str = "",
        conditions: Sequence[str] = (),
        version: int | None = None,
        *,
        key: str | None = None,
    ) -> models.Scheme:
        """Close lock two."""
        return self._act(scheme, "approve", {"note": note, "conditions": [*conditions], "version": version}, key)

    @operation("POST", "/api/v1/schemes/{scheme}/return")
    def send_back(
        self, scheme: str, reason: str, version: int | None = None, *, key: str | None = None
    ) -> models.Scheme:
        """Send a version under review back."""
        return self._act(scheme, "return", {"reason": reason, "version": version}, key)

    @operation("POST", "/api/v1/schemes/{scheme}/impose")
    def impose(
        self,
        scheme: str,
        conditions: Sequence[str],
        reason: str,
        version: int | None = None,
        *,
        key: str | None = None,
    ) -> models.Scheme:
        """Impose conditions apart from closing a lock."""
        body = {"conditions": [*conditions], "reason": reason, "version": version}
        return self._act(scheme, "impose", body, key)

    @operation("POST", "/api/v1/schemes/{scheme}/report")
    def report(self, scheme: str, text: str, *, key: str | None = None) -> models.Scheme:
        """File a report on the use of a scheme."""
        return self._act(scheme, "report", {"text": text}, key)

    @operation("POST", "/api/v1/schemes/{scheme}/suspend")
    def suspend(self, scheme: str, reason: str, *, key: str | None = None) -> models.Scheme:
        """Stop the version in force at once."""
        return self._act(scheme, "suspend", {"reason": reason}, key)

    @operation("POST", "/api/v1/schemes/{scheme}/resume")
    def resume(self, scheme: str, reason: str, *, key: str | None = None) -> models.Scheme:
        """Put a suspended version in force again."""
        return self._act(scheme, "resume", {"reason": reason}, key)

    @operation("POST", "/api/v1/schemes/{scheme}/end")
    def end_scheme(self, scheme: str, reason: str, *, key: str | None = None) -> models.Scheme:
        """End a scheme for good."""
        return self._act(scheme, "end", {"reason": reason}, key)

    def _act(self, scheme: str, act: str, body: Mapping[str, Any], key: str | None) -> models.Scheme:
        return models.Scheme.model_validate(self._post(f"/api/v1/schemes/{segment(scheme)}/{act}", body, key).json())

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

    @operation("POST", "/api/v1/consents/give")
    def give_consent(
        self,
        person: int,
        topic: str,
        text: int,
        channel: str,
        evidence: Mapping[str, str],
        *,
        taken_at: datetime | None = None,
        requested_at: datetime | None = None,
        key: str | None = None,
    ) -> models.Given:
        """Record that a person consents; `evidence` has `digest` and `reference`."""
        body = {"person": person, "topic": topic, "text": text, "channel": channel, "evidence": dict(evidence)}
        times = {"taken_at": _time(taken_at), "requested_at": _time(requested_at)}
        return models.Given.model_validate(self._post("/api/v1/consents/give", body | times, key).json())

    @operation("POST", "/api/v1/consents/withdraw")
    def withdraw_consent(self, person: int, topic: str, channel: str, *, key: str | None = None) -> models.Withdrawn:
        """Withdraw a person's consent, at once."""
        body = {"person": person, "topic": topic, "channel": channel}
        return models.Withdrawn.model_validate(self._post("/api/v1/consents/withdraw", body, key).json())

    @operation("POST", "/api/v1/consents/state")
    def consent_state(self, person: int, topic: str, *, history: bool = False, reason: str = "") -> models.Standing:
        """Return what holds for a person on a topic today; the question is recorded, with the reason that is stated."""
        body = {"person": person, "topic": topic, "history": history, "reason": reason}
        return models.Standing.model_validate(self._post("/api/v1/consents/state", body).json())

    @operation("GET", "/api/v1/joint-use")
    def notices(self) -> Iterator[models.Notice]:
        """Yield every published notice, by id."""
        return self._pages(models.Notice, "/api/v1/joint-use")

    @operation("GET", "/api/v1/joint-use/{notice}")
    def notice(self, notice: str) -> models.Notice:
        """Return a published notice with its versions."""
        return models.Notice.model_validate(self._get(f"/api/v1/joint-use/{segment(notice)}").json())

    @operation("GET", "/api/v1/joint-use/{notice}/{version}")
    def notice_words(self, notice: str, version: int) -> models.NoticeWords:
        """Return a published version with its words."""
        return models.NoticeWords.model_validate(self._get(f"/api/v1/joint-use/{segment(notice)}/{version}").json())

    @operation("GET", "/api/v1/joint-use/{notice}/{version}/proof")
    def notice_proof(self, notice: str, version: int) -> models.Proof:
        """Return the ledger entry that published a version, and its receipt."""
        return models.Proof.model_validate(self._get(f"/api/v1/joint-use/{segment(notice)}/{version}/proof").json())

    @operation("POST", "/api/v1/joint-use")
    def submit_notice(
        self, document: str, file: str = "notice.yaml", *, key: str | None = None
    ) -> models.NoticeVersion:
        """Submit a document (YAML) as the first or next version of its notice."""
        answer = self._post("/api/v1/joint-use", {"document": document, "file": file}, key)
        return models.NoticeVersion.model_validate(answer.json())

    @operation("POST", "/api/v1/joint-use/{notice}/{version}/publish")
    def publish_notice(
        self, notice: str, version: int, day: date, note: str = "", *, key: str | None = None
    ) -> models.NoticeWords:
        """Publish a draft from a day on."""
        path = f"/api/v1/joint-use/{segment(notice)}/{version}/publish"
        return models.NoticeWords.model_validate(self._post(path, {"day": str(day), "note": note}, key).json())

    @operation("POST", "/api/v1/joint-use/{notice}/end")
    def end_notice(self, notice: str, last_day: date, note: str = "", *, key: str | None = None) -> models.Notice:
        """Let joint use under a notice end with a day."""
        path = f"/api/v1/joint-use/{segment(notice)}/end"
        return models.Notice.model_validate(self._post(path, {"last_day": str(last_day), "note": note}, key).json())

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
        stated = {"ends": _time(ends), "balancing": dict(balancing), "area": None if area is None else dict(area)}
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
        body = {"window": None if window is None else [_time(moment) for moment in window]}
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

    @operation("POST", "/api/v1/datasets/{dataset}/rows")
    def send_rows(
        self,
        dataset: str,
        rows: pa.Table,
        *,
        notice: int | None = None,
        source: str = "api",
        keep_good: bool = False,
        preview: bool = False,
    ) -> models.RowsTaken | models.RowsPreview:
        """Send rows into a dataset, or with `preview` learn what would be taken in.

        It takes no idempotency key: data is known by its digest, so the same rows a second time are a conflict.

        Args:
            dataset: id.
            rows: columns as catalogued; sent as one Arrow IPC stream.
            notice: version of the collection notice; None for data about nobody.
            source: name of the feed, for the steward.
            keep_good: leave rows with faults out; else all or none.
            preview: take nothing.
        """
        query = {"notice": notice, "source": source, "keep_good": keep_good, "preview": preview}
        answer = self._put_rows(f"/api/v1/datasets/{segment(dataset)}/rows", rows, query).json()
        return models.RowsPreview.model_validate(answer) if preview else models.RowsTaken.model_validate(answer)

    @operation("GET", "/api/v1/datasets/{dataset}/intakes")
    def intakes(self, dataset: str) -> Iterator[models.IntakeRecord]:
        """Yield what came into a dataset, latest first."""
        return self._pages(models.IntakeRecord, f"/api/v1/datasets/{segment(dataset)}/intakes")

    @operation("POST", "/api/v1/probes/positions")
    def send_positions(
        self,
        rows: pa.Table,
        *,
        dataset: str | None = None,
        notice: int | None = None,
        source: str | None = None,
        sequence: int | None = None,
    ) -> models.BatchTaken:
        """Send a batch of live positions; it is in the vault when this returns.

        Args:
            rows: columns as catalogued, in any order.
            dataset: that the rows go into; the hub's own one by default.
            notice: version of the collection notice.
            source: name of the feed.
            sequence: number of the batch, the same when it is sent again: it is taken once.
        """
        query = {"dataset": dataset, "notice": notice, "source": source, "sequence": sequence}
        return models.BatchTaken.model_validate(self._put_rows("/api/v1/probes/positions", rows, query).json())

    @operation("GET", "/api/v1/probes/positions")
    def live_state(self, dataset: str | None = None) -> models.LiveState:
        """Return how the live intake of a dataset is doing."""
        return models.LiveState.model_validate(self._get("/api/v1/probes/positions", dataset=dataset).json())

    @operation("GET", "/api/v1/webhooks")
    def webhooks(self) -> list[models.Webhook]:
        """Return the webhooks of the own party, latest first."""
        return [models.Webhook.model_validate(one) for one in self._get("/api/v1/webhooks").json()]

    @operation("POST", "/api/v1/webhooks")
    def make_webhook(self, url: str, kinds: Sequence[str], *, key: str | None = None) -> models.NewWebhook:
        """Make a webhook; its secret is in this answer alone."""
        answer = self._post("/api/v1/webhooks", {"url": url, "kinds": list(kinds)}, key)
        return models.NewWebhook.model_validate(answer.json())

    @operation("DELETE", "/api/v1/webhooks/{webhook}")
    def end_webhook(self, webhook: str) -> None:
        """End a webhook."""
        self._delete(f"/api/v1/webhooks/{segment(webhook)}")

    @operation("GET", "/api/v1/roads/network")
    def road_network(self) -> dict[str, Any]:
        """Return road segments as GeoJSON."""
        return dict(self._get("/api/v1/roads/network").json())

    @operation("GET", "/api/v1/roads/background")
    def road_background(self) -> dict[str, Any]:
        """Return water, buildings and offices as GeoJSON."""
        return dict(self._get("/api/v1/roads/background").json())

    @operation("GET", "/api/v1/roads/state")
    def road_state(self, at: datetime | None = None) -> dict[str, Any]:
        """Return what is known of each segment at a moment."""
        return dict(self._get("/api/v1/roads/state", at=_time(at)).json())

    @operation("GET", "/api/v1/roads/passages.{form}")
    def passages(self, form: str = "parquet", at: datetime | None = None) -> bytes:
        """Return what is known of each segment as a file: `geojson`, `parquet`, `kml` or `csv`."""
        return bytes(self._get(f"/api/v1/roads/passages.{segment(form)}", at=_time(at)).content)

    @operation("GET", "/api/v1/roads/segments/{segment}")
    def road_segment(self, segment: int, at: datetime | None = None) -> dict[str, Any]:
        """Return what a road segment is, how other systems refer to it, and what is known of it at a moment."""
        return dict(self._get(f"/api/v1/roads/segments/{segment}", at=_time(at)).json())

    @operation("GET", "/api/v1/roads/changes")
    def road_changes(self, since: str | None = None, at: datetime | None = None) -> bytes:
        """Return what changed since a version, in the compact format of road states."""
        return bytes(self._get("/api/v1/roads/changes", since=since, at=_time(at)).content)

    @operation("GET", "/api/v1/roads/tiles.json")
    def road_tiles(self) -> dict[str, Any]:
        """Return the TileJSON of the roads: where the tiles are, their layers, bounds and version."""
        return dict(self._get("/api/v1/roads/tiles.json").json())

    @operation("GET", "/api/v1/roads/tiles/{z}/{x}/{y}.mvt")
    def road_tile(self, z: int, x: int, y: int, v: str | None = None) -> bytes:
        """Return one vector tile (MVT 2.1); empty where there is nothing to draw."""
        return bytes(self._get(f"/api/v1/roads/tiles/{z}/{x}/{y}.mvt", v=v).content)

    @operation("GET", "/api/v1/roads/reports")
    def road_reports(self) -> dict[str, Any]:
        """Return the reports of road damage that are in force, as GeoJSON."""
        return dict(self._get("/api/v1/roads/reports").json())

    @operation("GET", "/api/v1/roads/stream")
    def road_windows(self) -> Iterator[datetime]:
        """Yield the end of each newly released window, as it is released; ends when the hub closes the stream."""
        headers = {**self._headers, "Accept": "text/event-stream"}
        with self._http.stream("GET", f"{self._address}/api/v1/roads/stream", headers=headers, timeout=None) as answer:
            answer.raise_for_status()
            for line in answer.iter_lines():
                if line.startswith("data:"):
                    yield datetime.fromisoformat(json.loads(line.removeprefix("data:"))["at"])

    @operation("GET", "/api/v1/offices")
    def offices(self) -> list[models.Office]:
        """Return the offices that exist today."""
        return [models.Office.model_validate(one) for one in self._get("/api/v1/offices").json()]

    @operation("GET", "/api/v1/offices/access")
    def office_access(
        self,
        service: str | None = None,
        pace: str = "walk",
        change: Sequence[str] = (),
        limit: int = 20,
    ) -> models.OfficeAccess:
        """Return how many people have how far, before and after offices close or begin a service."""
        asked = {"service": service, "pace": pace, "change": [*change], "limit": limit}
        return models.OfficeAccess.model_validate(self._get("/api/v1/offices/access", **asked).json())

    @operation("GET", "/api/v1/offices/map")
    def office_map(
        self,
        service: str | None = None,
        pace: str = "walk",
        change: Sequence[str] = (),
        limit: int = 20,
    ) -> dict[str, Any]:
        """Return the same for each cell as GeoJSON."""
        asked = {"service": service, "pace": pace, "change": [*change], "limit": limit}
        return dict(self._get("/api/v1/offices/map", **asked).json())

    @operation("POST", "/api/v1/places/normalise")
    def normalise_addresses(self, addresses: Sequence[str]) -> list[models.ReadAddress]:
        """Return how addresses are read, in their order; at most 1000 in one call."""
        answer = self._post("/api/v1/places/normalise", {"addresses": list(addresses)})
        return [models.ReadAddress.model_validate(one) for one in answer.json()]

    @operation("POST", "/api/v1/places/reverse")
    def nearest_addresses(self, lon: float, lat: float) -> list[models.NearAddress]:
        """Return what is nearest to a place in degrees, the best answer first."""
        answer = self._post("/api/v1/places/reverse", {"lon": lon, "lat": lat})
        return [models.NearAddress.model_validate(one) for one in answer.json()]

    @operation("POST", "/api/v1/places/suggest")
    def suggest_addresses(self, text: str, limit: int = 10) -> list[models.SuggestedAddress]:
        """Return how an address that was begun may go on, the best way first."""
        answer = self._post("/api/v1/places/suggest", {"text": text, "limit": limit})
        return [models.SuggestedAddress.model_validate(one) for one in answer.json()]


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
        "window": None if window is None else [_time(moment) for moment in window],
        "event": event,
        "fields": None if fields is None else list(fields),
        "people": None if people is None else list(people),
        "matching": [dict(one) for one in matching],
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
