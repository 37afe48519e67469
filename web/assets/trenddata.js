/** Beats over hours: what the server has kept and thinned, and after it what this page has heard. No drawing here. */

const CLASSES = ["N", "S", "V", "F", "Q"];
const HOUR = 3600;

/**
 * @typedef {{time: number, rr: number, hr: number, label: string}} Point UTC seconds, s, 1/min; NaN for what is not known
 */

export class TrendData {
  /** @param {Point[]} heard since the page was opened, in order of time; it grows */
  constructor(heard) {
    this.heard = heard;
    this.kept = [];
    this.hours = new Map(); // begin in UTC seconds -> counts of N, S, V, F, Q
    this.last = -Infinity; // UTC seconds of the last beat that the server has counted
  }

  /** Take what the server answered (web/trend.py). */
  take({ times, rr, hr, labels, hours = [], last = null }) {
    const columns = [doubles(times), floats(rr), floats(hr), labels ?? []];
    this.kept = Array.from(columns[0], (time, n) => ({
      time,
      rr: columns[1][n],
      hr: columns[2][n],
      label: CLASSES[columns[3][n]],
    }));
    this.hours = new Map(hours);
    this.last = last ?? -Infinity;
  }

  /** Beats of a time, in order. @returns {Point[]} */
  between(from, to) {
    const inside = ({ time }) => time >= from && time <= to;
    return [...this.kept.filter(inside), ...this.after().filter(inside)];
  }

  /** What was heard and the server has not counted. */
  after() {
    let n = this.heard.length;
    while (n > 0 && this.heard[n - 1].time > this.last + 1e-6) n--;
    return this.heard.slice(n);
  }

  /**
   * How many beats of each class each hour has, the latest first.
   * @param {number} offset seconds that the zone's clocks are ahead of Greenwich's
   * @returns {{hour: number, counts: number[]}[]}
   */
  counts(offset) {
    const hours = new Map([...this.hours].map(([hour, counts]) => [hour, [...counts]]));
    for (const { time, label } of this.after()) {
      const hour = Math.floor((time + offset) / HOUR) * HOUR - offset;
      if (!hours.has(hour)) hours.set(hour, [0, 0, 0, 0, 0]);
      hours.get(hour)[CLASSES.indexOf(label)]++;
    }
    return [...hours].map(([hour, counts]) => ({ hour, counts })).sort((one, other) => other.hour - one.hour);
  }
}

const doubles = (bytes) => new Float64Array(bytes ? bytes.slice().buffer : 0);
const floats = (bytes) => new Float32Array(bytes ? bytes.slice().buffer : 0);

/** Seconds that the viewer's clocks are ahead of Greenwich's. @param {number} time UTC seconds */
export const zoneOffset = (time) => -60 * new Date(time * 1000).getTimezoneOffset();

/** Round places for the marks of an axis. @returns {number[]} within, and `step` apart */
export function ticks(low, high, most, steps) {
  const step = steps.find((one) => (high - low) / one <= most) ?? steps[steps.length - 1];
  const first = Math.ceil(low / step) * step;
  return Array.from({ length: Math.floor((high - first) / step + 1e-9) + 1 }, (_, n) => first + n * step);
}
