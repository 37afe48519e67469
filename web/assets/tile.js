/** One bed's tile on the ward. */

import { Sweep } from "./sweep.js";
import { NONE, classWords, heartRate, say } from "./words.js";

const COLOURS = { colour: "#3df58a", faint: "#2b4a3b" };

const MARKUP = `
  <div class="tile-head"><b class="tile-name"></b><span class="tile-title"></span><span class="state"></span></div>
  <div class="tile-trace"><canvas class="sweep" aria-hidden="true"></canvas></div>
  <div class="tile-numbers"><span class="hr-label">HR</span><output class="hr">${NONE}</output></div>
  <div class="tile-foot"><span class="lead-name"></span><span class="beat-class">${NONE}</span></div>`;

/** The gains of the trade; the largest is taken at which the waves have room. */
const GAINS = [20, 10, 5, 2.5];

export class Tile {
  /** @param {import("./beds.js").Bed} bed @param {number} speed in mm/s @param {number} mm CSS pixels in one */
  constructor(bed, speed, mm) {
    this.bed = bed;
    this.element = document.createElement("a");
    this.element.className = "tile";
    this.element.href = `/bed/${encodeURIComponent(bed.name)}`;
    this.element.dataset.bed = bed.name;
    this.element.innerHTML = MARKUP;
    const part = (name) => this.element.querySelector(name);
    this.parts = {
      title: part(".tile-title"),
      state: part(".state"),
      lead: part(".lead-name"),
      hr: part(".hr"),
      beat: part(".beat-class"),
    };
    say(part(".tile-name"), bed.name);
    this.look = { ...COLOURS, lead: 0, band: 0, scale: { speed, gain: 10 }, gains: GAINS, mm };
  }

  /** Take the size the page gives; the tile must stand on the page. */
  fit() {
    this.sweep ??= new Sweep(this.element.querySelector("canvas"), this.look);
    this.sweep.fit();
  }

  /** @param {number|null} head the pen's place */
  draw(head) {
    if (this.sweep.series !== this.bed.series) this.sweep.use(this.bed.series);
    for (const { rule, sample } of this.bed.unread.splice(0)) if (rule) this.sweep.mark({ rule, sample });
    if (head !== null) this.sweep.draw(head);
  }

  /** Everything but the trace. */
  tell(now, connected, detector) {
    const { bed, parts } = this;
    const state = bed.state(now, connected);
    const lead = bed.particulars.leads[0];
    this.element.dataset.state = state.key;
    say(parts.state, detector && state.key === "live" ? `${state.text} · ${detector}` : state.text);
    say(parts.title, bed.title);
    say(parts.lead, `${bed.cut ? "cut beats" : lead.name} · ${this.look.scale.gain} mm/mV`);
    say(parts.hr, heartRate(bed.rate(now, connected)));
    const label = bed.lastBeat?.label;
    say(parts.beat, label ? classWords(label) : NONE);
    parts.beat.dataset.label = label ?? "";
  }
}
