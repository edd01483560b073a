"""Evidence is kept bare, encrypted and for a time; opening it is recorded first; the protected have none to open."""

from __future__ import annotations

import contextlib
import io
import json
import stat
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from sqlalchemy import select

from tests.gate.people.town import CLERK, CROSS_SELL, NOW, OTHER_CLERK, PRIVACY, PROTECTOR, STRANGER, WORDING, Town
from umaya.gate.people.evidence import Evidences, Shown, kept_through
from umaya.gate.people.evidence_files import EvidenceFiles
from umaya.gate.people.evidence_images import MAX_BYTES, PDF, PNG, CleanImage, cleaned
from umaya.gate.people.look_ups import Way
from umaya.gate.people.models import EvidenceRow, LookUpRow
from umaya.gate.people.taking import Evidence, Kept
from umaya.gate.record import NotRecordedError, digest
from umaya.gate.statements import salted
from umaya.types.errors import ConflictError, ForbiddenError, InputError, IntegrityError, NotFoundError
from umaya.types.site import Actor

AUDITOR = Actor("auditor", "監査", "post-minase", frozenset({"auditor"}))
COLLEAGUE = Actor("bank-clerk-2", "窓口", "bank-minase", frozenset({"clerk"}))
WHY = "本人の問い合わせ"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "evidence"


@pytest.fixture
def desk(town: Town, folder: Path) -> Evidences:
    town.catalogue.add_actor(AUDITOR)
    town.catalogue.add_actor(COLLEAGUE)
    return Evidences(town.acts, town.projection, EvidenceFiles(folder, b"s" * 32, town.acts.entropy))


def shown(**changes: Any) -> Shown:
    said: dict[str, Any] = {
        "topic": CROSS_SELL,
        "text": 1,
        "text_digest": "sha256:" + "0" * 64,
        "language": "ja",
        "wording": WORDING.ja,
        "withdrawal": "窓口で",
        "good_through": date(2026, 5, 2),
        "explained": ("validity", "withdrawal"),
        "at": NOW,
        "device": "Chromium",
        "typed": "水無 花子",
        **changes,
    }
    return Shown(**said)


def taken(town: Town, desk: Evidences, person: int = 7, image: CleanImage | None = None) -> int:
    return town.give(person, evidence=desk.put(CLERK, shown(), image)).entry


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 20)) -> bytes:
    sink = io.BytesIO()
    place = Image.Exif()
    place[0x0110] = "CAMERA-OF-HANAKO"
    Image.new("RGB", size, "white").save(sink, kind, exif=place)
    return sink.getvalue()


def document(pages: int = 1) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    writer.add_metadata({"/Author": "HANAKO"})
    script = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(script)
    writer.add_attachment("list.csv", b"HANAKO")
    sink = io.BytesIO()
    writer.write(sink)
    return sink.getvalue()


def test_a_form_says_what_was_shown_and_its_digest_is_in_the_ledger(town: Town, desk: Evidences) -> None:
    evidence = desk.put(CLERK, shown(strokes=[[(1, 2, 0), (3, 4, 16)]]), CleanImage(PNG, b"pixels"))
    entry = town.give(7, evidence=evidence).entry
    opened = desk.open(CLERK, entry, Way.PAGE, WHY)
    assert (opened.form["wording"], opened.form["clerk"], opened.form["typed"]) == (
        WORDING.ja,
        "bank-clerk",
        "水無 花子",
    )
    assert opened.form["strokes"] == [[[1, 2, 0], [3, 4, 16]]]
    assert opened.form["image"] == {"digest": digest(b"pixels"), "media_type": PNG}
    assert (opened.image, opened.media_type) == (b"pixels", PNG)
    assert evidence == Evidence(evidence.digest, "umaya", Kept(PNG))
    with town.database.reading() as session:
        row = session.scalars(select(EvidenceRow)).one()
    assert (row.digest, row.party, row.entry) == (evidence.digest, "bank-minase", entry)


def test_at_rest_it_is_for_the_hubs_user_alone_and_says_nothing(town: Town, desk: Evidences, folder: Path) -> None:
    taken(town, desk, image=CleanImage(PNG, b"HANAKO"))
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 2
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not any(word in path.read_bytes() for word in (b"HANAKO", "花子".encode(), b"validity"))


def test_what_was_changed_at_rest_is_not_shown(town: Town, desk: Evidences, folder: Path) -> None:
    entry = taken(town, desk)
    (path,) = (path for path in folder.rglob("*") if path.is_file())
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityError):
        desk.open(CLERK, entry, Way.PAGE, WHY)
    path.unlink()
    with pytest.raises(IntegrityError):
        desk.open(CLERK, entry, Way.PAGE, WHY)


def test_opening_is_recorded_before_anything_is_shown(town: Town, desk: Evidences) -> None:
    entry = taken(town, desk)
    for actor in (CLERK, COLLEAGUE, AUDITOR):
        desk.open(actor, entry, Way.PAGE, WHY)
        body = town.body("evidence.opened")
        with town.database.reading() as session:
            row = session.scalars(select(LookUpRow).order_by(LookUpRow.id.desc()).limit(1)).one()
        assert (row.actor, row.person, row.what, row.reason) == (actor.id, 7, "evidence", WHY)
        assert body == {
            "topic": CROSS_SELL,
            "channel": "page",
            "consent": entry,
            "person": salted("7", row.salt),
            "statement": salted(WHY, row.salt),
        }
    town.ledger.fail_at = frozenset({"evidence.opened"})
    with pytest.raises(NotRecordedError):
        desk.open(CLERK, entry, Way.PAGE, WHY)


def test_who_may_open_it(town: Town, desk: Evidences) -> None:
    """Neither the other party of the topic, nor anybody by a wrong number, nor anybody without a reason."""
    entry = taken(town, desk)
    for actor in (OTHER_CLERK, STRANGER):
        with pytest.raises(NotFoundError, match="no evidence"):
            desk.open(actor, entry, Way.PAGE, WHY)
    for actor in (PRIVACY, PROTECTOR):
        with pytest.raises(ForbiddenError):
            desk.open(actor, entry, Way.PAGE, WHY)
    with pytest.raises(NotFoundError, match="no evidence"):
        desk.open(CLERK, entry + 1, Way.PAGE, WHY)
    with pytest.raises(InputError):
        desk.open(CLERK, entry, Way.PAGE, " ")
    assert "evidence.opened" not in town.ledger.kinds()


def test_of_a_protected_person_there_is_nothing_to_open(town: Town, desk: Evidences) -> None:
    """Nor of a person who is protected under another of their numbers."""
    entry, other = taken(town, desk, 7), taken(town, desk, 8)
    town.measures.set(PROTECTOR, 7, "支援措置の申出")
    town.merges.merge("hub", 9, 8)
    town.measures.set(PROTECTOR, 9, "支援措置の申出")
    for number in (entry, other):
        for actor in (CLERK, AUDITOR):
            with pytest.raises(NotFoundError, match="no evidence"):
                desk.open(actor, number, Way.PAGE, WHY)


def test_evidence_that_is_kept_elsewhere_is_not_opened_here(town: Town, desk: Evidences) -> None:
    with pytest.raises(NotFoundError):
        desk.open(CLERK, town.give(7).entry, Way.PAGE, WHY)


def test_what_no_consent_was_given_on_is_erased_and_what_one_was_is_not(
    town: Town, desk: Evidences, folder: Path
) -> None:
    evidence = desk.put(CLERK, shown())
    town.merges.merge("hub", 1, 7)
    with pytest.raises(ConflictError):
        town.give(7, evidence=evidence)
    desk.discard(evidence)
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    kept = desk.put(CLERK, shown())
    entry = town.give(8, evidence=kept).entry
    desk.discard(kept)
    assert desk.open(CLERK, entry, Way.PAGE, WHY).form["typed"] == "水無 花子"


@pytest.mark.parametrize(
    "changes",
    [
        {"typed": " "},
        {"typed": "x" * 4001},
        {"strokes": [[(1, 2)]]},
        {"strokes": [[(-1, 2, 3)]]},
        {"strokes": [[(0, 0, 0)] * 20_001]},
    ],
)
def test_nothing_shows_that_the_person_agreed(desk: Evidences, changes: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        desk.put(CLERK, shown(**changes))


def test_it_is_erased_three_years_after_the_last_day_by_an_act(town: Town, desk: Evidences, folder: Path) -> None:
    """The consent is good through 2 May 2026; what is not due and what others keep stays."""
    entry = taken(town, desk, image=CleanImage(PNG, b"pixels"))
    assert desk.open(CLERK, entry, Way.PAGE, WHY).keep_through == date(2029, 5, 2)
    town.clock.set(NOW + timedelta(days=1126, hours=11))  # the last minutes of that day in Japan are an hour away
    assert desk.erase_due(PRIVACY) == 0
    town.clock.advance(timedelta(hours=2))
    with pytest.raises(ForbiddenError):
        desk.erase_due(CLERK)
    assert desk.erase_due(replace(PRIVACY, id="cover-privacy")) == 0
    assert desk.erase_due(PRIVACY) == 1
    assert town.body("evidence.erased") == {"party": "bank-minase", "kept_until": date(2029, 5, 3), "forms": 1}
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    with pytest.raises(NotFoundError):
        desk.open(CLERK, entry, Way.PAGE, WHY)
    assert desk.erase_due(PRIVACY) == 0


def test_a_leap_day_answers_to_the_last_of_february() -> None:
    assert kept_through(date(2028, 2, 29)) == date(2031, 2, 28)
    assert kept_through(date(2027, 2, 28)) == date(2030, 2, 28)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_of_an_image_the_pixels_alone_are_kept(kind: str) -> None:
    image = cleaned(picture(kind))
    assert b"HANAKO" not in image.content
    assert Image.open(io.BytesIO(image.content)).size == (40, 20)
    assert image.media_type == f"image/{kind.lower()}"


def test_of_a_pdf_the_drawn_pages_alone_are_kept() -> None:
    image = cleaned(document(pages=2))
    assert image.media_type == PDF
    assert not any(word in image.content for word in (b"HANAKO", b"JavaScript", b"alert", b"EmbeddedFile"))
    assert len(PdfReader(io.BytesIO(image.content)).pages) == 2


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg onload='alert(1)'/>",
        b"GIF89a",
        b"\xff\xd8\xff broken",
        picture("PNG")[:60],
        b"%PDF-1.7\nbroken",
        document(pages=11),
        b"\xff\xd8\xff" + bytes(MAX_BYTES),
        picture("PNG", (8000, 5001)),
    ],
    ids=["empty", "svg", "gif", "broken-jpeg", "cut-png", "broken-pdf", "many-pages", "large", "many-pixels"],
)
def test_what_is_taken_for_no_image(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        cleaned(data)
    assert caught.value.place.field == "image"


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF-1.4\n"]))
def test_whatever_is_handed_in_is_an_image_or_a_fault(data: bytes, magic: bytes) -> None:
    with contextlib.suppress(InputError):
        assert cleaned(magic + data).content


def test_the_form_is_canonical(town: Town, desk: Evidences, folder: Path) -> None:
    """Two forms of the same words differ, for each has a salt of its own: nobody guesses a form from its digest."""
    first, second = desk.put(CLERK, shown()), desk.put(CLERK, shown())
    assert first.digest != second.digest
    form = EvidenceFiles(folder, b"s" * 32, town.acts.entropy).form(first.digest)
    assert json.dumps(json.loads(form), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() == form
