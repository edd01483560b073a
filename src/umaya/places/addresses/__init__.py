"""Addresses: sources of the address index are read and checked here, and the index is kept and opened here.

Reads the Address Base Registry (アドレス・ベース・レジストリ), lists of towns, postcodes and former municipalities,
names file, row and field of what is wrong in them, and hands tables to `umaya.engines.address.build`.
`open_index(path)` maps what `umaya places index` wrote. Nothing here is personal: it is public reference data.
"""

from umaya.places.addresses.store import check_index, manifest_of, open_index, save_index

__all__ = ["check_index", "manifest_of", "open_index", "save_index"]
