"""The answer as a document: what it says, in words and rows, before it takes the form that the person chose.

Values only. `to_json` is the form in which it is kept and from which pages, print and PDF are made; `to_zip` holds one
file a dataset and the cover as text.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from umaya.law import Language, Text
from umaya.types.classes import SecrecyClass

CLASS_WORDS: Final = {
    SecrecyClass.CORRESPONDENCE: Text("信書の秘密", "Secrecy of correspondence"),
    SecrecyClass.POSTAL: Text("郵便物に関して知り得た他人の秘密", "Postal secrecy"),
    SecrecyClass.SPECIAL_CARE: Text("要配慮個人情報", "Special-care information"),
    SecrecyClass.FINANCIAL: Text("非公開金融情報", "Non-public financial information"),
    SecrecyClass.INSURANCE: Text("非公開保険情報", "Non-public insurance information"),
    SecrecyClass.LOCATION: Text("位置情報", "Location"),
    SecrecyClass.ORDINARY: Text("個人情報", "Personal information"),
    SecrecyClass.NON_PERSONAL: Text("個人情報ではない", "Not personal"),
}
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The time in every archive: the same answer gives the same bytes."""


@dataclass(frozen=True)
class FieldWords:
    """A field in words; `withheld` is why it is left out, or empty."""

    name: str
    meaning: str
    kind: str
    withheld: str = ""


@dataclass(frozen=True)
class Held:
    """What a dataset holds of the person.

    Attributes:
        sources: where the rows came from, with the day.
        purposes: what they are used for.
        rows: as a table; never in `repr`.
    """

    dataset: str
    title: str
    sources: tuple[str, ...]
    purposes: tuple[str, ...]
    fields: tuple[FieldWords, ...]
    rows: pa.Table = field(repr=False)


@dataclass(frozen=True)
class Lines:
    """A part of an answer that is told in lines: records of provision, purposes, what was done."""

    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class AnswerDocument:
    """An answer.

    Attributes:
        title: what it is.
        cover: lines of name and value: who answers, whom, on what, when.
        statement: what the desk says in words, e.g. that nothing is held, or why something is left out.
        held: datasets.
        parts: what is told in lines.
    """

    language: Language
    title: str
    cover: tuple[tuple[str, str], ...]
    statement: tuple[str, ...]
    held: tuple[Held, ...] = ()
    parts: tuple[Lines, ...] = ()

    def to_json(self) -> bytes:
        """Return it as UTF-8 JSON; moments and days in ISO 8601."""
        return json.dumps(self._plain(), ensure_ascii=False, indent=1, default=str).encode()

    def to_zip(self, suffix: str) -> bytes:
        """Return an archive with the cover and one `csv` or `parquet` file for each dataset."""
        files = {"cover.txt": self._cover_text().encode("utf-8-sig")}
        for held in self.held:
            files[f"{held.dataset}.{suffix}"] = _csv(held.rows) if suffix == "csv" else _parquet(held.rows)
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
        return sink.getvalue()

    def _plain(self) -> dict[str, Any]:
        held = [
            {
                "dataset": one.dataset,
                "title": one.title,
                "sources": one.sources,
                "purposes": one.purposes,
                "fields": [asdict(words) for words in one.fields],
                "rows": one.rows.to_pylist(),
            }
            for one in self.held
        ]
        return {
            "language": self.language,
            "title": self.title,
            "cover": self.cover,
            "statement": self.statement,
            "held": held,
            "parts": [asdict(part) for part in self.parts],
        }

    def _cover_text(self) -> str:
        lines = [self.title, "", *(f"{name}: {value}" for name, value in self.cover), "", *self.statement]
        for held in self.held:
            lines += ["", f"[{held.dataset}] {held.title}", *held.sources, *held.purposes]
            lines += [f"  {words.name} - {words.meaning} - {words.kind} {words.withheld}" for words in held.fields]
        for part in self.parts:
            lines += ["", part.title, *(f"  {name}: {value}" for name, value in part.lines)]
        return "\r\n".join(lines) + "\r\n"


def read_document(content: bytes) -> dict[str, Any]:
    """Return what `AnswerDocument.to_json` wrote."""
    document: dict[str, Any] = json.loads(content)
    return document


def kind_words(kind: pa.DataType, language: Language) -> str:
    """Return the type of a field in words."""
    for is_kind, words in _KINDS:
        if is_kind(kind):
            return words.of(language)
    return str(kind)


_KINDS: Final[Sequence[tuple[Any, Text]]] = (
    (pa.types.is_boolean, Text("はい・いいえ", "yes or no")),
    (pa.types.is_integer, Text("整数", "whole number")),
    (pa.types.is_floating, Text("数値", "number")),
    (pa.types.is_date, Text("日付", "date")),
    (pa.types.is_timestamp, Text("日時（協定世界時）", "moment (UTC)")),
    (lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind), Text("文字", "text")),
)


def _csv(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    sink.write(b"\xef\xbb\xbf")  # spreadsheets take it for UTF-8
    pa_csv.write_csv(rows, sink)
    return sink.getvalue()


def _parquet(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(rows, sink, compression="zstd")
    return sink.getvalue()
