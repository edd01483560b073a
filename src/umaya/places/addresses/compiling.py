"""Making an index of public sources: read, checked, built, kept; the manifest says what it was made from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from umaya.engines.address.build import Sources, build
from umaya.engines.address.index import AddressIndex
from umaya.places.addresses import formers, postcodes, registry, towns
from umaya.places.addresses.lookup import save_lookup
from umaya.places.addresses.readings import readings
from umaya.places.addresses.store import check_target, save_index
from umaya.places.addresses.tables import Progress
from umaya.types.errors import ConflictError


def compile_index(
    directory: Path,
    out: Path,
    *,
    lists: Sequence[Path] = (),
    former: Path | None = None,
    progress: Progress = lambda _step: None,
) -> AddressIndex:
    """Make an index of a registry, lists of towns, postcodes and former municipalities, and write it to `out`.

    Args:
        directory: CSV files of the Address Base Registry, see `registry`.
        out: the index; an older one there is replaced.
        lists: lists of towns, see `towns`.
        former: former municipalities besides those that are shipped, see `formers`.
        progress: is told each step as it begins.

    Raises:
        InputError: when a file, row or field is wrong.
        ConflictError: when `out` holds something else, or the sources contradict each other.
    """
    check_target(out)
    files = registry.Registry(directory, progress)
    cities = files.cities()
    codes = {code // 10: code for code in cities["lg_code"].to_pylist()}
    progress("postcodes")
    post = postcodes.read_postcodes(codes)
    listed = []
    for path in lists:
        progress(path.name)
        listed.append(towns.read_towns(path, cities))
    sources = Sources(
        cities,
        pa.concat_tables([files.towns(), *listed, post.towns]),
        files.points(),
        files.parcels(),
        post.postcodes,
        formers.read_formers(cities, former),
    )
    try:
        index = build(sources, progress)
    except ValueError as error:
        raise ConflictError(f"the sources do not fit together: {error}") from error
    progress("readings")
    read = readings(index, directory)
    progress("writing")
    used = [*files.used(), *lists, *([former] if former else [])]
    save_index(index, out, _described(index, used))
    progress("reverse and suggest")
    save_lookup(out, index, read)
    return index


def _described(index: AddressIndex, files: Sequence[Path]) -> dict[str, Any]:
    digests = {}
    for path in files:
        with path.open("rb") as file:
            digests[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "files": digests,
        "postcodes": postcodes.source(),
        "licences": [registry.LICENCE, towns.LICENCE, postcodes.LICENCE],
        "counts": {
            "cities": len(index.cities.code),
            "towns": len(index.towns.city),
            "points": len(index.points.town),
            "parcels": len(index.parcels.town),
        },
    }
