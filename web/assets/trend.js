/** The trend of a bed: heart rate over a tachogram, each beat a point at its RR, the ectopic ones marked. */

import { colour } from "./theme.js";
import { ticks, zoneOffset } from "./trenddata.js";
import { BED, hourOfDay, timeOfDay, zoneName } from "./words.js";

const LEFT = 52; // CSS pixels for the numbers at the axis
const BELOW = 20; // for times
const GAP = 14; // between the plots
const SHARE = 0.4; // of the height, for the rate
const TIMES = [60, 300, 600, 1800, 3600, 7200];
const RATES = [5, 10, 20, 50, 100];
const RRS = [0.05, 0.1, 0.2, 0.5, 1, 2];
const BREAK = 5; // s without a beat, after which the line of the rate begins anew
const INKS = { N: "quiet", S: "yellow", V: "red", F: "orange", Q: "violet" };
const SIZE = 4; // CSS pixels from the middle of an ectopic beat's sign to its edge

/** Signs by class, so that colour is never the only one; a normal beat is a dot. */
const SIGNS = {
  S: [[0, -1], [1, 0.8], [-1, 0.8]],
  V: [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
  F: [[0, -1.1], [1.1, 0], [0, 1.1], [-1.1, 0]],
  Q: [[0, 1], [1, -0.8], [-1, -0.8]],
};

export class TrendPlot {
  /** @param {HTMLCanvasElement} canvas @param {function(number): void} chosen called with UTC seconds that were pressed */
  constructor(canvas, chosen) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    canvas.onclick = ({ offsetX }) => offsetX > LEFT && this.span && chosen(this.time(offsetX));
  }

  time(x) {
    const [from, to] = this.span;
    return from + ((x - LEFT) / (this.width - LEFT)) * (to - from);
  }

  x(time) {
    const [from, to] = this.span;
    return LEFT + ((time - from) / (to - from)) * (this.width - LEFT);
  }

  /** @param {import("./trenddata.js").Point[]} points @param {number} from @param {number} to UTC seconds */
  draw(points, from, to) {
    const { canvas, pen } = this;
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    }
    Object.assign(this, { width, height, span: [from, to] });
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = "12px system-ui, sans-serif";
    const room = height - BELOW - GAP;
    const rate = { top: 6, height: room * SHARE - 6 };
    const rr = { top: room * SHARE + GAP, height: room * (1 - SHARE) };
    this.times(height - BELOW);
    this.rates(points.filter(({ hr }) => hr > 0), rate);
    this.intervals(points.filter(({ rr: seconds }) => seconds > 0), rr);
    canvas.setAttribute("aria-label", this.words(points));
  }

  words(points) {
    if (!points.length) return BED.noBeats;
    const rates = points.map(({ hr }) => hr).filter((hr) => hr > 0);
    const ectopic = points.filter(({ label }) => label !== "N").length;
    const range = rates.length ? `${Math.round(Math.min(...rates))} to ${Math.round(Math.max(...rates))}` : "not known";
    return `Trend from ${timeOfDay(this.span[0])}: heart rate ${range} per minute, ${ectopic} beats marked as not normal`;
  }

  times(bottom) {
    const { pen } = this;
    const [from, to] = this.span;
    const offset = zoneOffset(to);
    pen.textBaseline = "bottom";
    pen.textAlign = "center";
    for (const tick of ticks(from + offset, to + offset, (this.width - LEFT) / 90, TIMES)) {
      const x = this.x(tick - offset);
      pen.fillStyle = colour("line");
      pen.fillRect(Math.round(x), 0, 1, bottom);
      pen.fillStyle = colour("quiet");
      if (x > LEFT + 20 && x < this.width - 20) pen.fillText(hourOfDay(tick - offset), x, this.height - 2);
    }
    pen.textAlign = "left";
    pen.fillText(zoneName(new Date(to * 1000)), 2, this.height - 2);
  }

  /** Lines across, their numbers, and what they count. @returns {function(number): number} place of a value */
  axis({ top, height }, low, high, steps, text, unit) {
    const { pen } = this;
    const y = (value) => top + height - ((value - low) / (high - low)) * height;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const tick of ticks(low, high, Math.max(2, height / 26), steps)) {
      pen.fillStyle = colour("line");
      pen.fillRect(LEFT, Math.round(y(tick)), this.width - LEFT, 1);
      pen.fillStyle = colour("quiet");
      pen.fillText(text(tick), LEFT - 6, y(tick));
    }
    pen.textAlign = "left";
    pen.textBaseline = "top";
    pen.fillStyle = colour("ink");
    pen.fillText(unit, LEFT + 6, top + 1);
    return y;
  }

  rates(points, place) {
    const [low, high] = limits(points.map(({ hr }) => hr), 40, 60, 100);
    const y = this.axis(place, low, high, RATES, (rate) => String(Math.round(rate)), "HR /min");
    const { pen } = this;
    const most = Math.max(BREAK, (2 * (this.span[1] - this.span[0])) / 1500);
    pen.strokeStyle = colour("green");
    pen.lineWidth = 1.5;
    pen.beginPath();
    let before = -Infinity;
    for (const { time, hr } of points) {
      if (time - before > most) pen.moveTo(this.x(time), y(hr));
      else pen.lineTo(this.x(time), y(hr));
      before = time;
    }
    pen.stroke();
  }

  intervals(points, place) {
    const [low, high] = limits(points.map(({ rr }) => rr), 0.4, 0.5, 1.1);
    const y = this.axis(place, low, high, RRS, (rr) => String(Math.round(1000 * rr)), "RR ms");
    const { pen } = this;
    pen.fillStyle = colour(INKS.N);
    for (const { time, rr, label } of points) {
      if (label === "N") pen.fillRect(this.x(time) - 1, y(rr) - 1, 2, 2);
    }
    for (const { time, rr, label } of points) {
      const sign = SIGNS[label];
      if (!sign) continue;
      pen.fillStyle = colour(INKS[label]);
      pen.beginPath();
      for (const [dx, dy] of sign) pen.lineTo(this.x(time) + SIZE * dx, y(rr) + SIZE * dy);
      pen.fill();
    }
  }
}

/** Ends of an axis: all values, with air, and at least so far apart. */
function limits(values, least, usualLow, usualHigh) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [usualLow, usualHigh];
  const air = Math.max(0.08 * (high - low), (least - (high - low)) / 2);
  return [Math.max(0, low - air), high + air];
}
