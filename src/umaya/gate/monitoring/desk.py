"""The monitoring desk of a gate: its parts in one place."""

from __future__ import annotations

from umaya.gate.monitoring.casework import Casework
from umaya.gate.monitoring.reports import MonthlyReports
from umaya.gate.monitoring.run import Detection
from umaya.gate.monitoring.settings import MonitoringSettings
from umaya.gate.people.numbers import CustomerNumbers
from umaya.gate.record import Acts


class Monitoring:
    """What is unusual, and what the three lines do about it.

    Args:
        acts: begins acts.
        numbers: what parties call people.

    Attributes:
        detection: a day's detectors.
        casework: the cases of alarms.
        settings: whom staff must not look up, sales days, workplaces.
        reports: of each month.
    """

    def __init__(self, acts: Acts, numbers: CustomerNumbers) -> None:
        self.detection = Detection(acts)
        self.casework = Casework(acts, numbers)
        self.settings = MonitoringSettings(acts, numbers)
        self.reports = MonthlyReports(acts)
