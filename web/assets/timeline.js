/** The page of alarms: asks the server anew when something has happened; a click on a bar opens the alarm. */

import { go } from "./links.js";
import { mountQuiet } from "./quiet.js";
import { put } from "./store.js";
import { Turns } from "./turns.js";

const WHOLE = 0.98; // of a period: so much of it is as good as all
const NEWS = new Set(["alarm", "verdict", "open", "close"]);
const byId = (name) => document.getElementById(name);

/** @param {HTMLElement} page @param {string} url of the feed */
export function mountAlarms(page, url) {
  const turns = new Turns();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC";
  const chosen = { page: 0, priority: "", kind: "", verdict: "" };
  const over = new AbortController();
  let seen = null;
  const quiet = mountQuiet(page, url, {
    kinds: ["verdict"],
    messages(messages) {
      turns.news ||= messages.some(({ kind }) => NEWS.has(kind));
    },
  });

  const tick = () => {
    const now = performance.now();
    if (document.hidden || !turns.due(now)) return;
    turns.asked(now);
    const { bed = "", hours } = page.dataset;
    const data = { bed, hours: Number(hours), zone, seen, ...chosen, at: now };
    put("timeline-asked", data, over.signal);
  };
  const choose = (choice) => {
    Object.assign(chosen, { page: 0 }, choice);
    turns.urgent = true;
  };

  const beds = byId("timeline-beds");
  const showBed = () => (beds.value = page.dataset.bed ?? "");
  const onChange = ({ target }) => {
    if (target.dataset.filter) choose({ [target.dataset.filter]: target.value });
    else if (target === beds) {
      const bed = target.value ? `bed=${encodeURIComponent(target.value)}&` : "";
      go(`/alarms?${bed}hours=${page.dataset.hours}`);
    }
  };
  const onClick = ({ target }) => {
    const turn = target.closest("[data-go]");
    if (turn) choose({ page: Number(turn.dataset.go) });
  };
  page.addEventListener("change", onChange);
  page.addEventListener("click", onClick);

  // Dash may show another bed or period in the same element.
  const another = new MutationObserver(() => {
    seen = null;
    showBed();
    choose({ page: 0 });
  });
  another.observe(page, { attributeFilter: ["data-bed", "data-hours"] });
  const options = new MutationObserver(showBed);
  options.observe(beds, { childList: true });
  const answers = new MutationObserver(() => turns.answered(performance.now()));
  answers.observe(byId("timeline-note"), { attributeFilter: ["data-answered"] });
  const timer = setInterval(tick, 200);
  tick();

  return {
    ...quiet,
    turns,
    /** Show so much of the period. @param {string[]} range begin and end, in local time */
    zoom(range) {
      const [begin, end] = range.map(milliseconds);
      seen = end - begin < WHOLE * 3.6e6 * Number(page.dataset.hours) ? range : null;
      turns.urgent = true;
    },
    unmount() {
      over.abort();
      clearInterval(timer);
      for (const observer of [another, options, answers]) observer.disconnect();
      page.removeEventListener("change", onChange);
      page.removeEventListener("click", onClick);
      quiet.unmount();
    },
  };
}

const plot = () => document.querySelector("#timeline-figure .js-plotly-plot");

/** Plotly's times have no zone: they are read, and written, as if of UTC. @param {string} text */
const milliseconds = (text) => Date.parse(`${text.replace(" ", "T")}Z`);

/** Open an alarm or, where some share a bar, look closer. */
function click(data) {
  const point = data?.points?.[0];
  if (!point) return;
  if (point.customdata) {
    go(`/event/${encodeURIComponent(point.customdata)}`);
    return;
  }
  const [begin, end] = plot().layout.xaxis.range.map(milliseconds);
  const middle = milliseconds(point.x);
  const near = (end - begin) / 16;
  const range = [middle - near, middle + near].map((ms) => new Date(ms).toISOString().slice(0, -1));
  window.Plotly.relayout(plot(), { "xaxis.range": range });
}

function zoomed(change) {
  if (!Object.keys(change ?? {}).some((name) => name.startsWith("xaxis"))) return;
  window.cardiovision?.zoom?.(plot().layout.xaxis.range.map((text) => String(text).replace(" ", "T")));
}

window.dash_clientside ??= {};
window.dash_clientside.timeline = { click, zoomed };
