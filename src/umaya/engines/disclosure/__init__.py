"""Location privacy: what has to happen to bike tracks before anything made from them may leave.

Five steps, each an obligation of the gate: `move_to_road` on positions before matching; `suppress_dead_ends` on
traversals after it, with the segments of `suppressed_segments`; `trim_tours`; last `link_counts`, or `tell_swept` with
the neighbourhoods of `neighbourhoods`. All pure: Arrow tables in, Arrow tables out, no clock, no files.

What is protected: homes on private ways and in dead ends, whole branches and loops that hang by one junction; stops and
turns at a home on a through road (only complete traversals count as passes, turn-backs only from a minimum of
vehicles); where a tour begins and ends; which roads a rider chose (a neighbourhood is told when it was swept, else not
at all); times finer than a window. What is missing follows from the map and the homes, or is a whole neighbourhood.

What is not protected here: releases that overlap (the gate refuses them), that somebody swept a neighbourhood, homes
that no list knows, errors of the map.
"""

from umaya.engines.disclosure.counts import link_counts
from umaya.engines.disclosure.dead_ends import suppress_dead_ends, suppressed_segments
from umaya.engines.disclosure.move_to_road import AccessIndex, move_to_road
from umaya.engines.disclosure.neighbourhoods import neighbourhoods
from umaya.engines.disclosure.sweeps import Sweeping, tell_swept
from umaya.engines.disclosure.tours import trim_tours

__all__ = [
    "AccessIndex",
    "Sweeping",
    "link_counts",
    "move_to_road",
    "neighbourhoods",
    "suppress_dead_ends",
    "suppressed_segments",
    "tell_swept",
    "trim_tours",
]
