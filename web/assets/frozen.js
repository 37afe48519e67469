/** The frozen trace: held still where it was, and moved back and on through what is kept. */

import { markFor } from "./marks.js";
import { BED, beatHref, beatTitle, say, timeSpan } from "./words.js";

const STEP = 1; // s that an arrow key moves
const SHARE = 0.9; // of a screen that a page key moves
const AGAIN = 5000; // ms until a minute is asked for again that was not whole
const byId = (name) => document.getElementById(name);

export class Frozen {
  /**
   * @param {import("./strips.js").Strips} strips
   * @param {import("./pieces.js").Pieces} pieces
   * @param {{name: string, now: function(): (import("./beds.js").Bed|undefined), marks: object[],
   *   changed: function(): void}} bed `now`: it, when it is known; `marks`: what was written along its trace;
   *   `changed`: called when the traces are frozen, and when they go on
   */
  constructor(strips, pieces, bed) {
    this.strips = strips;
    this.pieces = pieces;
    this.bed = bed;
    this.on = false;
    this.begin = 0; // UTC seconds at the left edge
    this.at = null; // the moment that was asked for
    this.over = null; // called when the view has moved
    byId("freeze").onclick = () => this.toggle();
    byId("still-back-far").onclick = () => this.move(-SHARE * strips.seconds);
    byId("still-back").onclick = () => this.move(-STEP);
    byId("still-on").onclick = () => this.move(STEP);
    byId("still-on-far").onclick = () => this.move(SHARE * strips.seconds);
    strips.place.onwheel = (event) => this.on && this.wheel(event);
  }

  /** What keys do while the traces are frozen. */
  get keys() {
    const page = () => SHARE * this.strips.seconds;
    return {
      arrowleft: () => this.move(-STEP),
      arrowright: () => this.move(STEP),
      pageup: () => this.move(-page()),
      pagedown: () => this.move(page()),
      end: () => this.move(Infinity),
    };
  }

  toggle() {
    if (this.on) this.release();
    else this.freeze();
  }

  /** Hold still. @param {number} [time] UTC seconds to put in the middle; else what was last seen stays */
  freeze(time) {
    const bed = this.bed.now();
    if (!bed?.series && time === undefined) return;
    if (bed?.series) this.hold(bed);
    this.on = true;
    this.tellMode();
    this.at = time ?? null;
    if (time === undefined) this.show(bed.time(bed.playhead?.at ?? bed.series.newest) - this.strips.seconds);
    else this.show(time - this.strips.seconds / 2);
  }

  /** Let the traces go on. */
  release() {
    this.on = false;
    this.tellMode();
    history.replaceState(history.state, "", location.pathname);
    for (const link of this.strips.place.querySelectorAll(".beat-link")) link.remove();
    this.over?.();
  }

  tellMode() {
    byId("still-bar").hidden = byId("still-where").hidden = !this.on;
    byId("monitor").dataset.frozen = String(this.on);
    say(byId("freeze").firstElementChild, this.on ? BED.goOn : BED.freeze);
    this.bed.changed();
  }

  hold(bed) {
    this.pieces.freeze(bed, this.bed.marks);
    if (!this.strips.names) this.strips.arrange(this.pieces.live.names);
  }

  /** Put a moment into the middle. @param {number} time UTC seconds */
  goTo(time) {
    if (!this.on) return this.freeze(time);
    this.at = Number.isFinite(time) ? time : null;
    return this.show(time - this.strips.seconds / 2);
  }

  move(seconds) {
    if (!this.on) return;
    const bed = this.bed.now();
    if (!this.pieces.held && bed?.series) this.hold(bed); // opened by a link, before there were samples
    this.show(this.begin + seconds);
  }

  wheel(event) {
    event.preventDefault();
    const pixels = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.deltaY;
    this.move(pixels / (this.strips.views[0].perSecond || 1));
  }

  /** Show the time that begins then, but nothing after the newest sample. */
  show(begin) {
    if (begin === Infinity && !this.pieces.held) return;
    const { strips, pieces } = this;
    const bed = this.bed.now();
    if (pieces.held && bed?.series && begin + strips.seconds > pieces.held[1]) this.hold(bed);
    const latest = pieces.held ? pieces.held[1] - strips.seconds : begin;
    this.begin = Math.min(begin, latest);
    if (this.at < this.begin || this.at > this.begin + strips.seconds) this.at = null; // gone from view
    for (const number of pieces.wanted(this.begin, this.begin + strips.seconds)) this.ask(number);
    this.draw();
    clearTimeout(this.noting);
    this.noting = setTimeout(() => this.note(), 300);
  }

  /** Leave for good. */
  close() {
    this.on = false;
    clearTimeout(this.noting);
    clearTimeout(this.asking);
  }

  /** Let the address name what is seen, for a reload and for others. */
  note() {
    if (!this.on) return;
    const middle = this.begin + this.strips.seconds / 2;
    history.replaceState(history.state, "", `${location.pathname}?t=${(this.at ?? middle).toFixed(2)}`);
  }

  async ask(number) {
    const { from, to } = this.pieces.ask(number);
    const query = new URLSearchParams({ bed: this.bed.name, from, to });
    let said = [{ kind: "problem", text: BED.unreachable }];
    try {
      const answer = await fetch(`/kept/waves?${query}`);
      if (answer.ok) said = MessagePack.decode(new Uint8Array(await answer.arrayBuffer()));
    } catch {
      // said already
    }
    const bed = this.bed.now();
    const whole = this.pieces.take(number, said, bed?.series ? bed.time(bed.series.newest) : Infinity);
    if (!this.on) return;
    if (!whole) this.again(number);
    const [first] = this.pieces.between(this.begin, this.begin + this.strips.seconds);
    if (!this.strips.names && first) {
      this.strips.arrange(first.names);
      this.strips.fit();
      if (this.at !== null) this.begin = this.at - this.strips.seconds / 2;
    }
    this.draw();
  }

  /** Ask again soon, while it is still looked at. */
  again(number) {
    clearTimeout(this.asking);
    this.asking = setTimeout(() => {
      const { begin, strips, pieces } = this;
      if (this.on && pieces.needs(number, begin, begin + strips.seconds)) this.ask(number);
    }, AGAIN);
  }

  draw() {
    const { strips, pieces, begin } = this;
    const end = begin + strips.seconds;
    const bed = this.bed.now();
    const found = pieces.marks(begin, end).map((mark) => ({ ...markFor(mark, bed), time: mark.time, beat: mark.beat }));
    const rule = this.at === null ? [] : [{ rule: true, time: this.at }];
    strips.look(pieces.between(begin, end), begin, [...found, ...rule]);
    this.link(found.filter(({ beat }) => beat));
    say(byId("still-time"), timeSpan(begin, end));
    const { asked, text } = pieces.state(begin, end);
    say(byId("still-note"), asked ? BED.fetching : text);
    byId("still-note").title = text;
    this.over?.();
  }

  /** Lay a link over each beat's letter. */
  link(beats) {
    const [view] = this.strips.views;
    const links = beats.map(({ beat, time }) => {
      const link = document.createElement("a");
      link.className = "beat-link";
      link.href = beatHref(this.bed.name, beat);
      link.title = beatTitle(beat, time);
      link.setAttribute("aria-label", link.title);
      link.style.left = `${view.x(time)}px`;
      return link;
    });
    const place = this.strips.rows[0].querySelector(".overlay");
    for (const old of place.querySelectorAll(".beat-link")) old.remove();
    place.prepend(...links);
  }
}
