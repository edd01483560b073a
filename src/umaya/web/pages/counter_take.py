"""Taking a consent at the counter: the sheet that the person reads, what is explained, and how they confirm it.

The person chooses the language; both are on the sheet, and the one they read is in the evidence. A form that is not
complete comes back as it was typed, with the faults beside the fields; a file has to be chosen again, for no page can
hold on to one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from umaya.gate.people import Channel, Given, Text, Topic
from umaya.gate.people.evidence import Shown, Strokes, kept_through
from umaya.gate.people.evidence_images import MAX_BYTES, CleanImage, cleaned
from umaya.gate.record import NotRecordedError
from umaya.hub import Hub
from umaya.law import ConsentTier, day_in_japan
from umaya.types.errors import ConflictError, InputError, UmayaError
from umaya.types.site import Actor
from umaya.web.languages import SUPPORTED, japan_date, load_catalogue
from umaya.web.pages.counter import TOO_LATE, WRONG, Asked, Desk, japan_minute
from umaya.web.site import WebSite

EXPLAINED = ("validity", "withdrawal")


class Filled:
    """What was filled in, as it was typed."""

    def __init__(
        self,
        text: Annotated[int, Form(ge=0, lt=2**31)] = 0,
        language: Annotated[str, Form(max_length=2)] = "",
        explained: Annotated[list[str] | None, Form(max_length=10)] = None,
        requested: Annotated[str, Form(max_length=40)] = "",
        typed: Annotated[str, Form(max_length=200)] = "",
        strokes: Annotated[str, Form(max_length=400_000)] = "",
        image: Annotated[UploadFile | None, File()] = None,
    ) -> None:
        self.text = text
        self.language = language
        self.explained = explained or []
        self.requested = requested
        self.typed = typed
        self.strokes = strokes
        self.image = b"" if image is None else image.file.read(MAX_BYTES + 1)


@dataclass(frozen=True)
class Sheet:
    """The text in one language, as the person reads it."""

    language: str
    title: str
    wording: str
    validity: str
    withdrawal: str
    labels: dict[str, str]


class Taking:
    """Shows the sheet and takes the word.

    Args:
        desk: of the counter.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._words = {language: load_catalogue(language) for language in SUPPORTED}

    def show(self, request: Request, actor: Actor, asked: Asked, filled: Filled, faults: dict[str, str]) -> Response:
        """Return the form, or the counter's screen where person or topic is wrong."""
        _, topic, wrong = self._desk.check(actor, asked)
        if topic is None or wrong:
            return self._desk.show(request, actor, asked, WRONG, faults=wrong)
        text = self.text_of(topic)
        if text is None:
            return self._desk.show(request, actor, asked, WRONG, faults={"topic": "no-text"})
        today = day_in_japan(self._desk.hub.clock.now())
        last = text.good_through(today)
        if last < today:
            return self._desk.show(request, actor, asked, WRONG, faults={"topic": "no-text"})
        told: dict[str, object] = {"asked": asked, "filled": filled, "topic": topic, "text": text, "faults": faults}
        told |= {"sheets": self.sheets(topic, text, last), "last": last, "names": self._desk.names()}
        told |= {"keep_through": kept_through(last), "asks_request": topic.tier is ConsentTier.ON_REQUEST}
        told["chosen"] = filled.language if filled.language in SUPPORTED else self._desk.site.language(request)
        status = TOO_LATE if faults.get("form") == "not-recorded" else WRONG if faults else 200
        return self._desk.site.render(request, "counter/take.html", status, **told)

    def text_of(self, topic: Topic) -> Text | None:
        """Return the newest text of a topic that was not ended."""
        texts = [text for text in self._desk.hub.gate.topics.texts(topic.id) if text.ended_at is None]
        return texts[-1] if texts else None

    def sheets(self, topic: Topic, text: Text, last: date) -> list[Sheet]:
        """Return the text in each language."""
        found = []
        for language, words in self._words.items():
            labels = {name: words.gettext(f"counter.sheet.{name}") for name in ("purpose", *EXPLAINED)}
            validity = words.gettext("counter.sheet.through") % {"day": japan_date(last, language)}
            title, wording, withdrawal = (getattr(it, language) for it in (topic.title, text.wording, text.withdrawal))
            found.append(Sheet(language, title, wording, validity, withdrawal, labels))
        return found

    def give(self, request: Request, actor: Actor, asked: Asked, filled: Filled) -> tuple[Given | None, dict[str, str]]:
        """Take the word; return what was given, or what is wrong, by field."""
        gate, now = self._desk.hub.gate, self._desk.hub.clock.now()
        person, topic, faults = self._desk.check(actor, asked)
        text = None if topic is None else self.text_of(topic)
        if topic is None or text is None or faults:
            return None, faults or {"form": "conflict"}
        if text.version != filled.text:
            return None, {"form": "conflict"}
        faults, strokes, requested, image = _checked(topic, filled, now)
        if faults:
            return None, faults
        shown = _shown(text, filled, strokes, now, request.headers.get("user-agent", ""))
        try:
            evidence = gate.evidence.put(actor, shown, image)
        except InputError as error:
            return None, {"typed": "signature" if error.place.field == "strokes" else "typed"}
        try:
            given = gate.consents.give(
                actor, person, topic.id, text.version, Channel.COUNTER, evidence, requested_at=requested
            )
        except UmayaError as error:
            gate.evidence.discard(evidence)
            return None, _fault(error)
        return given, {}


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of taking a consent, and of the slip that the person gets."""
    routes = APIRouter(prefix="/counter")
    desk = Desk(hub, site)
    taking = Taking(desk)

    @routes.post("/take")
    def take(request: Request, asked: Annotated[Asked, Depends()]) -> Response:
        return taking.show(request, desk.clerk(request), asked, Filled(), {})

    @routes.post("/give")
    def give(request: Request, asked: Annotated[Asked, Depends()], filled: Annotated[Filled, Depends()]) -> Response:
        actor = desk.clerk(request)
        given, faults = taking.give(request, actor, asked, filled)
        if given is None:
            return taking.show(request, actor, asked, filled, faults)
        language = filled.language if filled.language in SUPPORTED else site.language(request)
        return RedirectResponse(f"/counter/receipts/{given.entry}?for={language}", 303)

    @routes.get("/receipts/{entry}")
    def receipt(request: Request, entry: int) -> Response:
        actor = desk.clerk(request)
        slip = hub.gate.counter.slip(actor, entry)
        topic = hub.gate.topics.get(slip.topic)
        language = request.query_params.get("for")
        reader = language if language in SUPPORTED else site.language(request)
        party = hub.gate.catalogue.party(actor.party).name
        told: dict[str, Any] = {"slip": slip, "topic": topic, "names": desk.names(), "party": party}
        return site.page(request, "counter/slip.html", reader=reader, **told)

    return routes


def _checked(
    topic: Topic, filled: Filled, now: datetime
) -> tuple[dict[str, str], Strokes, datetime | None, CleanImage | None]:
    """Return what is wrong with what was filled in, by field, then signature, time of the request, and image."""
    faults = {f"explained-{name}": f"explained-{name}" for name in EXPLAINED if name not in filled.explained}
    if filled.language not in SUPPORTED:
        faults["language"] = "language"
    requested = japan_minute(filled.requested)
    if topic.tier is ConsentTier.ON_REQUEST and requested is None:
        faults["requested"] = "requested"
    elif requested is not None and requested >= now:
        faults["requested"] = "requested-late"
    strokes = _strokes(filled.strokes)
    if strokes is None:
        faults["typed"] = "signature"
    image = None
    if filled.image:
        try:
            image = cleaned(filled.image)
        except InputError:
            faults["image"] = "image"
    elif not filled.typed.strip() and strokes == ():
        faults["typed"] = "typed"
    return faults, strokes or (), requested, image


def _shown(text: Text, filled: Filled, strokes: Strokes, now: datetime, device: str) -> Shown:
    language = filled.language
    return Shown(
        topic=text.topic,
        text=text.version,
        text_digest=text.digest,
        language=language,
        wording=getattr(text.wording, language),
        withdrawal=getattr(text.withdrawal, language),
        good_through=text.good_through(day_in_japan(now)),
        explained=EXPLAINED,
        at=now,
        device=device,
        typed=filled.typed,
        strokes=strokes,
    )


def _strokes(text: str) -> Strokes | None:
    """Return the strokes that the page drew, none where it drew none; None where the text is no drawing."""
    if not text:
        return ()
    try:
        found = json.loads(text)
        return tuple(tuple((int(x), int(y), int(t)) for x, y, t in stroke) for stroke in found)
    except (ValueError, TypeError, RecursionError):
        return None


def _fault(error: UmayaError) -> dict[str, str]:
    """Return what is told of a consent that the gate did not take; raise what no form can mend."""
    if isinstance(error, NotRecordedError):
        return {"form": "not-recorded"}
    if isinstance(error, InputError) and error.place.field == "requested_at":
        return {"requested": "requested-used"}
    if isinstance(error, (InputError, ConflictError)):
        return {"form": "conflict"}
    raise error
