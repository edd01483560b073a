"""The officer's pages: event and caution, the list, its filters and pages, a calm town, and who may look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from tests.web.clients import client_of
from tests.web.hubs import AUDITOR, OFFICER, make_hub
from umaya.gate.accounts import Identity
from umaya.hub import Hub
from umaya.services.roads import routes
from umaya.services.roads.service import Stage
from umaya.types.site import Actor


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The demo hub after its earthquake."""
    hub = make_hub(tmp_path_factory.mktemp("roads") / "hub")
    yield hub
    hub.close()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Hub]:
    """A demo hub of the test's own."""
    hub = make_hub(tmp_path / "hub")
    yield hub
    hub.close()


@pytest.mark.parametrize("path", ["/roads", "/roads/list"])
def test_the_event_and_the_caution_stand_above_everything(hub: Hub, path: str) -> None:
    page = client_of(hub, OFFICER).get(path).text
    assert page.count("<h1>") == 1
    for text in (
        "Minase earthquake",
        "Sat 21 Nov 2026, 02:12 JST",
        "Sat 28 Nov 2026, 02:12 JST",
        "Postal guideline commentary 3-7-4, case 2",
        "is no guarantee",
    ):
        assert text in page


def test_the_list_is_as_of_the_time_asked_for(hub: Hub) -> None:
    client = client_of(hub, OFFICER)
    early = client.get("/roads/list?at=2026-11-20T17:20:00Z&status=all").text
    assert "Sat 21 Nov 2026, 02:20 JST" in early
    drawn = 'class="probably-blocked"'  # the symbol of a row; the word alone stands in the filter too
    assert drawn not in early
    assert drawn in client.get("/roads/list").text
    assert "passages.csv?at=2026-11-20T17%3A20%3A00Z" in early


def test_the_list_is_paged_and_keeps_its_filter(hub: Hub) -> None:
    client = client_of(hub, OFFICER)
    first = client.get("/roads/list?status=all").text
    assert "Page 1 of 3" in first
    assert 'href="?status=all&amp;page=2"' in first
    assert "Page 3 of 3" in client.get("/roads/list?status=all&page=99").text


def test_nothing_found_says_how_to_go_on(hub: Hub) -> None:
    page = client_of(hub, OFFICER).get("/roads/list", params={"name": "<b>nowhere"}).text
    assert "No road matches. Change the filter." in page
    assert "<b>nowhere" not in page


@pytest.mark.parametrize(
    "query", ["at=yesterday", "at=2026-11-18T03:00:00", "status=closed", "page=0", "name=" + "x" * 101]
)
def test_a_wrong_query_is_a_problem_and_no_crash(hub: Hub, query: str) -> None:
    assert client_of(hub, OFFICER).get(f"/roads/list?{query}").status_code == 422


@pytest.mark.parametrize("path", ["/roads", "/api/v1/roads/state", "/api/v1/roads/passages.csv"])
def test_a_time_without_a_zone_is_refused(hub: Hub, path: str) -> None:
    """It could be meant in Japan or in UTC, nine hours apart."""
    assert client_of(hub, OFFICER).get(path, params={"at": "2026-11-18T03:00:00"}).status_code == 422


@pytest.mark.parametrize("path", ["/roads", "/roads/list", "/api/v1/roads/state", "/api/v1/roads/network"])
def test_others_than_the_municipality_see_no_road(hub: Hub, path: str) -> None:
    answer = client_of(hub, AUDITOR).get(path)
    assert answer.status_code == 403
    assert "dori" not in answer.text


def test_a_calm_town_has_a_page_that_says_what_to_wait_for(tmp_path: Path) -> None:
    """No event is no error: the map is drawn without states, and the list says why it is empty."""
    hub = make_hub(tmp_path / "hub", disaster=False)
    client = client_of(hub, OFFICER)
    for path in ("/roads", "/roads/list"):
        page = client.get(path)
        assert page.status_code == 200
        assert "No disaster is declared" in page.text
        assert "data-stream" not in page.text
        assert "passages.csv" not in page.text, "there is nothing to download"
    assert client.get("/api/v1/roads/state").json()["code"] == "conflict"
    hub.close()


def test_the_three_downloads_are_served(hub: Hub) -> None:
    client = client_of(hub, OFFICER)
    for ending, start in (("geojson", b'{"type"'), ("parquet", b"PAR1"), ("csv", b"\xef\xbb\xbf")):
        answer = client.get(f"/api/v1/roads/passages.{ending}")
        assert answer.status_code == 200
        assert answer.content.startswith(start)
        assert answer.headers["content-disposition"].startswith("attachment")


def test_the_stream_tells_the_newest_window_and_ends(fresh: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for anew from time to time, so that a session that ended ends it."""
    monkeypatch.setattr(routes, "STREAM_S", 0.0)
    monkeypatch.setattr(routes, "POLL_S", 0.01)
    client = client_of(fresh, OFFICER)
    assert client.get("/api/v1/roads/stream").text == ""
    monkeypatch.setattr(routes, "STREAM_S", 0.1)
    told = client.get("/api/v1/roads/stream").text
    assert told.count("event: window") == 1
    last = told.partition("id: ")[2].split()[0]
    assert client.get("/api/v1/roads/stream", headers={"Last-Event-ID": last}).text == ""


def test_a_stream_ends_when_the_map_is_no_longer_the_actors_to_see(fresh: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The actor is looked up at every look, not once when the stream begins."""
    monkeypatch.setattr(routes, "POLL_S", 0.01)
    client = client_of(fresh, OFFICER)
    looks = count()
    known = fresh.gate.accounts.actors

    def demoted(identity: Identity) -> list[Actor]:
        actors = known(identity)
        return [*actors] if next(looks) < 3 else [replace(actor, roles=frozenset()) for actor in actors]

    monkeypatch.setattr(fresh.gate.accounts, "actors", demoted)
    assert client.get("/api/v1/roads/stream").text.count("event: window") == 1


@pytest.mark.parametrize("path", ["/roads", "/roads/list"])
@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("waiting", "Waiting for the first records"),
        ("late", "No newer records have arrived"),
        ("over", "The period of this disaster is over"),
    ],
)
def test_a_map_that_is_not_live_says_so(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, path: str, stage: Stage, words: str
) -> None:
    state = hub.roads.state
    assert f"data-stage>{words}" not in client_of(hub, OFFICER).get(path).text
    monkeypatch.setattr(hub.roads, "state", lambda actor, at=None: replace(state(actor, at), stage=stage))
    assert f"data-stage>{words}" in client_of(hub, OFFICER).get(path).text
    assert client_of(hub, OFFICER).get("/api/v1/roads/state").json()["stage"] == stage
