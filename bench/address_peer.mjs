// @geolonia/normalize-japanese-addresses on local data, for bench/address.py:
// node address_peer.mjs API IN OUT - IN is a JSON array of addresses; one JSON object a line goes to OUT, and the seconds
// of the timed pass to stdout. A first pass over the same addresses fills the peer's caches and is not timed.

import { readFileSync, writeFileSync } from "node:fs";
import { config, normalize } from "@geolonia/normalize-japanese-addresses";

const [api, source, target] = process.argv.slice(2);
config.japaneseAddressesApi = api;
const addresses = JSON.parse(readFileSync(source, "utf8"));
for (const address of addresses.slice(0, 2000)) await normalize(address);

const results = new Array(addresses.length);
const began = process.hrtime.bigint();
for (let i = 0; i < addresses.length; i++) results[i] = await normalize(addresses[i]);
const seconds = Number(process.hrtime.bigint() - began) / 1e9;

const brief = (r) => ({
  pref: r.pref ?? "", city: r.city ?? "", town: r.town ?? "", addr: r.addr ?? "", other: r.other, level: r.level,
  code: r.metadata.city?.code ?? 0, machiaza_id: r.metadata.machiAza?.machiaza_id ?? "",
});
writeFileSync(target, results.map((r) => JSON.stringify(brief(r))).join("\n") + "\n");
console.log(JSON.stringify({ seconds, rss: process.memoryUsage().rss }));
