"""Where things are: the road network, and later addresses, letterboxes, buildings and offices.

Imports and keeps places; computes nothing over people or vehicles (see `umaya.engines`). What is personal about
a place is a dataset of the vault like any other.
"""
