// Minutes to the nearest office, cell by cell, on a map. The page's chart and tables hold the sums and the farthest cells.

import { AttributionControl, Map as GLMap, NavigationControl, Popup, ScaleControl, setWorkerUrl } from "maplibre-gl";
import { language, t } from "../roads/words.js";

const page = document.querySelector("[data-offices]");
const FONT = ["Noto Sans JP", "Noto Sans CJK JP", "Hiragino Sans", "Yu Gothic UI", "Meiryo", "IPAexGothic", "IPAGothic"];
const BANDS = 6;
const NO_ROAD = BANDS - 1;

const computed = getComputedStyle(page);
const colour = (name) => computed.getPropertyValue(`--${name}`).trim();
const band = ["match", ["get", "band"], ...Array.from({ length: BANDS - 1 }, (_, n) => [n, colour(`band-${n}`)]).flat(), colour(`band-${NO_ROAD}`)];
const of = (layer) => ["==", ["get", "layer"], layer];
const named = ["get", language === "ja" ? "name" : "name_en"];
const STATES = { closes: "×", begins: "＋", open: "〒", without: "・" };

function boundsOf({ features }) {
  const cells = features.filter(({ properties, geometry }) => properties.layer !== "road" && geometry);
  const points = cells.flatMap(({ geometry }) => (geometry.type === "Point" ? [geometry.coordinates] : geometry.coordinates[0]));
  if (points.length === 0) return undefined;
  const [lons, lats] = [points.map(([lon]) => lon), points.map(([, lat]) => lat)];
  return [[Math.min(...lons), Math.min(...lats)], [Math.max(...lons), Math.max(...lats)]];
}

function styleOf(data) {
  return {
    version: 8,
    sources: { offices: { type: "geojson", data } },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": "#fafaf8" } },
      { id: "cell", type: "fill", source: "offices", filter: of("cell"), paint: { "fill-color": band, "fill-opacity": 0.75, "fill-outline-color": "#ffffff" } },
      { id: "concerned", type: "line", source: "offices", filter: ["all", of("cell"), ["get", "concerned"]], paint: { "line-color": colour("office-text"), "line-width": 2 } },
      { id: "road", type: "line", source: "offices", filter: of("road"), paint: { "line-color": colour("office-road"), "line-width": 1.5 } },
      { id: "minutes", type: "symbol", source: "offices", minzoom: 14, filter: ["all", of("cell"), ["!=", ["get", "after"], null]], layout: { "text-field": ["to-string", ["round", ["get", "after"]]], "text-font": FONT, "text-size": 12 }, paint: { "text-color": "#000000", "text-halo-color": "#ffffff", "text-halo-width": 1.5 } },
      {
        id: "office", type: "symbol", source: "offices", filter: of("office"),
        layout: { "text-field": ["concat", ["match", ["get", "state"], ...Object.entries(STATES).flat(), "〒"], "\n", named], "text-font": FONT, "text-size": 14, "text-allow-overlap": true },
        paint: { "text-color": colour("office-text"), "text-halo-color": "#ffffff", "text-halo-width": 2 },
      },
    ],
  };
}

function wordsOf({ people, before, after, concerned }) {
  const minutes = (value) => (value == null ? t("offices.js.unreached") : t("offices.js.minutes", { n: Math.round(value) }));
  const lines = [t("offices.js.people", { n: people.toLocaleString(language) })];
  lines.push(before === after ? minutes(after) : t("offices.js.change", { before: minutes(before), after: minutes(after) }));
  if (concerned) lines.push(t("offices.js.concerned"));
  return lines.join("\n");
}

async function start() {
  const answer = await fetch(page.dataset.mapUrl, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`the map was not answered: ${answer.status}`);
  const data = await answer.json();
  setWorkerUrl(page.dataset.worker);
  const map = new GLMap({
    container: page.querySelector("[data-map]"), style: styleOf(data), bounds: boundsOf(data), fitBoundsOptions: { padding: 24, animate: false },
    attributionControl: false, dragRotate: false, touchPitch: false, cooperativeGestures: false,
    locale: { "NavigationControl.ZoomIn": t("offices.js.zoom-in"), "NavigationControl.ZoomOut": t("offices.js.zoom-out"), "Map.Title": t("offices.js.map") },
  });
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
  map.addControl(new AttributionControl({ compact: false, customAttribution: t("sample" in page.dataset ? "roads.attribution-sample" : "roads.attribution") }), "bottom-right");
  map.on("click", "cell", ({ features, lngLat }) => {
    const text = document.createElement("p");
    text.className = "offices__popup";
    text.textContent = wordsOf(features[0].properties);
    new Popup({ closeButton: true, locale: { "Popup.Close": t("offices.js.close") } }).setLngLat(lngLat).setDOMContent(text).addTo(map);
  });
  map.once("idle", () => { page.dataset.drawn = "true"; });
}

start().catch(() => { page.querySelector("[data-message]").hidden = false; });
