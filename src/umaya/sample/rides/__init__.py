"""Riding in the town: routing, rounds, plans, motion second by second, GPS noise, closures."""
