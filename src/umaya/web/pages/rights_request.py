"""One request at the rights desk: what is next and by whom, every act on it, its letter, and the answer handed out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from umaya.gate.rights import Form as AnswerForm
from umaya.gate.rights import Identity
from umaya.gate.rights import Request as Asked
from umaya.gate.rights.document import read_document
from umaya.gate.roles import PROTECTOR, RIGHTS_DESK
from umaya.hub import Hub
from umaya.law import day_in_japan
from umaya.law.rights import RIGHTS
from umaya.types.errors import InputError, Place
from umaya.types.site import Actor
from umaya.web.assets import DIST
from umaya.web.pages.rights_steps import next_step, offers
from umaya.web.rights_pdf import answer_pdf
from umaya.web.site import WebSite

_WORDS = Annotated[str, Form(max_length=4000)]
_CODE = Annotated[str, Form(max_length=200)]
MEDIA = {
    AnswerForm.JSON: ("application/json", "json"),
    AnswerForm.CSV: ("application/zip", "zip"),
    AnswerForm.PARQUET: ("application/zip", "zip"),
    AnswerForm.PDF: ("application/pdf", "pdf"),
    AnswerForm.PAPER: ("application/pdf", "pdf"),
}


class Filled:
    """A form that came back: which act, what was typed, and the field that does not fit."""

    def __init__(self, step: str, values: dict[str, str], fault: str) -> None:
        self.step, self.values, self.fault = step, values, fault


class Acting:
    """Does an act, or shows the page again with what was typed and the fault beside its field."""

    def __init__(self, hub: Hub, site: WebSite) -> None:
        self._hub, self._site = hub, site

    def __call__(
        self, request: Request, asked: str, step: str, values: dict[str, str], do: Callable[[Actor], object]
    ) -> Response:
        actor = self._site.require(request, RIGHTS_DESK)
        try:
            do(actor)
        except InputError as error:
            field = error.place.field or ""
            filled = Filled(step, values, field if field in values else next(iter(values)))
            return _page(self._hub, self._site, request, actor, asked, filled, 422)
        return RedirectResponse(f"/rights/{asked}?done={step}", 303)


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of a request."""
    routes = APIRouter(prefix="/rights")
    rights = hub.gate.rights

    act = Acting(hub, site)

    @routes.get("/{asked}")
    def one(request: Request, asked: str, done: str = "") -> Response:
        return _page(hub, site, request, site.require(request, RIGHTS_DESK), asked, None, 200, done)

    @routes.get("/{asked}/letter")
    def letter(request: Request, asked: str) -> Response:
        actor = site.require(request, RIGHTS_DESK)
        return site.page(request, "rights/letter.html", **_context(hub, actor, asked))

    @routes.post("/{asked}/identify")
    def identify(request: Request, asked: str, identity: _CODE = "", evidence: _WORDS = "") -> Response:
        values = {"identity": identity, "evidence": evidence}

        def do(actor: Actor) -> None:
            rights.desk.identify(actor, asked, _identity(identity), evidence)

        return act(request, asked, "identify", values, do)

    @routes.post("/{asked}/take")
    def take(request: Request, asked: str) -> Response:
        return act(request, asked, "take", {"": ""}, lambda actor: rights.desk.take(actor, asked))

    @routes.post("/{asked}/extend")
    def extend(request: Request, asked: str, reason: _WORDS = "") -> Response:
        return act(request, asked, "extend", {"reason": reason}, lambda actor: rights.desk.extend(actor, asked, reason))

    @routes.post("/{asked}/withdraw")
    def withdraw(request: Request, asked: str) -> Response:
        return act(request, asked, "withdraw", {"": ""}, lambda actor: rights.desk.withdraw(asked, actor=actor))

    @routes.post("/{asked}/answer")
    def answer(request: Request, asked: str, words: _WORDS = "") -> Response:
        return act(request, asked, "answer", {"words": words}, lambda actor: rights.answers.answer(actor, asked, words))

    @routes.post("/{asked}/remove")
    def remove(request: Request, asked: str) -> Response:
        return act(request, asked, "remove", {"": ""}, lambda actor: rights.handing.remove(actor, asked))

    @routes.post("/{asked}/hand-out")
    def hand_out(request: Request, asked: str) -> Response:
        actor = site.require(request, RIGHTS_DESK)
        handed = rights.handing.hand_out(asked, lambda kept, form: rendered(kept, form, asked), actor=actor)
        if handed.form is AnswerForm.VIEWING:
            return site.page(request, "rights/viewing.html", document=read_document(handed.content))
        media, suffix = MEDIA[handed.form]
        headers = {"Content-Disposition": f'attachment; filename="answer-{asked[:8]}.{suffix}"'}
        return Response(handed.content, media_type=media, headers=headers)

    @routes.post("/{asked}/clear")
    def clear(request: Request, asked: str, reason: _WORDS = "") -> Response:
        actor = site.require(request, PROTECTOR)
        rights.desk.clear(actor, asked, reason)
        return RedirectResponse("/rights", 303)

    return routes


def rendered(kept: bytes, form: AnswerForm, reference: str) -> bytes:
    """Return a kept answer in a form that the gate does not write itself: PDF, or as it is for viewing."""
    return kept if form is AnswerForm.VIEWING else answer_pdf(read_document(kept), reference, DIST / "fonts")


def _identity(text: str) -> Identity:
    try:
        return Identity(text)
    except ValueError:
        raise InputError(Place("request", field="identity"), "no way of checking is chosen", "choose one") from None


def _page(
    hub: Hub,
    site: WebSite,
    request: Request,
    actor: Actor,
    asked: str,
    filled: Filled | None,
    status: int,
    done: str = "",
) -> Response:
    context = _context(hub, actor, asked)
    found: Asked = context["one"]  # type: ignore[assignment] # as made below
    return site.render(
        request,
        "rights/request.html",
        status,
        filled=filled,
        done=done if done in _DONE else "",
        step=next_step(actor, found),
        offers=offers(actor, found),
        identities=[way.value for way in Identity],
        datasets=[
            dataset
            for dataset in hub.gate.catalogue.datasets()
            if dataset.owner == actor.party and dataset.subject is not None and found.dataset in {None, dataset.id}
        ],
        **context,
    )


_DONE = (
    *("received", "identify", "take", "extend", "withdraw", "refuse", "propose-erasure", "confirm", "decline"),
    *("answer", "correct", "stop", "lift", "remove"),
)
"""Acts after which the page says that they were done."""


def _context(hub: Hub, actor: Actor, asked: str) -> dict[str, object]:
    """Return what page and letter show of a request."""
    found = hub.gate.rights.requests.open(actor, asked)
    rules = RIGHTS.at(day_in_japan(found.received_at))
    return {
        "one": found,
        "rules": rules,
        "rule": rules.kinds[found.kind],
        "number": hub.gate.numbers.of(found.party, found.person),
        "today": day_in_japan(hub.clock.now()),
        "parties": {party.id: party.name for party in hub.gate.catalogue.parties()},
        "people": {person.id: person.name for person in hub.gate.catalogue.actors()},
        "terms": hub.gate.rights.terms.of(found.party, day_in_japan(hub.clock.now())),
    }
