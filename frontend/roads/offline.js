// The map to take along: one page with everything in it, opened from a folder or a stick without any server. The state is
// that of one moment. Its parts lie in the page as data blocks; nothing is asked for from anywhere.

import { addProtocol, AttributionControl, Map as GLMap, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import { PMTiles } from "pmtiles";
import { showDetails } from "./details.js";
import { addIcons } from "./icons.js";
import { ReportLayer, ReportPanel } from "./reports.js";
import { coloursFrom, isRoad, mapStyle, ROAD_LAYERS } from "./style.js";
import { formatTime, language, t } from "./words.js";

const block = (id) => document.getElementById(id).textContent;
const about = JSON.parse(block("about"));
const reports = about.reports ?? { type: "FeatureCollection", features: [] };
const CHUNK = 1 << 20;
const CONTROLS = ["NavigationControl.ZoomIn", "NavigationControl.ZoomOut", "Map.Title"];

// Decodes the archive by parts, so that no second copy of it as text is made.
function archive() {
  const text = block("archive");
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let from = 0, at = 0; from < text.length; from += CHUNK) {
    const part = atob(text.slice(from, from + CHUNK));
    for (let i = 0; i < part.length; i++) bytes[at++] = part.charCodeAt(i);
  }
  document.getElementById("archive").remove();
  return new PMTiles({ getKey: () => "archive", getBytes: async (offset, length) => ({ data: bytes.buffer.slice(offset, offset + length) }) });
}

function element(name, { text = "", ...attributes } = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...(text ? [text] : []), ...children);
  return made;
}

function headOf() {
  const other = language === "ja" ? "en" : "ja";
  const to = element("a", { class: "button button--quiet", href: `#${other}`, lang: other, text: other === "en" ? "English" : "日本語" });
  to.addEventListener("click", () => setTimeout(() => location.reload()));
  return element("header", { class: "roads__head" },
    element("div", { class: "roads__top" }, element("h1", { text: t("roads.offline.title") }), to),
    element("p", { class: "event" }, element("strong", { text: about.event.name[language] }), element("span", { text: `${t("roads.event.since")} ${formatTime(about.event.start)}` })),
    element("p", { class: "caution", text: about.caution[language] }),
    element("p", { class: "stage", text: t("roads.offline.as-of", { time: formatTime(about.at) }) }),
  );
}

const MARKS = { office: "roads.legend.office", "turn-back": "roads.legend.turn-back", reopened: "roads.reopened" };

function legend() {
  const list = element("ul", { class: "legend" });
  for (const symbol of document.getElementById("symbols").content.children) {
    const { status, mark, kind } = symbol.dataset;
    if (kind && !reports.features.length) continue;
    const words = status ? t(`roads.status.${status}`) : kind ? t(kind === "cluster" ? "roads.reports.several" : `reports.kind.${kind}`) : t(MARKS[mark]);
    list.append(element("li", {}, symbol.firstElementChild.cloneNode(true), element("span", { text: words })));
  }
  return element("section", { class: "panel", "aria-labelledby": "legend-title" }, element("h2", { id: "legend-title", text: t("roads.legend") }), list);
}

function details() {
  const close = element("button", { type: "button", class: "button button--quiet", text: t("roads.close") });
  const panel = element("section", { class: "panel panel--selected", "aria-live": "polite", hidden: "" },
    element("div", { class: "panel__head" }, element("h2", { "data-road-name": "" }), close), element("dl", { class: "facts" }));
  return [panel, close];
}

function reportDetails() {
  const close = element("button", { type: "button", class: "button button--quiet", "data-close": "", text: t("roads.close") });
  return element("section", { class: "panel panel--selected", "data-report-details": "", "aria-live": "polite", hidden: "" },
    element("div", { class: "panel__head" }, element("h2", { "data-report-title": "", tabindex: "-1" }), close), element("div", { "data-report-facts": "" }));
}

function makeMap(container, header, bounds) {
  const tiles = ["umaya-archive://{z}/{x}/{y}"];
  const sources = { roads: { type: "vector", tiles, bounds, minzoom: header.minZoom, maxzoom: header.maxZoom } };
  const filterOf = (status) => (status === "reopened" ? ["has", "reopened"] : ["==", ["get", "status"], status]);
  const statesOf = (status) => ({ source: "roads", "source-layer": "roads", filter: filterOf(status) });
  const map = new GLMap({
    container, bounds, style: mapStyle(coloursFrom(document.body), language, sources, statesOf), fitBoundsOptions: { padding: 28, animate: false },
    attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false, maxZoom: 19,
    locale: Object.fromEntries(CONTROLS.map((key) => [key, t(`roads.map.${key}`)])),
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ unit: "metric" }), "top-left");
  map.addControl(new AttributionControl({ compact: false, customAttribution: about.attribution }), "bottom-right");
  return map;
}

function listen(map, panel, close, layer) {
  const mark = (id) => map.setFilter("selected", isRoad(id));
  const unselect = () => {
    mark(null);
    panel.hidden = true;
  };
  close.addEventListener("click", unselect);
  map.on("click", async ({ point }) => {
    if (await layer.click(point)) return unselect();
    layer.panel.close();
    const near = [[point.x - 8, point.y - 8], [point.x + 8, point.y + 8]];
    const [hit] = map.queryRenderedFeatures(near, { layers: ROAD_LAYERS });
    if (!hit) return unselect();
    mark(hit.id);
    showDetails(panel, hit.properties);
    if (hit.properties.reference) panel.querySelector("dl").append(element("dt", { text: t("roads.offline.reference") }), element("dd", { text: hit.properties.reference }));
    panel.scrollIntoView({ block: "nearest" });
  });
}

async function start() {
  setWorkerUrl(URL.createObjectURL(new Blob([block("worker")], { type: "text/javascript" })));
  const source = archive();
  addProtocol("umaya-archive", async ({ url }) => {
    const [z, x, y] = url.split("/").slice(-3).map(Number);
    return { data: (await source.getZxy(z, x, y))?.data ?? new ArrayBuffer(0) };
  });
  const [panel, close] = details();
  const reported = reportDetails();
  const place = element("div", { "data-map": "" });
  document.title = t("roads.offline.title");
  document.body.append(element("main", { class: "page page--map", id: "main" }, element("div", { class: "roads" }, headOf(),
    element("section", { class: "roads__map", "aria-label": t("roads.map") }, place),
    element("aside", { class: "roads__side", "aria-label": t("roads.side") }, reported, panel, legend(), element("div", { class: "panel" }, element("p", { text: t("roads.about.zoom") }), element("p", { text: t("roads.offline.table") }))))));
  const header = await source.getHeader();
  const map = makeMap(place, header, [header.minLon, header.minLat, header.maxLon, header.maxLat]);
  addIcons(map, coloursFrom(document.body));
  await map.once("load");
  map.getSource("marks").setData(about.marks);
  const layer = new ReportLayer(map, coloursFrom(document.body), document.getElementById("symbols").content, new ReportPanel(reported));
  layer.set(reports);
  listen(map, panel, close, layer);
  map.once("idle", () => (document.documentElement.dataset.map = "ready"));
  map.triggerRepaint();
}

start();
