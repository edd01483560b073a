// Fetches the state of the roads at a time, keeps what was fetched, and lays it on the map.

import { lineLength, lineMiddle } from "./geometry.js";
import { STATUSES } from "./style.js";

const KEPT = 288;

export class ProblemError extends Error {
  // An RFC 9457 problem as the server told it.
  constructor(problem) {
    super(problem.title);
    this.problem = problem;
  }
}

export async function getJSON(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => ({ title: `${response.status}` }));
  throw new ProblemError(problem);
}

export class States {
  #url;
  #kept = new Map();

  constructor(url) {
    this.#url = url;
  }

  // Returns the state at an ISO time, or the newest without one.
  async at(moment) {
    if (moment && this.#kept.has(moment)) return this.#kept.get(moment);
    const url = new URL(this.#url, location.href);
    if (moment) url.searchParams.set("at", moment);
    const state = await getJSON(url);
    this.#kept.set(state.at, state);
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value);
    return state;
  }

  // Forgets what was kept: a newer window may change older answers.
  forget() {
    this.#kept.clear();
  }
}

export class RoadLayer {
  #map;
  #lines = new Map();
  #shown = new Map();

  constructor(map, network) {
    this.#map = map;
    for (const feature of network.features) {
      const line = feature.geometry.coordinates;
      this.#lines.set(feature.id, { feature, length: lineLength(line), middle: lineMiddle(line) });
    }
  }

  line(segment) {
    return this.#lines.get(segment);
  }

  show(state) {
    const wanted = new Map(Object.entries(state.segments).map(([id, entry]) => [Number(id), entry.status]));
    for (const id of this.#shown.keys()) if (!wanted.has(id)) this.#map.setFeatureState({ source: "network", id }, { status: "no-evidence" });
    for (const [id, status] of wanted) {
      if (this.#shown.get(id) !== status) this.#map.setFeatureState({ source: "network", id }, { status });
    }
    this.#shown = wanted;
    this.#map.getSource("marks").setData(this.#marks(state));
  }

  #marks(state) {
    const features = [];
    const add = (id, kind, place) => {
      const line = this.#lines.get(id);
      if (line) features.push({ type: "Feature", geometry: { type: "Point", coordinates: line.middle }, properties: { kind, place, segment: id } });
    };
    for (const [key, entry] of Object.entries(state.segments)) {
      const id = Number(key);
      const blocked = entry.status === "probably-blocked";
      if (blocked) add(id, "blocked", "on");
      if (entry.turn_backs > 0) add(id, "turn-back", blocked ? "beside" : "on");
    }
    return { type: "FeatureCollection", features };
  }

  // Returns metres and number of segments for each status.
  totals(state) {
    const totals = Object.fromEntries(STATUSES.map((status) => [status, { metres: 0, count: 0 }]));
    for (const [id, line] of this.#lines) {
      const total = totals[state.segments[id]?.status ?? "no-evidence"];
      total.metres += line.length;
      total.count += 1;
    }
    return totals;
  }
}
