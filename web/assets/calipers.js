/** Calipers on the frozen trace: two corners, moved by mouse, finger or keys, and what lies between them. */

import { BED, caliperWords, say } from "./words.js";

const STEP = { time: 0.004, value: 0.01 }; // s, mV; ten times with Shift
const byId = (name) => document.getElementById(name);

/**
 * What lies between two corners.
 * @param {{time: number, value: number}} one @param {{time: number, value: number}} other UTC seconds, mV
 * @returns {{ms: number, rate: number|null, mV: number}} `rate` per minute of what returns after this time, if it is
 *   not 0; `mV` from the earlier to the later
 */
export function between(one, other) {
  const [first, last] = one.time <= other.time ? [one, other] : [other, one];
  const seconds = last.time - first.time;
  return { ms: 1000 * seconds, rate: seconds > 0 ? 60 / seconds : null, mV: last.value - first.value };
}

/**
 * Where calipers begin: on two beats that follow each other near the middle, else at thirds.
 * @param {number[]} beats times of R in UTC seconds, rising
 * @param {number} begin @param {number} end of what is seen
 * @returns {[number, number]}
 */
export function firstCorners(beats, begin, end) {
  const middle = (begin + end) / 2;
  const inside = beats.filter((time) => time >= begin && time <= end);
  const next = Math.max(1, inside.findIndex((time) => time > middle));
  if (inside.length > 1 && next > 0) return [inside[next - 1], inside[next]];
  return [begin + (end - begin) / 3, end - (end - begin) / 3];
}

export class Calipers {
  /** @param {import("./strips.js").Strips} strips @param {import("./frozen.js").Frozen} frozen */
  constructor(strips, frozen) {
    this.strips = strips;
    this.frozen = frozen;
    this.row = 0;
    this.corners = null; // two of {time, value}
    this.box = document.createElement("div");
    this.box.className = "calipers";
    this.legs = [0, 1].map((n) => this.leg(n));
    this.box.append(document.createElement("i"), ...this.legs);
    byId("still-calipers").onclick = () => this.toggle();
    strips.rows.forEach((row, n) => (row.onpointerdown = (event) => this.press(event, n)));
    frozen.over = () => this.draw();
  }

  leg(n) {
    const leg = document.createElement("b");
    Object.assign(leg, { className: "leg", tabIndex: 0 });
    leg.setAttribute("role", "slider");
    leg.setAttribute("aria-label", BED.leg(n + 1));
    leg.setAttribute("aria-valuemin", "0");
    leg.onkeydown = (event) => this.key(event, n);
    leg.onpointerdown = (event) => this.drag(event, n);
    return leg;
  }

  toggle() {
    if (this.corners) this.clear();
    else this.begin();
  }

  /** Begin on two beats, and let keys move the second corner. */
  begin() {
    if (!this.frozen.on) return;
    const [view] = this.strips.views;
    const end = view.begin + view.seconds;
    const beats = this.frozen.pieces.marks(view.begin, end).filter(({ beat }) => beat);
    const times = beats.map(({ time }) => time).sort((one, other) => one - other);
    this.row = 0;
    this.corners = firstCorners(times, view.begin, end).map((time) => ({ time, value: view.at(time) || 0 }));
    this.draw();
    this.legs[1].focus();
  }

  clear() {
    this.corners = null;
    this.draw();
  }

  /** A press on the trace begins anew there, and the second corner follows. */
  press(event, row) {
    if (!this.frozen.on || event.button || event.target.closest("a, select, .leg")) return;
    this.row = row;
    const corner = this.corner(event);
    this.corners = [corner, { ...corner }];
    this.draw();
    this.drag(event, 1);
  }

  drag(event, n) {
    event.preventDefault();
    event.stopPropagation();
    const leg = this.legs[n];
    leg.focus();
    leg.setPointerCapture(event.pointerId);
    leg.onpointermove = (moved) => {
      this.corners[n] = this.corner(moved);
      this.draw();
    };
    leg.onpointerup = leg.onpointercancel = () => (leg.onpointermove = null);
  }

  corner({ clientX, clientY }) {
    const view = this.strips.views[this.row];
    const { left, top } = view.canvas.getBoundingClientRect();
    return { time: view.time(clientX - left), value: view.value(clientY - top) };
  }

  key(event, n) {
    const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [];
    if (event.key === "Escape") this.clear();
    else if (x === undefined) return;
    else {
      const times = event.shiftKey ? 10 : 1;
      const { time, value } = this.corners[n];
      this.corners[n] = { time: time + times * x * STEP.time, value: value + times * y * STEP.value };
      this.draw();
    }
    event.preventDefault();
    event.stopPropagation();
  }

  draw() {
    const on = this.corners !== null && this.frozen.on;
    byId("still-calipers").setAttribute("aria-pressed", String(on));
    if (!on) {
      this.box.remove();
      say(byId("still-measure"), "");
      return;
    }
    const row = Math.min(this.row, this.strips.count - 1);
    const place = this.strips.rows[row].querySelector(".overlay");
    if (this.box.parentElement !== place) place.append(this.box);
    const view = this.strips.views[row];
    const [xs, ys] = [this.corners.map(({ time }) => view.x(time)), this.corners.map(({ value }) => view.y(value))];
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    const area = { left, top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
    for (const [name, value] of Object.entries(area)) this.box.firstChild.style[name] = `${value}px`;
    const words = caliperWords(between(...this.corners));
    this.legs.forEach((leg, n) => {
      leg.style.left = `${xs[n]}px`;
      leg.style.top = `${ys[n]}px`;
      leg.setAttribute("aria-valuemax", (1000 * view.seconds).toFixed(0));
      leg.setAttribute("aria-valuenow", (1000 * (this.corners[n].time - view.begin)).toFixed(0));
      leg.setAttribute("aria-valuetext", words);
    });
    say(byId("still-measure"), words);
  }
}
