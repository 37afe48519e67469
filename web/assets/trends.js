/** The panels of hours: the trend of a period that is chosen, and the counts of each hour. */

import { TrendPlot } from "./trend.js";
import { TrendData, zoneOffset } from "./trenddata.js";
import { BED, dayOf, hourOfDay, say, zoneName } from "./words.js";

const AGAIN = 600_000; // ms after which what is kept is asked for again, so that what is drawn stays thin
const EVERY = 1000; // ms between pictures
const COUNTED = 8 * 3600; // s
const byId = (name) => document.getElementById(name);

export class Trends {
  /**
   * @param {string} bed
   * @param {import("./log.js").Log} log
   * @param {function(): number} now UTC seconds of the bed's newest sample
   * @param {function(number): void} look shows the trace of a time
   */
  constructor(bed, log, now, look) {
    this.bed = bed;
    this.now = now;
    this.plot = new TrendPlot(byId("trend"), look);
    this.buttons = [...byId("trend-spans").children];
    this.trend = new TrendData(log.beats);
    this.hours = new TrendData(log.beats);
    this.panel = "";
    this.told = 0;
    this.asked = { trend: -Infinity, hours: -Infinity };
    for (const button of this.buttons) button.onclick = () => this.choose(button);
    this.seconds = Number(this.buttons[0].dataset.seconds);
  }

  choose(button) {
    for (const one of this.buttons) one.setAttribute("aria-pressed", String(one === button));
    this.seconds = Number(button.dataset.seconds);
    this.asked.trend = -Infinity;
    this.told = 0;
  }

  /** @param {string} panel that is seen now */
  see(panel) {
    this.panel = panel;
    this.told = 0;
  }

  /** @param {number} at ms */
  tell(at) {
    const kind = { "panel-trend": "trend", "panel-counts": "hours" }[this.panel];
    if (!kind || at - this.told < EVERY) return;
    this.told = at;
    const now = this.now();
    if (at - this.asked[kind] > AGAIN) {
      this.asked[kind] = at;
      this.ask(kind, now, kind === "trend" ? this.seconds : COUNTED);
    }
    if (kind === "trend") this.plot.draw(this.trend.between(now - this.seconds, now), now - this.seconds, now);
    else this.count(now);
  }

  async ask(kind, now, seconds) {
    const hour = 3600 - ((now + zoneOffset(now)) % 3600);
    const from = kind === "hours" ? now + hour - seconds : now - seconds;
    const query = new URLSearchParams({ bed: this.bed, from, to: now, offset: zoneOffset(now) });
    const note = byId(kind === "trend" ? "trend-note" : "counts-note");
    try {
      const answer = await fetch(`/kept/trend?${query}`);
      if (!answer.ok) throw new Error(answer.statusText);
      const told = MessagePack.decode(new Uint8Array(await answer.arrayBuffer()));
      if (kind === "trend" && seconds !== this.seconds) return; // another was chosen meanwhile
      this[kind].take(told);
      say(note, told.problem ? `${BED.sinceOpened}: ${told.problem}` : this.about(kind, now));
    } catch {
      say(note, BED.unreachable);
    }
    this.told = 0;
  }

  about(kind, now) {
    return kind === "hours" ? BED.hours(zoneName(new Date(now * 1000))) : BED.press;
  }

  count(now) {
    const rows = this.hours.counts(zoneOffset(now)).map(({ hour, counts }) => {
      const all = counts.reduce((sum, count) => sum + count, 0);
      const other = all - counts[0];
      const share = all ? `${((100 * other) / all).toFixed(1)} %` : "";
      return [`${dayOf(hour)} ${hourOfDay(hour)}`, ...counts, all, share].map(String);
    });
    const body = byId("counts");
    rows.forEach((texts, n) => fill(body.rows[n] ?? body.insertRow(), texts));
    while (body.rows.length > rows.length) body.deleteRow(-1);
  }
}

function fill(row, texts) {
  texts.forEach((text, n) => {
    const cell = row.cells[n] ?? row.insertCell();
    say(cell, text);
    cell.classList.toggle("none", text === "0");
  });
}
