"""What the client raises where the API answers with a problem (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ProblemError(Exception):
    """The API refused or failed.

    Attributes:
        status: of HTTP.
        code: stable word for what went wrong, e.g. `conflict`; see the hub's `/problems/{code}`.
        reason: reason code of a refusal by the gate, else None.
        advice: what to do next.
        members: everything that the problem said.
    """

    def __init__(self, status: int, members: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(members.get("code", "unknown"))
        self.reason: str | None = members.get("reason")
        self.advice = str(members.get("advice", ""))
        self.members = dict(members)
        super().__init__(f"{status} {self.reason or self.code}: {members.get('detail') or members.get('title', '')}")
