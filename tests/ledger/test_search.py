"""Searching the log: the index finds what the log holds, is made anew from it alone, and is never believed."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import duckdb
import pytest

from umaya.ledger import Ed25519Signer, Ledger, LedgerReader, Record, search
from umaya.ledger.search import Hit, LedgerSearch, Question
from umaya.types.clock import ManualClock
from umaya.types.errors import InputError, IntegrityError

SIGNER = Ed25519Signer.from_seed("minase.example/umaya", bytes(range(32)))
START = datetime(2026, 4, 1, tzinfo=UTC)
USES = [f"00000000-0000-4000-8000-{number:012d}" for number in range(40)]
QUESTIONS = [
    Question(),
    Question(party="bank"),
    Question(party="nobody"),
    Question(scheme="letters"),
    Question(kind="use.refused"),
    Question(actor="clerk-2"),
    Question(reason="consent-missing"),
    Question(use=USES[3]),
    Question(party="post", kind="use.refused", reason="consent-missing"),
    Question(start=START + timedelta(minutes=100), end=START + timedelta(minutes=400), actor="clerk-1"),
    Question(kind="no.such"),
]


@pytest.fixture(autouse=True)
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranges of one and of four bundles, so that a log of 1,700 entries has some of each and a rest."""
    monkeypatch.setattr(search, "SMALL", 256)
    monkeypatch.setattr(search, "BIG", 1024)


def records(count: int) -> list[Record]:
    random = Random(3)
    made = [
        Record("actor.registered", "hub", {"subject": "clerk-1", "party": "bank", "roles": ["officer"]}),
        Record("scheme.submitted", "clerk-2", {"scheme": "letters", "provider": "post", "recipient": "bank"}),
    ]
    for _ in range(count):
        body = {"use": random.choice(USES), "scheme": random.choice(["letters", "drill"])}
        if random.random() < 0.3:
            body["reason"] = random.choice(["consent-missing", "outside-period"])
        made.append(Record(random.choice(["use.refused", "use.released"]), f"clerk-{random.randrange(4)}", body))
        if random.random() < 0.05:
            made.append(Record("dataset.registered", "hub", {"dataset": "d", "owner": random.choice(["post", "bank"])}))
    return made


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    clock = ManualClock(START)
    made = Ledger.create(tmp_path / "ledger", SIGNER, clock)
    everything = records(1640)
    for at in range(0, len(everything), 100):
        made.append_many(everything[at : at + 100])
        clock.advance(timedelta(minutes=30))
    assert made.size > 1536
    return made


def index_of(ledger: Ledger, folder: Path) -> LedgerSearch:
    return LedgerSearch(ledger, SIGNER.vkey, folder / "index")


def all_of(index: LedgerSearch, question: Question, limit: int = 400) -> list[Hit]:
    """Return every hit, oldest first, read page by page."""
    hits: list[Hit] = []
    before = None
    while True:
        page = index.find(question, before, limit)
        hits += page.hits
        if page.older is None:
            assert len(hits) == page.total
            return hits[::-1]
        before = page.older


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda it: "-".join(it.members()) or "all")
def test_what_is_found_is_what_the_log_holds(ledger: Ledger, tmp_path: Path, question: Question) -> None:
    index = index_of(ledger, tmp_path)
    assert all_of(index, question) == list(index.scan(question))


def test_a_party_means_its_people_its_schemes_and_what_names_it(ledger: Ledger, tmp_path: Path) -> None:
    hits = all_of(index_of(ledger, tmp_path), Question(party="bank"))
    assert {"clerk-1", "hub"} <= {hit.entry.actor for hit in hits}
    assert all(
        hit.entry.actor == "clerk-1"
        or hit.entry.body.get("scheme") == "letters"
        or "bank" in {hit.entry.body.get("party"), hit.entry.body.get("owner")}
        for hit in hits
    )


def test_the_index_grows_with_the_log_and_another_process_uses_it(ledger: Ledger, tmp_path: Path) -> None:
    index = index_of(ledger, tmp_path)
    index.refresh()
    files = sorted(path.name[:25] for path in (tmp_path / "index").iterdir())
    assert files == ["000000000000-000000001024", "000000001024-000000001280", "000000001280-000000001536"]
    for size in (300, 300, 1):
        ledger.append_many(records(size))
        assert all_of(index, QUESTIONS[8]) == list(index.scan(QUESTIONS[8]))
    other = LedgerSearch(LedgerReader(tmp_path / "ledger", SIGNER.vkey), SIGNER.vkey, tmp_path / "index")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "index").iterdir()}
    assert all_of(other, Question(party="bank")) == all_of(index, Question(party="bank"))
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "index").iterdir()} == before


def test_a_lost_or_damaged_index_is_made_anew(ledger: Ledger, tmp_path: Path) -> None:
    question, folder = Question(kind="use.refused"), tmp_path / "index"
    expected = all_of(index_of(ledger, tmp_path), question)
    shutil.rmtree(folder)
    assert all_of(index_of(ledger, tmp_path), question) == expected
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:100])
    assert all_of(index_of(ledger, tmp_path), question) == expected
    for path in folder.iterdir():
        path.write_bytes(b"")
    assert all_of(index_of(ledger, tmp_path), question) == expected


def test_the_index_of_another_log_is_not_used(ledger: Ledger, tmp_path: Path) -> None:
    other = Ledger.create(tmp_path / "other", SIGNER, ManualClock(START))
    other.append_many([Record("hub.created", "hub", {})] * 1700)
    LedgerSearch(other, SIGNER.vkey, tmp_path / "index").refresh()
    assert all_of(index_of(ledger, tmp_path), Question(party="bank"))
    assert not all_of(index_of(ledger, tmp_path), Question(kind="hub.created"))


def test_an_index_that_lies_shows_nothing_false(ledger: Ledger, tmp_path: Path) -> None:
    """It says that every entry is a refusal of clerk-1: what it names is read from the log, and told only if true."""
    question = Question(actor="clerk-1", kind="use.refused")
    honest = all_of(index_of(ledger, tmp_path), question)
    for path in (tmp_path / "index").iterdir():
        lie = f"SELECT * REPLACE ('clerk-1' AS actor, 'use.refused' AS kind) FROM read_parquet('{path}')"
        duckdb.sql(f"COPY ({lie}) TO '{path}.lie' (FORMAT parquet)")
        Path(f"{path}.lie").replace(path)
    found = index_of(ledger, tmp_path).find(question, limit=5000)
    assert found.total > len(honest)
    assert list(found.hits)[::-1] == honest


def test_a_hit_that_is_not_in_the_signed_tree_is_never_shown(ledger: Ledger, tmp_path: Path) -> None:
    index = index_of(ledger, tmp_path)
    index.refresh()
    ledger.close()
    for path in (tmp_path / "ledger" / "tile" / "entries").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"clerk-1", b"clerk-7"))
    fresh = LedgerSearch(LedgerReader(tmp_path / "ledger", SIGNER.vkey), SIGNER.vkey, tmp_path / "index")
    with pytest.raises(IntegrityError):
        fresh.find(Question(actor="clerk-1"))


def test_an_empty_log_has_nothing(tmp_path: Path) -> None:
    empty = Ledger.create(tmp_path / "ledger", SIGNER, ManualClock(START))
    found = index_of(empty, tmp_path).find(Question())
    assert (found.hits, found.older, found.total, found.size) == ((), None, 0, 0)


def test_a_question_takes_references_and_zoned_times_only() -> None:
    for form in ("A B", "'; DROP TABLE tail", "a" * 129):
        with pytest.raises(InputError):
            Question(actor=form)
    with pytest.raises(InputError):
        Question(use="not-a-uuid")
    with pytest.raises(InputError):
        Question(start=datetime(2026, 4, 1))  # noqa: DTZ001 # a naive time is what is refused
