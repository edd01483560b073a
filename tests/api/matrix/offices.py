"""Offices: for officers of a party that a scheme names; the askers' party is none."""

from __future__ import annotations

from tests.api.matrix import line

NOBODY: frozenset[str] = frozenset()
LINES = [
    line("GET /offices", NOBODY, denied=403),
    line("POST /offices/count", NOBODY, denied=403),
    line("GET /api/v1/offices", NOBODY, denied=403),
    line("GET /api/v1/offices/access", NOBODY, denied=403),
    line("GET /api/v1/offices/map", NOBODY, denied=403),
]
