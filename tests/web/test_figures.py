"""The figures' page: for those who watch over use, of their own party's business, with every number as a table too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.web.clients import client_of
from tests.web.hubs import APPLICANT, APPROVER, AUDITOR, NOW, OFFICER, VERIFIER
from tests.web.reviews import BANKS_OFFICER, PROTECTION, STRANGER, review_hub
from umaya.gate import Use
from umaya.hub import Hub
from umaya.types.site import Actor


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub in which three uses were refused for one reason and one for another."""
    hub = review_hub(tmp_path_factory.mktemp("figures") / "hub")
    window = (NOW - timedelta(minutes=20), NOW - timedelta(minutes=10))
    for scheme in ("minase-passable-roads", "minase-passable-roads", "minase-passable-roads", "minase-drill"):
        hub.gate.open(Use(OFFICER, scheme, "look", window, event=None))
    yield hub
    hub.close()


def table(page: str, caption: str) -> list[tuple[str, ...]]:
    """Return the rows of the table of a chart."""
    body = page[page.index(f'id="{caption}-caption"') :].split("<tbody>", 1)[1].split("</tbody>", 1)[0]
    return [tuple(re.findall(r"<t[hd][^>]*>([^<]*)<", row)) for row in body.split("</tr>") if row.strip()]


@pytest.mark.parametrize("actor", [VERIFIER, APPROVER, AUDITOR, PROTECTION], ids=lambda actor: actor.id)
def test_the_numbers_stand_in_tables_beside_the_charts(hub: Hub, actor: Actor) -> None:
    page = client_of(hub, actor).get("/figures").text
    assert table(page, "purposes") == [("Route emergency vehicles", "0", "4")]
    assert table(page, "parties") == [("Minase City", "0", "4")]
    assert [row[1] for row in table(page, "refusals")] == ["3", "1"]
    for name in ("purposes", "parties", "refusals"):
        assert f'aria-labelledby="{name}-title {name}-desc"' in page
    assert "style=" not in page[page.index("<main") :]


def test_another_party_sees_none_of_it(hub: Hub) -> None:
    page = client_of(hub, STRANGER).get("/figures").text
    assert "There are none." in page
    assert "Minase City" not in page


def test_figures_are_for_those_who_watch_over_use(hub: Hub) -> None:
    for actor in (OFFICER, APPLICANT, BANKS_OFFICER):
        assert client_of(hub, actor).get("/figures").status_code == 403


def test_no_figure_is_given_to_whoever_is_not_signed_in(hub: Hub) -> None:
    assert "purposes" not in client_of(hub).get("/figures").text
