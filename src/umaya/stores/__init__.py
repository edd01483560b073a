"""Stores: relational sessions, bulk data as Parquet, readers of files that people hand in."""
