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

// What is wrong with a form stands on top of the page: there the reading begins, unless the page says where to type.
const summary = document.querySelector("main .notice--error[role=alert]");
if (summary && !document.querySelector("[autofocus]")) {
  summary.tabIndex = -1;
  summary.focus();
}

// On a phone the links of the header scroll: the page that is open is the one to be seen.
document.querySelector(".site-nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
