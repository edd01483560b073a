"""Addresses: the hub of the matrix has no index, which everybody who may ask is told."""

from tests.api.matrix import SIGNED_IN, line

LINES = [
    line("GET /places/addresses", SIGNED_IN),
    line("POST /places/addresses", SIGNED_IN, form={"address": "本郷"}, gives=409),
    line("POST /api/v1/places/normalise", SIGNED_IN, json={"addresses": ["本郷"]}, gives=409),
    line("POST /api/v1/places/reverse", SIGNED_IN, json={"lon": 139.7, "lat": 35.7}, gives=409),
    line("POST /api/v1/places/suggest", SIGNED_IN, json={"text": "本郷"}, gives=409),
]
