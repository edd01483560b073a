"""JSON API of addresses: read them, find the one nearest to a place, go on typing one. Translation only.

What somebody asks for may say where a person lives: it stands in bodies, never in addresses of requests, and is neither
kept nor logged. The answers are public reference data. For everybody who is signed in for a party.
"""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from umaya.client import models
from umaya.places.addresses.book import AddressBook
from umaya.places.addresses.reader import ReadAddress, near, read
from umaya.types.site import Site

PREFIX = "/api/v1/places"
MOST_ADDRESSES = 1000
"""Of one call."""
LONGEST = 300
"""Characters of an address."""
MOST_SUGGESTIONS = 50
_Address = Annotated[str, Field(max_length=LONGEST)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NormaliseBody(_Body):
    """Addresses as they were written."""

    addresses: list[_Address] = Field(min_length=1, max_length=MOST_ADDRESSES)


class ReverseBody(_Body):
    """A place: degrees of WGS 84."""

    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    lat: float = Field(ge=-85, le=85, allow_inf_nan=False)


class SuggestBody(_Body):
    """What was typed so far, and how many ways to go on are wanted."""

    text: _Address
    limit: int = Field(default=10, ge=1, le=MOST_SUGGESTIONS)


def router(book: AddressBook, site: Site) -> APIRouter:
    """Return the routes under `/api/v1/places`."""
    routes = APIRouter(prefix=PREFIX, tags=["places"])

    @routes.post("/normalise")
    def normalise(request: Request, body: NormaliseBody) -> list[models.ReadAddress]:
        """Read addresses; the answers stand in the order of the addresses."""
        site.actor(request)
        return [_read(one) for one in read(book.lookup(), body.addresses)]

    @routes.post("/reverse")
    def reverse(request: Request, body: ReverseBody) -> list[models.NearAddress]:
        """What is nearest to a place, the best answer first: at most a residence number, a parcel and a town."""
        site.actor(request)
        return [
            models.NearAddress.model_validate(one, from_attributes=True)
            for one in near(book.lookup(), body.lon, body.lat)
        ]

    @routes.post("/suggest")
    def suggest(request: Request, body: SuggestBody) -> list[models.SuggestedAddress]:
        """How an address that somebody has begun to type may go on, the best way first."""
        site.actor(request)
        return [
            models.SuggestedAddress(text=one.text, level=one.level, lon=_known(one.lon), lat=_known(one.lat))
            for one in book.lookup().completions(body.text, body.limit)
        ]

    return routes


def _read(one: ReadAddress) -> models.ReadAddress:
    return models.ReadAddress.model_validate(one, from_attributes=True)


def _known(degrees: float) -> float | None:
    return None if math.isnan(degrees) else degrees
