"""JSON API of joint-use notices: reading is for everybody, acts for whoever is signed in. Translation only."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from umaya.api.paging import Cursor, Limit, after
from umaya.client import models
from umaya.gate import Gate
from umaya.gate.documents import MAX_CHARACTERS
from umaya.gate.joint_use import Notice, NoticeRecord
from umaya.law import day_in_japan
from umaya.types.clock import Clock
from umaya.types.errors import NotFoundError
from umaya.types.site import Site

PREFIX = "/api/v1/joint-use"
MAX_VERSION = 2**31 - 1
"""What the database takes for a version."""
Version = Annotated[int, Path(ge=1, le=MAX_VERSION)]
Note = Annotated[str, Field(max_length=4000)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SubmitBody(_Body):
    """A notice document (YAML) and the name of its file, for errors."""

    document: str = Field(max_length=MAX_CHARACTERS)
    file: str = Field(default="notice.yaml", max_length=200)


class PublishBody(_Body):
    """The day in Japan from which a version is published."""

    day: date
    note: Note = ""


class EndBody(_Body):
    """The last day, in Japan, of joint use under a notice."""

    last_day: date
    note: Note = ""


def router(gate: Gate, clock: Clock, site: Site) -> APIRouter:
    """Return the routes under `/api/v1/joint-use`."""
    routes = APIRouter(prefix=PREFIX, tags=["joint use"])

    def today() -> date:
        return day_in_japan(clock.now())

    def find(notice: str) -> NoticeRecord:
        record = gate.joint_use.get(notice)
        if not record.seen(today()):
            raise NotFoundError("there is no such joint-use notice")
        return record

    @routes.get("")
    def notices(cursor: Cursor = None, limit: Limit = 50) -> models.Page[models.Notice]:
        """Every published notice with its versions. For everybody."""
        told = [_record(record, today()) for record in gate.joint_use.list()]
        items, following = after([(one.notice, one) for one in told if one.versions], cursor, limit)
        return models.Page(items=items, next=following)

    @routes.get("/{notice}")
    def one(notice: str) -> models.Notice:
        """A published notice with its versions. For everybody."""
        return _record(find(notice), today())

    @routes.get("/{notice}/{version}")
    def words(notice: str, version: Version) -> models.NoticeWords:
        """A published version with its words in both languages. For everybody."""
        return _words(_seen(find(notice), version, today()))

    @routes.get("/{notice}/{version}/proof")
    def proof(notice: str, version: Version) -> models.Proof:
        """The ledger entry that published a version, as recorded, and its receipt. For everybody."""
        _seen(find(notice), version, today())
        entry, receipt = gate.joint_use.proof(notice, version)
        return models.Proof(entry=entry, receipt=receipt)

    @routes.post("", status_code=201)
    def submit(request: Request, body: SubmitBody) -> models.NoticeVersion:
        """Submit a document as the first or next version of its notice."""
        return models.NoticeVersion(**_version(gate.joint_use.submit(site.actor(request), body.document, body.file)))

    @routes.post("/{notice}/{version}/publish")
    def publish(request: Request, notice: str, version: Version, body: PublishBody) -> models.NoticeWords:
        """Publish a draft from a day on."""
        return _words(gate.joint_use.publish(site.actor(request), notice, version, body.day, body.note))

    @routes.post("/{notice}/end")
    def end(request: Request, notice: str, body: EndBody) -> models.Notice:
        """Let joint use under a notice end with a day."""
        gate.joint_use.end(site.actor(request), notice, body.last_day, body.note)
        return _record(gate.joint_use.get(notice), today())

    return routes


def _seen(record: NoticeRecord, version: int, today: date) -> Notice:
    found = next((one for one in record.seen(today) if one.version == version), None)
    if found is None:
        raise NotFoundError("there is no such version of the notice")
    return found


def _record(record: NoticeRecord, today: date) -> models.Notice:
    in_force = record.on(today)
    return models.Notice(
        notice=record.id,
        in_force=None if in_force is None else in_force.version,
        ended_on=record.ended_on,
        versions=[models.NoticeVersion(**_version(one)) for one in record.seen(today)],
    )


def _version(notice: Notice) -> dict[str, Any]:
    return {
        "notice": notice.id,
        "version": notice.version,
        "state": notice.state.value,
        "title": {"ja": notice.document.title.ja, "en": notice.document.title.en},
        "published": notice.published_on,
        "starts": notice.starts,
        "document": notice.digest,
        "entry": notice.entry,
    }


def _words(notice: Notice) -> models.NoticeWords:
    words = {
        language: {"digest": one.digest, "sections": json.loads(json.dumps(one.sections))}
        for language, one in notice.words.items()
    }
    return models.NoticeWords(**_version(notice), words=words)
