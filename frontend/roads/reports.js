// What carriers report, as a layer of the map: one mark a road, a list of those in view for the keyboard, and a panel with
// what is told of each. Told is what holds now, whatever time the slider shows. The server says who may see what.

import { addReportIcons } from "./icons.js";
import { ProblemError } from "./problems.js";
import { formatTime, language, t } from "./words.js";

const LAYERS = ["reports", "report-clusters"];
const LOOK_MS = 10_000;
const LISTED = 6;
const NONE = { type: "FeatureCollection", features: [] };

const roadOf = ({ name, name_en: english }) => (language === "en" ? (english ?? name) : name) || t("roads.unnamed");
const kindOf = ({ kind }) => t(`reports.kind.${kind}`);

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Reports of one road are one feature of the map, its kind that of the latest.
export function byRoad({ features }) {
  const roads = new Map();
  for (const { geometry, properties } of features) {
    const known = roads.get(properties.segment_id);
    if (known) known.properties.count++;
    else roads.set(properties.segment_id, { type: "Feature", geometry, properties: { ...properties, segment: properties.segment_id, count: 1 } });
  }
  return { type: "FeatureCollection", features: [...roads.values()] };
}

function factsOf({ made_at, holds_until, confirmations, damage }) {
  const rows = [[t("reports.made-at"), formatTime(made_at)], [t("reports.holds-until"), formatTime(holds_until)], [t("reports.confirmations"), String(confirmations)]];
  if (damage) rows.push([t("reports.damage"), damage]);
  return element("dl", { class: "facts" }, ...rows.flatMap(([term, value]) => [element("dt", {}, term), element("dd", {}, value)]));
}

// The panel about the reports of one road. `photos` is where their photos are asked for; none are shown without it.
export class ReportPanel {
  #panel;
  #photos;
  #opener = null;
  #reports = [];

  constructor(panel, photos = null) {
    this.#panel = panel;
    this.#photos = photos;
    panel.querySelector("[data-close]").addEventListener("click", () => this.close());
  }

  open(reports, opener = null) {
    this.#opener = opener;
    this.#fill(reports);
    this.#panel.hidden = false;
    this.#panel.scrollIntoView({ block: "nearest" });
    if (opener) this.#panel.querySelector("[data-report-title]").focus();
  }

  // Takes what is told now of every road: what is no longer told goes.
  update(features) {
    if (!this.#reports.length) return;
    const segment = this.#reports[0].properties.segment_id;
    const reports = features.filter(({ properties }) => properties.segment_id === segment);
    if (JSON.stringify(reports) === JSON.stringify(this.#reports)) return; // photos are not asked for again
    if (reports.length) return this.#fill(reports);
    if (!this.#panel.contains(document.activeElement)) this.#opener = null; // whoever is elsewhere stays there
    this.close();
  }

  #fill(reports) {
    this.#reports = reports;
    const [latest] = reports;
    this.#panel.querySelector("[data-report-title]").textContent = latest ? `${kindOf(latest.properties)}: ${roadOf(latest.properties)}` : "";
    this.#panel.querySelector("[data-report-facts]").replaceChildren(...reports.flatMap((report, i) => this.#about(report, i > 0)));
  }

  #about({ id, properties }, titled) {
    const parts = titled ? [element("h3", {}, kindOf(properties))] : [];
    parts.push(factsOf(properties));
    if (properties.photo && this.#photos) parts.push(element("figure", {}, element("img", { src: `${this.#photos}/${id}/photo.jpg`, alt: t("reports.photo-alt") })));
    return parts;
  }

  close() {
    this.#panel.hidden = true;
    this.#fill([]);
    if (this.#opener?.isConnected) this.#opener.focus();
    this.#opener = null;
  }
}

// The layer's marks, and what a click on one does. `panel` is a ReportPanel.
export class ReportLayer {
  features = [];
  roads = NONE;
  shown = true;

  constructor(map, colours, symbols, panel) {
    this.map = map;
    this.panel = panel;
    addReportIcons(map, colours, symbols);
  }

  set(collection) {
    this.features = collection.features;
    this.roads = byRoad(collection);
    this.map.getSource("reports").setData(this.roads);
    this.panel.update(this.features);
  }

  show(shown) {
    if (shown === this.shown) return;
    this.shown = shown;
    if (!shown) this.panel.close();
    for (const layer of LAYERS) this.map.setLayoutProperty(layer, "visibility", shown ? "visible" : "none");
  }

  ofRoad(segment) {
    return this.features.filter(({ properties }) => properties.segment_id === segment);
  }

  // Answers a click; returns whether there was a report.
  async click(point) {
    if (!this.shown) return false; // what is hidden is found for another moment
    const near = [[point.x - 6, point.y - 4], [point.x + 6, point.y + 22]]; // the bubble stands above its place
    const [hit] = this.map.queryRenderedFeatures(near, { layers: LAYERS });
    if (!hit) return false;
    if (hit.layer.id === "reports") {
      this.panel.open(this.ofRoad(hit.properties.segment));
      return true;
    }
    const zoom = await this.map.getSource("reports").getClusterExpansionZoom(hit.properties.cluster_id);
    this.map.easeTo({ center: hit.geometry.coordinates, zoom: zoom + 0.1 });
    return true;
  }

  under(point) {
    return this.map.queryRenderedFeatures(point, { layers: LAYERS }).length > 0;
  }
}

// Keeps the layer as new as the server, with the switch, the note and the list of what is in view.
export class LiveReports {
  #tag = "";
  #now = true;
  #looking = null;
  #items = new Map(); // of the list, by what they say

  constructor(root, layer) {
    this.root = root;
    this.layer = layer;
    this.switch = root.querySelector("[data-switch]");
    this.switch.addEventListener("change", () => this.#draw());
    layer.map.on("moveend", () => this.#list());
    setInterval(() => document.hidden || this.look(), LOOK_MS);
    document.addEventListener("visibilitychange", () => document.hidden || this.look());
  }

  // `now` is false while the map shows an earlier time, of which reports tell nothing.
  follow(now) {
    if (now === this.#now) return;
    this.#now = now;
    this.#draw();
  }

  // Looks once at a time: each look that shows something is recorded.
  look() {
    this.#looking ??= this.#ask().finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #ask() {
    try {
      const response = await fetch(this.root.dataset.url, { headers: { Accept: "application/json", ...(this.#tag && { "If-None-Match": this.#tag }) }, cache: "no-store" });
      if (response.status === 304) return;
      if (!response.ok) throw new ProblemError(await response.json().catch(() => ({ title: `${response.status}` })));
      this.#tag = response.headers.get("ETag") ?? "";
      this.layer.set(await response.json());
      this.problem = null;
    } catch (error) {
      this.problem = error instanceof ProblemError ? error.problem.title : t("roads.unreachable");
      if (error instanceof ProblemError) {
        this.#tag = "";
        this.layer.set(NONE); // no longer to be seen
      }
    }
    this.#draw();
  }

  #draw() {
    this.layer.show(this.#now && this.switch.checked);
    this.#list();
    const note = this.problem ?? (this.#now ? t("roads.reports.count", { n: this.layer.features.length }) : t("roads.reports.now-only"));
    const place = this.root.querySelector("[data-note]");
    if (place.textContent !== note) place.textContent = note;
    this.root.dataset.shown = String(this.layer.features.length);
  }

  #list() {
    const { map, roads } = this.layer;
    const bounds = map.getBounds();
    const seen = this.#now && this.switch.checked ? roads.features.filter(({ geometry }) => bounds.contains(geometry.coordinates)) : [];
    const listed = seen.slice(0, LISTED);
    const list = this.root.querySelector("[data-near]");
    const before = this.#items;
    const nameOf = ({ properties }) => `${properties.kind} ${properties.segment} ${properties.made_at} ${properties.count}`;
    this.#items = new Map(listed.map((report) => [nameOf(report), before.get(nameOf(report)) ?? element("li", {}, this.#button(report))]));
    const items = [...this.#items.values()];
    if (items.length === list.children.length && items.every((item, i) => item === list.children[i])) return;
    const focused = list.contains(document.activeElement) && document.activeElement;
    list.replaceChildren(...items);
    if (focused) (focused.isConnected ? focused : this.switch).focus();
  }

  #button({ geometry, properties }) {
    const symbolOf = (kind) => this.root.querySelector(`svg[data-report="${kind}"]`);
    const symbol = (symbolOf(properties.kind) ?? symbolOf("other")).cloneNode(true);
    const more = properties.count > 1 ? ` ${t("roads.reports.of-road", { n: properties.count })}` : "";
    const button = element("button", { type: "button" }, symbol, `${kindOf(properties)}: ${roadOf(properties)} (${formatTime(properties.made_at)})${more}`);
    button.addEventListener("click", () => {
      this.layer.panel.open(this.layer.ofRoad(properties.segment_id), button);
      const { map } = this.layer;
      map.jumpTo({ center: geometry.coordinates, zoom: Math.max(map.getZoom(), 15) });
    });
    return button;
  }
}
