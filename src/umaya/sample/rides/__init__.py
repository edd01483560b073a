"""Riding in the town: rounds, the way of each bike second by second, GPS noise, the day of the earthquake."""
