"""Road state from people: what carriers report of a road (ice, snow, a fallen tree, ...), for as long as it holds.

Responsible for taking reports in, snapping them to a road, masking their photos, and for when they end; not for who
may see the road map (`umaya.services.roads`), nor for what positions say of a road.
"""

from umaya.services.reports.report import Report
from umaya.services.reports.service import RoadReports, Word
from umaya.services.reports.telling import Sight, Sights, Told

__all__ = ["Report", "RoadReports", "Sight", "Sights", "Told", "Word"]
