"""The matrix of routes and roles: one line a route, one module a desk. `tests/api/test_matrix.py` tries them all.

To add a route, write a line in a module of this folder (a new one is found by itself):

    LINES = [
        line("GET /desk", {"clerk", "auditor"}),
        line("POST /desk/{case}/close", {"clerk"}, form={"note": "done"}),
    ]

The asker belongs to `BYSTANDER`, a party that has nothing to do with anything, and has one role. `who` are the roles
that the route is for: `EVERYBODY` (no session is needed), `SIGNED_IN` (any actor), `RESIDENTS`, or a set of roles.

    Who has such a role         gets `gives`: by default 404 where the path names a thing, else 200, 201 or 303.
    Who oversees every party    (`overseers`, a set of roles) gets 200 where something is read (404 where the thing has
                                none of it), and may be told what stands in the way (409) of what is not theirs to do.
    Who has another             gets `denied`: by default 403 or 404.
    Who is not signed in        is led to sign-in (pages), or gets 401 (programs and changes).
    A thing that is not there   is answered word for word as another party's: by everybody, with every role.

A body that the route takes goes into `form` or `json`, so that the answer is about the asker and not about the body.
Where a path names things of a new sort (`{case}`), the module says which another party's thing to ask for, and what no
thing is called:

    def things(hub: Hub) -> Things:
        return {"case": Thing(theirs=hub.gate.cases.open(...).id, made_up=str(uuid4()))}
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from umaya.gate.roles import PROGRAM, ROLES
from umaya.hub import Hub

EVERYBODY = frozenset({"everybody"})
SIGNED_IN = ROLES - {PROGRAM}
RESIDENTS = frozenset({"resident"})
BYSTANDER = "bystander"
"""Id of the askers' party."""


class Thing(NamedTuple):
    """What a path names: another party's, and one that is not there. One that is everybody's has no `made_up`."""

    theirs: str
    made_up: str = ""


Things = dict[str, Thing]


@dataclass(frozen=True)
class Line:
    """One route, and what is expected of it; see the module."""

    method: str
    path: str
    who: frozenset[str]
    gives: frozenset[int]
    denied: frozenset[int]
    overseers: frozenset[str] = frozenset()
    query: str = ""
    form: Mapping[str, str] | None = None
    json: Any = None
    names: tuple[str, ...] = field(default=())
    fixed: Mapping[str, str] = field(default_factory=dict)

    def address(self, things: Things, *, made_up: bool = False) -> str:
        """Return the path with another party's things, or with such as are not there."""
        chosen = {name: (made_up and thing.made_up) or thing.theirs for name, thing in things.items()} | dict(
            self.fixed
        )
        return re.sub(r"{(\w+)(?::\w+)?}", lambda found: str(chosen[found[1]]), self.path) + self.query

    def hides(self, things: Things, role: str) -> bool:
        """Return whether the path names a thing that nobody with this role may tell from none."""
        return role not in self.overseers and any(things[name].made_up for name in self.names)


def line(
    route: str,
    who: Collection[str],
    *,
    gives: int | Collection[int] | None = None,
    denied: int | Collection[int] = (403, 404),
    overseers: Collection[str] = (),
    query: str = "",
    form: Mapping[str, str] | None = None,
    json: Any = None,
    fixed: Mapping[str, str] | None = None,
) -> Line:
    """Return the line of a route, e.g. `GET /schemes/{scheme}`; `fixed` holds words for names in this path alone."""
    method, path = route.split(" ", 1)
    names = tuple(re.findall(r"{(\w+)(?::\w+)?}", path))
    usual = {404} if names else {200, 201, 303}
    given, refused = _statuses(usual if gives is None else gives), _statuses(denied)
    return Line(
        method, path, frozenset(who), given, refused, frozenset(overseers), query, form, json, names, fixed or {}
    )


def _statuses(given: int | Collection[int]) -> frozenset[int]:
    return frozenset({given} if isinstance(given, int) else given)


def _modules() -> list[Any]:
    return [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]


def all_lines() -> list[Line]:
    """Return the lines of every desk."""
    return [found for module in _modules() for found in module.LINES]


def all_things(hub: Hub) -> Things:
    """Furnish a hub with things of other parties, and return what paths may name."""
    made: list[Callable[[Hub], Things]] = [module.things for module in _modules() if hasattr(module, "things")]
    return {name: thing for make in made for name, thing in make(hub).items()}
