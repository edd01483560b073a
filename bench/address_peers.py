"""Peers of the address engine on the same data: @geolonia/normalize-japanese-addresses and jageocoder.

Neither brings data of its own: the first reads a tree of JSON and text files, the second a dictionary, and both are
made here from the registry and the postcode data that our own index is made from. Towns of which the postcode data
says only that they have 丁目, but not how many, get thirty: without them the peer would lose every such address.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from address_data import Place, Town, cities, kanji, parcels, postal, residences, towns

HERE = Path(__file__).resolve().parent
CHOMES = 30
NOWHERE = [0.0, 0.0]


@dataclass(frozen=True)
class Reading:
    """What a peer read: names, ids and what it left over."""

    prefecture: str
    city: str
    town: str
    numbers: str
    rest: str
    code: str
    machiaza_id: str


def _machiaza(town: Town) -> dict[str, Any]:
    row: dict[str, Any] = {"machiaza_id": town.machiaza_id}
    row |= {"oaza_cho": town.oaza} if town.oaza else {}
    row |= {} if town.chome is None else {"chome": f"{kanji(town.chome)}丁目", "chome_n": town.chome}
    row |= {"koaza": town.koaza} if town.koaza else {}
    row |= {"rsdt": True} if town.residence else {}
    return row | ({} if town.lon is None else {"point": [town.lon, town.lat]})


def _sections(
    kind: str, header: Sequence[str], places: dict[str, list[Place]]
) -> tuple[bytes, dict[str, dict[str, int]]]:
    """Return one text of all towns' numbers and where in it each town stands, in bytes."""
    whole, ranges = io.BytesIO(), {}
    for machiaza, rows in places.items():
        text = io.StringIO()
        text.write(f"{kind},{rows[0].town.name}\n")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow((*header, "lng", "lat"))
        for place in rows:
            numbers = (*place.numbers, *("" for _ in range(3 - len(place.numbers))))
            writer.writerow((*numbers, "" if place.lon is None else place.lon, "" if place.lat is None else place.lat))
        chunk = text.getvalue().rstrip("\n").encode()
        ranges[machiaza] = {"start": whole.tell(), "length": len(chunk)}
        whole.write(chunk + b"\n")
    return whole.getvalue(), ranges


def _postal_towns(known: set[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the towns of municipalities that the registry's files do not cover, by five-digit code."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in postal():
        if row.code in known:
            continue
        found[row.code].append({"machiaza_id": "", "oaza_cho": row.oaza})
        if row.has_chome:
            found[row.code] += [
                {"machiaza_id": "", "oaza_cho": row.oaza, "chome": f"{kanji(n)}丁目", "chome_n": n}
                for n in range(1, CHOMES + 1)
            ]
    return found


def write_geolonia(folder: Path) -> str:
    """Write the tree that @geolonia/normalize-japanese-addresses reads; return its address."""
    by_code: dict[str, list[Town]] = defaultdict(list)
    for town in towns():
        by_code[town.code].append(town)
    numbers: dict[str, dict[str, dict[str, list[Place]]]] = {"住居表示": {}, "地番": {}}
    for kind, places in (("住居表示", residences()), ("地番", parcels())):
        for place in places:
            numbers[kind].setdefault(place.town.code, {}).setdefault(place.town.machiaza_id, []).append(place)
    postal_towns = _postal_towns({code[:5] for code in by_code})
    prefectures: dict[str, dict[str, Any]] = {}
    for code, (prefecture, county, city, ward) in cities().items():
        rows = [_machiaza(town) for town in by_code.get(code, ())] or postal_towns.get(code[:5], [])
        if not rows:
            continue
        data = prefectures.setdefault(
            prefecture,
            {"code": int(code[:2]), "pref": prefecture, "pref_k": "", "pref_r": "", "point": NOWHERE, "cities": []},
        )
        parts = {name: text for name, text in (("county", county), ("city", city), ("ward", ward)) if text}
        data["cities"].append({"code": int(code), **parts, "point": NOWHERE})
        name = county + city + ward
        home = folder / "ja" / prefecture
        home.mkdir(parents=True, exist_ok=True)
        for kind, header in (
            ("住居表示", ("blk_num", "rsdt_num", "rsdt_num2")),
            ("地番", ("prc_num1", "prc_num2", "prc_num3")),
        ):
            if code in numbers[kind]:
                text, ranges = _sections(kind, header, numbers[kind][code])
                (home / f"{name}-{kind}.txt").write_bytes(text)
                for row in rows:
                    if row["machiaza_id"] in ranges:
                        row.setdefault("csv_ranges", {})[kind] = ranges[row["machiaza_id"]]
        (home / f"{name}.json").write_text(
            json.dumps({"meta": {"updated": 1}, "data": rows}, ensure_ascii=False), "utf-8"
        )
    document = {"meta": {"updated": 1}, "data": list(prefectures.values())}
    (folder / "ja.json").write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return (folder / "ja").as_uri()


def run_geolonia(api: str, addresses: Sequence[str], folder: Path, processes: int) -> tuple[list[Reading], float, int]:
    """Read the addresses in so many processes of Node at once; return readings, seconds of the slowest, RSS of all."""
    step = -(-len(addresses) // processes)
    shares = [list(addresses[at : at + step]) for at in range(0, len(addresses), step)]
    running = []
    for number, share in enumerate(shares):
        source, target = folder / f"in{number}.json", folder / f"out{number}.jsonl"
        source.write_text(json.dumps(share, ensure_ascii=False), "utf-8")
        command = ["node", str(HERE / "address_peer.mjs"), api, str(source), str(target)]
        running.append((subprocess.Popen(command, stdout=subprocess.PIPE, text=True), target))
    readings: list[Reading] = []
    told = []
    for process, target in running:
        output, _ = process.communicate()
        if process.returncode:
            raise RuntimeError("the peer ended with a fault")
        told.append(json.loads(output.splitlines()[-1]))
        for line in target.read_text("utf-8").splitlines():
            row = json.loads(line)
            code = f"{row['code']:06d}" if row["code"] else ""
            readings.append(
                Reading(row["pref"], row["city"], row["town"], row["addr"], row["other"], code, row["machiaza_id"])
            )
    return readings, max(row["seconds"] for row in told), sum(row["rss"] for row in told)
