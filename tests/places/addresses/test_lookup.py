"""What reverse and suggest need, at rest beside the index."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.web.addresses import make_index
from umaya.engines.address.index import leaves
from umaya.places.addresses.lookup import FOLDER, open_lookup
from umaya.places.addresses.reader import around, near, read
from umaya.types.errors import InputError, IntegrityError


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    make_index(tmp_path / "index")
    return tmp_path / "index"


def test_what_is_opened_is_what_was_made_and_cannot_be_changed(directory: Path) -> None:
    """Mapped, read only; asked twice it answers the same."""
    lookup = open_lookup(directory)
    arrays = [array for _, array in (*leaves(lookup.trees), *leaves(lookup.lists))]
    assert all(isinstance(array, np.ndarray) and not array.flags.writeable for array in arrays)
    again = open_lookup(directory)
    assert lookup.completions("秋月57-2") == again.completions("秋月57-2") != ()
    assert lookup.near(139.7722, 35.708) == again.near(139.7722, 35.708)


def test_lists_of_another_index_are_refused(directory: Path) -> None:
    """An index that was made anew without them does not get the old ones."""
    manifest = directory / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8") + "\n", "utf-8")
    with pytest.raises(InputError, match="of another index"):
        open_lookup(directory)


def test_missing_lists_are_told_with_what_makes_them(directory: Path) -> None:
    """And a file that is missing or cut among them."""
    next((directory / FOLDER).glob("lists.*.data.npy")).write_bytes(b"\x93NUMPY")
    with pytest.raises(IntegrityError, match="not whole"):
        open_lookup(directory)
    (directory / FOLDER / "manifest.json").unlink()
    with pytest.raises(InputError, match="umaya places index"):
        open_lookup(directory)


def test_an_address_comes_back_character_by_character(directory: Path) -> None:
    """A lone surrogate, which no UTF-8 has, becomes one that may be shown."""
    lookup = open_lookup(directory)
    for text in ("〒113-0033 文京区本郷3-12-10　ハイツ", "\udc00本郷", "", "a\x00b"):
        (found,) = read(lookup, [text])
        assert "".join(part.text for part in found.parts) == text.encode("utf-8", "replace").decode()


def test_what_is_around_is_of_the_same_town_and_near(directory: Path) -> None:
    """Three numbers of the block 12; those of block 1 are 1 km away."""
    lookup = open_lookup(directory)
    (found,) = read(lookup, ["文京区本郷3-12-1"])
    assert [name for _, _, name in around(lookup, found)] == ["12-1", "12-2", "12-10"]
    (town,) = read(lookup, ["文京区本郷三丁目"])
    assert around(lookup, town) == []
    assert [one.level for one in near(lookup, 139.7722, 35.708)] == ["number", "town"]
