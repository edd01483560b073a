"""Draw docs/images/road-map.svg: the sample town's map at the end of the day of its earthquake.

Plays the sample town once through a hub, as `umaya demo --once` does, and draws what the city's officer sees. Run it
again after a change of the sample, of an engine or of the picture: `.venv/bin/python scripts/figure.py`. The picture
says what it was drawn from, and a docs test compares that with the constants below.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.compute as pc
import shapely

from umaya.places.atlas import Atlas
from umaya.sample.days import JAPAN
from umaya.sample.demo import Sample, open_demo
from umaya.sample.play import play
from umaya.sample.setup import PEOPLE
from umaya.services.roads.listing import Filter, listing
from umaya.services.roads.picture import draw
from umaya.services.roads.service import MapState

FIGURE = Path(__file__).resolve().parent.parent / "docs/images/road-map.svg"
SEED, HOMES = 1, 2000
AT = datetime(2026, 11, 18, 15, 0, tzinfo=JAPAN)
INPUTS = f"umaya.sample seed {SEED}, {HOMES} homes, {AT:%Y-%m-%d %H:%M} Japan time"
WORDS = {
    "passed-1h": "Passed within 1 hour",
    "passed-3h": "Passed within 3 hours",
    "passed-24h": "Passed within 24 hours",
    "probably-blocked": "Probably blocked",
    "no-evidence": "No evidence",
}


def main() -> None:
    """Play and draw."""
    with TemporaryDirectory() as folder:
        demo = open_demo(Path(folder) / "hub", Sample(SEED, HOMES), lambda _: None)
        try:
            for step in play(demo.hub, demo.clock, demo.sample.day):
                if step.at >= AT:
                    break
            picture = _picture(demo.hub.roads.state(PEOPLE["city-officer"], AT), demo.hub.atlas)
        finally:
            demo.hub.close()
    FIGURE.parent.mkdir(exist_ok=True)
    FIGURE.write_text(picture, "utf-8")


def _picture(state: MapState, atlas: Atlas) -> str:
    edges = atlas.network.edges.filter(pc.field("edge_id") == pc.field("segment_id"))
    lines = shapely.from_wkb(edges.column("geometry").to_numpy(zero_copy_only=False))
    known = listing(state, atlas.network, Filter("known"), english=True)
    ground: dict[str, list[shapely.Geometry]] = defaultdict(list)
    for row in atlas.background.to_pylist():
        ground[row["kind"]].append(shapely.from_wkb(row["geometry"]))
    return draw(
        dict(zip(edges.column("segment_id").to_pylist(), lines, strict=True)),
        dict(zip(known.column("segment_id").to_pylist(), known.column("status").to_pylist(), strict=True)),
        ground,
        title="Passable roads of the sample town Minase",
        description=f"Roads passed since the earthquake, and roads probably blocked. Drawn from {INPUTS}.",
        language="en",
        legend=WORDS,
    )


if __name__ == "__main__":
    main()
