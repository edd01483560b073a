"""Calls of feeds: rows and live positions in, events out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from umaya.client import models
from umaya.client.transport import Transport, operation, segment


class FeedCalls(Transport):
    """See `umaya.client.Client`."""

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
