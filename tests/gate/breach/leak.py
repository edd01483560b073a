"""The small bank after a list left for the insurer: its breach desk, on a ledger that is real."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.gate.lists import ACTORS, BANK, Lists
from tests.gate.lists import PRIVACY_CHECK as PRIVACY
from tests.gate.processes import SIGNER
from umaya.gate import Release
from umaya.gate.breach.released import Search
from umaya.ledger import Ledger
from umaya.stores.database import Database
from umaya.types.site import Actor

TELL = "breach-notice"
DOCUMENT = f"""\
scheme: {TELL}
title: {{ja: 漏えい等の本人への通知, en: Notice to people about a leak}}
provider: {BANK}
recipient: {BANK}
dataset: deposits
fields: [town]
purpose: {{ja: 本人に知らせる, en: Tell the people}}
basis: statute
authority: {{ja: 個人情報保護法第26条第2項, en: APPI art. 26(2)}}
period: {{from: 2026-04-01, to: 2027-03-31}}
obligations: []
"""
OFFICER = Actor("leak-officer", "個人情報", BANK, frozenset({"privacy-officer", "officer"}))
AUDITOR = Actor("audit", "監査", "shop-minase", frozenset({"auditor"}))
ASKER = Actor("bank-asker", "申請", BANK, frozenset({"applicant"}))
GUARD = ACTORS["guard"]


def leaked(database: Database, folder: Path) -> Lists:
    """Return the world after persons 0, 1 and 2 consented and were listed for the insurer."""
    world = Lists(database, folder / "vault")
    world.ledger = Ledger.create(folder / "ledger", SIGNER, world.clock)
    world.gate = world.new_gate()
    world.furnish()
    for actor in (OFFICER, AUDITOR, ASKER):
        world.gate.catalogue.add_actor(actor)
    world.approve()
    world.consent(0, 1, 2)
    world.clock.advance(timedelta(minutes=5))
    for people in ([0, 1], [1, 2]):
        assert isinstance(world.gate.open(world.use(people=people)), Release)
    world.clock.advance(timedelta(minutes=5))
    return world


def approve_notice(world: Lists) -> None:
    """Close both locks of the bank's own scheme for telling people."""
    world.gate.schemes.submit(ASKER, DOCUMENT + PRIVACY, "notice.yaml")
    world.gate.review.sign_privacy(ACTORS["privacy"], TELL)
    world.gate.review.verify(ACTORS["second-line"], TELL)
    world.gate.review.approve(ACTORS["head"], TELL)


def opened(world: Lists, *, suspected: bool = True) -> str:
    """Open a case that was known just now."""
    return world.gate.breach.open(OFFICER, "名簿の紛失", "営業先で紛失", world.clock.now(), suspected=suspected)


def searched(world: Lists, **narrowed: str) -> str:
    """Open a case and search the last hour."""
    case = opened(world)
    now = world.clock.now()
    world.gate.breach.search(OFFICER, case, Search((now - timedelta(hours=1), now), narrowed))
    return case
