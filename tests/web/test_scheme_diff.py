"""What a version changes is told in words, what widens the use first, to whose business it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gate.lists import ACTORS, DOCUMENT
from tests.web.apply_world import ASKER, make_apply_hub
from tests.web.clients import client_of
from umaya.gate.changes import compare
from umaya.hub import Hub
from umaya.law import RULES
from umaya.web.languages import load_catalogue
from umaya.web.pages.scheme_diff import Line, lines

SECOND = (
    DOCUMENT.replace("[balance, matures, town]", "[balance, town]")
    .replace("to: 2027-03-31", "to: 2027-12-31")
    .replace("obligations: []", "obligations: [{delete-by: {days: 30}}]")
    .replace("en: Insurance offer}", "en: Offers of insurance}")
)
THIRD = SECOND.replace("[balance, town]", "[balance, town, matures]").replace(
    "obligations: [{delete-by: {days: 30}}]", "obligations: []"
)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The insurer's scheme in three versions."""
    hub = make_apply_hub(tmp_path_factory.mktemp("diff") / "hub")
    for text in (DOCUMENT, SECOND, THIRD):
        hub.gate.schemes.submit(ASKER, text, "scheme.yaml")
    yield hub
    hub.close()


def told(hub: Hub, version: int) -> list[Line]:
    record = hub.gate.schemes.get("insurance-offer")
    rules = RULES.at(record.versions[0].document.period.from_)
    dataset = hub.gate.catalogue.dataset("deposits")
    return lines(compare(record, version).changes, dataset, rules, load_catalogue("en"))


def test_changes_are_told_in_words(hub: Hub) -> None:
    """A longer period widens the use, a field less and an obligation more do not, the heading is a heading."""
    found = [(one.key, one.kind, one.weight) for one in told(hub, 2)]
    assert found == [
        ("period", "changed", "wider"),
        ("fields", "removed", "other"),
        ("obligations", "added", "other"),
        ("title", "changed", "words"),
    ]
    period, field, obligation, _ = told(hub, 2)
    assert (period.part, period.before, period.after) == ("Last day", "2027-03-31", "2027-12-31")
    assert field.before == "matures (non-public financial information)"
    assert obligation.part.endswith("Days that the recipient may hold it")


def test_what_widens_the_use_comes_first(hub: Hub) -> None:
    assert {(one.key, one.kind) for one in told(hub, 3) if one.weight == "wider"} == {
        ("fields", "added"),
        ("obligations", "removed"),
    }


@pytest.mark.parametrize(("language", "words"), [("en", "widens the use"), ("ja", "利用が広がる")])
def test_the_page_says_what_it_means(hub: Hub, language: str, words: str) -> None:
    page = client_of(hub, ASKER, language).get("/schemes/insurance-offer/diff?version=3").text
    assert words in page
    assert "matures" in page
    first = client_of(hub, ASKER, language).get("/schemes/insurance-offer/diff?version=1").text
    assert words not in first


def test_others_see_no_comparison(hub: Hub) -> None:
    """Whose business it is not is told that there is none; a version that is not there is none."""
    assert client_of(hub, ACTORS["stranger"]).get("/schemes/insurance-offer/diff").status_code == 404
    assert client_of(hub, ASKER).get("/schemes/insurance-offer/diff?version=9").status_code == 404
    assert client_of(hub).get("/schemes/insurance-offer/diff", follow_redirects=False).status_code == 303
