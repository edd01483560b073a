// The panel about one road: its name, what is known of it, when it was last passed. Spoken politely to screen readers.

import { formatPercent, formatTime, language, t } from "./words.js";

function nameOf(properties) {
  const name = language === "ja" ? properties.name : (properties.name_en ?? properties.name);
  return name || t("roads.unnamed");
}

function rows(entry) {
  const known = [[t("roads.status"), t(`roads.status.${entry.status ?? "no-evidence"}`)]];
  known.push([t("roads.last-passed"), entry.last_passed ? formatTime(entry.last_passed) : t("roads.never-passed")]);
  if (entry.p_blocked != null && entry.status === "probably-blocked") known.push([t("roads.confidence"), formatPercent(entry.p_blocked)]);
  if (entry.reopened) known.push([t("roads.reopened"), formatTime(entry.reopened)]);
  if (entry.turn_backs) known.push([t("roads.turn-backs"), String(entry.turn_backs)]);
  return known;
}

// `about` is a segment as the hub tells it: its names, and what is known of it.
export function showDetails(panel, about) {
  panel.querySelector("[data-road-name]").textContent = nameOf(about);
  const list = panel.querySelector("dl");
  list.replaceChildren(
    ...rows(about).flatMap(([term, value]) => {
      const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
      dt.textContent = term;
      dd.textContent = value;
      return [dt, dd];
    }),
  );
  panel.hidden = false;
}
