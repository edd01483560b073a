"""The desks that tell the home page what waits for somebody. A new desk adds its `Desk` here."""

from __future__ import annotations

from umaya.web.pages.apply_waiting import APPLY
from umaya.web.pages.breach_waiting import BREACH
from umaya.web.pages.datasets_waiting import DATASETS
from umaya.web.pages.emergency_waiting import EMERGENCY
from umaya.web.pages.monitoring_waiting import MONITORING
from umaya.web.pages.register_waiting import REGISTER
from umaya.web.pages.review_waiting import REVIEW
from umaya.web.pages.rights_steps import RIGHTS
from umaya.web.waiting import Desk

DESKS: tuple[Desk, ...] = (EMERGENCY, BREACH, APPLY, REVIEW, REGISTER, RIGHTS, MONITORING, DATASETS)
