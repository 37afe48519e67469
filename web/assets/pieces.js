/**
 * What is seen of the past: the last seconds as they were when the traces were frozen, and what the server has kept
 * of the time before, asked for minute by minute. Each is a piece: a stretch of one stream. No drawing here.
 */

import { Series } from "./series.js";

export const MINUTE = 60; // s, what is asked for at once
const MOST = 24; // minutes kept here
const OVER = 0.1; // s that minutes overlap, so that the line goes on from one to the next
const UNSURE = 20; // s before the newest sample: not all of that is on the server's disk yet

/**
 * @typedef {{stream: string, epoch: number, fs: number, names: string[], series: Series, leads: object[]}} Piece
 * @typedef {{state: "asked"|"here"|"none", text: string, pieces: Piece[], marks: object[], sure: boolean}} Minute
 */

export class Pieces {
  constructor() {
    this.live = null; // the last seconds, as a piece
    this.liveMarks = [];
    this.minutes = new Map(); // by number since 1970
  }

  /** Hold what is kept of the live stream. @param {import("./beds.js").Bed} bed @param {object[]} marks with `time` */
  freeze(bed, marks) {
    this.live = { ...opened(bed.particulars), series: bed.series.copy() };
    this.liveMarks = marks.filter(({ stream }) => stream === bed.stream);
    for (const [number, minute] of this.minutes) if (!minute.sure) this.minutes.delete(number);
  }

  /** UTC seconds of the first and of one past the last sample that is held of the live stream; null if none is. */
  get held() {
    if (!this.live) return null;
    const { epoch, fs, series } = this.live;
    return [epoch + series.oldest / fs, epoch + series.newest / fs];
  }

  /** The minutes to be asked for, so that all of a time can be seen, the latest first. */
  wanted(from, to) {
    const numbers = [];
    for (let n = Math.ceil(to / MINUTE) - 1; (n + 1) * MINUTE > from; n--) {
      if (!this.minutes.has(n) && this.needs(n, from, to)) numbers.push(n);
    }
    return numbers;
  }

  /** Whether a minute has some of a time that is not held. */
  needs(n, from, to) {
    const [first, last] = this.held ?? [Infinity, Infinity];
    const [begin, end] = [Math.max(from, n * MINUTE), Math.min(to, (n + 1) * MINUTE)];
    return begin < end && (begin < first || end > last + OVER);
  }

  /** Begin to ask for a minute, perhaps again. @returns {{from: number, to: number}} in UTC seconds */
  ask(number) {
    const before = this.minutes.get(number);
    this.minutes.set(number, { state: "asked", text: "", pieces: [], marks: [], ...before, sure: true });
    for (const old of this.minutes.keys()) {
      if (this.minutes.size <= MOST) break;
      this.minutes.delete(old);
    }
    return { from: number * MINUTE, to: (number + 1) * MINUTE + OVER };
  }

  /**
   * Take the answer.
   * @param {number} number
   * @param {object[]} messages as the feed has them
   * @param {number} newest UTC seconds of the newest sample there is; what is young may not be on disk yet
   * @returns {boolean} whether the minute is whole
   */
  take(number, messages, newest) {
    const minute = this.minutes.get(number);
    if (!minute) return true;
    Object.assign(minute, { text: "", pieces: [], marks: [] });
    let piece = null;
    for (const message of messages) {
      if (message.kind === "problem") minute.text = message.text;
      else if (message.kind === "open") piece = opened(message);
      else if (message.kind === "wave") {
        piece = { ...piece, series: seriesOf(piece, message) };
        minute.pieces.push(piece);
      } else if (message.kind === "beat") {
        const time = piece.epoch + message.sample / piece.fs;
        minute.marks.push({ stream: piece.stream, sample: message.sample, time, beat: message });
      }
    }
    minute.state = minute.pieces.length ? "here" : "none";
    minute.sure = (number + 1) * MINUTE < newest - UNSURE;
    return minute.sure;
  }

  /** The pieces in which there may be some of a time, in order: the server's, and over them what is held. */
  between(from, to) {
    const found = this.within(from, to).flatMap(({ pieces }) => pieces);
    return this.live ? [...found.map((piece) => this.clip(piece)), this.live] : found;
  }

  /** What the server has of the live stream ends where what is held begins. */
  clip(piece) {
    const { live } = this;
    return piece.stream === live.stream ? { ...piece, until: live.series.oldest + 1 } : piece;
  }

  /** What is written along a time, each once. */
  marks(from, to) {
    const found = new Map();
    const inside = ({ time }) => time >= from && time <= to;
    for (const mark of [...this.within(from, to).flatMap(({ marks }) => marks), ...this.liveMarks].filter(inside)) {
      found.set(`${mark.stream} ${mark.sample} ${kindOf(mark)}`, mark);
    }
    return [...found.values()];
  }

  /** How it is with a time: what is asked for, and why there is none. @returns {{asked: boolean, text: string}} */
  state(from, to) {
    const before = this.held ? Math.min(to, this.held[0]) : to;
    const within = before > from ? this.within(from, before) : [];
    const asked = within.some(({ state }) => state === "asked");
    return { asked, text: within.find(({ state }) => state === "none")?.text ?? "" };
  }

  within(from, to) {
    return [...this.minutes]
      .filter(([number]) => number * MINUTE < to && (number + 1) * MINUTE + OVER > from)
      .sort(([one], [other]) => one - other)
      .map(([, minute]) => minute);
  }
}

/** What is kept of the live stream, up to a sample, as a piece. @returns {Piece} */
export const pieceOf = (bed, head) => ({ ...opened(bed.particulars), series: bed.series, until: Math.floor(head) });

const kindOf = ({ beat, reference, gap }) => (beat ? "beat" : reference ? "reference" : gap ? "gap" : "rule");

function opened({ stream, epoch, fs, leads }) {
  return { stream, epoch, fs, leads, names: leads.map(({ name }) => name) };
}

function seriesOf({ fs, leads }, { start, samples }) {
  const count = samples.length / 2 / leads.length;
  const series = new Series(fs, leads, start, Math.max(1, count) / fs);
  series.wave(start, samples);
  return series;
}
