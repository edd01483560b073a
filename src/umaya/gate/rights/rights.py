"""The rights desk of one gate, as others use it."""

from __future__ import annotations

from collections.abc import Sequence

from umaya.gate.people.projection import Projection
from umaya.gate.record import Acts
from umaya.gate.rights.requests import Asked, Requests
from umaya.gate.rights.terms import DeskTerms
from umaya.gate.rights.values import Request
from umaya.types.site import Actor


class Rights:
    """Requests and what becomes of them.

    Args:
        acts: begins acts.
        projection: of the same database.

    Attributes:
        terms: what parties set themselves.
        requests: received and found.
    """

    def __init__(self, acts: Acts, projection: Projection) -> None:
        self.terms = DeskTerms(acts)
        self.requests = Requests(acts, projection)

    def submit(self, asked: Asked, actor: Actor | None = None) -> Request:
        """Receive a request; without an actor the person submits it themselves. See `Requests.submit`."""
        return self.requests.submit(asked, actor)

    def of(self, person: int) -> Sequence[Request]:
        """Return a person's requests, latest first, for that person alone. See `Requests.of`."""
        return self.requests.of(person)
