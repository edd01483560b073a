"""Addresses: `python bench/address.py --json [--quick]`.

On the supplied registry (Bunkyo-ku and Wakayama with residence numbers, Wakayama's parcels, towns of Ishikawa, Nara
and Yakushima) and the postcode data's towns of the nation: how fast addresses are read, Parquet to Parquet on two
cores; how many get exactly the registry's ids, on the spellings that came with the data and on those of
`address_variants`, each style apart; prefecture, city and town of hand-written hard cases; whether any character is
lost; reverse and suggest. @geolonia/normalize-japanese-addresses reads the same addresses from the same data in the
same run. One JSON object last.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import math
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import address_data as registry
from address_peers import Reading, run_geolonia, write_geolonia
from address_variants import OLD, Case, cases
from umaya.engines.address.normalise import Normaliser
from umaya.places.addresses import open_index
from umaya.places.addresses.files import AddressFile
from umaya.places.addresses.lookup import Lookup, open_lookup

SEED = 20261121
CORES = 2
_NEW = {chr(old): chr(new) for new, old in OLD.items()}
Row = dict[str, Any]
_ALIKE = (
    "渕淵|薮藪籔|槇槙|梼檮|鍛鍜|冶治|富冨|巳己已|遥遙|"
    "鯵鰺|鶯鴬|竈竃|騨驒|螢蛍|邇迩|国國|渓溪|恵惠|"
    "与與|桜櫻|穂穗|沢澤|館舘舎舍|竜龍|班斑|瀧滝|櫟檪|鷏鷆|婁娄|"
    "松枩|條条|塚塚|瀬瀨|崎﨑|櫟檪|鷏鷆"
)
_INK = {"Lu", "Ll", "Lt", "Lo", "Nd", "Nl", "No"}
"""Categories of letters, kanji, kana and digits; a voice mark without its kana and a long-vowel sign are none."""
_LETTERS = "".join(
    "本郷東京都文京区和歌山市丁目番地号の字大甲乙ノヶーABＢ１2３〇十百-－ 　\n\u200b\U000e0100゛ﾞ〒(),。🏠𠮷é"
)


def variants() -> list[dict[str, str]]:
    """Return the spellings that came with the data."""
    with gzip.open(registry.DATA / "variants.csv.gz", "rt", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def hard() -> list[dict[str, str]]:
    """Return the hard cases."""
    with (registry.DATA / "hard_cases.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def folded(name: str) -> str:
    """Return a name without 大字 and 字 at its beginning, in new kanji, with ヶ・ケ・ガ・が as ケ and ノ・の as の.

    Only for comparing names with the truth; strict equality is told beside it. It uses nothing of the engine.
    """
    name = re.sub("[\U000e0100-\U000e01ef]", "", unicodedata.normalize("NFKC", name))
    name = "".join(_NEW.get(letter, letter) for letter in name)
    for group in _ALIKE.split("|"):
        name = re.sub(f"[{group}]", group[0], name)
    return re.sub("[ノ之]", "の", re.sub("[ヶがガ]", "ケ", re.sub("^(大字|字)", "", name)))


def bare(text: str) -> str:
    """Return a text without what has no ink."""
    return "".join(
        c for c in unicodedata.normalize("NFKC", text) if not c.isspace() and unicodedata.category(c) != "Cf"
    )


def right(case: Case, row: Row) -> bool:
    """Return whether a row has exactly the ids of a case; where its source has none, its names, folded."""
    if case.kind == "town" and not case.town.machiaza_id:
        same = row["prefecture"] == case.town.prefecture and row["city"] == case.town.municipality
        return same and folded(row["town"] or "") == folded(case.town.name)
    if case.kind == "town":
        return (row["lg_code"], row["machiaza_id"]) == case.ids
    ids = ("lg_code", "machiaza_id", *(("prc_id",) if case.kind == "parcel" else ("blk_id", "rsdt_id")))
    return tuple(row[name] for name in ids) == case.ids


def keeps_tail(case: Case, row: Row) -> bool:
    """Return whether building, room or name stand in the result as they were written."""
    return bare(case.tail) in bare(f"{row['building'] or ''}{row['rest'] or ''}")


def lost(address: str, row: Row) -> int:
    """Return how many characters of an address are in no part, in two, or in a part that the columns do not show.

    A letter, kanji, kana or digit that is told to be a separator counts as lost too, but for the の between numbers.
    """
    at = missing = 0
    shown = bare(f"{row['building'] or ''}{row['rest'] or ''}")
    for span in row["spans"]:
        missing += abs(span["start"] - at)
        at = span["end"]
        text = address[span["start"] : span["end"]]
        if span["part"] in {"building", "room", "rest", "care_of", "street"} and bare(text) not in shown:
            missing += len(text)
        if span["part"] == "separator":
            missing += sum(unicodedata.category(c) in _INK and c not in "のノ之" for c in text)
    return missing + abs(len(address) - at)


def told_by(correct: Iterable[tuple[str, bool]]) -> dict[str, float]:
    """Return the share that is right of each style."""
    counts: dict[str, list[bool]] = defaultdict(list)
    for style, one in correct:
        counts[style].append(one)
    return {style: round(sum(ones) / len(ones), 5) for style, ones in counts.items()}


def accuracy(read: Normaliser, each: int) -> dict[str, Any]:
    """Return how many addresses are read exactly right, and how many characters are lost."""
    rows = variants()
    found = read(pa.array([row["address"] for row in rows])).to_pylist()
    ids = ("lg_code", "machiaza_id", "blk_id", "rsdt_id")
    exact = [
        tuple(one[name] for name in ids) == tuple(row[name] for name in ids)
        for one, row in zip(found, rows, strict=True)
    ]
    made = cases(each, SEED)
    of_made = read(pa.array([case.address for case in made])).to_pylist()
    styles = told_by((case.style, right(case, row)) for case, row in zip(made, of_made, strict=True))
    tails = [keeps_tail(case, row) for case, row in zip(made, of_made, strict=True) if case.tail]
    numbers = [case for case in made if case.kind != "town"]
    random_texts = strange(2000 if each < 1000 else 20_000)
    of_strange = read(pa.array(random_texts)).to_pylist()
    pairs = [*zip((row["address"] for row in rows), found, strict=True)]
    pairs += [*zip((case.address for case in made), of_made, strict=True), *zip(random_texts, of_strange, strict=True)]
    wrong = [
        (case.style, case.address, "/".join(case.ids) or case.town.name, _told(row))
        for case, row in zip(made, of_made, strict=True)
        if not right(case, row)
    ]
    wrong += [
        ("variants", row["address"], row["num"], _told(one))
        for row, one, good in zip(rows, found, exact, strict=True)
        if not good
    ]
    wrong += [
        (f"tail:{case.style}", case.address, case.tail, f"{row['building']}|{row['rest']}")
        for case, row in zip(made, of_made, strict=True)
        if case.tail and not keeps_tail(case, row)
    ]
    wrong += [("lost", text, "0", str(lost(text, row))) for text, row in pairs if lost(text, row)]
    residences = [right(case, row) for case, row in zip(made, of_made, strict=True) if case.kind == "residence"]
    return {
        "exact_id": round(sum(exact) / len(exact), 5),
        "exact_id_unseen": round(sum(residences) / len(residences), 5),
        "exact_id_unseen_all": round(sum(right(c, r) for c, r in zip(made, of_made, strict=True)) / len(made), 5),
        "styles": styles,
        "tails_kept": round(sum(tails) / len(tails), 5),
        "lost_chars": sum(lost(text, row) for text, row in pairs),
        "characters": sum(len(text) for text, _ in pairs),
        "cases": len(made),
        "with_numbers": len(numbers),
        "wrong": wrong,
    }


def _told(row: Row) -> str:
    return "|".join(str(row[name] or "") for name in ("city", "town", "block", "number", "building", "rest", "level"))


def strange(count: int) -> list[str]:
    """Return texts that are no addresses, of the letters of addresses and worse."""
    rng = random.Random(SEED)  # noqa: S311 - made-up texts
    return ["".join(rng.choices(_LETTERS, k=rng.randrange(60))) for _ in range(count)]


def hard_cases(read: Normaliser) -> dict[str, Any]:
    """Return the share of hard cases whose prefecture, city and town are right, strictly and folded."""
    rows = hard()
    found = read(pa.array([row["address"] for row in rows])).to_pylist()
    return compared(rows, [(one["prefecture"] or "", one["city"] or "", one["town"] or "") for one in found])


def compared(rows: Sequence[dict[str, str]], found: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    """Compare prefecture, city and town with the truth."""
    truth = [(row["prefecture"], row["city"], row["town"]) for row in rows]
    same = [tuple(map(folded, one)) == tuple(map(folded, true)) for one, true in zip(found, truth, strict=True)]
    strict = [one == true for one, true in zip(found, truth, strict=True)]
    missed = [row["address"] for row, good in zip(rows, same, strict=True) if not good]
    return {"folded": round(sum(same) / len(same), 4), "strict": round(sum(strict) / len(strict), 4), "missed": missed}


def speed(index: Path, rows: int, each: int, runs: int) -> dict[str, Any]:
    """Read a Parquet file of addresses and write another, in two threads, as `umaya places normalise` does."""
    distinct = [row["address"] for row in variants()] + [case.address for case in cases(each, SEED + 1)]
    rng = random.Random(SEED)  # noqa: S311 - an order
    rng.shuffle(distinct)
    many = (distinct * (rows // len(distinct) + 1))[:rows]
    best: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.parquet", Path(folder) / "out.parquet"
        pq.write_table(pa.table({"address": many}), source)
        read = Normaliser(open_index(index))
        for _ in range(runs + 1):
            began, cpu = time.perf_counter(), time.process_time()
            file = AddressFile(source)
            with pq.ParquetWriter(target, file.result_schema(), compression="zstd") as writer:
                for batch in file.normalised(read, CORES):
                    writer.write_batch(batch)
            wall, spent = time.perf_counter() - began, time.process_time() - cpu
            told = {
                "per_s": round(rows / wall),
                "per_cpu_s": round(rows / spent),
                "wall_s": round(wall, 2),
                "cpu_s": round(spent, 2),
            }
            if not best or told["per_s"] > best["per_s"]:
                best = told
        if pq.ParquetFile(target).metadata.num_rows != rows:
            raise RuntimeError("rows are missing")
    return best | {"rows": rows, "distinct": len(set(distinct)), "load": round(os.getloadavg()[0], 1)}


def latencies(lookup: Lookup, count: int) -> dict[str, Any]:
    """Return how long reverse and suggest take, milliseconds of the clock and of the processor."""
    rng = random.Random(SEED)  # noqa: S311 - places and beginnings
    points = [(p.lon, p.lat) for p in registry.residences() if p.lon is not None and p.lat is not None]
    near = rng.choices(points, k=count)
    where = [(lon + rng.uniform(-0.01, 0.01), lat + rng.uniform(-0.01, 0.01)) for lon, lat in near]
    typed = [
        case.address for case in cases(20, SEED + 2) if case.style in {"official", "hyphens", "old_kanji", "town_koaza"}
    ]
    typed += [
        "とうきょうとぶんきょうくほんごう3-12",
        "bunkyo-ku hongo 3-12",
        "wakayamashi minato 3-13",
        "shinjuku",
        "おおさかしきたく",
    ]
    typed += [f"{row.municipality}{row.oaza}" for row in rng.choices(registry.postal(), k=count // 50)]
    beginnings = [text[:end] for text in typed for end in range(1, len(text) + 1)]
    rng.shuffle(beginnings)
    return {
        **_timed("reverse", [partial(lookup.near, *one) for one in where]),
        **_timed("suggest", [partial(lookup.completions, one) for one in beginnings[:count]]),
    }


def _timed(name: str, calls: Sequence[Callable[[], object]]) -> dict[str, Any]:
    for call in calls[:20]:
        call()
    walls, spent = [], []
    for call in calls:
        began, cpu = time.perf_counter(), time.thread_time()
        call()
        walls.append((time.perf_counter() - began) * 1000)
        spent.append((time.thread_time() - cpu) * 1000)
    walls.sort()
    spent.sort()
    at = math.ceil(len(calls) * 0.99) - 1
    return {
        f"{name}_p50_ms": round(walls[len(calls) // 2], 3),
        f"{name}_p99_ms": round(walls[at], 3),
        f"{name}_cpu_p99_ms": round(spent[at], 3),
        f"{name}_calls": len(calls),
    }


def peer(sample: int, each: int) -> dict[str, Any]:
    """Let @geolonia/normalize-japanese-addresses read the same addresses from the same data."""
    rng = random.Random(SEED)  # noqa: S311 - a sample
    rows = rng.sample(variants(), sample)
    made = [case for case in cases(each, SEED) if case.kind != "town" or case.town.machiaza_id]
    with tempfile.TemporaryDirectory() as folder:
        api = write_geolonia(Path(folder))
        found, seconds, rss = run_geolonia(api, [row["address"] for row in rows], Path(folder), CORES)
        of_made, _, _ = run_geolonia(api, [case.address for case in made], Path(folder), CORES)
        of_hard, _, _ = run_geolonia(api, [row["address"] for row in hard()], Path(folder), 1)
    exact = [
        (one.code, one.machiaza_id, one.numbers) == (row["lg_code"], row["machiaza_id"], row["num"])
        for one, row in zip(found, rows, strict=True)
    ]
    good = [_peer_right(case, one) for case, one in zip(made, of_made, strict=True)]
    return {
        "per_s": round(sample / seconds, 1),
        "exact_id": round(sum(exact) / sample, 5),
        "exact_id_unseen": round(
            sum(g for g, c in zip(good, made, strict=True) if c.kind == "residence")
            / sum(c.kind == "residence" for c in made),
            5,
        ),
        "styles": told_by((case.style, one) for case, one in zip(made, good, strict=True)),
        "hard": compared(hard(), [(one.prefecture, one.city, one.town) for one in of_hard]) | {"missed": None},
        "sample": sample,
        "rss_mb": rss // 1_000_000,
    }


def _peer_right(case: Case, one: Reading) -> bool:
    """Return whether the peer found the town, and for a place with a number, the number."""
    if (one.code, one.machiaza_id) != case.ids[:2]:
        return False
    return case.kind == "town" or one.numbers == "-".join(case.numbers)


def build(folder: Path) -> dict[str, Any]:
    """Make the index as `umaya places index` does, in a process of its own."""
    listed = registry.DATA / "towns_ishikawa_nara.csv.gz"
    command = ["places", "index", "--registry", str(registry.DATA), "--towns", str(listed), "--out", str(folder)]
    began = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(Path(sys.executable).with_name("umaya")), *command], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return {
        "wall_s": round(time.perf_counter() - began, 1),
        "cpu_s": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "rss_mb": after.ru_maxrss // 1000,
        "size_mb": round(size / 1e6, 1),
    }


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted for uniformity; JSON is always the last line")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--index", type=Path, help="an index that was made before; it is made without this")
    parser.add_argument("--wrong", type=Path, help="CSV to which every wrong case is added")
    parser.add_argument("--no-peer", action="store_true")
    chosen = parser.parse_args()
    if not registry.DATA.is_dir():
        print(json.dumps({"skipped": "the supplied registry is not there"}))
        return
    quick = chosen.quick
    found: dict[str, Any] = {"seed": SEED, "cores": CORES}
    with tempfile.TemporaryDirectory() as folder:
        index = chosen.index or Path(folder) / "index"
        if chosen.index is None:
            found["index"] = build(index)
        found["speed"] = speed(index, 400_000 if quick else 2_000_000, 1000 if quick else 8000, 1 if quick else 3)
        lookup = open_lookup(index)
        told = accuracy(lookup.normalise, 200 if quick else 2000)
        wrong = told.pop("wrong")
        found |= told | {"hard": hard_cases(lookup.normalise)} | latencies(lookup, 2000 if quick else 20_000)
    if chosen.wrong:
        with chosen.wrong.open("a", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(wrong)
    found["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000
    if not chosen.no_peer:
        found["peer"] = peer(600 if quick else 6000, 20 if quick else 150)
        found["peer_per_s"] = found["peer"]["per_s"]
    found |= {"per_s": found["speed"]["per_s"], "hard_town": found["hard"]["folded"]}
    found["load"] = [round(one, 1) for one in os.getloadavg()]
    print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
