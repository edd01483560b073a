"""The roads and what is known of them as a list: filtered, ordered and paged as a table, never row by row.

What matters most comes first: probably blocked, then what was passed last. A segment that is not shown for privacy is
listed as one without evidence, like every other of which nothing is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from umaya.services.roads.features import WEB_STATUS
from umaya.services.roads.service import MapState
from umaya.types.roads import RoadNetwork

ORDER = ("probably-blocked", "passed-1h", "passed-3h", "passed-24h", "no-evidence")
Choice = Literal["known", "all", "probably-blocked", "passed-1h", "passed-3h", "passed-24h", "no-evidence"]


@dataclass(frozen=True)
class Filter:
    """What of the list is shown.

    Attributes:
        status: one status; `known` for all but `no-evidence`; `all`.
        name: part of the road's name, in any case of letters; empty for every road.
    """

    status: Choice = "known"
    name: str = ""


def listing(state: MapState, network: RoadNetwork, chosen: Filter, *, english: bool) -> pa.Table:
    """Return segment_id, name (may be null), bridge, status, last_passed, turn_backs, p_blocked, reopened; ordered.

    Args:
        state: of the roads.
        network: the roads.
        chosen: what is shown.
        english: whether the English name is wanted where there is one.
    """
    edges = _segments(network)
    name = _names(edges, english)
    known = state.segments.take(pc.index_in(edges["segment_id"], state.segments["segment_id"]))
    table = pa.table(
        {
            "segment_id": edges["segment_id"],
            "name": name,
            "bridge": edges["bridge"],
            "status": _status(known),
            "last_passed": known["last_passed"],
            "turn_backs": pc.fill_null(known["turn_backs"], 0),
            "p_blocked": known["p_blocked"],
            "reopened": known["reopened"],
        }
    )
    return _ordered(_chosen(table, chosen))


def crossings(network: RoadNetwork, segments: Sequence[int], *, english: bool) -> dict[int, list[str]]:
    """Return the names of the other roads that each segment meets at its ends: what a reader tells it by.

    Args:
        network: the roads.
        segments: ids, as many as one page holds.
        english: whether the English name is wanted where there is one.
    """
    edges = _segments(network)
    edges = edges.append_column("shown", _names(edges, english)).select(["segment_id", "source", "target", "shown"])
    own = edges.filter(pc.is_in(edges["segment_id"], pa.array(segments, pa.int64()))).to_pylist()
    ends = pa.array({node for edge in own for node in (edge["source"], edge["target"])}, pa.int32())
    near = edges.filter(pc.or_(pc.is_in(edges["source"], ends), pc.is_in(edges["target"], ends)))
    met: dict[int, set[str]] = {}
    for edge in near.filter(pc.is_valid(near["shown"])).to_pylist():
        for node in (edge["source"], edge["target"]):
            met.setdefault(node, set()).add(edge["shown"])
    return {
        edge["segment_id"]: sorted((met.get(edge["source"], set()) | met.get(edge["target"], set())) - {edge["shown"]})
        for edge in own
    }


def _segments(network: RoadNetwork) -> pa.Table:
    """Return one edge for each segment."""
    return network.edges.filter(pc.equal(network.edges["edge_id"], network.edges["segment_id"]))


def _names(edges: pa.Table, english: bool) -> pa.ChunkedArray:
    return pc.coalesce(edges["name_en"], edges["name"]) if english else edges["name"]


def _status(known: pa.Table) -> pa.ChunkedArray:
    """Return the status that the map shows: of a pass its age class, blocked before passed."""
    ages = pa.array(list(WEB_STATUS))
    passed = pa.array(list(WEB_STATUS.values())).take(
        pc.fill_null(pc.index_in(known["age_class"], ages), len(ages) - 1)
    )
    shown = pc.if_else(pc.equal(known["status"], "probably-blocked"), "probably-blocked", passed)
    return pc.if_else(pc.is_null(known["status"]), "no-evidence", shown)


def _chosen(table: pa.Table, chosen: Filter) -> pa.Table:
    if chosen.status == "known":
        table = table.filter(pc.not_equal(table["status"], "no-evidence"))
    elif chosen.status != "all":
        table = table.filter(pc.equal(table["status"], chosen.status))
    if chosen.name:
        found = pc.match_substring(table["name"], chosen.name, ignore_case=True)
        table = table.filter(pc.fill_null(found, False))
    return table


def _ordered(table: pa.Table) -> pa.Table:
    ranked = table.append_column("rank", pc.index_in(table["status"], pa.array(ORDER)))
    keys = [("rank", "ascending"), ("last_passed", "descending"), ("name", "ascending"), ("segment_id", "ascending")]
    return ranked.take(pc.sort_indices(ranked, keys)).drop_columns("rank")


def page_of(table: pa.Table, page: int, size: int) -> list[Mapping[str, Any]]:
    """Return the rows of one page, the first being 1."""
    rows: list[Mapping[str, Any]] = table.slice((page - 1) * size, size).to_pylist()
    return rows
