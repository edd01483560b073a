"""What people are asked, as far as the law asks about it: how, from whom to whom, of which kinds of information."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from umaya.law.cross_sell import Direction
from umaya.types.classes import SecrecyClass


class ConsentTier(StrEnum):
    """How a person is asked. Stored with topics: values never change."""

    ON_REQUEST = "on-request"
    """Never, unless the person asked first; a word is spent by one use."""
    EACH_TIME = "each-time"
    """Each time; a word is spent by one use."""
    IN_ADVANCE = "in-advance"
    """In advance, for statistics in the public interest."""
    STATED_PERIOD = "stated-period"
    """For a stated period, such as cross-sell consent."""

    @property
    def once(self) -> bool:
        """Whether a word is good for one use only."""
        return self in {ConsentTier.ON_REQUEST, ConsentTier.EACH_TIME}


@dataclass(frozen=True)
class ConsentTerms:
    """The terms of a consent topic.

    Attributes:
        tier: how people are asked.
        direction: from whom to whom; None for topics other than cross-sell.
        kinds: of non-public information; empty for topics other than cross-sell.
    """

    tier: ConsentTier
    direction: Direction | None = None
    kinds: frozenset[SecrecyClass] = frozenset()
