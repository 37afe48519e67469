/** Calipers on the strip of an alarm: a box over the paper, drawn by mouse, finger or keys, and what it measures. */

import { between } from "./calipers.js";
import { EVENT, caliperWords, say } from "./words.js";

const SPEED = 25; // mm/s
const GAIN = 10; // mm/mV
const STEP = 0.2; // mm; ten times with Shift
const FIRST = { x: 20, y: 10 }; // mm: 0.8 s and 1 mV
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Measure {
  /**
   * @param {HTMLElement} paper what the figure is in
   * @param {HTMLButtonElement} button begins and ends
   * @param {HTMLElement} told where the measure is told
   */
  constructor(paper, button, told) {
    this.paper = paper;
    this.button = button;
    this.told = told;
    this.over = document.createElement("div");
    Object.assign(this.over, { className: "measure", tabIndex: 0 });
    this.over.setAttribute("role", "slider");
    this.over.setAttribute("aria-label", EVENT.box);
    this.over.setAttribute("aria-valuenow", "0");
    this.box = this.over.appendChild(document.createElement("i"));
    this.over.onpointerdown = (event) => this.press(event);
    this.over.onkeydown = (event) => this.key(event);
    button.onclick = () => this.toggle();
    this.corners = null; // two of {x, y} in CSS pixels
  }

  get on() {
    return this.over.isConnected;
  }

  /** Millimetres of paper in a CSS pixel, as the figure is zoomed now. */
  get mm() {
    const { xaxis } = this.plot._fullLayout;
    return (xaxis.range[1] - xaxis.range[0]) / xaxis._length;
  }

  get plot() {
    return this.paper.querySelector(".js-plotly-plot");
  }

  toggle() {
    if (this.on) this.end();
    else this.begin();
  }

  begin() {
    const { width, height } = this.plot.getBoundingClientRect();
    Object.assign(this.over.style, { width: `${width}px`, height: `${height}px` });
    this.plot.parentElement.append(this.over);
    const seen = { x: this.paper.scrollLeft + this.paper.clientWidth / 3, y: this.paper.scrollTop + 60 };
    const across = seen.x + FIRST.x / this.mm;
    this.corners = [{ ...seen, y: seen.y + FIRST.y / this.mm }, { ...seen, x: across }];
    this.draw();
    this.over.focus({ preventScroll: true });
  }

  end() {
    this.over.remove();
    this.draw();
  }

  press(event) {
    event.preventDefault();
    this.over.focus({ preventScroll: true });
    this.over.setPointerCapture(event.pointerId);
    const corner = this.corner(event);
    this.corners = [corner, corner];
    this.draw();
    this.over.onpointermove = (moved) => {
      this.corners[1] = this.corner(moved);
      this.draw();
    };
    this.over.onpointerup = this.over.onpointercancel = () => (this.over.onpointermove = null);
  }

  corner({ clientX, clientY }) {
    const { left, top } = this.over.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  key(event) {
    const step = ARROWS[event.key];
    if (event.key === "Escape") {
      this.end();
      this.button.focus();
    } else if (step) {
      const by = ((event.shiftKey ? 10 : 1) * STEP) / this.mm;
      const { x, y } = this.corners[1];
      this.corners[1] = { x: x + by * step[0], y: y + by * step[1] };
      this.draw();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  draw() {
    this.button.setAttribute("aria-pressed", String(this.on));
    if (!this.on) {
      say(this.told, "");
      return;
    }
    const [one, other] = this.corners;
    const area = { left: Math.min(one.x, other.x), top: Math.min(one.y, other.y) };
    area.width = Math.max(one.x, other.x) - area.left;
    area.height = Math.max(one.y, other.y) - area.top;
    for (const [name, value] of Object.entries(area)) this.box.style[name] = `${value}px`;
    const { mm } = this;
    const [from, to] = [one, other].map(({ x, y }) => ({ time: (x * mm) / SPEED, value: (-y * mm) / GAIN }));
    const words = caliperWords(between(from, to));
    this.over.setAttribute("aria-valuetext", words);
    say(this.told, words);
  }
}
