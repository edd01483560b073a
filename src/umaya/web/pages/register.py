"""The register of joint-use notices: what is published, what waits, who must do what by which day, which schemes rest
on it.

For the parties that a notice names, and for auditors; the published words themselves are for everybody
(`umaya.web.pages.joint_use`). A document that was refused comes back with the fault beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import RedirectResponse

from umaya.gate import Gate, SchemeSummary
from umaya.gate.documents import write
from umaya.gate.joint_use import NoticeRecord
from umaya.gate.joint_use.publication import draft_of, last_day_to_publish, published_last
from umaya.gate.roles import APPLICANT, APPROVER, AUDITOR, PRIVACY_OFFICER, STEWARD, VERIFIER
from umaya.gate.statements import MAX_CHARACTERS
from umaya.hub import Hub
from umaya.law import day_in_japan
from umaya.law.joint_use import AgreedPoint
from umaya.types.errors import InputError, NotFoundError
from umaya.types.site import Actor
from umaya.web.languages import JAPAN
from umaya.web.notice_start import START
from umaya.web.pages.review import MAX_VERSION, form_values
from umaya.web.pages.schemes import party_names
from umaya.web.scheme_steps import may_see
from umaya.web.site import WebSite

ROLES = (APPLICANT, APPROVER, VERIFIER, PRIVACY_OFFICER, STEWARD, AUDITOR)
Version = Annotated[int, Path(ge=1, le=MAX_VERSION)]
Values = Annotated[dict[str, str], Depends(form_values)]


@dataclass(frozen=True)
class NextStep:
    """What a notice waits for.

    Attributes:
        code: `publish`, `too-late`, `wait` or `nothing`.
        party: of which one may do it.
        role: who may do it; None where nobody need do anything.
        day: until which it must be done, or from which the version holds.
        since: when the draft was submitted.
        mine: whether the reader could do it.
    """

    code: str
    party: str
    role: str | None = None
    day: date | None = None
    since: datetime | None = None
    mine: bool = False

    @property
    def due(self) -> datetime | None:
        """The end, in Japan, of the last day."""
        if self.code != "publish" or self.day is None:
            return None
        return datetime.combine(self.day + timedelta(days=1), time(), JAPAN)


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of the register."""
    routes = APIRouter(prefix="/register")
    _add_reading(routes, hub, site)
    _add_acts(routes, hub, site)
    return routes


def _add_reading(routes: APIRouter, hub: Hub, site: WebSite) -> None:
    @routes.get("")
    def register(request: Request) -> Response:
        actor, gate = site.require(request, *ROLES), hub.gate
        today = day_in_japan(hub.clock.now())
        records = [record for record in gate.joint_use.list() if concerns(actor, record)]
        return site.page(
            request,
            "register/list.html",
            notices=[(record, record.on(today), next_of(gate, actor, record, today)) for record in records],
            may_submit=APPLICANT in actor.roles,
            parties=party_names(gate),
            today=today,
            now=hub.clock.now(),
        )

    @routes.get("/new")
    def new(request: Request) -> Response:
        actor = site.require(request, APPLICANT)
        return _draft_page(hub, site, request, START.format(publisher=actor.party, starts=_in_a_month(hub)))

    @routes.get("/{notice}")
    def one(request: Request, notice: str, done: str | None = None) -> Response:
        return _page(hub, site, request, notice, done=done)

    @routes.get("/{notice}/new")
    def next_version(request: Request, notice: str) -> Response:
        actor = site.require(request, APPLICANT)
        record = _find(hub.gate, actor, notice)
        return _draft_page(hub, site, request, _as_yaml(record), record)


def _add_acts(routes: APIRouter, hub: Hub, site: WebSite) -> None:
    @routes.post("")
    def submit(request: Request, values: Values) -> Response:
        actor = site.require(request, APPLICANT)
        text = values.get("document", "")
        try:
            notice = hub.gate.joint_use.submit(actor, text, "notice.yaml")
        except InputError as fault:
            return _draft_page(hub, site, request, text, fault=fault)
        return RedirectResponse(f"/register/{notice.id}?done=submit", 303)

    @routes.post("/{notice}/{version}/publish")
    def publish(request: Request, notice: str, version: Version, values: Values) -> Response:
        actor = site.require(request, APPROVER)
        _find(hub.gate, actor, notice)
        faults = _note_fault(values)
        day = _day(values.get("day", ""))
        if day is None:
            faults["day"] = "day"
        if not faults and day is not None:
            try:
                hub.gate.joint_use.publish(actor, notice, version, day, values.get("note", ""))
            except InputError as fault:
                faults["day"] = "past" if fault.place.field == "published" else "law"
        if faults:
            return _page(hub, site, request, notice, form="publish", values=values, faults=faults)
        return RedirectResponse(f"/register/{notice}?done=publish", 303)

    @routes.post("/{notice}/end")
    def end(request: Request, notice: str, values: Values) -> Response:
        actor = site.require(request, APPROVER)
        _find(hub.gate, actor, notice)
        faults = _note_fault(values)
        day = _day(values.get("day", ""))
        if day is None:
            faults["day"] = "day"
        if not faults and day is not None:
            try:
                hub.gate.joint_use.end(actor, notice, day, values.get("note", ""))
            except InputError:
                faults["day"] = "past"
        if faults:
            return _page(hub, site, request, notice, form="end", values=values, faults=faults)
        return RedirectResponse(f"/register/{notice}?done=end", 303)


def concerns(actor: Actor, record: NoticeRecord) -> bool:
    """Return whether a notice is the actor's business: a party that a version names, or an auditor."""
    if AUDITOR in actor.roles:
        return True
    documents = [version.document for version in record.versions]
    return any(actor.party in {one.publisher, *(user.party for user in one.users)} for one in documents)


def next_of(gate: Gate, actor: Actor, record: NoticeRecord, today: date) -> NextStep:
    """Return what a notice waits for, who may do it, and until which day."""
    newest = record.versions[-1].document
    draft = draft_of(record)
    if draft is None:
        coming = next((one for one in record.versions if one.starts > today and one.published_on is not None), None)
        if coming is not None and record.ended_on is None:
            return NextStep("wait", newest.publisher, day=coming.starts)
        return NextStep("nothing", newest.publisher)
    last = last_day_to_publish(draft, published_last(record))
    since = max(act.at for act in record.acts if act.version == draft.version)
    if last < today:
        mine = APPLICANT in actor.roles and actor.party == newest.publisher
        return NextStep("too-late", newest.publisher, APPLICANT, last, since, mine)
    mine = gate.rehearsal.would_publish(actor, record.id, draft.version, last)
    return NextStep("publish", newest.publisher, APPROVER, last, since, mine)


def _find(gate: Gate, actor: Actor, notice: str) -> NoticeRecord:
    """Return a notice that is the actor's business; another is not told from one that is not there."""
    record = gate.joint_use.get(notice)
    if not concerns(actor, record):
        raise NotFoundError("there is no such joint-use notice")
    return record


def _page(
    hub: Hub,
    site: WebSite,
    request: Request,
    notice: str,
    *,
    done: str | None = None,
    form: str | None = None,
    values: dict[str, str] | None = None,
    faults: dict[str, str] | None = None,
) -> Response:
    actor, gate = site.require(request, *ROLES), hub.gate
    record = _find(gate, actor, notice)
    today = day_in_japan(hub.clock.now())
    newest = record.versions[-1]
    step = next_of(gate, actor, record, today)
    return site.render(
        request,
        "register/notice.html",
        200 if faults is None else 422,
        record=record,
        newest=newest,
        document=newest.document,
        in_force=record.on(today),
        public=bool(record.seen(today)),
        step=step,
        draft=draft_of(record),
        may_publish=step.code == "publish" and step.mine,
        may_end=gate.rehearsal.would_end(actor, notice, today),
        may_submit=APPLICANT in actor.roles and actor.party == newest.document.publisher and record.ended_on is None,
        agreed=[(point, newest.document.agreed.get(point)) for point in AgreedPoint],
        schemes=_resting(gate, actor, notice),
        parties=party_names(gate),
        people={person.id: person.name for person in gate.catalogue.actors()},
        today=today,
        now=hub.clock.now(),
        done=done if done in {"submit", "publish", "end"} else None,
        form=form,
        values=values or {},
        faults=faults or {},
    )


@dataclass(frozen=True)
class Resting:
    """A scheme that rests on a notice, with how many points keep its locks open."""

    scheme: SchemeSummary
    points: int


def _resting(gate: Gate, actor: Actor, notice: str) -> Sequence[Resting]:
    found = []
    for scheme in gate.schemes.list():
        if scheme.basis != "joint-use" or not may_see(actor, scheme):
            continue
        if gate.schemes.get(scheme.id).versions[-1].document.notice == notice:
            found.append(Resting(scheme, len(gate.schemes.open_points(scheme.id))))
    return found


def _draft_page(
    hub: Hub,
    site: WebSite,
    request: Request,
    text: str,
    record: NoticeRecord | None = None,
    fault: InputError | None = None,
) -> Response:
    context = {
        "text": text,
        "record": record,
        "fault": fault,
        "points": list(AgreedPoint),
        "today": day_in_japan(hub.clock.now()),
    }
    return site.render(request, "register/draft.html", 200 if fault is None else 422, **context)


def _as_yaml(record: NoticeRecord) -> str:
    """Return the newest version as its applicant would write it; what it continued is not continued again."""
    newest = record.versions[-1].document
    data = newest.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"continues"})
    return write(data | {"starts": newest.starts})


def _note_fault(values: dict[str, str]) -> dict[str, str]:
    return {"note": "long"} if len(values.get("note", "").strip()) > MAX_CHARACTERS else {}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _in_a_month(hub: Hub) -> date:
    return day_in_japan(hub.clock.now()) + timedelta(days=30)
