// The map's style: own vector layers only, no sprite, no glyph server (without a `glyphs` URL MapLibre draws all text
// with the reader's fonts). Status is told by colour, width and dash together. Colours come from map.css, where the legend
// takes them from too.

const FONT = ["Noto Sans JP", "Noto Sans CJK JP", "Hiragino Sans", "Yu Gothic UI", "Meiryo", "IPAexGothic", "IPAGothic"];
const MAJOR = ["motorway", "trunk", "primary", "secondary", "motorway_link", "trunk_link", "primary_link", "secondary_link"];
const FAR = [...MAJOR, "tertiary", "tertiary_link"];
const NEAR_FROM = 13;
const MIDDLE = ["tertiary", "tertiary_link", "unclassified"];

export function coloursFrom(element) {
  const computed = getComputedStyle(element);
  const colour = (name) => computed.getPropertyValue(`--map-${name}`).trim();
  return {
    ground: colour("ground"), water: colour("water"), waterText: colour("water-text"), building: colour("building"),
    road: colour("road"), casing: colour("casing"), text: colour("text"), office: colour("office"),
    turnBack: colour("turn-back"), report: colour("report"), reportSign: colour("report-sign"), reopened: colour("reopened"), selected: colour("selected"), blocked: colour("probably-blocked"),
    "passed-1h": colour("passed-1h"), "passed-3h": colour("passed-3h"), "passed-24h": colour("passed-24h"),
  };
}

// What a click on the map looks for, and the filter of the layer `selected`.
export const ROAD_LAYERS = ["road", "road-far", "passed-24h", "passed-3h", "passed-1h", "probably-blocked"];
export const isRoad = (segment) => ["==", ["id"], segment ?? -1];

const byClass = (major, middle, minor) => ["match", ["get", "highway"], MAJOR, major, MIDDLE, middle, minor];
const growing = (at12, at15, at18) => ["interpolate", ["exponential", 1.4], ["zoom"], 12, at12, 15, at15, 18, at18];
const roadWidth = (extra) => growing(
  byClass(2 + extra / 2, 1.2 + extra / 2, 0.8 + extra / 2),
  byClass(6 + extra, 4.5 + extra, 3.2 + extra),
  byClass(22 + extra, 18 + extra, 14 + extra),
);
// From afar a line is too thin for anybody to see its ends.
const ENDS = { "line-cap": ["step", ["zoom"], "butt", 14, "round"], "line-join": ["step", ["zoom"], "bevel", 14, "round"] };
const DASHED = { "line-join": ENDS["line-join"] };

function statusLine(status, statesOf, colour, width, dash) {
  return {
    id: status, type: "line", ...statesOf(status),
    layout: dash ? DASHED : ENDS,
    paint: { "line-color": colour, "line-width": width, ...(dash && { "line-dasharray": dash }) },
  };
}

function backgroundLayers(c) {
  return [
    { id: "ground", type: "background", paint: { "background-color": c.ground } },
    { id: "water", type: "fill", source: "roads", "source-layer": "water", paint: { "fill-color": c.water } },
    { id: "stream", type: "line", source: "roads", "source-layer": "waterways", paint: { "line-color": c.water, "line-width": growing(1.5, 4, 12) } },
    { id: "building", type: "fill", source: "roads", "source-layer": "buildings", minzoom: 13, paint: { "fill-color": c.building } },
  ];
}

// Every line is drawn anew in every frame, so from afar a road without evidence is one line, and small ones are none; what
// is known is drawn of every road. `road-casing` and `road` have one layout, so that their lines are prepared once.
function roadLayers(c, statesOf) {
  const road = { type: "line", source: "roads", "source-layer": "roads", layout: ENDS };
  return [
    { ...road, id: "road-far", maxzoom: NEAR_FROM, filter: ["in", ["get", "highway"], ["literal", FAR]], paint: { "line-color": c.casing, "line-width": roadWidth(1) } },
    { ...road, id: "road-casing", minzoom: NEAR_FROM, paint: { "line-color": c.casing, "line-width": roadWidth(2) } },
    { ...road, id: "road", minzoom: NEAR_FROM, paint: { "line-color": c.road, "line-width": roadWidth(0) } },
    { ...road, id: "selected", filter: isRoad(null), paint: { "line-color": c.selected, "line-width": roadWidth(10) } },
    // A line to each side of the road, so that its age class stays to be seen.
    { id: "reopened", type: "line", ...statesOf("reopened"), layout: { "line-join": ENDS["line-join"] }, paint: { "line-color": c.reopened, "line-width": growing(1.2, 2, 3), "line-gap-width": growing(4.5, 9, 20) } },
    statusLine("passed-24h", statesOf, c["passed-24h"], growing(1.6, 3, 8), [0.9, 1.1]),
    statusLine("passed-3h", statesOf, c["passed-3h"], growing(2, 4, 10), [3, 1.2]),
    statusLine("passed-1h", statesOf, c["passed-1h"], growing(2.6, 5.5, 14)),
    { ...statusLine("probably-blocked", statesOf, c.blocked, growing(4, 8, 18)), layout: DASHED },
    { ...statusLine("probably-blocked", statesOf, "#ffffff", growing(2, 4.5, 11), [1.1, 1.1]), id: "probably-blocked-dash" },
  ];
}

function textLayers(c, nameOf) {
  const text = (size) => ({ "text-font": FONT, "text-size": size });
  const mark = {
    "icon-image": ["get", "kind"],
    "icon-size": growing(0.6, 0.85, 1.2),
    "icon-allow-overlap": ["step", ["zoom"], false, 12, true],
    "icon-offset": ["match", ["get", "place"], "beside", ["literal", [26, 0]], ["literal", [0, 0]]],
  };
  const paint = (colour) => ({ "text-color": colour, "text-halo-color": c.ground, "text-halo-width": 2 });
  return [
    { id: "water-name", type: "symbol", source: "roads", "source-layer": "water", layout: { ...text(13), "text-field": nameOf, "symbol-placement": "point" }, paint: paint(c.waterText) },
    { id: "road-name", type: "symbol", source: "roads", "source-layer": "roads", minzoom: 13.5, layout: { ...text(13), "text-field": nameOf, "symbol-placement": "line", "symbol-spacing": 350, "text-max-angle": 35, "text-padding": 6, "text-offset": [0, 1.1] }, paint: paint(c.text) },
    { id: "office", type: "symbol", source: "roads", "source-layer": "offices", layout: { ...text(14), "icon-image": "office", "icon-size": growing(0.6, 0.9, 1.2), "icon-allow-overlap": true, "text-field": nameOf, "text-variable-anchor": ["top", "bottom", "left", "right"], "text-radial-offset": 1.1, "text-optional": true }, paint: paint(c.text) },
    // From afar only what is blocked is marked; labels give way to marks.
    { id: "turn-backs", type: "symbol", source: "marks", minzoom: 13, filter: ["==", ["get", "kind"], "turn-back"], layout: mark },
    { id: "blocked", type: "symbol", source: "marks", filter: ["==", ["get", "kind"], "blocked"], layout: mark },
  ];
}

// What carriers report, one mark a road; the bubble's tip is where it is meant. Dense ones are drawn together.
function reportLayers(c) {
  const layout = (size) => ({
    "icon-size": size, "icon-anchor": "bottom", "icon-allow-overlap": true, "icon-ignore-placement": true,
    "text-font": FONT, "text-allow-overlap": true, "text-ignore-placement": true,
  });
  const several = [">", ["get", "count"], 1];
  return [
    { id: "report-clusters", type: "symbol", source: "reports", filter: ["has", "point_count"], layout: { ...layout(1.35), "icon-image": "report-cluster", "text-field": ["to-string", ["get", "reports"]], "text-size": 13, "text-offset": [0, -1.45] }, paint: { "text-color": c.reportSign } },
    { id: "reports", type: "symbol", source: "reports", filter: ["!", ["has", "point_count"]], layout: { ...layout(1.15), "icon-image": ["coalesce", ["image", ["concat", "report-", ["get", "kind"]]], ["image", "report-other"]], "text-field": ["case", several, ["to-string", ["get", "count"]], ""], "text-size": 12, "text-offset": [1.3, -2.1] }, paint: { "text-color": c.text, "text-halo-color": c.ground, "text-halo-width": 2 } },
  ];
}

const REPORTS = { cluster: true, clusterRadius: 34, clusterMaxZoom: 15, clusterProperties: { reports: ["+", ["get", "count"]] } };

// `sources` are `roads` and, beside it or the same, where states come from; `statesOf` gives source, layer and filter of a status.
export function mapStyle(colours, language, sources, statesOf) {
  const nameOf = language === "ja" ? ["coalesce", ["get", "name"], ""] : ["coalesce", ["get", "name_en"], ["get", "name"], ""];
  const none = { type: "FeatureCollection", features: [] };
  return {
    version: 8,
    sources: { ...sources, marks: { type: "geojson", data: none }, reports: { type: "geojson", data: none, ...REPORTS } },
    layers: [...backgroundLayers(colours), ...roadLayers(colours, statesOf), ...textLayers(colours, nameOf), ...reportLayers(colours)],
  };
}
