"""Every operation of the JSON API as a typed method; the methods stand by subject in the modules beside."""

from __future__ import annotations

from umaya.client.emergencies import EmergencyCalls
from umaya.client.feeds import FeedCalls
from umaya.client.people import PeopleCalls
from umaya.client.places import PlaceCalls
from umaya.client.schemes import SchemeCalls
from umaya.client.uses import UseCalls


class Client(SchemeCalls, UseCalls, PeopleCalls, EmergencyCalls, FeedCalls, PlaceCalls):
    """A typed client; see `Transport` for its arguments.

    Every method raises `ProblemError` where the API answers with a problem. `key` is an idempotency key: whoever does
    not know whether an act went through repeats it with the same key.
    """
