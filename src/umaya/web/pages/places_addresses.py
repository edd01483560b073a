"""The page on which staff try an address: how it is read, part by part, and where it is.

What is typed may say where a person lives: it comes in the body of a request, is shown to who typed it and is then
gone; it stands in no address, no log and no table. Everything that is shown is public reference data.
"""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from umaya.hub import Hub
from umaya.places.addresses.book import COMMAND, NoAddressIndexError
from umaya.places.addresses.lookup import Lookup
from umaya.places.addresses.reader import around, read
from umaya.web.site import WebSite

LONGEST = 300
"""Characters of an address."""
_ZOOMS = {"number": 17, "parcel": 17, "block": 16, "town": 15, "city": 12, "prefecture": 9}
_SURE = ((0.95, "high"), (0.75, "middle"), (0.0, "low"))


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of the page."""
    routes = APIRouter()

    def page(request: Request, status: int, /, **context: object) -> Response:
        shown = {"typed": "", "fault": "", "found": None, "ready": True, "command": COMMAND, "longest": LONGEST}
        return site.render(request, "places/addresses.html", status, **(shown | context))

    def opened() -> Lookup | None:
        try:
            return hub.addresses.lookup()
        except NoAddressIndexError:
            return None

    @routes.get("/places/addresses")
    def form(request: Request) -> Response:
        """Show the form."""
        site.actor(request)
        return page(request, 200, ready=opened() is not None)

    @routes.post("/places/addresses")
    def tried(request: Request, address: Annotated[str, Form(max_length=10_000)] = "") -> Response:
        """Read an address and show how it was read."""
        site.actor(request)
        lookup = opened()
        if lookup is None:
            return page(request, 409, ready=False, typed=address)
        fault = "empty" if not address.strip() else "long" if len(address) > LONGEST else ""
        if fault:
            return page(request, 422, typed=address, fault=fault)
        (found,) = read(lookup, [address])
        return page(
            request,
            200,
            typed=address,
            found=found,
            sure=next(word for least, word in _SURE if found.confidence >= least),
            zoom=_ZOOMS.get(found.level, 5),
            neighbours=json.dumps(around(lookup, found)),
        )

    return routes
