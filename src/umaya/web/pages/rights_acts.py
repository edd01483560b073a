"""What is decided and changed on a request at the rights desk: refusals and erasures by two, corrections, stops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from umaya.gate.rights import Proposal
from umaya.hub import Hub
from umaya.types.site import Actor
from umaya.web.pages.rights_request import Acting
from umaya.web.site import WebSite

_WORDS = Annotated[str, Form(max_length=4000)]
_CODE = Annotated[str, Form(max_length=200)]


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of decisions and changes."""
    routes = APIRouter(prefix="/rights")
    rights = hub.gate.rights
    act = Acting(hub, site)

    @routes.post("/{asked}/refuse")
    def refuse(
        request: Request,
        asked: str,
        refusal: _CODE = "",
        words: _WORDS = "",
        alternative: _WORDS = "",
        fields: Annotated[list[str] | None, Form()] = None,
    ) -> Response:
        values = {"refusal": refusal, "words": words, "alternative": alternative}
        left_out = [name[:200] for name in fields or []]

        def do(actor: Actor) -> None:
            rights.desk.propose_refusal(actor, asked, refusal, words, alternative, left_out)

        return act(request, asked, "refuse", values, do)

    @routes.post("/{asked}/propose-erasure")
    def propose_erasure(request: Request, asked: str) -> Response:
        do: Callable[[Actor], object] = lambda actor: rights.desk.propose_erasure(actor, asked)  # noqa: E731 # one line
        return act(request, asked, "propose-erasure", {"": ""}, do)

    @routes.post("/{asked}/confirm")
    def confirm(request: Request, asked: str) -> Response:
        def do(actor: Actor) -> None:
            if rights.requests.get(actor, asked).proposal is Proposal.ERASE:
                rights.changes.erase(actor, asked)
            else:
                rights.desk.confirm_refusal(actor, asked)

        return act(request, asked, "confirm", {"": ""}, do)

    @routes.post("/{asked}/decline")
    def decline(request: Request, asked: str, words: _WORDS = "") -> Response:
        return act(request, asked, "decline", {"words": words}, lambda actor: rights.desk.decline(actor, asked, words))

    @routes.post("/{asked}/correct")
    def correct(
        request: Request, asked: str, dataset: _CODE = "", field: _CODE = "", value: _WORDS = "", old: _WORDS = ""
    ) -> Response:
        values = {"field": field, "dataset": dataset, "value": value, "old": old}
        chosen, _, name = field.partition(".")

        def do(actor: Actor) -> None:
            rights.changes.correct(actor, asked, chosen, name, value or None, old)

        return act(request, asked, "correct", values, do)

    @routes.post("/{asked}/stop")
    def stop(request: Request, asked: str) -> Response:
        return act(request, asked, "stop", {"": ""}, lambda actor: rights.changes.stop(actor, asked))

    @routes.post("/{asked}/lift")
    def lift(request: Request, asked: str, reason: _WORDS = "") -> Response:
        return act(request, asked, "lift", {"reason": reason}, lambda actor: rights.changes.lift(actor, asked, reason))

    return routes
