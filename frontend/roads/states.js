// What is known of the roads at a moment: one code a segment, kept up to date by differences (`umaya-road-state` 1, see
// tiles_state.py). Also turns a tile of roads into a tile of states.

import { ask } from "./problems.js";
import { Reader, Writer, varintSize } from "./varints.js";

// Status by its code; 0 stands for no evidence.
export const STATUSES = ["no-evidence", "passed-24h", "passed-3h", "passed-1h", "probably-blocked"];
const MAGIC = 0x31535255;
const [BLOCKED, TURNED] = [1, 2];

// A difference as the server wrote it: its head, and a reader of what follows.
export function readChanges(buffer) {
  const view = new DataView(buffer);
  if (view.getUint32(0, true) !== MAGIC) throw new Error("not a road state");
  const size = view.getUint32(4, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, size)));
  return { head, reader: new Reader(new Uint8Array(buffer), 8 + size) };
}

export class States {
  #url;
  marks = [];
  head = null;

  constructor(url, ids) {
    this.#url = url;
    this.codes = new Uint8Array(ids);
  }

  // Asks for the difference to a moment, or to the newest without one.
  async ask(moment) {
    const url = new URL(this.#url, location.href);
    if (moment) url.searchParams.set("at", moment);
    if (this.head) url.searchParams.set("since", this.head.version);
    return readChanges(await (await ask(url, "application/vnd.umaya.road-state")).arrayBuffer());
  }

  // Takes a difference to the state that is held; returns whether anything changed.
  take({ head, reader }) {
    if (head.since === null) this.codes.fill(0);
    else if (head.since !== this.head?.version) throw new Error("a difference to another state");
    for (const [status, count] of head.changed) {
      const code = STATUSES.indexOf(status);
      for (let i = 0, id = -1; i < count; i++) this.codes[(id += reader.varint())] = code;
    }
    if (head.marks !== null) this.marks = readMarks(reader, head.marks);
    const changed = this.head?.version !== head.version;
    this.head = head;
    return changed;
  }

  markFeatures() {
    return { type: "FeatureCollection", features: this.marks.flatMap(markFeatures) };
  }
}

function readMarks(reader, count) {
  const marks = [];
  for (let i = 0, id = -1, lon = 0, lat = 0; i < count; i++) {
    id += reader.varint();
    const kind = reader.varint();
    lon += reader.zigzag();
    lat += reader.zigzag();
    marks.push({ id, kind, place: [lon / 1e6, lat / 1e6] });
  }
  return marks;
}

function markFeatures({ id, kind, place }) {
  const mark = (name, where) => ({ type: "Feature", geometry: { type: "Point", coordinates: place }, properties: { kind: name, place: where, segment: id } });
  const blocked = kind & BLOCKED;
  return [...(blocked ? [mark("blocked", "on")] : []), ...(kind & TURNED ? [mark("turn-back", blocked ? "beside" : "on")] : [])];
}

const ROADS = "roads";
const [LAYER, NAME, FEATURE] = [3, 1, 2];
const [ID, TAGS] = [8, 18]; // keys of a feature's fields
const ENCODER = new TextEncoder();

// Cuts from a tile of roads what has a status: a layer for each status, its features with id and line, and a tag of what
// it holds, so that a tile that stays the same is not drawn anew.
export function stateTile(bytes, codes) {
  const groups = STATUSES.map(() => []);
  let sum = 2166136261;
  new Reader(bytes).fields((field, layer) => {
    if (field !== LAYER || nameOf(layer) !== ROADS) return;
    layer.fields((inner, feature) => {
      if (inner !== FEATURE) return;
      const id = identity(feature);
      const code = codes[id];
      if (!code) return;
      sum = Math.imul(Math.imul(sum ^ id, 16777619) ^ code, 16777619);
      groups[code].push(feature);
    });
  });
  return { bytes: written(groups, bytes.length), tag: `${sum >>> 0}-${groups.map((group) => group.length)}` };
}

function nameOf(layer) {
  const reader = new Reader(layer.bytes, layer.at, layer.end);
  let name = "";
  reader.fields((field, text) => {
    if (field === NAME) name = new TextDecoder().decode(text.bytes.subarray(text.at, text.end));
  });
  return name;
}

// Features of this hub's tiles begin with their id; another order is read all the same.
function identity(feature) {
  const reader = new Reader(feature.bytes, feature.at, feature.end);
  while (reader.at < reader.end) {
    const key = reader.varint();
    if (key === ID) return reader.varint();
    reader.skip(key & 7);
  }
  return -1;
}

// The stretch of a feature's tags, to be left out: [start, end].
function tagsOf(feature) {
  const reader = new Reader(feature.bytes, feature.at, feature.end);
  while (reader.at < reader.end) {
    const start = reader.at;
    const key = reader.varint();
    reader.skip(key & 7);
    if (key === TAGS) return [start, reader.at];
  }
  return [feature.end, feature.end];
}

function written(groups, size) {
  const out = new Writer(size + 64 * STATUSES.length);
  groups.forEach((features, code) => {
    if (!features.length) return;
    const name = ENCODER.encode(STATUSES[code]);
    const parts = features.map((feature) => [feature, ...tagsOf(feature)]);
    const sizes = parts.map(([feature, start, end]) => feature.end - feature.at - (end - start));
    const total = sizes.reduce((sum, body) => sum + 1 + varintSize(body) + body, 2 + name.length + 5);
    out.varint(26);
    out.varint(total);
    out.varint(10);
    out.varint(name.length);
    out.copy(name, 0, name.length);
    parts.forEach(([{ bytes, at, end }, from, to], i) => {
      out.varint(18);
      out.varint(sizes[i]);
      out.copy(bytes, at, from);
      out.copy(bytes, to, end);
    });
    out.copy(new Uint8Array([40, 128, 32, 120, 2]), 0, 5); // extent 4096, version 2
  });
  return out.bytes.slice(0, out.at);
}
