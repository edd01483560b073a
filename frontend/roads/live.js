// The list view's live part: when a new window is out, the table is fetched again without a reload and the news is
// spoken politely. Without script the page is simply as new as when it was opened.

import htmx from "htmx.org";
import { formatTime, t } from "./words.js";

const list = document.querySelector("[data-road-list]");
let newest = Date.parse(list.dataset.at ?? 0);

if (list.dataset.stream && !new URL(location.href).searchParams.has("at")) {
  new EventSource(list.dataset.stream).addEventListener("window", async ({ data }) => {
    const { at } = JSON.parse(data);
    if (Date.parse(at) <= newest) return; // a stream begins with what is known
    newest = Date.parse(at);
    await htmx.ajax("GET", location.href, { target: "#road-list", select: "#road-list", swap: "outerHTML" });
    document.querySelector("[data-stage]").hidden = true; // a new window is out, so nothing is late
    document.querySelector("[data-announce]").textContent = t("roads.updated", { time: formatTime(at) });
  });
}
