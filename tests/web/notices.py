"""A hub with a joint-use notice: one version in force, one that starts in February, one that is a draft."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast

from tests.gate.joint_use.group import NOTICE, PUBLISHER, SUBMITTER, changed, form_group
from umaya.gate import Party, Words
from umaya.hub import Hub
from umaya.types.clock import ManualClock

ID = "minase-group"
FIRST = changed(("starts: 2026-04-10", "starts: 2026-12-01"))
SECOND = changed(
    ("starts: 2026-12-01", "starts: 2027-02-01"),
    ("各種サービスのご案内", "各種サービスのご案内、アンケートの実施"),
    ("Offers of services", "Offers of services and surveys"),
    ("水無瀬市本町2-2", "水無瀬市駅前5-1"),
    ('"2-2 Honmachi, Minase"', '"5-1 Ekimae, Minase"'),
    notice=FIRST,
)
THIRD = changed(("starts: 2027-02-01", "starts: 2027-04-01"), ("リスクの管理", "草案だけの目的"), notice=SECOND)


def publish_notices(hub: Hub) -> None:
    """Fill the register; the day is 5 December 2026 afterwards."""
    hub.gate.catalogue.add_party(Party("bank-minase", Words("水無瀬銀行", "Minase Bank"), "bank"))
    form_group(cast("Any", SimpleNamespace(gate=hub.gate)))
    register = hub.gate.joint_use
    register.submit(SUBMITTER, FIRST, "first.yaml")
    register.publish(PUBLISHER, ID, 1, date(2026, 11, 25))
    cast("ManualClock", hub.clock).set(datetime(2026, 12, 5, 3, 0, tzinfo=UTC))
    register.submit(SUBMITTER, SECOND, "second.yaml")
    register.publish(PUBLISHER, ID, 2, date(2026, 12, 5))
    register.submit(SUBMITTER, THIRD, "third.yaml")


__all__ = ["FIRST", "ID", "NOTICE", "SECOND", "THIRD", "publish_notices"]
