"""A resident's uses, each with a receipt: listed, checked here in one click, or taken home with all that checks it.

For that person alone. A use of others and one that does not exist get the same answer, by the same reads.
"""

from __future__ import annotations

import io
import zipfile
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from umaya.gate.own import Bundle
from umaya.hub import Hub
from umaya.ledger import load_vkey
from umaya.web.receipt_check import check, checker_source
from umaya.web.site import WebSite

PAGE_USES = 20
MAX_ENTRY = 2**53 - 1
Id = Annotated[str, Path(max_length=64)]
_PRIVATE = {"Cache-Control": "no-store"}


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of uses and receipts."""
    routes = APIRouter()
    own = hub.gate.own

    def vkey() -> str:
        return load_vkey(hub.directory / "keys" / "ledger.vkey")

    @routes.get("/my/uses")
    def uses(request: Request, before: Annotated[int | None, Query(ge=0, le=MAX_ENTRY)] = None) -> Response:
        look = own.look(site.resident(request).person, "uses")
        return site.page(request, "my/uses.html", page=look.uses(PAGE_USES, before), before=before)

    @routes.get("/my/uses/{use}")
    def use_page(request: Request, use: Id) -> Response:
        look = own.look(site.resident(request).person, "use")
        return site.page(request, "my/use.html", use=look.use(use), checked=None)

    @routes.post("/my/uses/{use}/check")
    def check_use(request: Request, use: Id) -> Response:
        look = own.look(site.resident(request).person, "receipt")
        found, bundle = look.use(use), look.proof(use)
        return site.page(request, "my/use.html", use=found, checked=check(bundle.receipt, vkey(), bundle.key))

    @routes.get("/my/uses/{use}/receipt")
    def receipt(request: Request, use: Id) -> Response:
        bundle = own.look(site.resident(request).person, "receipt").proof(use)
        return _file(bundle.receipt, "application/json", f"receipt-{use}.json")

    @routes.get("/my/uses/{use}/bundle")
    def bundle(request: Request, use: Id) -> Response:
        found = own.look(site.resident(request).person, "receipt").proof(use)
        return _file(_zipped(found, vkey(), site, request), "application/zip", f"receipt-{use}.zip")

    @routes.post("/my/schemes/{scheme}/absences/{use}/check")
    def check_absence(request: Request, scheme: Id, use: Id) -> Response:
        look = own.look(site.resident(request).person, "absences")
        bundle = look.proof_of_absence(scheme, use)
        found = next((known for known in look.schemes() if known.id == scheme), None)
        checked = check(bundle.receipt, vkey(), bundle.key)
        return site.page(request, "my/absence.html", scheme=found, id=scheme, use=use, checked=checked)

    @routes.get("/my/schemes/{scheme}/absences/{use}/bundle")
    def absence_bundle(request: Request, scheme: Id, use: Id) -> Response:
        found = own.look(site.resident(request).person, "absences").proof_of_absence(scheme, use)
        return _file(_zipped(found, vkey(), site, request), "application/zip", f"absence-{use}.zip")

    return routes


def _file(data: bytes, kind: str, name: str) -> Response:
    return Response(data, media_type=kind, headers=_PRIVATE | {"Content-Disposition": f'attachment; filename="{name}"'})


def _zipped(bundle: Bundle, vkey: str, site: WebSite, request: Request) -> bytes:
    """Return receipt, the person's key, the ledger's key, the checker, and how to use them, as one archive."""
    files = {
        "README.txt": site.catalogue(request).gettext("my.bundle.readme").encode(),
        "check_receipt.py": checker_source(),
        "ledger.vkey": f"{vkey}\n".encode(),
        "mine.key": f"{bundle.key.hex()}\n".encode(),
        "receipt.json": bundle.receipt,
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()
