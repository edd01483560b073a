"""The answer on a map: cells, offices and main roads as GeoJSON (RFC 7946)."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from umaya.engines.access import BANDS_MIN
from umaya.services.offices.service import Answer
from umaya.types.roads import RoadNetwork

MAIN: Final = ("motorway", "trunk", "primary", "secondary", "tertiary")


def collection(answer: Answer, network: RoadNetwork) -> dict[str, Any]:
    """Return features whose `layer` is `cell`, `office` or `road`.

    A cell has `people`, `before` and `after` (minutes, null where no road leads), `band` and `band_before` (rows of
    the bands) and `concerned`; an office its names and `state`: `open`, `closes`, `begins` or `without`.
    """
    return {"type": "FeatureCollection", "features": [*_cells(answer), *_roads(network), *_offices(answer)]}


def _cells(answer: Answer) -> list[dict[str, Any]]:
    people = answer.counted.cells.column("people").to_pylist()
    codes = answer.counted.cells.column("cell").to_pylist()
    minutes = [found.minutes for found in (answer.change.before, answer.change.after)]
    bands = [np.searchsorted(np.array(BANDS_MIN, np.float32), one, side="left").tolist() for one in minutes]
    told = [[None if not np.isfinite(value) else round(float(value), 1) for value in one] for one in minutes]
    names = [office.office_id for office in answer.offices]
    nearest = [names[site] if site >= 0 else None for site in answer.change.after.site.tolist()]
    return [
        {
            "type": "Feature",
            "properties": {
                "layer": "cell",
                "cell": codes[row],
                "people": people[row],
                "before": told[0][row],
                "after": told[1][row],
                "band_before": bands[0][row] if told[0][row] is not None else len(BANDS_MIN) + 1,
                "band": bands[1][row] if told[1][row] is not None else len(BANDS_MIN) + 1,
                "office": nearest[row],
                "concerned": bool(answer.change.concerned[row]),
            },
            "geometry": json.loads(shapely.to_geojson(shapely.box(*bounds))),
        }
        for row, bounds in enumerate(answer.counted.bounds.tolist())
    ]


def _offices(answer: Answer) -> list[dict[str, Any]]:
    features = []
    for office, offers in zip(answer.offices, answer.offers.tolist(), strict=True):
        otherwise = office.office_id in answer.question.change
        state = ("closes" if otherwise else "open") if offers else ("begins" if otherwise else "without")
        properties = {"layer": "office", "office_id": office.office_id, "state": state}
        properties |= {"name": office.name, "name_en": office.name_en or office.name}
        place = {"type": "Point", "coordinates": [office.lon, office.lat]}
        features.append({"type": "Feature", "properties": properties, "geometry": place})
    return features


def _roads(network: RoadNetwork) -> list[dict[str, Any]]:
    edges = network.edges
    one = pc.and_(
        pc.equal(edges["edge_id"], edges["segment_id"]), pc.is_in(edges["highway"], pa.array(MAIN, pa.string()))
    )
    lines = shapely.from_wkb(edges.filter(one)["geometry"].to_numpy(zero_copy_only=False))
    merged = shapely.line_merge(shapely.multilinestrings(lines)) if len(lines) else None
    if merged is None:
        return []
    properties = {"layer": "road"}
    return [{"type": "Feature", "properties": properties, "geometry": json.loads(shapely.to_geojson(merged))}]
