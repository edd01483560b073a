"""A hub with a counter: bank and insurer, their clerks, a topic for a stated period and one on request."""

from __future__ import annotations

from pathlib import Path

from tests.gate.people.town import ACTORS, CROSS_SELL, NOW, PRIVACY, SHOPPING, TIERS, topic
from umaya.gate import Party, Words
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.types.clock import ManualClock
from umaya.types.site import Actor

AUDITOR = Actor("auditor", "監査", "post-minase", frozenset({"auditor"}))
WORDING = Words(
    "口座の満期日と残高を、水無瀬生命の保険のご案内に使うことに同意します。断っても銀行の取引に影響はありません。",
    "I consent to the use of the maturity and balance of my deposits for offers of insurance by Minase Life. "
    "Saying no has no effect on my dealings with the bank.",
)
WITHDRAWAL = Words("窓口またはアプリで、いつでも撤回できます。", "Withdraw at any counter or in the app at any time.")
PARTIES = (
    Party("bank-minase", Words("水無瀬銀行", "Minase Bank"), "bank"),
    Party("cover-minase", Words("水無瀬生命", "Minase Life"), "insurer"),
    Party("post-minase", Words("水無瀬郵便局", "Minase Post Office"), "post"),
)


def make_hub(directory: Path, *, topics: tuple[str, ...] = (CROSS_SELL, SHOPPING)) -> Hub:
    """Return an open hub in `directory`, which must not exist yet."""
    clock = ManualClock(NOW)
    init_hub(directory, Settings("minase.example/umaya", demo=True), clock)
    hub = open_hub(directory, clock, environment={})
    for party in PARTIES:
        hub.gate.catalogue.add_party(party)
    for actor in (*ACTORS.values(), AUDITOR):
        hub.gate.catalogue.add_actor(actor)
    insurance, shopping = Words("保険のご案内", "Offers of insurance"), Words("買い物の記録", "Shopping records")
    titles = {CROSS_SELL: insurance, SHOPPING: shopping}
    for name in topics:
        hub.gate.topics.add(PRIVACY, topic(name, TIERS[name], title=titles[name]))
        hub.gate.topics.add_text(PRIVACY, name, WORDING, WITHDRAWAL, valid_days=365)
    return hub


def number(hub: Hub, person: int, party: str = "bank-minase") -> str:
    """Return what a party calls a person."""
    return hub.gate.numbers.of(party, person)
