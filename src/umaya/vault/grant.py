"""Grants: what the gate hands the vault. Sealed, for one opening, for a short time.

A grant is sealed with HMAC-SHA-256 (RFC 2104) over the canonical JSON (RFC 8785) of all its fields, the people by the
SHA-256 of their serialised bitmap, under a secret that only the gate's mint and its vault share and that lives as long
as the process. Must hold: a grant that was not minted, was changed in any field, was spent or is past its time opens
nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import rfc8785
from pyroaring import BitMap

from umaya.types.clock import Clock
from umaya.types.errors import ForbiddenError
from umaya.vault.area import Area
from umaya.vault.layout import Layout
from umaya.vault.obligations import Owed, Window
from umaya.vault.predicate import Predicate

LIFETIME = timedelta(minutes=1)
"""From minting to opening, and from there to the first row taken; the scan and the obligations may take longer."""


class GrantError(ForbiddenError):
    """A grant that opens nothing."""


@dataclass(frozen=True)
class Grant:
    """Leave to open one dataset once.

    Attributes:
        nonce: random, hex; what makes it single use.
        use: id of the use it serves.
        entry: index of the ledger entry that recorded the use.
        scheme: id of the scheme.
        dataset: id of the dataset.
        layout: how it lies, by which the limits below are applied.
        columns: the permitted columns.
        window: the permitted window; None for a dataset without time.
        span: the window with the lookback of the obligations.
        area: the permitted area, or None.
        obligations: what is owed, in order.
        people: whose rows may be read; None only for a dataset without a subject.
        matching: what a row must meet to be read.
        expires: the moment from which it is void.
        seal: over all of the above.
    """

    nonce: str
    use: str
    entry: int
    scheme: str
    dataset: str
    layout: Layout
    columns: tuple[str, ...]
    window: Window | None
    span: Window | None
    area: Area | None
    obligations: tuple[Owed, ...]
    people: BitMap | None = field(repr=False)
    matching: tuple[Predicate, ...] = field(repr=False)
    expires: datetime
    seal: bytes = field(default=b"", repr=False)

    def sealed_bytes(self) -> bytes:
        """Return the canonical JSON of every field but the seal."""
        return rfc8785.dumps(
            {
                "nonce": self.nonce,
                "use": self.use,
                "entry": self.entry,
                "scheme": self.scheme,
                "dataset": self.dataset,
                "layout": self.layout.sealed(),
                "columns": list(self.columns),
                "window": _times(self.window),
                "span": _times(self.span),
                "area": None if self.area is None else self.area.geojson(),
                "obligations": [[step.name, step.parameters] for step in self.obligations],
                "people": None if self.people is None else hashlib.sha256(self.people.serialize()).hexdigest(),
                "matching": [predicate.sealed() for predicate in self.matching],
                "expires": self.expires.isoformat(),
            }
        )


def _times(window: Window | None) -> Any:
    return None if window is None else [moment.isoformat() for moment in window]


class Mint:
    """Makes valid grants. The gate holds the only one of a process.

    Args:
        secret: at least 32 random bytes, shared with the vault and nobody else.
        clock: tells from when a grant's time runs.
        entropy: returns so many random bytes.
    """

    def __init__(self, secret: bytes, clock: Clock, entropy: Callable[[int], bytes]) -> None:
        if len(secret) < 32:
            raise ValueError("the secret of a mint must have at least 32 bytes")
        self._secret = secret
        self._clock = clock
        self._entropy = entropy

    def grant(
        self,
        *,
        use: str,
        entry: int,
        scheme: str,
        dataset: str,
        layout: Layout,
        columns: tuple[str, ...],
        window: Window | None,
        span: Window | None,
        area: Area | None,
        obligations: tuple[Owed, ...],
        people: BitMap | None = None,
        matching: tuple[Predicate, ...] = (),
    ) -> Grant:
        """Return a sealed grant that expires after `LIFETIME`; the arguments are the fields of `Grant`."""
        bare = Grant(
            nonce=self._entropy(16).hex(),
            use=use,
            entry=entry,
            scheme=scheme,
            dataset=dataset,
            layout=layout,
            columns=columns,
            window=window,
            span=span,
            area=area,
            obligations=obligations,
            people=None if people is None else people.copy(),
            matching=matching,
            expires=self._clock.now() + LIFETIME,
        )
        return replace(bare, seal=_seal(self._secret, bare))


class Turnstile:
    """Lets each valid grant through once. The vault's side of the seal.

    Args:
        secret: the mint's.
        clock: tells when a grant is late.
    """

    def __init__(self, secret: bytes, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock
        self._lock = Lock()
        self._spent: dict[str, datetime] = {}

    def spend(self, grant: Grant) -> Grant:
        """Take the grant and return it when it was good, with people of its own that nobody else can change.

        Raises:
            GrantError: when it was not minted here, was changed, is late, or was spent before.
        """
        if grant.people is not None:
            grant = replace(grant, people=grant.people.copy())
        if not hmac.compare_digest(_seal(self._secret, grant), grant.seal):
            raise GrantError("the seal of the grant is not the gate's")
        now = self._clock.now()
        with self._lock:
            if now >= grant.expires:
                raise GrantError("the grant has expired")
            if grant.nonce in self._spent:
                raise GrantError("the grant was used before")
            self._spent[grant.nonce] = grant.expires
            while self._spent[first := next(iter(self._spent))] <= now:  # the earliest spent; the new one is not late
                del self._spent[first]
        return grant


def _seal(secret: bytes, grant: Grant) -> bytes:
    return hmac.new(secret, grant.sealed_bytes(), hashlib.sha256).digest()
