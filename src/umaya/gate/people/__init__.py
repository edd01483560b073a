"""What people said about their data, and what protects them: topics, texts, words, measures, merges.

All of it is events (`events`), which each process follows as bitmaps (`projection`, `state`). Person numbers live in
these tables and bitmaps only: the ledger has counts, references and salted digests.
"""

from umaya.gate.people.projection import Projection
from umaya.gate.people.state import PeopleState, TopicState
from umaya.gate.people.topics import Side, Text, Tier, Topic, Topics

__all__ = [
    "PeopleState",
    "Projection",
    "Side",
    "Text",
    "Tier",
    "Topic",
    "TopicState",
    "Topics",
]
