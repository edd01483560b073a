"""The sample town: roads, buildings, people, a day of rounds, an earthquake, all drawn from a seed.

Generation only: tables and files come out, nothing of the hub goes in. What the hub is meant to see (the map file,
positions, letterboxes) and the truth it is judged by (true places, closures) are kept in separate tables.
"""

from umaya.sample.days import Day, ordinary_day
from umaya.sample.quake import QUAKE_TIME, quake_day
from umaya.sample.size import Size
from umaya.sample.town import Town, make_town

__all__ = ["QUAKE_TIME", "Day", "Size", "Town", "make_town", "ordinary_day", "quake_day"]
