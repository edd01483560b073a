"""What concerns a party is told to its system: signed, in order, at least once, and to nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.gate.lists import ACTORS, NOW, SCHEME, Lists
from tests.web.clients import client_of
from umaya.gate import Use
from umaya.gate.subscriptions import Made
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.services.webhooks.service import FIRST_WAIT, WebhookService
from umaya.types.clock import ManualClock, SystemClock
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from umaya.types.site import Actor

URL = "https://bank.example/umaya"
STEWARD = ACTORS["steward"]
SHOPS = Actor("shop-steward", "店", "shop-minase", frozenset({"steward"}))


class Receiver:
    """A party's system: keeps what it is sent, and answers as the test says."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 200

    def client(self) -> httpx2.Client:
        def answer(request: httpx2.Request) -> httpx2.Response:
            self.got.append(({**request.headers}, request.read()))
            headers = {"location": "https://elsewhere.example/"} if self.status == 302 else {}
            return httpx2.Response(self.status, headers=headers)

        return httpx2.Client(transport=httpx2.MockTransport(answer), follow_redirects=False)

    @property
    def kinds(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.got]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def hub(tmp_path: Path, clock: ManualClock) -> Iterator[Hub]:
    """The bank, the insurer and eight customers, of whom two consented; a shop that is party to nothing."""
    init_hub(tmp_path / "hub", Settings("minase.example/umaya", demo=True), clock)
    opened = open_hub(tmp_path / "hub", clock, environment={})
    world = Lists.of_gate(opened.gate, clock)
    world.furnish()
    world.approve()
    world.consent(1, 6)
    opened.gate.catalogue.add_actor(SHOPS)
    yield opened
    opened.close()


def courier(hub: Hub, receiver: Receiver, addresses: tuple[str, ...] = ("8.8.8.8",)) -> WebhookService:
    return WebhookService(
        hub.gate, hub.database, hub.ledger, hub.clock, client=receiver.client, resolve=lambda _: list(addresses)
    )


def use(hub: Hub) -> None:
    hub.gate.open(Use(ACTORS["seller"], SCHEME, "案内の準備", None))


def made(hub: Hub, who: Actor = STEWARD, *kinds: str) -> Made:
    return hub.gate.subscriptions.make(who, URL, kinds or ("use",))


def test_what_is_recorded_from_then_on_is_told_in_order(hub: Hub) -> None:
    receiver = Receiver()
    use(hub)
    made(hub)
    use(hub)
    assert courier(hub, receiver).deliver() == 2
    assert receiver.kinds == ["use.permitted", "use.released"]
    told = json.loads(receiver.got[0][1])
    entry = hub.ledger.entry(told["data"]["entry"])
    assert (entry.kind, entry.body["scheme"]) == ("use.permitted", told["data"]["scheme"])
    assert courier(hub, receiver).deliver() == 0


def test_a_receiver_verifies_it_by_the_standard_and_notices_a_change(hub: Hub) -> None:
    """With the library of Standard Webhooks; the time is the sender's, so the real clock sends here."""
    receiver, secret = Receiver(), made(hub).secret
    use(hub)
    service = WebhookService(
        hub.gate, hub.database, hub.ledger, SystemClock(), client=receiver.client, resolve=lambda _: ["8.8.8.8"]
    )
    service.deliver()
    headers, body = receiver.got[0]
    assert Webhook(secret).verify(body, headers)["type"] == "use.permitted"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.replace(b"permitted", b"refused"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 43 + "=").verify(body, headers)


def test_nobody_is_told_of_what_does_not_concern_them(hub: Hub) -> None:
    receiver = Receiver()
    made(hub, SHOPS, "use", "scheme", "alarm")
    use(hub)
    assert courier(hub, receiver).deliver() == 0
    assert receiver.got == []


def test_only_the_subjects_that_were_asked_for_are_told(hub: Hub) -> None:
    receiver = Receiver()
    made(hub, STEWARD, "scheme")
    use(hub)
    hub.gate.review.suspend(STEWARD, SCHEME, "確認")
    courier(hub, receiver).deliver()
    assert receiver.kinds == ["scheme.suspended"]


@pytest.mark.parametrize("status", [302, 400, 500])
def test_what_was_not_taken_is_sent_again_later_and_later_with_the_same_id(
    hub: Hub, clock: ManualClock, status: int
) -> None:
    """A redirect is not followed: it could lead news elsewhere."""
    receiver = Receiver()
    subscription = made(hub).subscription
    use(hub)
    receiver.status = status
    service = courier(hub, receiver)
    assert service.deliver() == 0
    assert service.told(subscription).failures == 1
    service.deliver()
    assert len(receiver.got) == 1, "not before its time"
    clock.advance(FIRST_WAIT)
    service.deliver()
    clock.advance(FIRST_WAIT)
    service.deliver()
    assert len(receiver.got) == 2, "the second wait is longer"
    clock.advance(FIRST_WAIT)
    receiver.status = 204
    assert service.deliver() == 2
    assert [headers["webhook-id"] for headers, _ in receiver.got[:3]] == [receiver.got[0][0]["webhook-id"]] * 3
    assert (service.told(subscription).failures, service.told(subscription).behind) == (0, 0)


def test_another_process_keeps_off_while_one_delivers(hub: Hub) -> None:
    receiver = Receiver()
    made(hub)
    use(hub)
    service, other = courier(hub, receiver), courier(hub, receiver)

    class Meanwhile(Receiver):
        def client(self) -> httpx2.Client:
            def answer(request: httpx2.Request) -> httpx2.Response:
                self.got.append(({**request.headers}, request.read()))
                assert other.deliver() == 0
                return httpx2.Response(200)

            return httpx2.Client(transport=httpx2.MockTransport(answer))

    busy = Meanwhile()
    service = courier(hub, busy)
    assert service.deliver() == 2
    assert receiver.got == []


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "fe80::1"])
def test_no_request_goes_to_an_address_inside(hub: Hub, address: str) -> None:
    """The name of a steward's server may come to mean a machine of the hub's own network."""
    receiver = Receiver()
    made(hub)
    use(hub)
    assert courier(hub, receiver, ("8.8.8.8", address)).deliver() == 0
    assert receiver.got == []


@pytest.mark.parametrize(
    "url", ["http://bank.example/", "ftp://bank.example", "https://10.0.0.8/x", "https://user@bank.example", "x" * 600]
)
def test_a_wrong_address_is_refused(hub: Hub, url: str) -> None:
    with pytest.raises(InputError):
        courier(hub, Receiver()).make(STEWARD, url, ["use"])


def test_this_very_machine_is_told_in_a_demonstration_alone(hub: Hub) -> None:
    with pytest.raises(InputError, match="not protected"):
        courier(hub, Receiver()).make(STEWARD, "http://127.0.0.1:9/x", ["use"])
    assert hub.webhooks.make(STEWARD, "http://127.0.0.1:9/x", ["use"]).secret.startswith("whsec_")


def test_only_stewards_of_the_party_make_see_and_end(hub: Hub) -> None:
    one = made(hub).subscription
    with pytest.raises(ForbiddenError):
        hub.gate.subscriptions.make(ACTORS["seller"], URL, ["use"])
    with pytest.raises(NotFoundError):
        hub.gate.subscriptions.end(SHOPS, one.id)
    assert hub.gate.subscriptions.list(SHOPS) == []
    with pytest.raises(InputError):
        hub.gate.subscriptions.make(STEWARD, URL, ["consent"])


def test_what_is_ended_is_told_nothing_more(hub: Hub) -> None:
    receiver, one = Receiver(), made(hub).subscription
    hub.gate.subscriptions.end(STEWARD, one.id)
    use(hub)
    assert courier(hub, receiver).deliver() == 0
    with pytest.raises(ConflictError):
        hub.gate.subscriptions.end(STEWARD, one.id)
    kinds = [hub.ledger.entry(index).kind for index in range(hub.ledger.size)]
    assert [kind for kind in kinds if kind.startswith("subscription")] == ["subscription.made", "subscription.ended"]


def test_the_secret_is_shown_once_and_never_recorded(hub: Hub) -> None:
    client = client_of(hub, STEWARD)
    answer: Any = client.post("/api/v1/webhooks", json={"url": URL, "kinds": ["use"]}).json()
    listed = client.get("/api/v1/webhooks")
    assert answer["secret"] not in listed.text
    assert listed.json()[0]["webhook"] == answer["webhook"]
    bare = answer["secret"].removeprefix("whsec_").encode()
    assert all(bare not in hub.ledger.entry_bytes(index) for index in range(hub.ledger.size))
    assert client.delete(f"/api/v1/webhooks/{answer['webhook']}").status_code == 204
    assert client_of(hub, SHOPS).delete(f"/api/v1/webhooks/{answer['webhook']}").status_code == 404


def test_a_lease_of_a_process_that_died_runs_out(hub: Hub, clock: ManualClock) -> None:
    class Dies(Receiver):
        def client(self) -> httpx2.Client:
            def answer(request: httpx2.Request) -> httpx2.Response:
                raise KeyboardInterrupt

            return httpx2.Client(transport=httpx2.MockTransport(answer))

    made(hub)
    use(hub)
    with pytest.raises(KeyboardInterrupt):
        courier(hub, Dies()).deliver()
    receiver = Receiver()
    assert courier(hub, receiver).deliver() == 0
    clock.advance(timedelta(minutes=3))
    assert courier(hub, receiver).deliver() == 2
