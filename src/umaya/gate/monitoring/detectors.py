"""Detectors: which counts of a day are unusual. Pure functions over counts and dated rules; they read nothing.

Must hold: below the floors of the rules nothing alarms, whatever the history. Robust location and scale are the median
and 1.4826 times the median absolute deviation (Rousseeuw and Croux, 1993); shares are compared by Wilson's score
interval (1927), so that few cases never alarm by chance alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median

from umaya.gate.alarms import AlarmKind
from umaya.gate.monitoring.findings import Finding
from umaya.gate.monitoring.rules import MonitoringRules


@dataclass(frozen=True)
class DayOfActor:
    """What one actor did on the day, and on the days before it on which they did anything.

    Attributes:
        what: `look-ups` or `uses`.
        count: of the day.
        own: counts of the actor's earlier active days.
        peers: counts of the earlier active days of everybody else of the party.
    """

    party: str
    actor: str
    what: str
    count: int
    own: Sequence[int] = ()
    peers: Sequence[int] = ()
    entry: int | None = None


def volume(days: Iterable[DayOfActor], rules: MonitoringRules) -> Iterator[Finding]:
    """Yield who did far more than they and their peers use to do. Without enough history, three times the floor."""
    floor, least = rules.volume["floor"], rules.volume["least_days"]
    for day in days:
        limits = [limit(counts, rules.volume["k"]) for counts in (day.own, day.peers) if len(counts) >= least]
        threshold = max([floor, *limits]) if limits else 3 * floor
        if day.count > threshold:
            numbers = {
                "count": day.count,
                "limit": int(threshold),
                "own": _middle(day.own),
                "peers": _middle(day.peers),
            }
            about = {"what": day.what}
            yield Finding(AlarmKind.VOLUME, day.party, (day.actor,), entry=day.entry, numbers=numbers, about=about)


def limit(counts: Sequence[int], k: float) -> float:
    """Return median plus `k` robust deviations of a history that is not empty."""
    middle = median(counts)
    spread = 1.4826 * median(abs(count - middle) for count in counts)
    return middle + k * max(spread, sqrt(middle))


@dataclass(frozen=True)
class OutsideHours:
    """What one actor did outside the hours of their office on the day; `kind` OFF_HOURS or CONSENT_HOURS."""

    kind: AlarmKind
    party: str
    actor: str
    count: int
    total: int
    entry: int | None = None


def off_hours(counts: Iterable[OutsideHours], rules: MonitoringRules) -> Iterator[Finding]:
    """Yield who looked people up, or took consents, outside the hours."""
    for one in counts:
        if one.count >= rules.off_hours["least"]:
            numbers = {"count": one.count, "total": one.total}
            yield Finding(one.kind, one.party, (one.actor,), entry=one.entry, numbers=numbers)


@dataclass(frozen=True)
class PersonLookedUp:
    """Who of a party looked one person up within the window, each with the number of days on which they did.

    Attributes:
        followed: whether a word or a request of the person came within it: then there was a reason.
    """

    party: str
    person: int
    days_by_actor: Mapping[str, int]
    followed: bool
    entry: int | None = None


def one_person(people: Iterable[PersonLookedUp], rules: MonitoringRules) -> Iterator[Finding]:
    """Yield persons whom many looked up, or one again and again, without anything that came of it."""
    wanted = rules.one_person
    for one in people:
        if one.followed:
            continue
        actors = tuple(sorted(one.days_by_actor))
        if len(actors) >= wanted["actors"]:
            numbers = {"actors": len(actors), "days": wanted["days"]}
            yield Finding(AlarmKind.ONE_PERSON, one.party, actors, one.person, entry=one.entry, numbers=numbers)
        for actor, days in sorted(one.days_by_actor.items()):
            if days >= wanted["repeats"]:
                numbers = {"repeats": days, "days": wanted["days"]}
                yield Finding(AlarmKind.REPEATED, one.party, (actor,), one.person, entry=one.entry, numbers=numbers)


@dataclass(frozen=True)
class Share:
    """So many of so many, of one actor, office or party, and of the others that it is compared with.

    Attributes:
        about: `level` (actor, office, party) and what else belongs to it.
    """

    party: str
    actors: tuple[str, ...]
    some: int
    all: int
    others_some: int
    others_all: int
    about: Mapping[str, str]

    def lower(self, z: float) -> float:
        """Return the lower end of Wilson's interval."""
        return wilson(self.some, self.all, z)

    @property
    def others(self) -> float | None:
        """Return the share of the others, None where there are none."""
        return self.others_some / self.others_all if self.others_all else None

    def numbers(self) -> dict[str, int]:
        """Return the objective data; shares in percent."""
        told = {"some": self.some, "all": self.all, "percent": round(100 * self.some / self.all)}
        return told if self.others is None else {**told, "others-percent": round(100 * self.others)}


def wilson(some: int, all_: int, z: float) -> float:
    """Return the lower end of Wilson's score interval of a share; 0 of nothing."""
    if not all_:
        return 0.0
    share, square = some / all_, z * z
    middle = share + square / (2 * all_)
    half = z * sqrt(share * (1 - share) / all_ + square / (4 * all_ * all_))
    return max(0.0, (middle - half) / (1 + square / all_))


def refusals(shares: Iterable[Share], rules: MonitoringRules) -> Iterator[Finding]:
    """Yield actors, offices and parties that are refused far more often than the others are."""
    wanted = rules.refusals
    for one in shares:
        enough = one.all >= wanted["uses"] and one.some >= wanted["refused"] and one.others is not None
        if enough and one.lower(wanted["z"]) > (one.others or 0.0):
            yield Finding(AlarmKind.REFUSALS, one.party, one.actors, numbers=one.numbers(), about=one.about)


def same_day(shares: Iterable[Share], rules: MonitoringRules) -> Iterator[Finding]:
    """Yield clerks and offices most of whose cross-sell consents are taken on the day of the visit, unlike others'.

    Where there are no others, the share of the rules stands for theirs.
    """
    wanted = rules.same_day
    for one in shares:
        others = max(wanted["share"], one.others or 0.0)
        if one.all >= wanted["consents"] and one.lower(wanted["z"]) > others:
            yield Finding(AlarmKind.SAME_DAY, one.party, one.actors, numbers=one.numbers(), about=one.about)


@dataclass(frozen=True)
class ConsentsOnCampaign:
    """Cross-sell consents that were taken on a day of a campaign, on the day of the visit, at its office."""

    party: str
    campaign: str
    office: str
    actors: tuple[str, ...]
    count: int
    entry: int | None = None


def on_campaign(counts: Iterable[ConsentsOnCampaign], rules: MonitoringRules) -> Iterator[Finding]:
    """Yield campaign days on which people consented on arrival: the "thank-you day" pattern."""
    for one in counts:
        if one.count >= rules.same_day["on_campaign"]:
            about = {"campaign": one.campaign} | ({"office": one.office} if one.office else {})
            numbers = {"count": one.count}
            yield Finding(AlarmKind.SAME_DAY, one.party, one.actors, entry=one.entry, numbers=numbers, about=about)


@dataclass(frozen=True)
class ListNear:
    """A list that left `days` before a campaign of a party to the scheme (0 on its days).

    Attributes:
        campaign: id of a sales campaign, or empty where it was a campaign of consents.
    """

    party: str
    actor: str
    scheme: str
    campaign: str
    days: int
    people: int
    entry: int


def near_campaign(lists: Iterable[ListNear], rules: MonitoringRules) -> Iterator[Finding]:
    """Yield lists of several people shortly before a campaign, or on it."""
    for one in lists:
        if one.days <= rules.near["days"] and one.people >= rules.near["people"]:
            about = {"campaign": one.campaign} if one.campaign else {}
            numbers = {"people": one.people, "days": one.days}
            yield Finding(AlarmKind.NEAR_CAMPAIGN, one.party, (one.actor,), None, one.scheme, one.entry, numbers, about)


@dataclass(frozen=True)
class ListedFirst:
    """People who stood in a list and consented to a cross-sell topic only after it, of all who consented since."""

    party: str
    actor: str
    scheme: str
    topic: str
    listed: int
    consented_after: int
    consented: int
    entry: int


def listed_first(lists: Iterable[ListedFirst], rules: MonitoringRules) -> Iterator[Finding]:
    """Yield lists that were made before the consent of those who stand in them."""
    for one in lists:
        several = one.consented_after >= rules.near["people"]
        if several and one.consented_after >= rules.near["share"] * one.consented:
            numbers = {"listed": one.listed, "consented-after": one.consented_after, "consented": one.consented}
            about = {"topic": one.topic}
            yield Finding(AlarmKind.LISTED_FIRST, one.party, (one.actor,), None, one.scheme, one.entry, numbers, about)


@dataclass(frozen=True)
class Taken:
    """The moments at which one clerk took consents on the day, in seconds, ascending."""

    party: str
    actor: str
    seconds: Sequence[float]
    entry: int | None = None


def bursts(taken: Iterable[Taken], rules: MonitoringRules) -> Iterator[Finding]:
    """Yield who took more consents within minutes than can be explained to people."""
    span, wanted = 60 * rules.burst["minutes"], rules.burst["consents"]
    for one in taken:
        most, first = 0, 0
        for last, moment in enumerate(one.seconds):
            while moment - one.seconds[first] > span:
                first += 1
            most = max(most, last - first + 1)
        if most >= wanted:
            numbers = {"count": most, "minutes": rules.burst["minutes"]}
            yield Finding(AlarmKind.BURST, one.party, (one.actor,), entry=one.entry, numbers=numbers)


def regret(shares: Iterable[Share], rules: MonitoringRules) -> Iterator[Finding]:
    """Yield clerks whose customers withdraw soon, and more often than the others' do."""
    wanted = rules.regret
    for one in shares:
        others = wanted["share"] if one.others is None else one.others
        enough = one.all >= wanted["consents"] and one.some >= wanted["withdrawn"]
        if enough and one.lower(wanted["z"]) > others:
            yield Finding(AlarmKind.REGRET, one.party, one.actors, numbers=one.numbers(), about=one.about)


def _middle(counts: Sequence[int]) -> int:
    return int(median(counts)) if counts else 0
