"""Map matching: which roads a vehicle drove, from noisy positions.

A hidden Markov model after Newson and Krumm (2009) over observations that are gathered by distance moved. The steps,
one module each: observations (clean, gather), spatial, hmm and states (candidates, probabilities), viterbi (decode),
routes and line (join, lay out), ends (how far before a turn or a stop), progress and drift (the place of
each position), engine (Arrow in and out), stream (the same for what does not fit into memory).
Nothing here fetches, reads a clock or draws random numbers.
"""

from umaya.engines.matching.engine import Matched, Matcher, Prepared, UnsortedError, match
from umaya.engines.matching.params import MatchParams
from umaya.engines.matching.stream import match_stream

__all__ = ["MatchParams", "Matched", "Matcher", "Prepared", "UnsortedError", "match", "match_stream"]
