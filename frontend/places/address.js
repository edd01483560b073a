// The page that reads an address: a combobox that suggests how to go on (WAI-ARIA 1.2, list autocomplete with manual
// selection), and a small map of what was found. What is typed goes into bodies of requests only. The form works without.

import { AttributionControl, Map as GLMap, Marker, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";

const WAIT_MS = 120;
const page = document.querySelector("[data-addresses]");

/** Let a text field suggest. */
function suggesting(box) {
  const field = box.querySelector("[role=combobox]");
  const list = box.querySelector("[role=listbox]");
  const status = box.querySelector("[data-status]");
  let options = [];
  let shownFor = ""; // suggestions for an older text are not to be chosen
  let chosen = -1;
  let asked = 0;
  let timer;

  function close() {
    clearTimeout(timer);
    asked++; // an answer that is under way opens nothing
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
    chosen = -1;
  }

  function point(at) {
    list.children[chosen]?.setAttribute("aria-selected", "false");
    chosen = at;
    const option = list.children[chosen];
    if (!option) return field.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  }

  function take(at) {
    field.value = options[at].text;
    close();
    field.focus();
    ask();
  }

  function show(found, text) {
    options = found;
    shownFor = text;
    list.replaceChildren(...found.map(({ text, level }, at) => {
      const option = document.createElement("li");
      option.id = `${list.id}-${at}`;
      option.role = "option";
      option.setAttribute("aria-selected", "false");
      option.append(text, Object.assign(document.createElement("span"), { className: "address-option__level", textContent: box.dataset[`level${level[0].toUpperCase()}${level.slice(1)}`] }));
      return option;
    }));
    chosen = -1;
    field.removeAttribute("aria-activedescendant");
    list.hidden = !found.length;
    field.setAttribute("aria-expanded", String(found.length > 0));
    status.textContent = found.length ? box.dataset.found.replace("{n}", found.length) : box.dataset.none;
  }

  async function ask() {
    const number = ++asked;
    const text = field.value;
    if (!text.trim()) return close();
    try {
      const answer = await fetch(box.dataset.suggest, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify({ text, limit: 8 }),
      });
      if (number === asked && document.activeElement === field) answer.ok ? show(await answer.json(), text) : close();
    } catch {
      close(); // the form works without suggestions
    }
  }

  field.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(ask, WAIT_MS);
  });
  field.addEventListener("compositionend", ask);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const open = !list.hidden && shownFor === field.value;
    const last = options.length - 1;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return ask();
      const down = event.key === "ArrowDown";
      point(chosen === -1 ? (down ? 0 : last) : (chosen + (down ? 1 : last)) % (last + 1));
    } else if (event.key === "Enter" && open && chosen >= 0) {
      event.preventDefault();
      take(chosen);
    } else if (event.key === "Escape") {
      if (!list.hidden) event.preventDefault();
      close();
    } else if (event.key === "Tab") close();
  });
  field.addEventListener("blur", () => setTimeout(close, 200));
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => {
    const at = [...list.children].indexOf(event.target.closest("[role=option]"));
    if (at >= 0) take(at);
  });
}

/** Draw where the address is, among its neighbours. */
function draw(box) {
  const { lon, lat, zoom, neighbours, label } = box.dataset;
  const colour = (name) => getComputedStyle(box).getPropertyValue(name).trim();
  const features = JSON.parse(neighbours).map(([x, y, name]) => ({ type: "Feature", properties: { name }, geometry: { type: "Point", coordinates: [x, y] } }));
  const centre = [Number(lon), Number(lat)];
  setWorkerUrl(page.dataset.worker);
  const map = new GLMap({
    container: box,
    center: centre,
    zoom: Number(zoom),
    maxZoom: 19,
    attributionControl: false,
    cooperativeGestures: true,
    style: {
      version: 8,
      sources: { neighbours: { type: "geojson", data: { type: "FeatureCollection", features } } },
      layers: [
        { id: "ground", type: "background", paint: { "background-color": colour("--ground-soft") } },
        { id: "points", type: "circle", source: "neighbours", paint: { "circle-radius": 4, "circle-color": colour("--line-strong") } },
        { id: "names", type: "symbol", source: "neighbours", layout: { "text-field": ["get", "name"], "text-size": 13, "text-offset": [0, 1], "text-font": ["Noto Sans JP", "Noto Sans CJK JP", "IPAexGothic"] }, paint: { "text-color": colour("--text"), "text-halo-color": colour("--ground-soft"), "text-halo-width": 2 } },
      ],
    },
  });
  map.addControl(new NavigationControl({ showCompass: false }));
  map.addControl(new ScaleControl());
  map.addControl(new AttributionControl({ compact: false, customAttribution: page.dataset.source }));
  const pin = document.createElement("div");
  pin.className = "address-pin";
  new Marker({ element: pin, anchor: "center" }).setLngLat(centre).addTo(map);
  pin.removeAttribute("tabindex");
  pin.role = "img";
  pin.ariaLabel = label;
  map.once("idle", () => box.setAttribute("data-drawn", ""));
}

for (const box of document.querySelectorAll("[data-suggest]")) suggesting(box);
for (const box of document.querySelectorAll("[data-point]")) {
  box.hidden = false;
  draw(box);
}
