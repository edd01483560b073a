"""Tiles: paths as in the specification, and a tree that grows to the same files however it is cut into appends."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.test_merkle import mth
from umaya.ledger.growth import grow
from umaya.ledger.merkle import leaf_hash
from umaya.ledger.tiles import Edge, decode_bundle, encode_bundle, superseded, tile_path
from umaya.types.errors import IntegrityError


def test_paths_are_those_of_the_specification() -> None:
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tile_path("entries", 7, 17) == "tile/entries/007.p/17"
    assert tile_path(63, 999) == "tile/63/999"
    assert tile_path(1, 1000, 1) == "tile/1/x001/000.p/1"


def test_a_tree_of_70000_has_the_tiles_that_the_specification_lists() -> None:
    """273 full level 0 tiles, one of width 112, one full level 1 tile, one of width 17, one level 2 of width 1."""
    files = grow(Edge(), [b""] * 70_000).files
    hashes = {path: len(data) // 32 for path, data in files.items() if "entries" not in path}
    assert sum(path.startswith("tile/0/") and width == 256 for path, width in hashes.items()) == 273
    rest = {path: width for path, width in hashes.items() if width != 256 or not path.startswith("tile/0/")}
    assert rest == {"tile/0/273.p/112": 112, "tile/1/000": 256, "tile/1/001.p/17": 17, "tile/2/000.p/1": 1}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=6))
def test_growth_does_not_depend_on_the_cuts(steps: list[int]) -> None:
    entries = [number.to_bytes(2, "big") for number in range(sum(steps))]
    edge, files, at = Edge(), dict[str, bytes](), 0
    for step in steps:
        growth = grow(edge, entries[at : at + step])
        assert growth.edge.root() == mth([leaf_hash(entry) for entry in entries[: at + step]])
        files.update(growth.files)
        for folder in superseded(at, at + step):
            files = {path: data for path, data in files.items() if not path.startswith(f"{folder}/")}
        edge, at = growth.edge, at + step
    at_once = grow(Edge(), entries)
    assert edge == at_once.edge
    assert at_once.files.items() <= files.items()
    full = {path for path in files if ".p/" not in path}
    assert not [path for path in files if path.partition(".p/")[0] in full and path not in full]


@given(st.lists(st.binary(max_size=40)))
def test_a_bundle_gives_its_entries_back(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries)) == entries


@given(st.lists(st.binary(max_size=40), min_size=1), st.data())
def test_a_bundle_cut_within_an_entry_is_refused(entries: list[bytes], data: st.DataObject) -> None:
    whole = encode_bundle(entries)
    last = len(whole) - len(entries[-1]) - 2
    with pytest.raises(IntegrityError):
        decode_bundle(whole[: data.draw(st.integers(last + 1, len(whole) - 1))])
