// What is known of the roads at a moment: one code a segment, kept up to date by differences (`umaya-road-state` 1, see
// tiles_state.py). Also turns a tile of roads into a tile of states.

import { ask } from "./problems.js";
import { Reader, Writer, varintSize } from "./varints.js";

// Status by its code; 0 stands for no evidence.
export const STATUSES = ["no-evidence", "passed-24h", "passed-3h", "passed-1h", "probably-blocked"];
const MAGIC = 0x31535255;
const [BLOCKED, TURNED, REOPENED] = [1, 2, 4];
// A code is a status and, where the road was passed again, this.
const AGAIN = 8;

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
    if (head.marks !== null) {
      for (const { id } of this.marks) this.codes[id] &= ~AGAIN;
      this.marks = readMarks(reader, head.marks);
    }
    for (const { id, kind } of this.marks) if (kind & REOPENED) this.codes[id] |= AGAIN;
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
const LAYERS = [...STATUSES, "reopened"];
const TAIL = new Uint8Array([40, 128, 32, 120, 2]); // extent 4096, version 2

// Where the roads of a tile stand in its bytes: id, start, end, and the stretch of their tags. Made once a tile.
export function indexRoads(bytes) {
  const found = [];
  new Reader(bytes).fields((field, layer) => {
    if (field !== LAYER || nameOf(layer) !== ROADS) return;
    layer.fields((inner, feature) => {
      if (inner === FEATURE) found.push(...placesOf(feature));
    });
  });
  return Uint32Array.from(found);
}

const PLACES = 5;

function nameOf(layer) {
  const reader = new Reader(layer.bytes, layer.at, layer.end);
  let name = "";
  reader.fields((field, text) => {
    if (field === NAME) name = new TextDecoder().decode(text.bytes.subarray(text.at, text.end));
  });
  return name;
}

function placesOf({ bytes, at, end }) {
  const reader = new Reader(bytes, at, end);
  let [id, from, to] = [0, end, end];
  while (reader.at < end) {
    const start = reader.at;
    const key = reader.varint();
    if (key === ID) id = reader.varint();
    else {
      reader.skip(key & 7);
      if (key === TAGS) [from, to] = [start, reader.at];
    }
  }
  return [id, at, end, from, to];
}

// Cuts from a tile of roads what has a status: a layer for each status, its features with id and line, and a tag of what
// it holds, so that a tile that stays the same is not drawn anew.
export function stateTile(bytes, index, codes) {
  const sizes = new Float64Array(LAYERS.length);
  let sum = 2166136261;
  for (let i = 0; i < index.length; i += PLACES) {
    const code = codes[index[i]];
    if (!code) continue;
    sum = Math.imul(Math.imul(sum ^ index[i], 16777619) ^ code, 16777619);
    const body = bodySize(index, i);
    const size = 1 + varintSize(body) + body;
    sizes[code & ~AGAIN] += size;
    if (code & AGAIN) sizes[LAYERS.length - 1] += size;
  }
  const out = new Writer(sizes.reduce((a, b) => a + b, 0) + 64 * LAYERS.length);
  sizes.forEach((size, layer) => size && writeLayer(out, bytes, index, codes, layer, size));
  return { bytes: out.bytes.slice(0, out.at), tag: `${sum >>> 0}-${sizes}` };
}

const bodySize = (index, i) => index[i + 2] - index[i + 1] - (index[i + 4] - index[i + 3]);

function writeLayer(out, bytes, index, codes, layer, size) {
  const name = ENCODER.encode(LAYERS[layer]);
  const [mask, wanted] = layer < STATUSES.length ? [~AGAIN, layer] : [AGAIN, AGAIN];
  out.varint(26);
  out.varint(2 + name.length + size + TAIL.length);
  out.varint(10);
  out.varint(name.length);
  out.copy(name, 0, name.length);
  for (let i = 0; i < index.length; i += PLACES) {
    if ((codes[index[i]] & mask) !== wanted) continue;
    out.varint(18);
    out.varint(bodySize(index, i));
    out.copy(bytes, index[i + 1], index[i + 3]);
    out.copy(bytes, index[i + 4], index[i + 2]);
  }
  out.copy(TAIL, 0, TAIL.length);
}
