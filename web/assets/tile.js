/** One bed's tile on the ward. */

import { bellState } from "./alarms.js";
import { BellSign } from "./bell.js";
import { nameOf } from "./names.js";
import { Sweep } from "./sweep.js";
import { colour } from "./theme.js";
import { ACTS, NONE, alarmSentence, alarmWords, classWords, fateWords } from "./words.js";
import { heartRate, note, rhythmWords, say } from "./words.js";

const MARKUP = `
  <div class="tile-frame">
    <div class="tile-head">
      <a class="tile-link"><b class="tile-name"></b></a><span class="tile-title"></span>
      <span class="tile-alarm"></span><span class="tile-more"></span><span class="state"></span>
    </div>
    <div class="tile-trace"><span class="lead-name"></span><canvas class="sweep" aria-hidden="true"></canvas></div>
    <div class="tile-numbers">
      <div class="tile-over"><span class="hr-label">HR</span><span class="bell"></span></div>
      <output class="hr" aria-live="off">${NONE}</output>
    </div>
    <div class="tile-foot">
      <span class="rhythm"></span><span class="quality"></span><span class="beat-class">${NONE}</span>
      <span class="tile-acts"><button type="button" class="pause"></button>
      <button type="button" class="acknowledge">${ACTS.acknowledge}</button></span>
    </div>
  </div>`;

/** The gains of the trade; the largest is taken at which the waves have room. */
const GAINS = [20, 10, 5, 2.5];

export class Tile {
  /**
   * @param {import("./beds.js").Bed} bed
   * @param {import("./alarmbar.js").AlarmBar} bar does what its buttons say
   * @param {number} speed in mm/s @param {number} mm CSS pixels in one
   */
  constructor(bed, bar, speed, mm) {
    this.bed = bed;
    this.alarms = bar.alarms;
    this.element = document.createElement("article");
    this.element.className = "tile";
    Object.assign(this.element.dataset, { bed: bed.name, alarm: "", look: "" });
    this.element.innerHTML = MARKUP;
    const part = (name) => this.element.querySelector(name);
    this.parts = {
      link: part(".tile-link"),
      name: part(".tile-name"),
      title: part(".tile-title"),
      alarm: part(".tile-alarm"),
      more: part(".tile-more"),
      state: part(".state"),
      lead: part(".lead-name"),
      hr: part(".hr"),
      rhythm: part(".rhythm"),
      quality: part(".quality"),
      beat: part(".beat-class"),
      pause: part(".pause"),
    };
    this.bell = new BellSign(part(".bell"));
    this.parts.link.href = `/bed/${encodeURIComponent(bed.name)}`;
    this.call();
    const acknowledge = part(".acknowledge");
    acknowledge.title = ACTS.acknowledgeBed(bed.name);
    acknowledge.onclick = () => bar.acts.acknowledge(bed.name);
    this.parts.pause.onclick = () => bar.pauseOrResume(bed.name);
    this.look = { colour: "", faint: "", lead: 0, band: 0, scale: { speed, gain: 10 }, gains: GAINS, mm };
  }

  /** Show what the bed is called. */
  call() {
    say(this.parts.name, nameOf(this.bed.name));
  }

  /** Take the size the page gives; the tile must stand on the page. */
  fit() {
    this.sweep ??= new Sweep(this.element.querySelector("canvas"), this.look);
    this.sweep.fit();
    this.paint();
  }

  /** In every frame: alarms at once, and the trace. @param {number|null} head the pen's place */
  draw(head) {
    const { bed, sweep } = this;
    this.tellAlarms();
    if (sweep.series !== bed.series) sweep.use(bed.series);
    for (const { rule, sample } of bed.unread) if (rule) sweep.mark({ rule, sample });
    bed.unread.length = 0;
    if (head !== null) sweep.draw(head);
  }

  /** Take the colours of the theme. */
  paint() {
    if (this.look.colour === colour("green")) return;
    this.look.colour = colour("green");
    this.look.faint = colour("quiet");
    this.sweep.last = null;
  }

  /** Everything but the trace. */
  tell(now, connected, detector) {
    const { bed, parts } = this;
    this.paint();
    const state = bed.state(now, connected);
    const lead = bed.particulars.leads[0];
    const rate = bed.rate(now, connected);
    const present = bed.isPresent(now, connected);
    note(this.element, "state", state.key);
    note(this.element, "detector", detector || "ready");
    const undetected = this.element.dataset.alarm ? detector : `${state.text} · ${detector}`; // alarms need the room
    say(parts.state, detector && state.key === "live" ? undetected : state.text);
    say(parts.title, bed.titleBeside(nameOf(bed.name)));
    say(parts.lead, `${bed.cut ? "cut beats" : lead.name} · ${this.look.scale.gain} mm/mV`);
    say(parts.hr, heartRate(rate));
    say(parts.rhythm, present ? rhythmWords(bed.statement, rate) : "");
    say(parts.quality, bed.trouble);
    const label = present ? bed.lastBeat?.label : undefined;
    say(parts.beat, label ? classWords(label) : NONE);
    note(parts.beat, "label", label ?? "");
    this.tellBell();
  }

  tellBell() {
    const { bed, parts, alarms } = this;
    const bell = alarms.bells.get(bed.name);
    const now = Date.now() / 1000;
    const paused = bellState(bell, now) === "paused";
    this.bell.tell(bell, this.element.dataset.alarm !== "", now);
    say(parts.pause, paused ? ACTS.resume : ACTS.pause);
    parts.pause.title = paused ? ACTS.resumeBed(bed.name) : ACTS.pauseBed(bed.name);
    parts.pause.hidden = !paused && !bell?.sounds;
  }

  tellAlarms() {
    const { bed, parts, alarms } = this;
    if (this.told === alarms.version) return;
    this.told = alarms.version;
    const all = alarms.of(bed.name);
    const [worst] = all;
    note(this.element, "alarm", worst?.priority ?? "");
    note(this.element, "look", worst?.look ?? "");
    say(parts.alarm, worst ? alarmWords(worst) : "");
    parts.alarm.title = all.map(alarmSentence).join("\n");
    const others = all.length > 1 ? `+${all.length - 1}` : "";
    say(parts.more, worst ? `${fateWords(worst)} ${others}`.trim() : "");
    parts.link.setAttribute("aria-label", [nameOf(bed.name), ...all.map(alarmSentence)].join(". "));
  }
}
