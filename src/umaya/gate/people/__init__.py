"""What people said about their data, and what protects them: topics, texts, words, measures, merges.

All of it is events (`events`), which each process follows as bitmaps (`projection`, `state`). Person numbers live in
these tables and bitmaps only: the ledger has counts, references and salted digests.
"""

from umaya.gate.people.campaigns import Campaign
from umaya.gate.people.consents import Consents, Given, Said, Standing, State
from umaya.gate.people.measures import Measure, Measures
from umaya.gate.people.merges import Merges
from umaya.gate.people.projection import Projection
from umaya.gate.people.state import PeopleState, TopicState
from umaya.gate.people.taking import Channel, Evidence
from umaya.gate.people.topics import Side, Text, Topic, Topics
from umaya.gate.people.withdrawals import Withdrawal

__all__ = [
    "Campaign",
    "Channel",
    "Consents",
    "Evidence",
    "Given",
    "Measure",
    "Measures",
    "Merges",
    "PeopleState",
    "Projection",
    "Said",
    "Side",
    "Standing",
    "State",
    "Text",
    "Topic",
    "TopicState",
    "Topics",
    "Withdrawal",
]
