"""A resident's requests about data that parties hold of them (開示等の請求等): listed with their clocks, and started.

For that person alone: what others asked is answered as what does not exist. What becomes of a request is the desk's.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import RedirectResponse

from umaya.gate import Dataset, Party
from umaya.gate.rights import Asked, RequestChannel, Requester
from umaya.gate.rights import Form as AnswerForm
from umaya.hub import Hub
from umaya.law import day_in_japan
from umaya.law.rights import ANSWERED_BY_FILE, RIGHTS, RequestKind
from umaya.types.errors import ConflictError, InputError, NotFoundError
from umaya.web.pages.rights_request import MEDIA, rendered
from umaya.web.site import WebSite

FETCHED = frozenset({AnswerForm.PDF, AnswerForm.CSV, AnswerForm.JSON})
"""Forms that are fetched here; the others are handed over at the party's desk."""
ANSWERS = (AnswerForm.PDF, AnswerForm.CSV, AnswerForm.JSON, AnswerForm.PAPER, AnswerForm.VIEWING)
_TYPED = ("party", "ground", "words", "form", "dataset", "field", "value")
Id = Annotated[str, Path(max_length=64)]
Text = Annotated[str, Form(max_length=4000)]


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of the resident's requests."""
    routes = APIRouter()
    gate = hub.gate

    @routes.get("/my/requests")
    def requests(request: Request) -> Response:
        person = site.resident(request).person
        gate.own.look(person, "requests")
        found = gate.rights.of(person)
        return site.page(request, "my/requests.html", requests=found, **_around(hub))

    @routes.get("/my/requests/new/{kind}")
    def new(request: Request, kind: RequestKind) -> Response:
        site.resident(request)
        return _form(request, kind, dict.fromkeys(_TYPED, ""), None)

    @routes.get("/my/requests/{id}")
    def one(request: Request, id: Id) -> Response:  # noqa: A002 - what the address names
        person = site.resident(request).person
        gate.own.look(person, "requests")
        found = next((asked for asked in gate.rights.of(person) if asked.id == id), None)
        if found is None:
            raise NotFoundError("there is no such request of yours")
        ready = found.file_until is not None and found.form in FETCHED
        return site.page(request, "my/request.html", asked=found, ready=ready, **_around(hub))

    @routes.post("/my/requests/{id}/withdraw")
    def withdraw(request: Request, id: Id) -> Response:  # noqa: A002 - as above
        gate.rights.withdraw(site.resident(request).person, id)
        return RedirectResponse(f"/my/requests/{id}", 303)

    @routes.post("/my/requests/{id}/answer")
    def answer(request: Request, id: Id) -> Response:  # noqa: A002 - as above
        person = site.resident(request).person
        if any(asked.id == id and asked.form not in FETCHED for asked in gate.rights.of(person)):
            raise ConflictError("the answer is handed over at the party's desk, as you chose")
        handed = gate.rights.fetch(person, id, lambda kept, form: rendered(kept, form, id))
        media, suffix = MEDIA[handed.form]
        headers = {
            "Content-Disposition": f'attachment; filename="answer-{id[:8]}.{suffix}"',
            "Cache-Control": "no-store",
        }
        return Response(handed.content, media_type=media, headers=headers)

    @routes.post("/my/requests/new/{kind}")
    def submit(
        request: Request,
        kind: RequestKind,
        party: Annotated[str, Form(max_length=64)] = "",
        ground: Annotated[str, Form(max_length=64)] = "",
        words: Text = "",
        form: AnswerForm = AnswerForm.PDF,
        dataset: Annotated[str, Form(max_length=64)] = "",
        field: Annotated[str, Form(max_length=400)] = "",
        value: Annotated[str, Form(max_length=400)] = "",
    ) -> Response:
        resident = site.resident(request)
        typed = {"party": party, "ground": ground, "words": words, "form": form.value}
        typed |= {"dataset": dataset, "field": field, "value": value}
        owner = next((held.owner for held in _datasets(hub) if held.id == dataset), party)
        try:
            asked = Asked(
                party=owner if kind is RequestKind.CORRECTION else party,
                person=resident.person,
                kind=kind,
                words=words,
                form=form,
                requester=Requester.PERSON,
                ground=ground,
                dataset=dataset or None,
                field=field,
                value=value,
                language=site.language(request),
                channel=RequestChannel.MY_PAGE,
            )
            received = gate.rights.submit(asked)
        except InputError as error:
            return _form(request, kind, typed, error.place.field or "words")
        except NotFoundError:
            return _form(request, kind, typed, "dataset" if kind is RequestKind.CORRECTION else "party")
        return RedirectResponse(f"/my/requests/{received.id}", 303)

    def _form(request: Request, kind: RequestKind, typed: dict[str, str], fault: str | None) -> Response:
        rules = RIGHTS.at(day_in_japan(hub.clock.now()))
        return site.render(
            request,
            "my/request_new.html",
            200 if fault is None else 422,
            rule=rules.kinds[kind],
            grounds=rules.grounds_of(kind),
            by_file=kind in ANSWERED_BY_FILE,
            holders=_holders(hub),
            datasets=_datasets(hub),
            forms=ANSWERS,
            typed=typed,
            fault=fault,
        )

    return routes


def _datasets(hub: Hub) -> list[Dataset]:
    """Return the datasets about people, whoever they are about."""
    return [dataset for dataset in hub.gate.catalogue.datasets() if dataset.subject is not None]


def _holders(hub: Hub) -> list[Party]:
    """Return the parties that hold data about people, the same for everybody who asks."""
    owners = {dataset.owner for dataset in _datasets(hub)}
    return [party for party in hub.gate.catalogue.parties() if party.id in owners]


def _around(hub: Hub) -> dict[str, object]:
    rules = RIGHTS.at(day_in_japan(hub.clock.now()))
    return {
        "kinds": rules.kinds,
        "parties": {party.id: party.name for party in hub.gate.catalogue.parties()},
        "today": day_in_japan(hub.clock.now()),
    }
