"""The road map to take along: a folder that works from a stick, by a double click, without server or network.

`map.html` holds everything it needs, the archive too: a browser lets no page of a folder read a file beside it. Beside
it lie the same archive for other programs, the same as a table and as KML, and how to open it all. What always holds:
the page asks for nothing (its Content-Security-Policy forbids it), and every file says of which moment it tells.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from umaya.services.roads.drawn import Drawn
from umaya.services.roads.exports import to_csv, to_kml
from umaya.services.roads.service import MapState
from umaya.services.roads.tiles_archive import write_archive

HOW_TO_OPEN = """\
通れた道マップ（持ち出し用） / Passable roads, to take along
{at} UTC

1. map.html をダブルクリックすると、地図がブラウザーで開きます。通信は要りません。
   Double-click map.html: the map opens in the browser. No network is needed.
2. 表は road-map.csv（表計算ソフト）、他の地図ソフトへは road-map.kml と road-map.pmtiles を使います。
   As a table: road-map.csv (spreadsheet). For other map programs: road-map.kml and road-map.pmtiles.
3. 別のパソコンへは、このフォルダーごと写してください。map.html だけでも開けます。
   To take it to another computer, copy the whole folder; map.html alone opens too.

{caution}
"""


@dataclass(frozen=True)
class Parts:
    """What the page is made of, as the front end built it.

    Attributes:
        script: the page's script.
        style: its style sheet.
        worker: MapLibre's worker.
        words: language to texts by key.
    """

    script: str
    style: str
    worker: str
    words: Mapping[str, Mapping[str, str]]


def files(
    drawn: Drawn, state: MapState, parts: Parts, attribution: str, reports: Mapping[str, Any] | None = None
) -> dict[str, bytes]:
    """Return the files of the folder, by name.

    Args:
        drawn: the roads.
        state: of the roads, which the map shows for ever.
        parts: of the page.
        attribution: who made the map's roads.
        reports: what carriers reported of roads, a FeatureCollection of points, as of the state; None for none.
    """
    sink = BytesIO()
    write_archive(sink, state, drawn.tiles, drawn.snapshots, drawn.references, drawn.background, attribution, reports)
    archive = sink.getvalue()
    content = drawn.export(state)
    caution = "\n".join(content.about["caution"].values())
    told = HOW_TO_OPEN.format(at=content.about["at"], caution=caution)
    about = {**content.about, "attribution": attribution, "marks": drawn.snapshots.marks(state), "reports": reports}
    return {
        "map.html": _page(archive, about, parts),
        "road-map.pmtiles": archive,
        "road-map.csv": to_csv(content),
        "road-map.kml": to_kml(content),
        "HOW-TO-OPEN.txt": b"\xef\xbb\xbf" + told.replace("\n", "\r\n").encode(),
    }


def _page(archive: bytes, about: Mapping[str, Any], parts: Parts) -> bytes:
    templates = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)
    page = templates.get_template("offline.html").render(
        title=about["event"]["name"]["ja"],
        style=parts.style.replace("</", "<\\/"),
        about=_json(about),
        languages={language: _json(words) for language, words in parts.words.items()},
        worker=_script(parts.worker),
        archive=base64.b64encode(archive).decode(),
        script=_script(parts.script),
    )
    return page.encode()


def _json(content: object) -> str:
    """Return JSON that cannot end the element it stands in."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _script(text: str) -> str:
    """Return a script that cannot end the element it stands in: in texts and patterns the stroke may be escaped."""
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")
