// The officer's road map: own vector layers, a time slider, live windows. Everything it says is also in the list view
// (/roads/list), which needs no script.

import { AttributionControl, Map as GLMap, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import { showDetails } from "./details.js";
import { bounds } from "./geometry.js";
import { addIcons } from "./icons.js";
import { getJSON, ProblemError, RoadLayer, States } from "./states.js";
import { coloursFrom, mapStyle } from "./style.js";
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

function makeMap(container, network, background) {
  const map = new GLMap({
    container,
    style: mapStyle(coloursFrom(page), language, network, background),
    bounds: bounds(network),
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
  constructor(map, network, states) {
    this.map = map;
    this.layer = new RoadLayer(map, network);
    this.states = states;
    this.timeline = new Timeline(page.querySelector("[data-timeline]"), (at) => this.show(at));
    this.segment = null;
    this.asked = 0;
  }

  async show(at) {
    const asked = ++this.asked;
    try {
      const state = await this.states.at(at);
      if (asked !== this.asked) return;
      this.take(state);
      this.layer.show(state);
      showTotals(this.layer.totals(state));
      if (this.segment != null) this.select(this.segment);
      keepInLinks(at, this.segment);
      tell(null);
    } catch (error) {
      if (asked === this.asked) tell(problemOf(error));
    }
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
    const { windows, stage } = await this.states.at(null);
    this.take({ ...this.state, windows, stage });
  }

  select(segment, { move = false } = {}) {
    const line = this.layer.line(segment);
    if (!line) return;
    if (this.segment != null) this.map.setFeatureState({ source: "network", id: this.segment }, { selected: false });
    this.segment = segment;
    this.map.setFeatureState({ source: "network", id: segment }, { selected: true });
    showDetails(panel, line.feature, this.state?.segments[segment]);
    if (move) this.map.jumpTo({ center: line.middle, zoom: Math.max(this.map.getZoom(), 16) });
    keepInLinks(this.timeline.live ? null : this.state?.at, segment);
  }

  unselect() {
    if (this.segment != null) this.map.setFeatureState({ source: "network", id: this.segment }, { selected: false });
    this.segment = null;
    panel.hidden = true;
    keepInLinks(this.timeline.live ? null : this.state?.at, null);
  }

  listen(url) {
    const stream = new EventSource(url);
    stream.addEventListener("window", async ({ data }) => {
      const { at } = JSON.parse(data);
      if (Date.parse(at) <= Date.parse(this.state?.windows.last ?? 0)) return; // a stream begins with what is known
      this.states.forget();
      await this.lookAgain();
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
  const [network, background] = await Promise.all([getJSON(page.dataset.network), getJSON(page.dataset.background)]);
  const map = makeMap(page.querySelector("[data-map]"), network, background);
  addIcons(map, coloursFrom(page));
  await map.once("load");
  if (!page.dataset.state) return waitForEvent(map);
  const roads = new RoadMap(map, network, new States(page.dataset.state));
  const asked = new URL(location.href).searchParams;
  roads.timeline.live = !asked.has("at");
  await roads.show(asked.get("at"));
  map.resize(); // the page found its height only now
  map.fitBounds(bounds(network), FIT);
  if (asked.has("segment")) roads.select(Number(asked.get("segment")), { move: true });
  map.on("click", ({ point }) => {
    const near = [[point.x - 8, point.y - 8], [point.x + 8, point.y + 8]];
    const [hit] = map.queryRenderedFeatures(near, { layers: ["blocked", "turn-backs", "touch"] });
    if (!hit) return roads.unselect();
    roads.select(hit.properties.segment ?? hit.id);
    panel.scrollIntoView({ block: "nearest" });
  });
  map.on("mousemove", "touch", () => (map.getCanvas().style.cursor = "pointer"));
  map.on("mouseleave", "touch", () => (map.getCanvas().style.cursor = ""));
  panel.querySelector("[data-close]").addEventListener("click", () => roads.unselect());
  roads.listen(page.dataset.stream);
  tellWhenDrawn(map);
}

// Without a declared event there is nothing to show but the roads; the page looks again once a minute.
function waitForEvent(map) {
  tellWhenDrawn(map);
  setTimeout(() => location.reload(), LOOK_AGAIN_MS);
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
