"""The hidden state of each segment, open or closed, followed through time (a two-state hidden Markov process).

Between steps a closed segment opens again and an open one closes at constant rates. A step in which it was passed
makes it open but for a small doubt, and clears what spoke against it. A step without a pass speaks against it as
near misses add up since the last pass, A at one end and B at the other:

    P(no pass | closed) / P(no pass | open) = (1 + M / k)^k,  M = w ((1 - t) (A + B) + 2 t min(A, B))

The weight w tells how much a near miss counts, and t how much of that only if riders came to both ends: a street of a
round that does not go out is missed by its neighbours at one end and not reached at the other. The ratio is that of a
negative binomial count with mean M and size k: riders follow rounds, so they do not miss a street independently of
one another, and many misses add less than they would by chance. The hazard H of passes that weekday and hour let
expect gives exp(H); what it says beyond the riders who came near is little. Detours since the last pass, D more than
usual, multiply the odds by 1 + r (1 - exp(-D)): the first says most. Turn-backs multiply them by ratios of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from umaya.engines.passability.segments import Bools, Floats


@dataclass(frozen=True)
class Process:
    """Rates and weights; see `params` for their meaning and source."""

    prior_closed: float
    reopening: float
    reclosing: float
    doubt: float
    near_weight: float
    near_both: float
    near_size: float
    missed_weight: float
    detour_ratio: float


@dataclass
class State:
    """Of each segment: log odds of being closed; near misses and detours since the last pass."""

    log_odds: Floats
    near: Floats
    round: Floats

    @classmethod
    def fresh(cls, count: int, process: Process) -> State:
        """Return the state right after the event."""
        prior = np.log(process.prior_closed / (1 - process.prior_closed))
        return cls(np.full(count, prior), np.zeros((count, 2)), np.zeros(count))


def advance(
    state: State,
    process: Process,
    hours: float,
    passed: Bools,
    near: Floats,
    missed: Floats,
    round_: Floats,
    told: Floats,
) -> None:
    """Carry the state over one step, in place; arrays by segment, `told` log likelihood ratios of turn-backs."""
    p = process
    _advance(
        state.log_odds,
        state.near,
        state.round,
        passed,
        near * p.near_weight,
        p.near_both,
        round_,
        missed * p.missed_weight + told,
        np.exp(-(p.reopening + p.reclosing) * hours),
        p.reclosing / (p.reopening + p.reclosing),
        np.log(p.doubt / (1 - p.doubt)),
        p.near_size,
        p.detour_ratio,
    )


@numba.njit(cache=True, nogil=True)
def _advance(
    log_odds: Floats,
    near: Floats,
    round_: Floats,
    passed: Bools,
    more_near: Floats,
    both: float,
    more_round: Floats,
    told: Floats,
    kept: float,
    settled: float,
    doubt: float,
    near_size: float,
    detour_ratio: float,
) -> None:
    for s in range(len(log_odds)):
        if passed[s]:
            log_odds[s], near[s, 0], near[s, 1], round_[s] = doubt, 0.0, 0.0, 0.0
            continue
        p = 1.0 / (1.0 + np.exp(-log_odds[s]))
        p = settled + (p - settled) * kept
        odds = np.log(p / (1.0 - p))
        one, other = near[s, 0], near[s, 1]
        odds -= near_size * np.log(near_size + (1.0 - both) * (one + other) + 2.0 * both * min(one, other))
        one, other = one + more_near[s, 0], other + more_near[s, 1]
        odds += near_size * np.log(near_size + (1.0 - both) * (one + other) + 2.0 * both * min(one, other))
        near[s, 0], near[s, 1] = one, other
        odds += np.log1p(detour_ratio * -np.expm1(-max(round_[s] + more_round[s], 0.0)))
        odds -= np.log1p(detour_ratio * -np.expm1(-max(round_[s], 0.0)))
        round_[s] += more_round[s]
        log_odds[s] = min(odds + told[s], 30.0)
