// The ways of drawing a state that the road map does not take, for bench/tiles.py: the state of each road set one by one
// on vector tiles, and the whole network as one GeoJSON document (as the map of a town did before it had tiles).

import { Map as GLMap, setWorkerUrl } from "./maplibre-gl.mjs";

setWorkerUrl(new URL("./maplibre-gl-worker.mjs", location.href).href);

const STATUSES = ["passed-24h", "passed-3h", "passed-1h", "probably-blocked"];
const COLOURS = ["#008bf2", "#0066be", "#00118f", "#ce0000"];

function layers(more) {
  const road = { type: "line", source: "roads", ...more };
  return [
    { id: "ground", type: "background", paint: { "background-color": "#fafaf8" } },
    { ...road, id: "casing", paint: { "line-color": "#b3b3b3", "line-width": 3 } },
    { ...road, id: "road", paint: { "line-color": "#ffffff", "line-width": 2 } },
    ...STATUSES.map((status, i) => ({ ...road, id: status, paint: { "line-color": COLOURS[i], "line-width": 3, "line-opacity": ["case", ["==", ["coalesce", ["feature-state", "status"], ""], status], 1, 0] } })),
  ];
}

let map;
let target;

// Draws the roads; resolves with the milliseconds until everything is there.
window.load = async (kind, bounds, tiles, maxzoom) => {
  const began = performance.now();
  const vector = kind === "feature-state";
  target = vector ? { source: "roads", sourceLayer: "roads" } : { source: "roads" };
  const source = vector
    ? { type: "vector", tiles: [new URL(tiles, location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}")], bounds, maxzoom }
    : { type: "geojson", data: await (await fetch("/api/v1/roads/network")).json(), tolerance: 0.2 };
  map = new GLMap({ container: "map", bounds, attributionControl: false, maxZoom: 19, style: { version: 8, sources: { roads: source }, layers: layers(vector ? { "source-layer": "roads" } : {}) } });
  await map.once("idle");
  return performance.now() - began;
};

// Gives each road of `ids` a status; resolves with the milliseconds until it is drawn.
window.change = async (ids, codes) => {
  const began = performance.now();
  for (let i = 0; i < ids.length; i++) map.setFeatureState({ ...target, id: ids[i] }, { status: STATUSES[codes[i]] });
  await map.once("render");
  return performance.now() - began;
};
