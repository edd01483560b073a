"""The guided form: one page a step, each kept when it is left, checked by the gate while it is filled in.

Must hold: what a person typed is never lost. It is kept as it was typed, right or wrong; where the draft was saved in
another window meanwhile, nothing is overwritten and the form comes back with what was typed in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from umaya.gate import documents
from umaya.gate.dry_check import Stage
from umaya.gate.roles import APPLICANT
from umaya.hub import Hub
from umaya.services.drafts import Draft, Drafts, OutdatedError
from umaya.types.errors import ConflictError, ForbiddenError, InputError
from umaya.types.site import Actor
from umaya.web.pages import apply_forms as forms
from umaya.web.pages.apply_draft import STEPS, Data, document_of, set_basis
from umaya.web.pages.apply_page import anchors, page_context, ways_of
from umaya.web.pages.apply_parameters import Form
from umaya.web.site import WebSite

Step = Literal["idea", "what", "whose", "why", "obligations", "privacy"]


async def sent(request: Request) -> Form:
    """Return the texts of a submitted form, each name with all of them."""
    form = await request.form(max_fields=4000)
    return Form((key, value) for key, value in form.multi_items() if isinstance(value, str))


Sent = Annotated[Form, Depends(sent)]


def router(hub: Hub, site: WebSite, drafts: Drafts) -> APIRouter:
    """Return the routes of the steps, below those of a draft."""
    routes = APIRouter(prefix="/apply/{draft}")
    desk = _Desk(hub, site, drafts)

    @routes.get("/review")
    def review(request: Request, draft: str, told: bool = False) -> Response:
        actor = site.require(request, APPLICANT)
        kept = drafts.get(actor, draft)
        return desk.page(request, actor, kept, dict(kept.document), "review", told=told)

    @routes.get("/{step}")
    def step_page(request: Request, draft: str, step: Step, told: bool = False) -> Response:
        actor = site.require(request, APPLICANT)
        kept = drafts.get(actor, draft)
        return desk.page(request, actor, kept, dict(kept.document), step, told=told)

    @routes.post("/submit")
    def submit(request: Request, draft: str, form: Sent) -> Response:
        actor = site.require(request, APPLICANT)
        return desk.submit(request, actor, drafts.get(actor, draft), _revision(form))

    @routes.post("/{step}")
    def save(request: Request, draft: str, step: Step, form: Sent) -> Response:
        actor = site.require(request, APPLICANT)
        return desk.save(request, actor, drafts.get(actor, draft), step, form)

    @routes.post("/{step}/check")
    def check(request: Request, draft: str, step: Step, form: Sent) -> Response:
        actor = site.require(request, APPLICANT)
        kept = drafts.get(actor, draft)
        data = desk.read(dict(kept.document), step, form.without("do"))  # no button was pressed now
        context = page_context(hub, actor, kept, data, step, site.catalogue(request))
        # A page that was overtaken while it asked has other fields than the draft: it gets the gate's word alone.
        places = desk.places(kept, step) if _revision(form) == kept.revision else []
        return site.page(request, "apply/live.html", **context | {"anchors": places})

    return routes


class _Desk:
    """Reads, keeps and shows drafts for the routes.

    Args:
        hub: the hub.
        site: makes pages.
        drafts: keeps them.
    """

    def __init__(self, hub: Hub, site: WebSite, drafts: Drafts) -> None:
        self._hub = hub
        self._site = site
        self._drafts = drafts

    def page(
        self, request: Request, actor: Actor, draft: Draft, data: Data, step: str, status: int = 200, **context: Any
    ) -> Response:
        """Return the page of a step."""
        words = self._site.catalogue(request)
        known = page_context(self._hub, actor, draft, data, step, words) | context
        return self._site.render(request, f"apply/{step}.html", status, **known)

    def read(self, data: Data, step: str, form: Form) -> Data:
        """Return the draft with what a step's form says, a suggestion that was taken included."""
        if step == "what":
            datasets = {one.id: one for one in self._hub.gate.catalogue.datasets()}
            return forms.read_what(data, form, datasets)
        read = forms.READERS[step](data, form)
        if form.text("do").startswith("use:"):
            read = self._with_offer(read, form.text("do"))
        if step == "why":
            bases = self._hub.gate.dry_check.bases()
            return set_basis(read, bases.get(str(read.get("basis"))))
        return read

    def places(self, draft: Draft, step: str) -> list[str]:
        """Return the places for faults that the page of a step has: those of the draft as it is kept."""
        data = dict(draft.document)
        dataset = {one.id: one for one in self._hub.gate.catalogue.datasets()}.get(str(data.get("dataset")))
        return anchors(step, data, dataset, self._hub.gate.dry_check.bases().get(str(data.get("basis"))))

    def _with_offer(self, data: Data, do: str) -> Data:
        """Return the draft with an offer that its page showed: `use:BASIS:NUMBER`; as it is where that is gone."""
        _, basis, number = [*do.split(":"), "", ""][:3]
        datasets = {one.id: one for one in self._hub.gate.catalogue.datasets()}
        way = next((one for one in ways_of(self._hub.gate, data, datasets) if one.basis.id == basis), None)
        if way is None or not number.isdigit() or int(number) >= len(way.offers):
            return data
        offer = way.offers[int(number)]
        steps = [{name: dict(given)} for step in offer.obligations for name, given in step.items()]
        chosen = {**data, "basis": basis, "obligations": steps}
        return chosen if offer.business is None else {**chosen, "business": offer.business}

    def save(self, request: Request, actor: Actor, draft: Draft, step: str, form: Form) -> Response:
        """Keep what a form says and lead on, or show the form again where it is outdated."""
        data = self.read(dict(draft.document), step, form)
        try:
            self._drafts.save(actor, draft.id, _revision(form), data)
        except OutdatedError:
            newest = self._drafts.get(actor, draft.id)
            typed = self.read(dict(newest.document), step, form)
            return self.page(request, actor, newest, typed, step, 409, outdated=True)
        return RedirectResponse(self._next(request, actor, draft, data, step, form.text("do")), 303)

    def _next(self, request: Request, actor: Actor, draft: Draft, data: Data, step: str, do: str) -> str:
        """Return where to go after a form was kept: on, unless the gate has something against this step."""
        here = f"/apply/{draft.id}/{step}"
        at = STEPS.index(step)
        if do == "save":
            return f"/apply?kept={draft.id}"
        if do == "back":
            return f"/apply/{draft.id}/{STEPS[max(0, at - 1)]}"
        if do != "next":
            return f"{here}#{_place(do)}"
        context = page_context(self._hub, actor, draft, data, step, self._site.catalogue(request))
        return f"{here}?told=true" if context["here"] else f"/apply/{draft.id}/{STEPS[at + 1]}"

    def submit(self, request: Request, actor: Actor, draft: Draft, revision: int) -> Response:
        """Hand the draft in; it is forgotten once the gate has taken it."""
        data = dict(draft.document)
        if revision != draft.revision:
            return self.page(request, actor, draft, data, "review", 409, outdated=True)
        try:
            version = self._hub.gate.schemes.submit(actor, documents.write(document_of(data)), "draft")
        except (InputError, ForbiddenError, ConflictError) as error:
            return self._refused(request, actor, draft, data, error)
        self._drafts.discard(actor, draft.id)
        return RedirectResponse(f"/schemes/{version.scheme}", 303)

    def _refused(
        self,
        request: Request,
        actor: Actor,
        draft: Draft,
        data: Data,
        error: InputError | ForbiddenError | ConflictError,
    ) -> Response:
        """Return the review with everything that was found; where that is nothing, the error itself."""
        words = self._site.catalogue(request)
        context = page_context(self._hub, actor, draft, data, "review", words)
        known = any(one.stage is Stage.SUBMISSION for one in context["found"])
        status = {InputError: 422, ForbiddenError: 403, ConflictError: 409}[type(error)]
        context |= {"told": True, "refused": None if known else str(error)}
        return self._site.render(request, "apply/review.html", status, **context)


def _revision(form: Form) -> int:
    """Return the revision that a form was made from; one that there never was where it does not say."""
    text = form.text("revision")
    return int(text) if text.isdigit() and len(text) < 10 else -1


_PLACES: Mapping[str, str] = {"choose": "chosen", "add": "obligations", "use": "obligations"}


def _place(do: str) -> str:
    """Return the part of the page to which a button leads that stays on it."""
    change, _, at = do.partition(":")
    if change in {"up", "down"} and at.isdigit():
        return f"obligation-{int(at) + (1 if change == 'down' else -1)}"
    return _PLACES.get(change, "step")
