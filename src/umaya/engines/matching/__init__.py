"""Map matching: which roads a vehicle drove, from noisy positions.

A hidden Markov model after Newson and Krumm (2009) over observations that are gathered by distance moved. The steps,
one module each: observations (clean, gather), spatial and hmm (candidates, probabilities), viterbi (decode),
routes (join), ends (how far before a turn or a stop), progress and drift (the place of
each position), engine (Arrow in and out).
Nothing here fetches, reads a clock or draws random numbers.
"""

from umaya.engines.matching.engine import Matched, Matcher, match
from umaya.engines.matching.params import MatchParams

__all__ = ["MatchParams", "Matched", "Matcher", "match"]
