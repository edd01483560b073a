"""A wrong scheme document is refused whole, naming file, line, key path and what to do."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cases import cases
from tests.gate.world import ACTORS, SCHEME, World
from umaya.gate import documents
from umaya.gate.scheme import SchemeDocument, parse
from umaya.types.errors import ForbiddenError, InputError

FAULTS: list[tuple[str, str, str, int | None, str | None, str]] = [
    # what is wrong, replaced, by, line, key path, words
    ("unknown key", "basis:", "bassis:", 8, "bassis", "unknown"),
    ("missing key", "dataset: bike-positions\n", "", None, "dataset", "missing"),
    ("unknown field", "[vehicle_id, t, lon, lat]", "[vehicle_id, t, lon, latt]", 6, "fields[3]", "no such field"),
    ("field twice", "[vehicle_id, t, lon, lat]", "[t, t]", 6, "fields", "once"),
    ("no field", "[vehicle_id, t, lon, lat]", "[]", 6, "fields", "empty"),
    ("unknown party", "recipient: city-minase", "recipient: city-osaka", 4, "recipient", "register"),
    ("unknown dataset", "dataset: bike-positions", "dataset: bikes", 5, "dataset", "register"),
    ("unknown basis", "basis: postal-exception-2", "basis: hearsay", 8, "basis", "no such basis"),
    ("recipient not allowed", "basis: postal-exception-2", "basis: own-purpose", 4, "recipient", "provider itself"),
    ("missing obligations", "basis: postal-exception-2", "basis: probe-statistics", 11, "obligations", "link-counts"),
    ("class never leaves", "[vehicle_id, t, lon, lat]", "[t, addressee]", 6, "fields[1]", "never leaves"),
    ("no area", "area: {bbox: [136.80, 36.20, 136.90, 36.28]}\n", "", None, "area", "area"),
    ("area of two kinds", "{bbox: [136.80, ", "{polygon: {}, bbox: [136.80, ", 9, "area", "either"),
    ("empty area", "136.90, 36.28", "136.70, 36.28", 9, "area", "west below east"),
    ("period backwards", "to: 2027-03-31", "to: 2026-03-31", 10, "period", "before it starts"),
    ("no date", "from: 2026-04-01", "from: spring", 10, "period.from", "date"),
    ("no text", "title: {ja: 通れた道マップ, en:", "title: {ja: '', en:", 2, "title.ja", "empty"),
    ("Norway", "provider: post-minase", "provider: no", 3, "provider", "text"),
    ("unknown obligation", "- move-to-road:", "- move-to-river:", 12, "obligations[0].move-to-river", "unknown"),
    (
        "unknown parameter",
        "lookback_s: 600",
        "look_s: 600",
        13,
        "obligations[1].suppress-dead-ends.look_s",
        "parameter",
    ),
    ("wrong parameter", "lookback_s: 600", "lookback_s: -1", 13, "obligations[1].suppress-dead-ends.lookback_s", "0"),
    ("two in one item", "{lookback_s: 600}", "{}\n    link-counts: {}", 11, "obligations", "item of its own"),
    ("key twice", "basis: postal-exception-2", "basis: own-purpose\nbasis: postal-exception-2", 9, "basis", "twice"),
    ("alias", "provider: post-minase", "provider: &p post-minase\nother: *p", 4, None, "alias"),
    ("merge", "basis: postal-exception-2", "<<: {basis: postal-exception-2}", 8, "<<", "merges"),
    ("date as parameter", "600", "2026-04-01", 13, "obligations[1].suppress-dead-ends.lookback_s", "parameter"),
    ("endless parameter", "600", ".inf", 13, "obligations[1].suppress-dead-ends.lookback_s", "parameter"),
    ("no YAML", "title: {ja", "title: [ja", 2, None, "syntax"),
    ("id out of form", "scheme: minase-passable-roads", "scheme: Minase", 1, "scheme", "form"),
]


@pytest.mark.parametrize(
    ("old", "new", "line", "path", "words"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_a_fault_is_named_where_it_stands(
    world: World, old: str, new: str, line: int | None, path: str | None, words: str
) -> None:
    assert old in SCHEME
    entries = len(world.ledger.entries)
    with pytest.raises(InputError) as caught:
        world.gate.schemes.submit(ACTORS["clerk"], SCHEME.replace(old, new), "roads.yaml")
    place = caught.value.place
    assert (place.file, place.row, place.field) == ("roads.yaml", line, path)
    assert words in str(caught.value)
    assert world.gate.schemes.list() == []
    assert len(world.ledger.entries) == entries


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "42", "\x00", "!!python/object:os.system {}", "a: " + "[" * 5000])
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        documents.read(text, "scheme.yaml")


EDITS = st.lists(
    st.tuples(
        st.integers(0, len(SCHEME) - 1),
        st.sampled_from([0, 1, 9]),
        st.sampled_from(["", "x", ": ", "[", "{", "- ", "\n", "0", '"\\0"']),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=cases(150, 1500), deadline=None)
@given(EDITS)
def test_however_a_document_is_spoilt_it_is_read_or_refused(edits: list[tuple[int, int, str]]) -> None:
    """Nothing but an InputError, whatever a slip of the hand makes of it."""
    text = SCHEME
    for at, length, instead in edits:
        text = text[:at] + instead + text[at + length :]
    try:
        scheme = parse(documents.read(text, "scheme.yaml"))
    except InputError:
        return
    assert SchemeDocument.of_canonical(scheme.canonical()) == scheme


def test_a_document_may_not_be_huge() -> None:
    with pytest.raises(InputError, match="too long"):
        documents.read("a: " + "b" * documents.MAX_CHARACTERS, "scheme.yaml")


def test_a_document_survives_its_canonical_form() -> None:
    scheme = parse(documents.read(SCHEME, "scheme.yaml"))
    again = SchemeDocument.of_canonical(scheme.canonical())
    assert again == scheme
    assert again.canonical() == scheme.canonical()


def test_the_canonical_form_is_pinned() -> None:
    """Stored and signed bytes: they change with a new version of the format only."""
    assert parse(documents.read(SCHEME, "scheme.yaml")).canonical() == (
        '{"area":{"bbox":[136.8,36.2,136.9,36.28],"polygon":null},"basis":"postal-exception-2","dataset":"bike-positions",'
        '"fields":["vehicle_id","t","lon","lat"],"obligations":[{"move-to-road":{}},'
        '{"suppress-dead-ends":{"lookback_s":600}}],"period":{"from":"2026-04-01","to":"2027-03-31"},'
        '"provider":"post-minase","purpose":{"en":"Disaster response","ja":"災害対応"},"recipient":"city-minase",'
        '"scheme":"minase-passable-roads","title":{"en":"Passable roads","ja":"通れた道マップ"}}'
    )


LATER = """\
privacy_check:
  - {problem: surveillance, risk: not-relevant, because: {ja: 該当なし, en: None}}
  - {problem: exposure, risk: high, measure: {ja: 段階, en: Bands}, residual: low}
agreement:
  end: {ja: 消去, en: Erased}
business: insurance
"""


def test_keys_that_came_later_stand_in_the_canonical_form_only_where_they_are_stated() -> None:
    plain = parse(documents.read(SCHEME, "scheme.yaml")).canonical()
    later = parse(documents.read(SCHEME + LATER, "scheme.yaml")).canonical()
    assert later == (
        '{"agreement":{"end":{"en":"Erased","ja":"消去"}},'
        + plain[1:]
        .replace(',"dataset"', ',"business":"insurance","dataset"')
        .replace(
            ',"provider"',
            ',"privacy_check":[{"because":{"en":"None","ja":"該当なし"},"measure":null,"problem":"surveillance",'
            '"residual":null,"risk":"not-relevant"},{"because":null,"measure":{"en":"Bands","ja":"段階"},'
            '"problem":"exposure","residual":"low","risk":"high"}],"provider"',
        )
    )


LATER_FAULTS: list[tuple[str, str, str, int, str, str]] = [
    # what is wrong, replaced, by, line, key path, words
    ("unknown problem", "surveillance", "watching", 15, "privacy_check[0].problem", "choose among `surveillance`"),
    ("unknown risk", "risk: high", "risk: grave", 16, "privacy_check[1].risk", "`middle` or `high`"),
    ("no risk", ", risk: high", "", 16, "privacy_check[1].risk", "missing"),
    (
        "one language",
        "because: {ja: 該当なし, en: None}",
        "because: {ja: 該当なし}",
        15,
        "privacy_check[0].because.en",
        "missing",
    ),
    ("unknown key", "residual:", "remaining:", 16, "privacy_check[1].remaining", "unknown"),
    ("unknown point", "  end:", "  finish:", 18, "agreement.finish", "`incidents` or `end`"),
    ("no text", "en: Erased", "en: ' '", 18, "agreement.end.en", "empty"),
]


@pytest.mark.parametrize(
    ("old", "new", "line", "path", "words"),
    [fault[1:] for fault in LATER_FAULTS],
    ids=[fault[0] for fault in LATER_FAULTS],
)
def test_a_fault_in_what_review_needs_is_named_where_it_stands(
    old: str, new: str, line: int, path: str, words: str
) -> None:
    assert old in LATER
    with pytest.raises(InputError, match=words) as caught:
        parse(documents.read(SCHEME + LATER.replace(old, new), "roads.yaml"))
    assert (caught.value.place.row, caught.value.place.field) == (line, path)


def test_the_order_of_keys_changes_nothing_and_the_order_of_obligations_does() -> None:
    lines = SCHEME.splitlines(keepends=True)
    moved = "".join([*lines[2:10], *lines[:2], *lines[10:]])
    swapped = "".join([*lines[:11], lines[12], lines[11]])
    original = parse(documents.read(SCHEME, "a")).canonical()
    assert parse(documents.read(moved, "a")).canonical() == original
    assert parse(documents.read(swapped, "a")).canonical() != original


@pytest.mark.parametrize("actor", ["second-line", "officer", "banker"])
def test_only_an_applicant_of_a_party_to_it_submits(world: World, actor: str) -> None:
    with pytest.raises(ForbiddenError):
        world.gate.schemes.submit(ACTORS[actor], SCHEME, "scheme.yaml")


def test_the_recipient_may_apply_too(world: World) -> None:
    assert world.gate.schemes.submit(ACTORS["city-clerk"], SCHEME, "scheme.yaml").version == 1


def test_a_polygon_is_an_area_as_well(world: World) -> None:
    ring = "[[[136.8, 36.2], [136.9, 36.2], [136.8, 36.28], [136.8, 36.2]]]"
    text = SCHEME.replace("bbox: [136.80, 36.20, 136.90, 36.28]", f"polygon: {{type: Polygon, coordinates: {ring}}}")
    assert world.gate.schemes.submit(ACTORS["clerk"], text, "scheme.yaml").document.area is not None
