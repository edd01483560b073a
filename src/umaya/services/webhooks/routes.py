"""JSON API of webhooks: make, list, end. Translation only."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from umaya.client import models
from umaya.gate import Gate
from umaya.gate.subscriptions import Subscription
from umaya.services.webhooks.service import WebhookService
from umaya.types.site import Site

PREFIX = "/api/v1/webhooks"


class WebhookBody(BaseModel):
    """Where to tell, and which subjects."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(max_length=500)]
    kinds: Annotated[list[str], Field(min_length=1, max_length=20)]


def router(gate: Gate, webhooks: WebhookService, site: Site) -> APIRouter:
    """Return the routes under `/api/v1/webhooks`."""
    routes = APIRouter(prefix=PREFIX, tags=["webhooks"])

    def shown(one: Subscription) -> models.Webhook:
        told = webhooks.told(one)
        waits: datetime | None = told.next_at
        return models.Webhook(
            webhook=one.id,
            url=one.url,
            kinds=list(one.kinds),
            made_by=one.made_by,
            made_at=one.made_at,
            ended=one.ended,
            behind=told.behind,
            failures=told.failures,
            tried_again_at=waits,
        )

    @routes.get("")
    def listed(request: Request) -> list[models.Webhook]:
        """The webhooks of the own party, latest first, and how far each was told."""
        return [shown(one) for one in gate.subscriptions.list(site.actor(request))]

    @routes.post("", status_code=201)
    def make(request: Request, body: WebhookBody) -> models.NewWebhook:
        """Make a webhook. Its secret is shown this once."""
        made = webhooks.make(site.actor(request), body.url, body.kinds)
        return models.NewWebhook(**dict(shown(made.subscription)), secret=made.secret)

    @routes.delete("/{webhook}", status_code=204)
    def end(request: Request, webhook: str) -> None:
        """End a webhook: nothing more is told."""
        gate.subscriptions.end(site.actor(request), webhook)

    return routes
