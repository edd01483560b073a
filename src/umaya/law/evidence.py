"""What a basis wants shown, and when it is looked at. Names only; which basis wants what is dated data."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Evidence(StrEnum):
    """What a basis wants shown. Stored with the review: values never change and are never reused."""

    DECLARED_EVENT = "declared-event"
    """A disaster was declared and is in effect at the use."""
    NAMED_MUNICIPALITY = "named-municipality"
    """The recipient is the municipality that the declaration names."""
    AREA = "area"
    """The scheme says where."""
    END_TIME = "end-time"
    """The declaration says when it ends by itself."""
    BALANCING = "balancing"
    """Lock one weighed the need against the secrecy of Postal Act art. 8(2)."""
    ORIGINAL_PURPOSE = "original-purpose"
    """The use lies within the purpose that was told when the data was collected (APPI arts. 17, 18)."""
    PUBLISHED_NOTICE = "published-notice"
    """A notice of joint use with every item of APPI art. 27(5)(iii) is published and holds for the recipient."""
    AGREED_POINTS = "agreed-points"
    """The joint users agreed in advance on the six points of the general guideline, 3-6-3(3)."""
    CONSENT_TOPIC = "consent-topic"
    """The scheme names what people are asked, of a tier that the basis takes."""
    CONSENT_DIRECTION = "consent-direction"
    """What people are asked names the business that holds the data, the one that would use it, and the kinds."""
    CONSENT = "consent"
    """Each person's own word, given before the use and in force."""
    PUBLIC_INTEREST = "public-interest"
    """The statistics serve the public."""
    CITATION = "citation"
    """The scheme cites the provision that asks for the data."""
    REQUESTER_AUTHORITY = "requester-authority"
    """Whoever asks is whom the cited provision empowers."""
    OTHER_MEANS_EXHAUSTED = "other-means-exhausted"
    """The requester looked where else it is told: land register, resident register."""
    VIOLENCE_CHECK = "violence-check"
    """No sign of domestic violence, stalking or abuse; support measures of the resident register were looked up."""
    SMALLEST_ANSWER = "smallest-answer"
    """Only the fields that the request cannot do without."""
    HOUSE_SPECIFIED = "house-specified"
    """The municipality confirmed a specified vacant house (特定空家等)."""
    HOUSE_SPECIFIED_OR_POORLY_MANAGED = "house-specified-or-poorly-managed"
    """The municipality confirmed a specified or a poorly managed vacant house (管理不全空家等)."""
    TAX_INQUIRY = "tax-inquiry"
    """A collector asks about arrears, and the person moved without moving the resident registration."""
    SUIT_OR_ENFORCEMENT = "suit-or-enforcement"
    """The address is needed to sue the person, or to enforce a judgment."""
    ASSOCIATION_MARK = "association-mark"
    """The bar association itself examined and marked that nothing hints at violence, stalking or child abuse."""
    DANGER_TO_LIFE = "danger-to-life"
    """Somebody's life or body is in danger."""
    CONSENT_HARD_TO_GET = "consent-hard-to-get"
    """The person cannot be asked in time."""
    NOBODY_RECOGNISABLE = "nobody-recognisable"
    """Nobody, and no place that mail goes to, can be read from the result."""


class Stage(StrEnum):
    """When evidence is looked at."""

    SCHEME = "scheme"
    """By the rules, when a scheme is submitted, reviewed and used: the scheme itself shows it."""
    REVIEW = "review"
    """By a person: the verifier who closes lock one confirms it."""
    USE = "use"
    """By the gate, at each use."""


_ELSEWHERE = {
    **dict.fromkeys(
        (
            Evidence.AREA,
            Evidence.PUBLISHED_NOTICE,
            Evidence.AGREED_POINTS,
            Evidence.CONSENT_TOPIC,
            Evidence.CONSENT_DIRECTION,
            Evidence.CITATION,
        ),
        Stage.SCHEME,
    ),
    **dict.fromkeys(
        (Evidence.DECLARED_EVENT, Evidence.NAMED_MUNICIPALITY, Evidence.END_TIME, Evidence.CONSENT), Stage.USE
    ),
}

STAGES: Final[Mapping[Evidence, Stage]] = MappingProxyType(
    {evidence: _ELSEWHERE.get(evidence, Stage.REVIEW) for evidence in Evidence}
)
"""When each is looked at; what is not named otherwise waits for a person."""
