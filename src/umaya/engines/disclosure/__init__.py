"""Location privacy: what has to happen to bike tracks before anything made from them may leave.

Three steps, each an obligation of the gate: `move_to_road` on positions before matching; `suppress_dead_ends` on
traversals after it, with the segments of `suppressed_segments`; `link_counts` last. All pure: Arrow tables in, Arrow
tables out, no clock, no files.

What the first form protects: homes on private ways and in dead ends (whole branches); stops and turns at a home on a
through road (only complete traversals count as passes, turn-backs only from a minimum of vehicles); times finer than
a window.

What it does not protect yet:

- The first and the last road of a tour: where a vehicle's day begins and ends on a through road.
- Rare roads: with `min_vehicles` 1 a single pass shows, and in both directions if the rider turned beyond; the roads
  before the last one to the mouth of a suppressed branch are among them.
- Loop roads that touch the network at one junction only: no single edge's removal cuts them off.
- Two releases subtracted from each other (other windows, other thresholds, a larger area): each is safe on its own.
- The pattern of what is missing: which segments are suppressed follows from the public map and the homes.
"""

from umaya.engines.disclosure.counts import link_counts
from umaya.engines.disclosure.dead_ends import suppress_dead_ends, suppressed_segments
from umaya.engines.disclosure.move_to_road import AccessIndex, move_to_road

__all__ = ["AccessIndex", "link_counts", "move_to_road", "suppress_dead_ends", "suppressed_segments"]
