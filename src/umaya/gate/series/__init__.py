"""Release series: counts reach a recipient once for each moment and place, in one form."""

from umaya.gate.series.told import NOTHING_TOLD, Counted, add_window, find_told, place_of, product_of

__all__ = ["NOTHING_TOLD", "Counted", "add_window", "find_told", "place_of", "product_of"]
