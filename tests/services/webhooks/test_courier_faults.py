"""What could make the courier skip, repeat, misdirect or give away news, and does not."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from tests.gate.lists import ACTORS, SCHEME
from tests.services.webhooks.test_webhooks import STEWARD, Receiver, clock, courier, hub, made, use
from umaya.gate import Use
from umaya.gate import roles as r
from umaya.hub import Hub
from umaya.services.webhooks.service import HELD, WebhookService
from umaya.types.clock import ManualClock
from umaya.types.site import Actor

__all__ = ["clock", "hub"]


def test_what_is_recorded_while_nothing_was_found_is_not_skipped(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger grows between the look and the note of how far it went."""
    receiver = Receiver()
    made(hub)
    hub.gate.catalogue.add_actor(Actor("new", "新任", STEWARD.party, frozenset({r.STEWARD})))  # nobody's news
    service = courier(hub, receiver)
    news = service._gate.subscriptions.news

    def grown(*given: Any) -> Any:
        yield from news(*given)
        use(hub)

    monkeypatch.setattr(service._gate.subscriptions, "news", grown)
    assert service.deliver() == 0
    monkeypatch.undo()
    assert service.deliver() == 2
    assert receiver.kinds == ["use.permitted", "use.released"]


def test_a_slow_receiver_is_told_nothing_twice_however_long_it_takes(hub: Hub, clock: ManualClock) -> None:
    """Each answer takes most of the lease; all of them together take far more. Another process tries after each."""
    made(hub)
    for _ in range(3):
        use(hub)
    others = Receiver()
    other = courier(hub, others)

    class Slow(Receiver):
        def client(self) -> httpx2.Client:
            def answer(request: httpx2.Request) -> httpx2.Response:
                self.got.append(({**request.headers}, request.read()))
                clock.advance(HELD - timedelta(seconds=1))
                other.deliver()
                return httpx2.Response(200)

            return httpx2.Client(transport=httpx2.MockTransport(answer))

    slow = Slow()
    assert courier(hub, slow).deliver() == 6
    assert others.got == []


def test_who_lost_the_lease_does_not_take_back_what_another_told(hub: Hub, clock: ManualClock) -> None:
    subscription = made(hub).subscription
    for _ in range(2):
        use(hub)
    receiver = Receiver()
    other = courier(hub, receiver)

    class Stuck(Receiver):
        def client(self) -> httpx2.Client:
            def answer(request: httpx2.Request) -> httpx2.Response:
                clock.advance(HELD + timedelta(seconds=1))
                other.deliver()
                return httpx2.Response(500)

            return httpx2.Client(transport=httpx2.MockTransport(answer))

    courier(hub, Stuck()).deliver()
    assert (other.told(subscription).behind, other.told(subscription).failures) == (0, 0)
    assert len(receiver.got) == 4


def test_the_connection_goes_to_the_very_address_that_was_looked_at(hub: Hub) -> None:
    """A name server may answer otherwise the second time (DNS rebinding), so nobody asks it twice."""
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200)

    answers = iter([["8.8.8.8"], ["8.8.8.8"], ["127.0.0.1"]])
    made(hub)
    use(hub)
    service = WebhookService(
        hub.gate,
        hub.database,
        hub.ledger,
        hub.clock,
        client=lambda: httpx2.Client(transport=httpx2.MockTransport(answer)),
        resolve=lambda _: next(answers),
    )
    assert service.deliver() == 2
    for request in seen:
        assert (request.url.host, request.headers["host"]) == ("8.8.8.8", "bank.example")
        assert request.extensions["sni_hostname"] == "bank.example", "whose certificate is asked for"


def test_an_endless_answer_is_not_read(hub: Hub) -> None:
    read = 0

    class Endless(httpx2.SyncByteStream):
        def __iter__(self) -> Any:
            nonlocal read
            while True:
                read += 1
                assert read < 100
                yield b"x" * 1000

    made(hub)
    use(hub)
    service = WebhookService(
        hub.gate,
        hub.database,
        hub.ledger,
        hub.clock,
        client=lambda: httpx2.Client(transport=httpx2.MockTransport(lambda _: httpx2.Response(200, stream=Endless()))),
        resolve=lambda _: ["8.8.8.8"],
    )
    assert service.deliver() == 2


def test_the_party_that_is_watched_is_not_told_of_the_alarm(hub: Hub) -> None:
    """An alarm is for the second line of the party whose data it is: the recipient of the scheme would be warned."""
    recipient = Actor("warned", "保険の管理者", ACTORS["seller"].party, frozenset({r.STEWARD}))
    hub.gate.catalogue.add_actor(recipient)
    made(hub, recipient, "alarm", "use", "breach", "request")
    made(hub, STEWARD, "alarm")
    receiver = Receiver()
    hub.gate.open(Use(ACTORS["seller"], SCHEME, "案内の準備", None, people=[2]))
    courier(hub, receiver).deliver()
    told = {(headers["webhook-id"].rsplit("-", 1)[0], json.loads(body)["type"]) for headers, body in receiver.got}
    by_party = {one.id: one.party for one, _ in hub.gate.subscriptions.live()}
    assert {(by_party[name], kind) for name, kind in told} == {
        (recipient.party, "use.refused"),
        (STEWARD.party, "alarm.raised"),
    }
