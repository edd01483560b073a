"""The API is as its description says: generated requests find no fault of ours and no status that is not described."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.gate.lists import ACTORS, BANK, EIGHT, NOW, Lists
from tests.web.clients import client_of
from umaya.api import create_app
from umaya.gate.roles import OPERATOR
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.types.clock import ManualClock
from umaya.types.site import Actor

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the library's own dependencies
]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SETTINGS = settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
WHO = ("asker", "second-line", "seller", "teller")
KEEPER = Actor("keeper", "受付", BANK, frozenset({OPERATOR}))


@schemathesis.serializer("application/vnd.apache.arrow.stream")
def as_stream(context: Any, value: Any) -> bytes:
    """Return the octets that were made up, or every other time rows that may be taken in."""
    del context
    octets = value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
    if len(octets) % 2:
        return octets
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, EIGHT.schema) as writer:
        writer.write_table(EIGHT.slice(len(octets) % 8))
    return bytes(sink.getvalue())


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The bank, the insurer and eight customers, of whom two consented."""
    folder: Path = tmp_path_factory.mktemp("contract") / "hub"
    clock = ManualClock(NOW)
    init_hub(folder, Settings("minase.example/umaya", demo=True), clock)
    opened = open_hub(folder, clock, environment={})
    world = Lists.of_gate(opened.gate, clock)
    world.furnish()
    world.approve()
    world.consent(1, 6)
    opened.gate.catalogue.add_actor(KEEPER)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def described(hub: Hub) -> Any:
    config = SchemathesisConfig()
    config.projects.default.generation.update(with_security_parameters=False)  # made-up tokens would all be turned away
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", create_app(hub), config=config)


@pytest.fixture(scope="module")
def cookies(hub: Hub) -> list[dict[str, str]]:
    """Nobody's session, then those of people of different roles."""
    people = [*(ACTORS[who] for who in WHO), KEEPER]
    return [{}, *(dict(client_of(hub, who).cookies) for who in people)]


def test_every_operation_answers_as_described(described: Any, cookies: list[dict[str, str]]) -> None:
    tried = 0
    for result in described.get_all_operations():
        operation = result.ok()
        if operation.path.endswith("/roads/stream"):  # ends after a quarter of an hour
            continue
        tried += 1

        @settings(SETTINGS)
        @given(case=operation.as_strategy())
        def answers(case: Any) -> None:
            for session in cookies:
                case.validate_response(case.call(cookies=session), checks=CHECKS)

        answers()
    assert tried > 30
