"""The demo hub with a dataset about people, and with everybody who reviews what is done with it.

post-minase   owns customers (about people); has a privacy officer
bank-minase   receives them; is consulted through its own approving body, has an officer who reports
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.gate.review_world import CHECKED, ID, REVIEWERS, people
from tests.web.hubs import APPLICANT, APPROVER, AUDITOR, VERIFIER, make_hub
from umaya.gate import Party, Words
from umaya.gate.bodies import Office, Procedure
from umaya.hub import Hub
from umaya.law import day_in_japan
from umaya.types.site import Actor

PROTECTION, BANKS_HEAD, BANKS_OFFICER = (REVIEWERS[name] for name in ("protection", "banks-head", "banks-officer"))
REVIEW_PEOPLE = (APPLICANT, VERIFIER, APPROVER, AUDITOR, PROTECTION, BANKS_HEAD, BANKS_OFFICER)
STRANGER = Actor("shop-all", "店 一", "shop-minase", frozenset({"applicant", "verifier", "approver", "steward"}))


def review_hub(directory: Path) -> Hub:
    """Return an open hub in which the scheme `minase-customers` was submitted with a privacy check that passes."""
    hub = make_hub(directory)
    gate, today = hub.gate, day_in_japan(hub.clock.now())
    gate.catalogue.add_party(Party("bank-minase", Words("みなせ銀行", "Minase Bank"), "bank"))
    gate.catalogue.add_party(Party("shop-minase", Words("みなせ商店", "Minase Shop"), "shop"))
    gate.catalogue.add_actor(STRANGER)
    world: Any = SimpleNamespace(gate=gate)
    people(world)
    gate.bodies.appoint("post-minase", Office.PRIVACY_OFFICER, PROTECTION.id, today)
    gate.bodies.appoint("bank-minase", Office.APPROVING_BODY, BANKS_HEAD.id, today)
    gate.bodies.set_procedure("bank-minase", Procedure.CONSULTATION, today)
    gate.schemes.submit(APPLICANT, CHECKED, "customers.yaml")
    return hub


def sign(hub: Hub) -> None:
    """Sign off the privacy check."""
    hub.gate.review.sign_privacy(PROTECTION, ID)


def verify(hub: Hub) -> None:
    """Close lock one."""
    sign(hub)
    hub.gate.review.verify(VERIFIER, ID)
