"""The rights desk of one gate, as others use it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from umaya.gate.people.numbers import CustomerNumbers
from umaya.gate.people.projection import Projection
from umaya.gate.record import Acts
from umaya.gate.rights.answering import Answers
from umaya.gate.rights.changing import Changes
from umaya.gate.rights.desk import Desk
from umaya.gate.rights.files import AnswerFiles
from umaya.gate.rights.handing import Handed, Handing, Render
from umaya.gate.rights.requests import Asked, Requests
from umaya.gate.rights.terms import DeskTerms
from umaya.gate.rights.values import Request
from umaya.law import RuleBook
from umaya.types.site import Actor
from umaya.vault import Mint, Vault


class Rights:
    """Requests and what becomes of them.

    Args:
        acts: begins acts.
        projection: of the same database.
        mint: of the vault.
        vault: where the data lies.
        vault_directory: of the vault; answers lie ready below it.
        numbers: what each party calls a person.
        law: dated rules of bases.

    Attributes:
        terms: what parties set themselves.
        requests: received and found.
        desk: identity, clock, refusals.
        answers: what is read and written down.
        changes: correction, stop, erasure.
        handing: hands answers out.
    """

    def __init__(
        self,
        acts: Acts,
        projection: Projection,
        mint: Mint,
        vault: Vault,
        vault_directory: Path,
        numbers: CustomerNumbers,
        law: RuleBook,
    ) -> None:
        files = AnswerFiles(vault_directory)
        self.terms = DeskTerms(acts)
        self.requests = Requests(acts, projection)
        self.desk = Desk(acts, projection)
        self.answers = Answers(acts, self.desk, mint, vault, files, numbers, law)
        self.changes = Changes(acts, self.desk, vault, files, law)
        self.handing = Handing(acts, projection, files)

    def submit(self, asked: Asked, actor: Actor | None = None) -> Request:
        """Receive a request; without an actor the person submits it themselves. See `Requests.submit`."""
        return self.requests.submit(asked, actor)

    def of(self, person: int) -> Sequence[Request]:
        """Return a person's requests, latest first, for that person alone. See `Requests.of`."""
        return self.requests.of(person)

    def withdraw(self, person: int, request: str) -> None:
        """Let a person take their own request back. See `Desk.withdraw`."""
        self.desk.withdraw(request, person=person)

    def fetch(self, person: int, request: str, render: Render) -> Handed:
        """Hand the person the answer to their own request. See `Handing.hand_out`."""
        return self.handing.hand_out(request, render, person=person)
