"""Datasets: lists, rows in, collection notices, retention."""

from tests.api.matrix import SIGNED_IN, line

OWNERS = {"steward", "operator", "privacy-officer"}

LINES = [
    line("POST /api/v1/datasets/{dataset}/rows", SIGNED_IN, gives=403),
    line("GET /api/v1/datasets/{dataset}/intakes", {"auditor"}, gives=200),
]
