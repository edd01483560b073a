"""The small world with people in it, and with those who review what is done with their data.

post-minase   owns customers (about people); has a privacy officer, once one is appointed
bank-minase   receives them on the basis of a statute; is consulted, once that is registered
"""

from __future__ import annotations

from datetime import date
from typing import Final

import pyarrow as pa

from tests.gate.world import World
from umaya.gate import Dataset, Words
from umaya.gate import roles as r
from umaya.gate.bodies import Office, Procedure
from umaya.law.privacy_check import Problem
from umaya.types.classes import SecrecyClass
from umaya.types.site import Actor

TODAY: Final = date(2026, 4, 2)
"""In Japan, by the world's clock."""
ID: Final = "minase-customers"
REVIEWERS: Final = {
    "protection": Actor("protection", "保護責任者", "post-minase", frozenset({r.PRIVACY_OFFICER})),
    "banks-head": Actor("banks-head", "銀行の承認者", "bank-minase", frozenset({r.APPROVER})),
    "banks-officer": Actor("banks-officer", "銀行の担当", "bank-minase", frozenset({r.OFFICER})),
}

CUSTOMERS: Final = """\
scheme: minase-customers
title: {ja: 顧客, en: Customers}
provider: post-minase
recipient: bank-minase
dataset: customers
fields: [ward]
purpose: {ja: 照会への回答, en: Answers to an inquiry}
basis: statute
period: {from: 2026-04-01, to: 2027-03-31}
authority: {ja: 所得税法, en: Income Tax Act}
"""


def answered(**changed: str) -> str:
    """Return a privacy check that passes, with the answers of some problems (`_` for `-`) replaced."""
    lines = []
    for problem in Problem:
        good = "risk: not-relevant, because: {ja: 該当しない, en: It does not arise}"
        lines.append(f"  - {{problem: {problem}, {changed.get(problem.replace('-', '_'), good)}}}\n")
    return "privacy_check:\n" + "".join(lines)


CHECKED: Final = CUSTOMERS + answered()


def people(world: World) -> World:
    """Register the dataset about people and the reviewers."""
    for person in REVIEWERS.values():
        world.gate.catalogue.add_actor(person)
    schema = pa.schema([pa.field("person", pa.uint32(), nullable=False), ("ward", pa.string())])
    classes = dict.fromkeys(schema.names, SecrecyClass.ORDINARY)
    title = Words("顧客", "Customers")
    world.gate.catalogue.add_dataset(Dataset("customers", "post-minase", title, schema, classes, subject="person"))
    return world


def appoint_all(world: World) -> World:
    """Appoint the privacy officer, and let the bank be consulted through its own approving body."""
    bodies = world.gate.bodies
    bodies.appoint("post-minase", Office.PRIVACY_OFFICER, "protection", TODAY)
    bodies.appoint("bank-minase", Office.APPROVING_BODY, "banks-head", TODAY)
    bodies.set_procedure("bank-minase", Procedure.CONSULTATION, TODAY)
    return world
