"""What monitoring has to show in the sample town, all made up: a teller looks up a relative and others late one Friday,
and the insurer's list was made days before an event at the bank.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from umaya.gate.monitoring.settings import Relation
from umaya.gate.people.look_ups import Way
from umaya.hub import Hub
from umaya.sample.bank import BANK, PEOPLE, TOPIC
from umaya.sample.customers import Customers
from umaya.sample.days import JAPAN
from umaya.types.clock import ManualClock

EVENT_AFTER: Final = timedelta(days=10)
"""The event is held so long after the list was made."""


def announce_event(hub: Hub, list_day: date) -> None:
    """Register the bank's event, and let monitoring look at the day of the list."""
    day = list_day + EVENT_AFTER
    hub.gate.monitoring.settings.plan(PEOPLE["bank-steward"], "お客さま感謝デー（架空）", day, day)
    hub.gate.monitoring.detection.run(list_day)


def late_look_ups(hub: Hub, clock: ManualClock, customers: Customers, day: date) -> None:
    """Let a teller look up four customers late in the evening, one a relative; look at that day next morning."""
    teller, people = PEOPLE["bank-teller"], customers.asked.tolist()[:4]
    clock.set(datetime.combine(day, time(21, 30), JAPAN))
    relative = hub.gate.numbers.of(BANK, people[0])
    hub.gate.monitoring.settings.restrict(teller, relative, Relation.FAMILY)
    for person in people:
        hub.gate.consents.look_up(teller, person, TOPIC, Way.PAGE)
    clock.set(datetime.combine(day + timedelta(days=1), time(9), JAPAN))
    hub.gate.monitoring.detection.run(day)
