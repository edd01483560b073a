"""Checking a receipt: here, of a file that anybody brings, and at home, with the checker and the ledger's public key.

For everybody, signed in or not. What is brought is checked and forgotten.
"""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response, UploadFile

from umaya.hub import Hub
from umaya.ledger import load_vkey
from umaya.web.receipt_check import MAX_RECEIPT, check, checker_source
from umaya.web.site import WebSite

_KEY = re.compile(r"[0-9a-f]{64}")


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of checking."""
    routes = APIRouter()

    def vkey() -> str:
        return load_vkey(hub.directory / "keys" / "ledger.vkey")

    @routes.get("/my/check")
    def check_page(request: Request) -> Response:
        return site.page(request, "my/check.html", checked=None, faults={}, vkey=vkey())

    @routes.post("/my/check")
    def check_file(
        request: Request,
        receipt: UploadFile | None = None,
        key: Annotated[str, Form(max_length=200)] = "",
    ) -> Response:
        data = receipt.file.read(MAX_RECEIPT + 1) if receipt is not None else b""
        stated = key.strip().lower()
        faults = {}
        if not data:
            faults["receipt"] = "none"
        elif len(data) > MAX_RECEIPT:
            faults["receipt"] = "long"
        if stated and not _KEY.fullmatch(stated):
            faults["key"] = "form"
        checked = None if faults else check(data, vkey(), bytes.fromhex(stated) if stated else None)
        status = 422 if faults else 200
        return site.render(request, "my/check.html", status, checked=checked, faults=faults, vkey=vkey())

    @routes.get("/my/check/check_receipt.py")
    def checker() -> Response:
        headers = {"Content-Disposition": 'attachment; filename="check_receipt.py"'}
        return Response(checker_source(), media_type="text/x-python; charset=utf-8", headers=headers)

    @routes.get("/my/check/ledger.vkey")
    def public_key() -> Response:
        headers = {"Content-Disposition": 'attachment; filename="ledger.vkey"'}
        return Response(f"{vkey()}\n", media_type="text/plain; charset=utf-8", headers=headers)

    return routes
