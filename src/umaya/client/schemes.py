"""Calls about what may be used: the catalogue, and schemes from their draft to their end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from umaya.client import models
from umaya.client.transport import Transport, operation, segment


class SchemeCalls(Transport):
    """See `umaya.client.Client`."""

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
