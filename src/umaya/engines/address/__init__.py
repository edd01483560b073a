"""Japanese addresses: understood, found in the registry, and accounted for character by character.

`normalise(addresses, index)` takes a column of text and returns one row for each: prefecture, city, town, block,
number, building, room, what is left over, registry ids, coordinate, level and confidence. `AddressIndex` (module
`index`) is the compiled reference data: named flat arrays of prefectures, cities, towns, blocks, points and parcels,
which the reverse and suggest engines read too. `spelling.folded` gives the symbols under which names are compared;
`index.towns.folded` holds those of every town. Nothing here reads files: `umaya.places.addresses.open_index(path)` maps
an index that `umaya places index` wrote.
"""

from umaya.engines.address.index import AddressIndex, strings, text
from umaya.engines.address.normalise import RESULT, Normaliser, normalise

__all__ = ["RESULT", "AddressIndex", "Normaliser", "normalise", "strings", "text"]
