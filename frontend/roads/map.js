// The officer's road map: own vector layers, a time slider, live windows. Everything it says is also in the list view
// (/roads/list), which needs no script.

import { AttributionControl, Map as GLMap, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import { showDetails } from "./details.js";
import { addIcons } from "./icons.js";
import { getJSON, ProblemError } from "./problems.js";
import { LiveReports, ReportLayer, ReportPanel } from "./reports.js";
import { States } from "./states.js";
import { coloursFrom, isRoad, mapStyle, ROAD_LAYERS } from "./style.js";
import { roadTiles, serveTiles, stateTiles, Tiles } from "./tiles.js";
import { Timeline } from "./timeline.js";
import { formatKilometres, formatTime, language, t } from "./words.js";

const page = document.querySelector("[data-roads]");
const message = page.querySelector("[data-message]");
const announcement = page.querySelector("[data-announce]");
const panel = page.querySelector("[data-details]");
const stage = page.querySelector("[data-stage]");
const LOOK_AGAIN_MS = 60_000;
const FIT = { padding: 28, animate: false };
const controls = ["NavigationControl.ZoomIn", "NavigationControl.ZoomOut", "Map.Title", "AttributionControl.ToggleAttribution"];

function tell(problem) {
  message.querySelector("[data-title]").textContent = problem?.title ?? "";
  message.querySelector("[data-detail]").textContent = [problem?.detail, problem?.advice].filter(Boolean).join(" ");
  message.hidden = !problem;
}

const problemOf = (error) => (error instanceof ProblemError ? error.problem : { title: t("roads.unreachable"), detail: t("roads.unreachable-advice") });

function makeMap(container, description) {
  const { bounds, minzoom, maxzoom } = description;
  const source = (tiles) => ({ type: "vector", tiles: [tiles], bounds, minzoom, maxzoom });
  const sources = { roads: source(roadTiles), states: source(stateTiles("none")) };
  const map = new GLMap({
    container,
    style: mapStyle(coloursFrom(page), language, sources, (status) => ({ source: "states", "source-layer": status })),
    bounds,
    fitBoundsOptions: FIT,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxZoom: 19,
    locale: Object.fromEntries(controls.map((key) => [key, t(`roads.map.${key}`)])),
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ unit: "metric" }), "top-left");
  const customAttribution = "sample" in page.dataset ? t("roads.attribution-sample") : t("roads.attribution");
  map.addControl(new AttributionControl({ compact: false, customAttribution }), "bottom-right");
  return map;
}

function showTotals(totals) {
  for (const [status, { metres, count }] of Object.entries(totals)) {
    const place = page.querySelector(`[data-total="${status}"]`);
    if (!place) continue;
    place.textContent = status === "probably-blocked" ? t("roads.places", { n: count }) : formatKilometres(metres);
  }
}

// Keeps the time and the chosen road in the address, in the links to the list, the downloads and the other language.
function keepInLinks(at, segment) {
  const here = new URL(location.href);
  const set = (url, name, value) => (value == null ? url.searchParams.delete(name) : url.searchParams.set(name, value));
  set(here, "at", at);
  set(here, "segment", segment);
  here.searchParams.delete("lang");
  history.replaceState(null, "", here);
  for (const link of document.querySelectorAll("[data-keeps-time]")) {
    const url = new URL(link.href);
    set(url, "at", at);
    link.href = url;
  }
}

class RoadMap {
  constructor(map, states, reports) {
    this.map = map;
    this.reports = reports;
    this.states = states;
    this.timeline = new Timeline(page.querySelector("[data-timeline]"), (at) => this.show(at));
    this.segment = null;
    this.asked = 0;
  }

  async show(at) {
    const asked = ++this.asked;
    this.reports.follow(this.timeline.live);
    try {
      const changes = await this.states.ask(at);
      if (asked !== this.asked) return;
      const changed = this.states.take(changes);
      this.take(changes.head);
      if (changed) this.draw();
      showTotals(changes.head.totals);
      if (this.segment != null) this.select(this.segment);
      keepInLinks(at, this.segment);
      tell(null);
    } catch (error) {
      if (asked === this.asked) tell(problemOf(error));
    }
  }

  // Draws what is held, and tells the page once it is seen.
  draw() {
    const { version } = this.states.head;
    this.map.getSource("states").setTiles([stateTiles(version)]);
    this.map.getSource("marks").setData(this.states.markFeatures());
    const seen = () => {
      if (!this.map.isSourceLoaded("states")) return;
      this.map.off("render", seen);
      document.documentElement.dataset.drawn = version;
    };
    this.map.on("render", seen);
  }

  take(state) {
    this.state = state;
    this.timeline.update(state);
    const words = state.stage === "live" ? "" : t(`roads.stage.${state.stage}`);
    if (stage.textContent !== words) stage.textContent = words;
    stage.hidden = !words;
  }

  // Takes what is newest; whoever looks at an earlier time stays there.
  async lookAgain() {
    if (this.timeline.live) return this.show(null);
    const { windows, stage } = (await this.states.ask(null)).head;
    this.take({ ...this.state, windows, stage });
  }

  async select(segment, { move = false } = {}) {
    const moment = this.timeline.live ? null : this.state?.at;
    const url = new URL(`${page.dataset.segments}/${segment}`, location.href);
    if (moment) url.searchParams.set("at", moment);
    const [asked, again] = [(this.selecting = {}), segment === this.segment];
    if (!again) this.mark(segment);
    keepInLinks(moment, segment);
    const about = await getJSON(url).catch((error) => (tell(problemOf(error)), null));
    if (asked !== this.selecting) return;
    if (!about) return this.unselect();
    showDetails(panel, about);
    if (move) this.map.jumpTo({ center: about.place, zoom: Math.max(this.map.getZoom(), 16) });
    if (!again) panel.scrollIntoView({ block: "nearest" });
  }

  unselect() {
    this.selecting = null;
    this.mark(null);
    panel.hidden = true;
    keepInLinks(this.timeline.live ? null : this.state?.at, null);
  }

  mark(segment) {
    this.map.setFilter("selected", isRoad(segment));
    this.segment = segment;
  }

  listen(url) {
    const stream = new EventSource(url);
    stream.addEventListener("window", async ({ data }) => {
      const { at } = JSON.parse(data);
      if (Date.parse(at) <= Date.parse(this.state?.windows.last ?? 0)) return; // a stream begins with what is known
      await Promise.all([this.lookAgain(), this.reports.look()]);
      announcement.textContent = t("roads.updated", { time: formatTime(at) });
    });
    const status = page.querySelector("[data-connection]");
    stream.addEventListener("open", () => (status.textContent = this.state?.stage === "over" ? "" : t("roads.connected")));
    stream.addEventListener("error", () => (status.textContent = t("roads.reconnecting")));
    // That windows stay out is told by no event. A lost connection is told above.
    setInterval(() => this.lookAgain().catch(() => {}), LOOK_AGAIN_MS);
  }
}

async function start() {
  setWorkerUrl(page.dataset.worker);
  const description = await getJSON(page.dataset.tiles);
  const states = new States(page.dataset.changes, description.ids);
  serveTiles(new Tiles(description.tiles[0]), states);
  const map = makeMap(page.querySelector("[data-map]"), description);
  addIcons(map, coloursFrom(page));
  await map.once("load");
  const place = page.querySelector("[data-reports]");
  const layer = new ReportLayer(map, coloursFrom(page), place, new ReportPanel(page.querySelector("[data-report-details]"), place.dataset.photos));
  const reports = new LiveReports(place, layer);
  await reports.look();
  if (!page.dataset.changes) return waitForEvent(map, layer);
  const roads = new RoadMap(map, states, reports);
  const asked = new URL(location.href).searchParams;
  roads.timeline.live = !asked.has("at");
  await roads.show(asked.get("at"));
  map.resize(); // the page found its height only now
  map.fitBounds(description.bounds, FIT);
  if (asked.has("segment")) await roads.select(Number(asked.get("segment")), { move: true });
  map.on("click", async ({ point }) => {
    if (await layer.click(point)) return roads.unselect();
    layer.panel.close();
    const near = [[point.x - 8, point.y - 8], [point.x + 8, point.y + 8]];
    const [hit] = map.queryRenderedFeatures(near, { layers: ["blocked", "turn-backs", ...ROAD_LAYERS] });
    if (!hit) return roads.unselect();
    roads.select(hit.properties.segment ?? hit.id);
  });
  map.on("mousemove", ({ point }) => {
    if (map.isMoving()) return;
    const over = map.queryRenderedFeatures(point, { layers: ["blocked", "turn-backs", ...ROAD_LAYERS] }).length;
    map.getCanvas().style.cursor = over || layer.under(point) ? "pointer" : "";
  });
  panel.querySelector("[data-close]").addEventListener("click", () => roads.unselect());
  roads.listen(page.dataset.stream);
  tellWhenDrawn(map);
}

// Without a declared event there is nothing to show but the roads and what is reported of them. Once a minute the page asks
// whether there is one, and begins anew only then, unless somebody reads a report: each beginning is a recorded look.
function waitForEvent(map, layer) {
  map.on("click", async ({ point }) => (await layer.click(point)) || layer.panel.close());
  tellWhenDrawn(map);
  const lookAgain = async () => {
    const declared = !document.hidden && (await isDeclared().catch(() => false));
    if (declared && page.querySelector("[data-report-details]").hidden) location.reload();
  };
  setInterval(lookAgain, LOOK_AGAIN_MS);
  document.addEventListener("visibilitychange", lookAgain);
}

// Whether the page itself, asked for now, has a map of an event.
async function isDeclared() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
  return response.ok && new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-changes]") !== null;
}

function tellWhenDrawn(map) {
  map.once("idle", () => (document.documentElement.dataset.map = "ready"));
  map.triggerRepaint();
}

start().catch((error) => {
  tell(problemOf(error));
  document.documentElement.dataset.map = "failed";
  if (!(error instanceof ProblemError)) throw error;
});
