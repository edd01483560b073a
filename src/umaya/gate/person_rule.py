"""The rule for a person: may this use touch them? Stated once, compiled twice.

The rule is a row of clauses; the first that strikes refuses the person with its reason, and who is struck by none is
permitted. `compile_point` makes a closure for one person, `compile_set` makes bitmap algebra for any number of them.
Must hold: both give every person the same answer, and whoever the clauses do not let through by name is refused.

A protected or merged person is refused with the reason that somebody unknown gets, so that no refusal tells of a
protective measure (支援措置): where consent is asked for, that nobody consented; elsewhere, that nobody of this number
is to be had.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from umaya.types.reasons import Reason


class Group(StrEnum):
    """The sets of people that clauses speak of."""

    HELD = "held"
    """Somebody about whom the dataset holds a row."""
    PROTECTED = "protected"
    MERGED = "merged"
    """A number that was merged into another."""
    STOPPED = "stopped"
    """Asked the party, with success, to stop this (APPI art. 35)."""
    CONSENTED = "consented"
    """The word in force permits."""
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    TEXT_ENDED = "text-ended"
    SPENT = "spent"


@dataclass(frozen=True)
class Clause:
    """Refuses, for a reason, everybody who is in a group (`strikes_members`), or everybody who is not."""

    group: Group
    strikes_members: bool
    reason: Reason


def _members(group: Group, reason: Reason) -> Clause:
    return Clause(group, True, reason)


def _others(group: Group, reason: Reason) -> Clause:
    return Clause(group, False, reason)


WITHOUT_CONSENT: tuple[Clause, ...] = (
    _members(Group.PROTECTED, Reason.PERSON_NOT_AVAILABLE),
    _members(Group.MERGED, Reason.PERSON_NOT_AVAILABLE),
    _members(Group.STOPPED, Reason.USE_STOPPED),
    _others(Group.HELD, Reason.PERSON_NOT_AVAILABLE),
)
"""For bases that ask the person nothing."""

WITH_CONSENT: tuple[Clause, ...] = (
    _members(Group.PROTECTED, Reason.CONSENT_MISSING),
    _members(Group.MERGED, Reason.CONSENT_MISSING),
    _members(Group.STOPPED, Reason.USE_STOPPED),
    _members(Group.WITHDRAWN, Reason.CONSENT_WITHDRAWN),
    _members(Group.EXPIRED, Reason.CONSENT_EXPIRED),
    _members(Group.TEXT_ENDED, Reason.CONSENT_TEXT_ENDED),
    _members(Group.SPENT, Reason.CONSENT_SPENT),
    _others(Group.CONSENTED, Reason.CONSENT_MISSING),
    _others(Group.HELD, Reason.PERSON_NOT_AVAILABLE),
)
"""For bases that rest on the person's word."""

Groups = Mapping[Group, BitMap]
"""The members of every group that the rule names, as of one moment."""


def rule_for(*, consent: bool) -> tuple[Clause, ...]:
    """Return the rule of a basis that asks for consent, or of one that does not."""
    return WITH_CONSENT if consent else WITHOUT_CONSENT


@dataclass(frozen=True)
class Verdict:
    """The answer for a set of people; `asked` is `permitted` and all that `refused` counts, nobody twice.

    Attributes:
        asked: how many were asked for.
        permitted: who may be touched.
        refused: how many were not, by the reason shown; reasons of nobody are left out.
    """

    asked: int
    permitted: BitMap
    refused: Mapping[Reason, int]


def compile_point(
    rule: tuple[Clause, ...], groups: Groups, otherwise: Reason = Reason.PERMITTED
) -> Callable[[int], Reason]:
    """Return a function from a person's number to the reason of the first clause that strikes, or to `otherwise`."""
    lines = tuple((groups[clause.group], clause.strikes_members, clause.reason) for clause in rule)

    def judge(person: int) -> Reason:
        for members, strikes_members, reason in lines:
            if (person in members) is strikes_members:
                return reason
        return otherwise

    return judge


def compile_set(rule: tuple[Clause, ...], groups: Groups) -> Callable[[BitMap], Verdict]:
    """Return a function from a set of people to the verdict on them; what it is given is not changed."""

    def judge(asked: BitMap) -> Verdict:
        left = asked
        refused: dict[Reason, int] = {}
        for clause in rule:
            members = groups[clause.group]
            before = len(left)
            left = left - members if clause.strikes_members else left & members
            struck = before - len(left)
            if struck:
                refused[clause.reason] = refused.get(clause.reason, 0) + struck
        return Verdict(len(asked), left, MappingProxyType(refused))

    return judge


def numbers(people: BitMap) -> npt.NDArray[np.uint32]:
    """Return the numbers of a set of people, ascending."""
    return np.frombuffer(people.to_array(), np.uint32)
