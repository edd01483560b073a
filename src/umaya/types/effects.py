"""What a step does to the secrecy classes of the fields it works on: plain data that obligations declare.

The law judges a use by the classes that are left after its obligations (`umaya.law.effects`). Must hold: a step can
only lower a class or take the field away, and correspondence is lowered by nothing but taking the field away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from umaya.types.classes import SecrecyClass

_NOBODYS = frozenset({SecrecyClass.NON_PERSONAL})

BELOW: Final[Mapping[SecrecyClass, frozenset[SecrecyClass]]] = MappingProxyType(
    {
        SecrecyClass.CORRESPONDENCE: frozenset(),
        SecrecyClass.POSTAL: _NOBODYS,
        SecrecyClass.SPECIAL_CARE: _NOBODYS,
        SecrecyClass.FINANCIAL: _NOBODYS,
        SecrecyClass.INSURANCE: _NOBODYS,
        SecrecyClass.LOCATION: _NOBODYS | {SecrecyClass.ORDINARY},
        SecrecyClass.ORDINARY: _NOBODYS,
        SecrecyClass.NON_PERSONAL: frozenset(),
    }
)
"""The classes to which a step can bring each class down: a strict partial order.

A secret stays one as long as it is about somebody: a band of a balance is still non-public. A place made coarse is an
ordinary thing to know. Nothing is below correspondence: made unreadable, the fact of a letter stays.
"""


@dataclass(frozen=True)
class ClassEffect:
    """What one step does to classes. It can only ever lower a class or take the field away.

    Attributes:
        fields: names of the fields it works on; None for every field.
        becomes: for each class that a field may have, the class it has afterwards, or None where the field is gone;
            a class that is not mentioned stays.

    Raises:
        ValueError: when a class would become one that is not below it.
    """

    fields: frozenset[str] | None
    becomes: Mapping[SecrecyClass, SecrecyClass | None]

    def __post_init__(self) -> None:
        for before, after in self.becomes.items():
            if after is not None and after != before and after not in BELOW[before]:
                raise ValueError(f"a step cannot turn the class `{before}` into `{after}`")
        object.__setattr__(self, "becomes", MappingProxyType(dict(self.becomes)))
