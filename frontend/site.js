// What every page of the hub may use: HTMX for parts that change without a reload. Configured for a strict
// Content-Security-Policy: no eval, no style element made by script.

import htmx from "htmx.org";
import "./apply.js";

htmx.config.allowEval = false;
htmx.config.allowScriptTags = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0;

// A problem answered with a page part (4xx, 5xx) is shown where the answer would have been.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status >= 400) event.detail.shouldSwap = true;
});
