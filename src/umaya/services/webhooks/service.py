"""The courier: follows the ledger and hands each subscription its news, signed as Standard Webhooks asks.

    webhook-id         SUBSCRIPTION-INDEX: the same for every repetition
    webhook-timestamp  seconds, when it was sent
    webhook-signature  v1, and HMAC-SHA-256 of "id.timestamp.body" under the secret, in base64

Must hold: what was answered with 2xx is not sent again; what was not is, later and later, in the ledger's order; of
several processes one delivers for a subscription at a time; no redirect is followed, and no request goes to an address
inside; to this very machine in a demonstration alone. A name is resolved once for each request, which goes to the
address that was found.
"""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final, Protocol
from urllib.parse import urlsplit

import httpx2
from sqlalchemy.orm import Session
from standardwebhooks import Webhook

from umaya.gate import Gate
from umaya.gate.subscriptions import Made, News, Subscription
from umaya.services.webhooks.models import DeliveryRow
from umaya.stores.database import Database
from umaya.types.clock import Clock
from umaya.types.errors import InputError, Place
from umaya.types.site import Actor

TIMEOUT_S: Final = 10.0
HELD: Final = timedelta(minutes=2)
"""How long one process keeps a subscription to itself."""
AT_ONCE: Final = 100
"""Entries that one round looks at for a subscription."""
FIRST_WAIT: Final = timedelta(seconds=10)
LONGEST_WAIT: Final = timedelta(hours=6)
ROUND_S: Final = 2.0
_log = logging.getLogger("umaya.webhooks")


class Entries(Protocol):
    """What is asked of the ledger."""

    @property
    def size(self) -> int:
        """How many entries there are."""
        ...

    def entry_bytes(self, index: int) -> bytes:
        """Return an entry as it was recorded."""
        ...


@dataclass(frozen=True)
class Told:
    """How far a subscription was told.

    Attributes:
        behind: entries of the ledger that nobody looked at for it yet.
        failures: attempts that failed since the last one that did not.
        next_at: when it is tried again.
        last_status: of HTTP; None where nobody answered or nothing was sent.
    """

    behind: int
    failures: int
    next_at: datetime | None
    last_status: int | None


@dataclass(frozen=True)
class _Lease:
    """A subscription that is kept to this process: how far it was told, and until when it is kept."""

    told: int
    until: datetime


class WebhookService:
    """Delivers.

    Args:
        gate: knows the subscriptions, and what concerns whom.
        database: the services' own.
        entries: the ledger's.
        clock: tells when something is tried again.
        loopback: whether this very machine may be told, by plain http; for trials and demonstrations.
        client: makes the client that sends; one that follows no redirect.
        resolve: returns the addresses of a host.
    """

    def __init__(
        self,
        gate: Gate,
        database: Database,
        entries: Entries,
        clock: Clock,
        *,
        loopback: bool = False,
        client: Callable[[], httpx2.Client] = lambda: httpx2.Client(timeout=TIMEOUT_S, follow_redirects=False),
        resolve: Callable[[str], list[str]] | None = None,
    ) -> None:
        self._gate = gate
        self._database = database
        self._entries = entries
        self._clock = clock
        self._loopback = loopback
        self._client = client
        self._resolve = resolve or _addresses

    def make(self, actor: Actor, url: str, kinds: Sequence[str]) -> Made:
        """Make a subscription; see `umaya.gate.subscriptions.Subscriptions.make`."""
        if not self._loopback and url.startswith("http:"):
            raise InputError(Place("webhook", field="url"), "the URL is not protected on its way", "use https")
        return self._gate.subscriptions.make(actor, url, kinds)

    def told(self, subscription: Subscription) -> Told:
        """Return how far a subscription was told."""
        with self._database.reading() as session:
            row = session.get(DeliveryRow, subscription.id)
            if row is None:
                return Told(self._entries.size - subscription.entry - 1, 0, None, None)
            waits = row.next_at if row.failures else None
            return Told(max(0, self._entries.size - row.told - 1), row.failures, waits, row.last_status)

    def deliver(self) -> int:
        """Hand every subscription its next news, as far as it takes them; return how many were taken."""
        with self._client() as client:
            return sum(self._deliver(client, one, secret) for one, secret in self._gate.subscriptions.live())

    def keep_delivering(self, stop: threading.Event) -> None:
        """Deliver round after round until `stop` is set; a round that fails is in the log, without words of others."""
        while not stop.wait(ROUND_S):
            try:
                self.deliver()
            except Exception as error:  # news must go on being told
                _log.error("a round of webhooks failed: %s", type(error).__name__)

    def _deliver(self, client: httpx2.Client, subscription: Subscription, secret: str) -> int:
        lease = self._hold(subscription)
        if lease is None:
            return 0
        taken, told, stop = 0, lease.told, min(self._entries.size, lease.told + 1 + AT_ONCE)
        for news in self._news(subscription, told, stop):
            status = self._send(client, subscription, secret, news)
            if status is None or not 200 <= status < 300:
                self._failed(subscription, lease, told, status)
                return taken
            taken, told = taken + 1, news.index
            kept = self._kept(subscription, lease, told, status)
            if kept is None:
                return taken
            lease = kept
        self._reached(subscription, lease, stop - 1)
        return taken

    def _news(self, subscription: Subscription, told: int, stop: int) -> Iterator[News]:
        entries = ((index, self._entries.entry_bytes(index)) for index in range(told + 1, stop))
        return self._gate.subscriptions.news(subscription, entries)

    def _hold(self, subscription: Subscription) -> _Lease | None:
        """Keep the subscription to this process, or return None when it is not its turn."""
        now = self._clock.now()
        with self._database.writing() as session:
            row = session.get(DeliveryRow, subscription.id, with_for_update=True)
            if row is None:
                row = DeliveryRow(subscription=subscription.id, told=subscription.entry, failures=0, next_at=now)
                session.add(row)
            held = row.held_until is not None and row.held_until > now
            if held or row.next_at > now or row.told >= self._entries.size - 1:
                return None
            row.held_until = now + HELD
            return _Lease(row.told, row.held_until)

    def _kept(self, subscription: Subscription, lease: _Lease, told: int, status: int) -> _Lease | None:
        """Note an entry that was taken, and keep the subscription; None where another process has it by now."""
        with self._database.writing() as session:
            row = self._row(session, subscription, lease)
            if row is None:
                return None
            row.told, row.failures, row.last_status = told, 0, status
            row.held_until = self._clock.now() + HELD
            return _Lease(told, row.held_until)

    def _reached(self, subscription: Subscription, lease: _Lease, told: int) -> None:
        with self._database.writing() as session:
            row = self._row(session, subscription, lease)
            if row is not None:
                row.told, row.failures, row.held_until = told, 0, None

    def _failed(self, subscription: Subscription, lease: _Lease, told: int, status: int | None) -> None:
        with self._database.writing() as session:
            row = self._row(session, subscription, lease)
            if row is None:
                return
            row.told, row.held_until, row.last_status = told, None, status
            row.next_at = self._clock.now() + min(FIRST_WAIT * 2 ** min(row.failures, 20), LONGEST_WAIT)
            row.failures += 1

    @staticmethod
    def _row(session: Session, subscription: Subscription, lease: _Lease) -> DeliveryRow | None:
        """Return the row of a subscription, locked, while it is this process's."""
        row = session.get_one(DeliveryRow, subscription.id, with_for_update=True)
        return row if (row.told, row.held_until) == (lease.told, lease.until) else None

    def _send(self, client: httpx2.Client, subscription: Subscription, secret: str, news: News) -> int | None:
        """Send one entry; return the status of the answer, None where there was none."""
        address = self._address(subscription.url)
        if address is None:
            return None
        name, now = f"{subscription.id}-{news.index}", self._clock.now()
        told = {"type": news.kind, "timestamp": news.time, "data": {"entry": news.index, **news.body}}
        body = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        headers = {
            "Content-Type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign(name, now, body),
        }
        url = httpx2.URL(subscription.url)
        host = url.netloc.decode()
        try:
            with client.stream(
                "POST",
                url.copy_with(host=address),
                content=body.encode(),
                headers={**headers, "Host": host},
                extensions={"sni_hostname": url.host},
            ) as response:
                return int(response.status_code)  # and nothing of what follows is read
        except (httpx2.HTTPError, httpx2.InvalidURL):
            return None

    def _address(self, url: str) -> str | None:
        """Return the address that a URL's host has now; None where it, or another one of its, lies inside."""
        parts = urlsplit(url)
        host = str(parts.hostname)
        if parts.scheme == "http":
            return host if self._loopback else None
        addresses = self._resolve(host)
        return addresses[0] if addresses and all(ip_address(one).is_global for one in addresses) else None


def _addresses(host: str) -> list[str]:
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)]
    except OSError:
        return []
