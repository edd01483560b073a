"""Notices are published and ended by whoever holds the office."""

from __future__ import annotations

from datetime import date

import pytest

from tests.gate.joint_use.group import NOTICE, PUBLISHER, SUBMITTER
from tests.gate.world import World
from umaya.gate import roles as r
from umaya.gate.bodies import Office
from umaya.types.errors import ForbiddenError
from umaya.types.site import Actor


def test_an_approver_who_does_not_hold_the_office_publishes_nothing(group: World) -> None:
    other = Actor("body-head", "機関 長", "post-minase", frozenset({r.APPROVER}))
    group.gate.catalogue.add_actor(other)
    group.gate.bodies.appoint("post-minase", Office.APPROVING_BODY, "body-head", date(2026, 4, 1))
    group.gate.joint_use.submit(SUBMITTER, NOTICE, "n.yaml")
    with pytest.raises(ForbiddenError, match="office"):
        group.gate.joint_use.publish(PUBLISHER, "minase-group", 1, date(2026, 4, 9))
    group.gate.joint_use.publish(other, "minase-group", 1, date(2026, 4, 9))
