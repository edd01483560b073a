"""Runs over a lake of tracks: days of positions in, days of matches, routes and passages out.

The engines compute (`umaya.engines`), the lake keeps (`umaya.stores.probe_lake`); here is what joins them: what one
worker does (`work`), and the order of the days (`run`). No hub is needed, and none is touched.
"""

from umaya.services.probe_runs.run import Pool, Recipe, Report, ThreadPool, run

__all__ = ["Pool", "Recipe", "Report", "ThreadPool", "run"]
