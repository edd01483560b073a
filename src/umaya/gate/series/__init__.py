"""Release series: counts reach a recipient once for each moment and place, in one form."""

from umaya.gate.series.told import NOTHING_TOLD, Told, add_window, find_told

__all__ = ["NOTHING_TOLD", "Told", "add_window", "find_told"]
