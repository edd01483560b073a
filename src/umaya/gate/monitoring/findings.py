"""What a detector found: references and counts, and whom it is about for those who may know. Not here: alarms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from umaya.gate.alarms import AlarmKind


@dataclass(frozen=True)
class Finding:
    """Something unusual.

    Attributes:
        kind: what is unusual.
        party: whose second line looks into it.
        actors: ids of whom it is about.
        person: whom was looked at, where it is one person.
        scheme: id of the scheme, or empty.
        entry: ledger index that it rests on; None where it rests on many.
        numbers: the objective data.
        about: references that are part of what it is: topic, office, reason, campaign.
    """

    kind: AlarmKind
    party: str
    actors: tuple[str, ...] = ()
    person: int | None = None
    scheme: str = ""
    entry: int | None = None
    numbers: Mapping[str, int] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """Kind, party and what it is about: equal where it is the same finding again."""
        many = self.kind is AlarmKind.ONE_PERSON
        parts = [self.kind.value, self.party, "" if many else " ".join(self.actors), self.scheme]
        parts += ["" if self.person is None else str(self.person)]
        return "|".join([*parts, *(f"{key}={value}" for key, value in sorted(self.about.items()))])
