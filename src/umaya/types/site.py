"""What a service's routes may ask of the site that mounts them.

Services lie below `umaya.web` and `umaya.api`, so the site is handed to them as this protocol.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from umaya.types.reasons import Reason


@dataclass(frozen=True)
class Actor:
    """A person or program acting for a party in one or more roles.

    Attributes:
        id: short stable id, e.g. `minase-officer`.
        name: shown to people.
        party: id of the party acted for.
        roles: of `umaya.gate.roles`, e.g. `applicant`, `verifier`, `approver`, `officer`, `auditor`, `steward`.
    """

    id: str
    name: str
    party: str
    roles: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Resident:
    """A person (本人) who looks at what is kept and done about them.

    Attributes:
        person: number within the hub; never shown.
    """

    person: int


class Site(Protocol):
    """The mounting site: who is asking, and how a page is made."""

    def actor(self, request: Request) -> Actor:
        """Return who is signed in, or raise the site's "sign in first" error."""
        ...

    def resident(self, request: Request) -> Resident:
        """Return the person who is signed in for themselves, or raise the site's "sign in first" error."""
        ...

    def page(self, request: Request, template: str, **context: object) -> Response:
        """Render `template` in the language of the request within the common layout."""
        ...

    def language(self, request: Request) -> str:
        """Return the language of the request's page: `ja` or `en`."""
        ...

    def refusal(self, request: Request, reason: Reason) -> Response:
        """Return what tells a refusal's reason in words and what to do next, with status 403: a page, or a problem."""
        ...
