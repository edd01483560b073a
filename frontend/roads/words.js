// Words and times as the page's language has them. The words come from the server's catalogue, as a JSON data block
// in the page; times are shown in Japan time.

const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

export const language = document.documentElement.lang;

// Returns the text of `key`, with %(name)s replaced as gettext does.
export function t(key, values = {}) {
  return (words[key] ?? key).replace(/%\((\w+)\)s/g, (_, name) => values[name] ?? "");
}

const format = (options) => new Intl.DateTimeFormat(language, { timeZone: "Asia/Tokyo", ...options });
const clock = format({ month: "short", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit", hour12: false });
const kilometres = new Intl.NumberFormat(language, { maximumFractionDigits: 1, minimumFractionDigits: 1 });
const percent = new Intl.NumberFormat(language, { style: "percent" });

export const formatTime = (moment) => clock.format(new Date(moment));
export const formatKilometres = (metres) => t("roads.kilometres", { n: kilometres.format(metres / 1000) });
// An estimate is never shown as certain.
export const formatPercent = (share) => percent.format(Math.min(share, 0.99));
