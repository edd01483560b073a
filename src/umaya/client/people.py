"""Calls about what people are asked and told: consents, notices of joint use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from umaya.client import models
from umaya.client.transport import Transport, operation, segment, timestamp


class PeopleCalls(Transport):
    """See `umaya.client.Client`."""

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
        times = {"taken_at": timestamp(taken_at), "requested_at": timestamp(requested_at)}
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
