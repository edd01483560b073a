"""Live map matching: positions as they arrive in, traversals as soon as they are final out.

`LiveMatcher` takes batches of positions of many vehicles in any order with the moment of arrival and gives out the
parts of routes that nothing to come can change. Nothing here fetches, waits, or reads a clock: time is an argument.
"""

from umaya.engines.live.matcher import Counts, LiveMatcher
from umaya.engines.live.params import LiveParams

__all__ = ["Counts", "LiveMatcher", "LiveParams"]
