"""The road map of a prefecture: `python bench/tiles.py --json [--quick]`.

On generated roads (500,000 directed edges): how fast tiles are cut and how large they are, beside mapbox-vector-tile
on the same tiles; how many bytes a change of 100,000 roads takes; and, in a real Chromium without a GPU, how long the
map takes to open, how it pans on a slow machine (CPU slowed four times), and how long 100,000 changed roads take from
their release until they are drawn - beside setting the state of each road on the same tiles, and beside the network as
one GeoJSON. Prints one JSON object last.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import mapbox_vector_tile
import numpy as np
import shapely
from playwright.sync_api import CDPSession, Page, sync_playwright
from starlette.staticfiles import StaticFiles

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.web import browsing  # noqa: E402 - found by the line above
from tests.web.clients import app_of  # noqa: E402
from tests.web.hubs import OFFICER, make_hub  # noqa: E402

from tiles_world import Prefecture, prefecture, states  # noqa: E402
from umaya.engines.tiles import Tile, covering, to_unit  # noqa: E402
from umaya.engines.tiles.mercator import BUFFER, EXTENT  # noqa: E402
from umaya.gate import Area, Event, Words  # noqa: E402
from umaya.services.roads import drawn as drawn_module  # noqa: E402
from umaya.services.roads.features import document  # noqa: E402
from umaya.services.roads.service import MapState, RoadMapService  # noqa: E402
from umaya.services.roads.tiles import MAX_ZOOM, SMALL_ROADS_FROM, RoadTiles, road_lines, segments_of  # noqa: E402
from umaya.services.roads.tiles_state import Snapshots  # noqa: E402

SIZE = {"width": 1280, "height": 800}
SLOWER = 4
CHANGED = 100_000
WATCH = """
window.told = []; window.drawn = [];
const now = () => performance.timeOrigin + performance.now();
const Source = window.EventSource;
window.EventSource = class extends Source {
  constructor(url) { super(url); this.addEventListener("window", () => window.told.push(now())); }
};
new MutationObserver(() => window.drawn.push(now()))
  .observe(document, { subtree: true, attributeFilter: ["data-drawn"] });
"""
FRAMES = """() => new Promise((done) => {
  const times = []; const end = performance.now() + 4000;
  const step = (now) => { times.push(now); now < end ? requestAnimationFrame(step) : done(times); };
  requestAnimationFrame(step);
})"""


def cut(tiles: RoadTiles, network: Any) -> dict[str, Any]:
    """Cut every tile of the near zooms, and some of them with mapbox-vector-tile too."""
    began = time.perf_counter()
    lines = road_lines(segments_of(network))
    prepared = time.perf_counter() - began
    west, south, east, north = tiles.bounds
    found: dict[str, Any] = {"prepare_s": round(prepared, 2)}
    for zoom in (9, 11, 12, 14):
        wanted = covering(west, south, east, north, zoom)
        lines.layer("roads", wanted[0])
        began, cpu = time.perf_counter(), time.process_time()
        content = [lines.layer("roads", tile) for tile in wanted]
        wall, cpu = time.perf_counter() - began, time.process_time() - cpu
        full = [c for c in content if c]
        packed = [len(gzip.compress(c, 6)) for c in full]
        found[f"z{zoom}"] = {
            "tiles": len(full),
            "per_s": round(len(full) / wall, 1),
            "cpu_s": round(cpu, 2),
            "kb": round(sum(map(len, full)) / 1000),
            "kb_gzip": round(sum(packed) / 1000),
            "largest_kb_gzip": round(max(packed) / 1000, 1),
        }
    return found


def peer(network: Any, bounds: tuple[float, float, float, float], count: int) -> dict[str, Any]:
    """Cut some tiles of zoom 14 with shapely and mapbox-vector-tile, and the same with ours."""
    segments = segments_of(network)
    shapes = shapely.transform(shapely.from_wkb(segments["geometry"].to_numpy(zero_copy_only=False)), to_unit)
    tree = shapely.STRtree(shapes)
    about = segments.select(["segment_id", "highway", "name"]).to_pylist()
    lines = road_lines(segments)
    west, south, east, north = bounds
    chance = np.random.default_rng(1)
    everywhere = covering(west, south, east, north, MAX_ZOOM)
    busy = sorted(everywhere, key=lambda t: -len(tree.query(shapely.box(*t.box))))[: 4 * count]
    wanted = [busy[i] for i in chance.choice(len(busy), min(count, len(busy)), replace=False)]

    def other(tile: Tile) -> bytes:
        rows = tree.query(shapely.box(*tile.box))
        scale = float(1 << tile.z) * EXTENT
        origin = np.array([tile.x, tile.y], float) * EXTENT
        moved = shapely.transform(shapes[rows], lambda unit: unit * scale - origin)
        clipped = shapely.clip_by_rect(moved, -BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
        features = [
            {
                "geometry": line,
                "id": about[row]["segment_id"],
                "properties": {k: about[row][k] for k in ("highway", "name")},
            }
            for row, line in zip(rows.tolist(), clipped, strict=True)
            if not line.is_empty
        ]
        layer = {"name": "roads", "features": features}
        return cast("bytes", mapbox_vector_tile.encode([layer], default_options={"y_coord_down": True}))

    times = {}
    sizes = {}
    for name, make in (("ours", lambda tile: lines.layer("roads", tile)), ("mapbox_vector_tile", other)):
        began = time.process_time()
        content = [make(tile) for tile in wanted]
        times[name] = (time.process_time() - began) / len(wanted) * 1000
        sizes[name] = sum(map(len, content))
        roads = sum(len(mapbox_vector_tile.decode(c)["roads"]["features"]) for c in content)
        sizes[f"{name}_roads"] = roads
    return {
        "tiles": len(wanted),
        **{f"{name}_ms_per_tile": round(value, 2) for name, value in times.items()},
        "vs_mapbox_vector_tile": round(times["mapbox_vector_tile"] / times["ours"], 1),
        **sizes,
    }


def difference(network: Any, tables: list[Any]) -> dict[str, Any]:
    """Write the change of 100,000 roads, beside the whole state as JSON."""
    end = datetime(2026, 11, 20, 20, tzinfo=UTC)
    event = Event(
        "quake",
        Words("地震", "quake"),
        "city",
        Area.of_box([133, 34, 135, 36]),
        end,
        end + timedelta(days=7),
        declared_by=OFFICER.id,
    )
    first, second = (MapState(end, event, (), table) for table in tables)
    snapshots = Snapshots(segments_of(network))
    version = snapshots.of(first).version
    snapshots.difference(second, version)  # compiled
    fresh = Snapshots(segments_of(network))
    fresh.of(first)
    began = time.perf_counter()
    body = fresh.difference(second, version)
    wall = time.perf_counter() - began
    whole = json.dumps(document(second)).encode()
    return {
        "bytes": len(body),
        "bytes_gzip": len(gzip.compress(body, 6)),
        "ms": round(wall * 1000, 1),
        "json_bytes": len(whole),
    }


class Chromium:
    """A page of the real map, or of the peers, in a browser, with what the bench asks of it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.cdp: CDPSession = page.context.new_cdp_session(page)

    def slow(self, times: int) -> None:
        self.cdp.send("Emulation.setCPUThrottlingRate", {"rate": times})

    def pan(self) -> dict[str, float]:
        """Drag the map to and fro for four seconds; return frames a second and the longest waits for one."""
        box = self.page.locator("canvas").first.bounding_box()
        if box is None:
            raise RuntimeError("the page has no map")
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.evaluate(f"() => {{ window.frames_ = ({FRAMES})(); }}")
        end = time.monotonic() + 4
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        step = 0
        while time.monotonic() < end:
            step += 1
            self.page.mouse.move(x + 250 * np.sin(step / 20), y + 80 * np.cos(step / 27))
            self.page.wait_for_timeout(16)
        self.page.mouse.up()
        times = np.diff(np.array(self.page.evaluate("() => window.frames_")))
        return {
            "frames_per_s": round(float(len(times) / (times.sum() / 1000)), 1),
            "p95_frame_ms": round(float(np.percentile(times, 95)), 1),
            "longest_frame_ms": round(float(times.max()), 1),
        }


def browser_cpu() -> float:
    """Return the seconds of processor time that the processes below this one have used: the browser's, all of them."""
    times, parents = {}, {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            told = file.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(file.parent.name)
        parents[pid], times[pid] = int(told[1]), int(told[11]) + int(told[12])
    ours = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    ticks = sum(times.get(pid, 0) for pid in ours - {os.getpid()})
    return ticks / os.sysconf("SC_CLK_TCK")


def product(visitor: browsing.Visitor, service: Prefecture, place: str, slow: int, repeats: int) -> dict[str, Any]:
    """Open the map, pan it, and let 100,000 roads change; times in milliseconds."""
    page = visitor.open("/schemes", OFFICER, "en", SIZE)
    page.add_init_script(WATCH)
    map_ = Chromium(page)
    map_.slow(slow)
    began = time.perf_counter()
    page.goto(f"{visitor.address}/roads")
    page.wait_for_selector("html[data-map=ready]", state="attached", timeout=180_000)
    found: dict[str, Any] = {"open_ms": round((time.perf_counter() - began) * 1000)}
    if place:
        page.goto(f"{visitor.address}/roads?segment={place}")
        page.wait_for_selector("html[data-map=ready]", state="attached", timeout=180_000)
        page.locator("canvas").first.focus()
        for _ in range(4):  # from zoom 16, where a road is shown, to 12
            page.keyboard.press("Minus")
            page.wait_for_timeout(700)
        page.wait_for_timeout(8000)  # until the tiles of the last zoom are there, on a loaded machine too
    found["pan"] = map_.pan()
    page.wait_for_timeout(2000)
    totals, told, cpu = [], [], []
    for _ in range(repeats):
        before = len(page.evaluate("() => window.drawn"))
        count = len(page.evaluate("() => window.told"))
        used = browser_cpu()
        released = time.time()
        service.window += 1
        page.wait_for_function(f"() => window.drawn.length > {before}", timeout=180_000)
        cpu.append(browser_cpu() - used)
        drawn = page.evaluate("() => window.drawn.at(-1)") / 1000
        heard = page.evaluate(f"() => window.told[{count}]") / 1000
        totals.append((drawn - released) * 1000)
        told.append((drawn - heard) * 1000)
        page.wait_for_timeout(1500)
    found["from_release_ms"] = round(statistics.median(totals))
    found["from_told_ms"] = [round(t) for t in told]
    found["browser_cpu_ms"] = round(statistics.median(cpu) * 1000)
    found["from_told_ms_median"] = round(statistics.median(told))
    page.context.close()
    return found


def other(visitor: browsing.Visitor, kind: str, told: dict[str, Any], ids: list[int], slow: int) -> dict[str, Any]:
    """The same in a way that the product does not take."""
    page = visitor.open("/bench/peers.html", OFFICER, "en", SIZE)
    page.set_default_timeout(180_000)
    map_ = Chromium(page)
    map_.slow(slow)
    page.wait_for_function("() => window.load")
    opened = page.evaluate(
        "([k, b, t, z]) => load(k, b, t, z)", [kind, told["bounds"], told["tiles"][0], told["maxzoom"]]
    )
    found: dict[str, Any] = {"open_ms": round(opened)}
    found["pan"] = map_.pan()
    used = browser_cpu()
    times = [
        page.evaluate("([i, c]) => change(i, c)", [ids, [(n + turn) % 3 for n in range(len(ids))]]) for turn in range(3)
    ]
    found["change_ms"] = [round(t) for t in times]
    found["browser_cpu_ms"] = round((browser_cpu() - used) / len(times) * 1000)
    found["pan_after_change"] = map_.pan()
    page.context.close()
    return found


def in_browser(network: Any, tables: list[Any], quick: bool, parts: list[str]) -> dict[str, Any]:
    """Measure in Chromium: the product at its own zooms and with every road in view, and its peers."""
    found: dict[str, Any] = {}
    segments = segments_of(network)
    ids = tables[0].filter(tables[0]["passed_since"])["segment_id"].to_pylist()
    lines = shapely.from_wkb(segments["geometry"].to_numpy(zero_copy_only=False))
    places = np.floor(to_unit(shapely.get_coordinates(shapely.centroid(lines))) * (1 << 13)).astype(int)
    cells, at, count = np.unique(places, axis=0, return_index=True, return_counts=True)
    del cells
    busiest = int(at[np.argmax(count)])
    place = str(segments["segment_id"][busiest].as_py())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        hub = make_hub(folder / "hub")
        service = Prefecture(hub.gate, network=network, tables=tables)
        hub = replace(hub, roads=cast("RoadMapService", service))
        page = folder / "peers"
        page.mkdir()
        for name in ("maplibre-gl.mjs", "maplibre-gl-shared.mjs", "maplibre-gl-worker.mjs"):
            (page / name).write_bytes((ROOT / "node_modules/maplibre-gl/dist" / name).read_bytes())
        (page / "peers.js").write_bytes((ROOT / "bench/tiles_peers.js").read_bytes())
        (page / "peers.css").write_text("html, body { margin: 0 } #map { width: 880px; height: 400px }")
        (page / "peers.html").write_text(
            '<!doctype html><link rel="stylesheet" href="peers.css"><div id="map"></div>'
            '<script type="module" src="peers.js"></script>'
        )
        play = stack.enter_context(sync_playwright())
        browser = play.chromium.launch(executable_path=browsing.CHROMIUM, args=browsing.FLAGS)
        stack.callback(browser.close)
        repeats = 3 if quick else 5
        views = {"map": (SMALL_ROADS_FROM, {"prefecture": "", "town": place}), "all": (5, {"every-road": ""})}
        for part, (small_roads_from, spots) in views.items():
            if part not in parts and (part != "all" or "peers" not in parts):
                continue
            made = partial(RoadTiles, small_roads_from=small_roads_from)
            stack.enter_context(patch.object(drawn_module, "RoadTiles", made))
            vars(hub).pop("app", None)
            app_of(hub).mount("/bench", StaticFiles(directory=page), name="bench")
            with browsing.served(hub) as address:
                visitor = browsing.Visitor(browser, address)
                told = _warm(visitor)
                slower = (1,) if quick else (1, SLOWER)
                for label, spot in spots.items() if part in parts else ():
                    for slow in slower:
                        key = f"{label}.cpu_x{slow}"
                        found[key] = product(visitor, service, spot, slow, repeats)
                        print(key, found[key], flush=True)
                for kind in ("feature-state", "geojson") if part == "all" and "peers" in parts else ():
                    for slow in slower:
                        key = f"peer.{kind}.cpu_x{slow}"
                        found[key] = other(visitor, kind, told, ids, slow)
                        print(key, found[key], flush=True)
                found["faults"] = sorted(set(visitor.faults))
    return found


def _warm(visitor: browsing.Visitor) -> dict[str, Any]:
    """Let the server prepare itself, as it has once the first officer looked; return the TileJSON."""
    page = visitor.open("/schemes", OFFICER, "en", SIZE)
    told: dict[str, Any] = page.evaluate("async () => (await fetch('/api/v1/roads/tiles.json')).json()")
    west, south, east, north = told["bounds"]
    for zoom in range(told["minzoom"], 12):
        for tile in covering(west, south, east, north, zoom):
            url = told["tiles"][0].format(z=tile.z, x=tile.x, y=tile.y)
            page.evaluate("async (url) => { await (await fetch(url)).arrayBuffer(); }", url)
    page.context.close()
    return told


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted for uniformity; JSON is always the last line")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument(
        "--part", choices=["server", "map", "all", "peers"], help="only one part; all of them without it"
    )
    arguments = parser.parse_args()
    edges = 100_000 if arguments.quick else 500_000
    began = time.perf_counter()
    network = prefecture(edges, seed=1)
    tables = states(network, min(CHANGED, edges // 4), seed=1)
    found: dict[str, Any] = {
        "edges": network.edges.num_rows,
        "segments": segments_of(network).num_rows,
        "changed": min(CHANGED, edges // 4),
        "generated_s": round(time.perf_counter() - began, 1),
        "load": [round(x, 1) for x in os.getloadavg()],
    }
    tiles = RoadTiles(cast("Any", Prefecture(cast("Any", None), network=network).atlas))
    if arguments.part in {None, "server"}:
        found["cut"] = cut(tiles, network)
        found["peer"] = peer(network, tiles.bounds, 10 if arguments.quick else 40)
        found["difference"] = difference(network, tables)
        print(found, flush=True)
    if arguments.part != "server" and browsing.CHROMIUM:
        parts = [arguments.part] if arguments.part else ["map", "all", "peers"]
        found["browser"] = in_browser(network, tables, arguments.quick, parts)
    found["load_after"] = [round(x, 1) for x in os.getloadavg()]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
