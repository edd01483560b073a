// Tiles for MapLibre: the still roads as the hub cut them, and the states laid over them, cut from the same bytes. Each
// tile is asked for once; a new state is drawn without asking for any.

import { addProtocol } from "maplibre-gl";
import { ask } from "./problems.js";
import { indexRoads, stateTile } from "./states.js";

const KEPT = 160;

export class Tiles {
  #url;
  #kept = new Map();

  // `url` holds {z}, {x} and {y}.
  constructor(url) {
    this.#url = url;
  }

  // Returns the bytes of a tile, empty where there is nothing, and where its roads are in them.
  get(place) {
    const known = this.#kept.get(place);
    if (known) {
      this.#kept.delete(place);
      this.#kept.set(place, known);
      return known;
    }
    const [z, x, y] = place.split("/");
    const url = this.#url.replace("{z}", z).replace("{x}", x).replace("{y}", y);
    const asked = ask(url, "application/vnd.mapbox-vector-tile").then(async (response) => {
      const bytes = new Uint8Array(await response.arrayBuffer());
      return { bytes, index: indexRoads(bytes) };
    });
    this.#kept.set(place, asked);
    asked.catch(() => this.#kept.delete(place));
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value);
    return asked;
  }
}

// Lets MapLibre ask for `umaya-roads://z/x/y` and `umaya-states://version/z/x/y`.
export function serveTiles(tiles, states) {
  const place = (url) => url.split("/").slice(-3).join("/");
  addProtocol("umaya-roads", async ({ url }) => {
    const { bytes } = await tiles.get(place(url));
    return { data: bytes.slice().buffer }; // MapLibre takes the buffer away
  });
  addProtocol("umaya-states", async ({ url }) => {
    const { bytes, index } = await tiles.get(place(url));
    const state = stateTile(bytes, index, states.codes);
    return { data: state.bytes.buffer, etag: state.tag };
  });
}

export const roadTiles = "umaya-roads://{z}/{x}/{y}";
export const stateTiles = (version) => `umaya-states://${version}/{z}/{x}/{y}`;
