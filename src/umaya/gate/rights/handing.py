"""Handing answers out: within their time, each time recorded before it leaves, then removed.

Must hold: only what was answered for the request leaves; its digest is in the ledger before its first byte.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select

from umaya.gate.catalogue import HUB
from umaya.gate.people.projection import Projection
from umaya.gate.people.words import root
from umaya.gate.record import Act, Acts, digest
from umaya.gate.rights.files import AnswerFiles
from umaya.gate.rights.models import RequestRow
from umaya.gate.rights.requests import find_clerk, note
from umaya.gate.rights.values import RESIDENT, Form
from umaya.types.errors import ConflictError, NotFoundError
from umaya.types.site import Actor

Render = Callable[[bytes, Form], bytes]
"""Turns the kept answer into the form that was chosen; for the forms that the gate does not write itself."""


@dataclass(frozen=True)
class Handed:
    """What is handed out.

    Attributes:
        form: the form that was chosen.
        content: the bytes.
        digest: of the content, as the ledger has it.
    """

    request: str
    form: Form
    content: bytes = field(repr=False)
    digest: str


class Handing:
    """Hands out.

    Args:
        acts: begins acts.
        projection: of the same database.
        files: where answers lie ready.
    """

    def __init__(self, acts: Acts, projection: Projection, files: AnswerFiles) -> None:
        self._acts = acts
        self._projection = projection
        self._files = files

    def hand_out(
        self, request: str, render: Render, *, actor: Actor | None = None, person: int | None = None
    ) -> Handed:
        """Return an answer, to a clerk who hands it over or to the person themselves.

        Args:
            request: answered.
            render: makes the form that was chosen.
            actor: of the desk; or
            person: who asked, signed in.

        Raises:
            NotFoundError: when it is not theirs, or the file is gone.
            ConflictError: when no answer lies ready.
            NotRecordedError: when the ledger cannot write; then nothing leaves.
        """
        self.remove_old()
        with self._acts.begin() as act:
            row, who = self._theirs(act, request, actor, person)
            if row.file is None:
                raise ConflictError("no answer lies ready, or its time is over")
            kept, form = self._files.read(row.file), Form(row.form)
            content = kept if form in {Form.CSV, Form.PARQUET, Form.JSON} else render(kept, form)
            told = digest(content)
            note(act, row, "handed-out", who, {"request": row.id, "form": row.form, "data": told})
        return Handed(request, form, content, told)

    def remove(self, actor: Actor, request: str) -> None:
        """Remove an answer that was handed over; errors as `hand_out`."""
        with self._acts.begin() as act:
            row, who = self._theirs(act, request, actor, None)
            name = row.file
            if name is None:
                raise ConflictError("no answer lies ready, or its time is over")
            row.file = row.file_until = None
            note(act, row, "file-removed", who, {"request": row.id})
        self._files.remove(name)

    def remove_old(self) -> int:
        """Remove answers whose time is over, and what a crash left; return how many."""
        now = self._acts.clock.now()
        with self._acts.database.reading() as session:
            query = select(RequestRow.file).where(RequestRow.file.is_not(None), RequestRow.file_until > now)
            kept = {name for name in session.scalars(query) if name is not None}
            late = session.scalar(select(RequestRow.id).where(RequestRow.file_until <= now).limit(1))
        over = [] if late is None else self._give_up()
        for name in over:
            self._files.remove(name)
        return len(over) + self._files.remove_but(kept)

    def _give_up(self) -> list[str]:
        """Record that answers are removed whose time is over; return their files."""
        with self._acts.begin() as act:
            late = select(RequestRow).where(RequestRow.file.is_not(None), RequestRow.file_until <= act.now)
            names = []
            for row in act.session.scalars(late).all():
                names.append(str(row.file))
                row.file = row.file_until = None
                note(act, row, "file-removed", HUB, {"request": row.id})
            return names

    def _theirs(self, act: Act, request: str, actor: Actor | None, person: int | None) -> tuple[RequestRow, str]:
        row = act.session.get(RequestRow, request, with_for_update=True)
        if row is not None and actor is not None:
            return row, find_clerk(act.session, actor, row.party).id
        state = self._projection.now(act.session)
        if row is not None and person is not None and root(act.session, state, person) == row.person:
            return row, RESIDENT
        raise NotFoundError("there is no such request")
