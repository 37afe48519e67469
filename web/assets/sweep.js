/**
 * A sweep trace as on a bedside monitor: the pen runs over the canvas again and again, and an erase bar goes before it.
 *
 * Sample `i` always stands at column `i / fs * speed`, modulo the width: the stream's own clock places it, never the
 * time at which it came. Each call draws only what is new.
 */

import { drawLabel } from "./label.js";

const BAR_MM = 8; // width of the erase bar
const SETTLE = 2; // seconds of samples after which the first guess of the trace's range is made anew
const RANGE = 4; // seconds from which the range is taken
const GAIN_RANGE = 20; // seconds from which the gain is chosen: longer, so that it does not change with every beat
const OFF = 0.3; // seconds outside the canvas after which the trace is centred anew
const THICK = 1.75; // CSS pixels of the stroke

/**
 * @typedef {{sample: number, text: string, colour: string, boxed?: boolean, row: number, rule?: boolean}} Mark
 *   letters over the trace in a colour of the theme, in one of the band's rows; a `rule` is a line down the trace instead
 */

export class Sweep {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{colour: string, faint: string, lead: number, band: number, scale: import("./scale.js").Scale,
   *   mm: number, gains?: number[]}} look `band`: CSS pixels kept free at the top for marks; `mm`: CSS pixels in a
   *   millimetre; `gains`: to choose from by the height of the waves, largest first
   */
  constructor(canvas, look) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    this.look = look;
    this.marks = [];
    this.drawn = 0; // samples drawn since the page opened, each counted once
    this.reached = 0;
    this.fit();
  }

  /**
   * Take the size the page gives the canvas, in whole pixels of the screen, so that each of its own is one of the
   * screen's: sharp, true to scale, and drawn without being stretched. True if it has changed.
   */
  fit() {
    const { canvas } = this;
    const ratio = window.devicePixelRatio || 1;
    canvas.style.width = canvas.style.height = "";
    const box = canvas.getBoundingClientRect();
    const [width, height] = [box.width, box.height].map((length) => Math.floor(length * ratio));
    canvas.style.width = `${width / ratio}px`;
    canvas.style.height = `${height / ratio}px`;
    if (width === this.width && height === this.height && ratio === this.ratio) return false;
    [this.width, this.height, this.ratio] = [width, height, ratio];
    [canvas.width, canvas.height] = [width, height];
    this.last = null;
    return true;
  }

  /** Draw on another stream, lead or scale: from the beginning of what is still kept. */
  use(series) {
    this.series = series;
    this.last = null;
    this.reached = 0;
    this.marks = this.marks.filter((mark) => mark.series === series);
  }

  /** Screen pixels per second and per mV. */
  get perSecond() {
    return this.look.scale.speed * this.look.mm * this.ratio;
  }

  get perMillivolt() {
    return this.look.scale.gain * this.look.mm * this.ratio;
  }

  /** Column of a sample, counted on without end. */
  column(sample) {
    return (sample / this.series.fs) * this.perSecond;
  }

  /** Samples that fit on the canvas beside the erase bar. */
  get span() {
    return Math.max(1, ((this.width - this.bar) / this.perSecond) * this.series.fs);
  }

  get bar() {
    return Math.round(BAR_MM * this.look.mm * this.ratio);
  }

  /** Draw up to (fractional) sample `head`. */
  draw(head) {
    if (!this.series || this.width < 2) return;
    const to = Math.floor(head);
    const settling = !this.settled && to - this.from > SETTLE * this.series.fs;
    if (this.last === null || settling || to - this.last > this.span) this.restart(to);
    if (to <= this.last) return;
    this.erase(to);
    this.trace(this.last, to);
    for (const mark of this.marks) this.put(mark, to);
    while (this.marks[0]?.sample <= to - this.span) this.marks.shift();
    this.drawn += Math.max(0, to - Math.max(this.last, this.reached));
    this.reached = Math.max(this.reached, to);
    this.last = to;
  }

  /** Wipe the canvas and go back to the first sample that belongs on it. */
  restart(to) {
    this.pen.clearRect(0, 0, this.width, this.height);
    this.last = Math.max(this.series.first, this.series.oldest, Math.ceil(to - this.span));
    this.last = Math.min(this.last, to);
    this.erased = Math.floor(this.column(this.last));
    this.from = this.last;
    this.settled = to - this.from > SETTLE * this.series.fs;
    this.centre(to);
    for (const mark of this.marks) mark.done = false;
  }

  /** Put the range of the latest samples to the middle, and where gains are to choose from, choose one. */
  centre(to) {
    const { fs } = this.series;
    const { lead, gains } = this.look;
    const range = this.series.range(lead, Math.max(this.from, Math.floor(to - RANGE * fs)), to);
    this.off = 0;
    this.middle ??= 0;
    if (!range) return;
    this.middle = (range.low + range.high) / 2;
    if (!gains) return;
    const longer = this.series.range(lead, Math.floor(to - GAIN_RANGE * fs), to);
    this.choose(longer.high - longer.low);
  }

  /** The largest gain at which a range of mV has room; a larger one than now must leave some to spare. */
  choose(range) {
    const { gains, mm, scale } = this.look;
    const room = this.canvas.clientHeight / mm;
    const fits = (gain) => range * gain * (gain > scale.gain ? 1.5 : 1.2) <= room;
    const gain = gains.find(fits) ?? gains[gains.length - 1];
    if (gain === scale.gain) return;
    scale.gain = gain;
    this.settled = false; // all is drawn anew
  }

  erase(to) {
    const until = Math.floor(this.column(to)) + this.bar;
    const columns = Math.min(until - this.erased, this.width);
    const begin = (until - columns) % this.width;
    this.pen.clearRect(begin, 0, columns, this.height);
    if (begin + columns > this.width) this.pen.clearRect(0, 0, begin + columns - this.width, this.height);
    this.erased = until;
  }

  /** The stroke from sample `from - 1`, already drawn, to `to`, exclusive. */
  trace(from, to) {
    const { pen, series, look } = this;
    const top = look.band * this.ratio;
    if (top) this.keepBelow(top);
    pen.strokeStyle = look.colour;
    pen.lineWidth = THICK * this.ratio;
    pen.lineJoin = "round";
    pen.beginPath();
    let down = false;
    let turn = Math.floor(this.column(from) / this.width);
    for (let i = Math.max(from - 1, this.from); i < to; i++) {
      const value = series.at(look.lead, i);
      const column = this.column(i);
      const now = Math.floor(column / this.width);
      if (now !== turn) {
        turn = now;
        down = false;
        this.centre(i);
      }
      if (Number.isNaN(value)) {
        down = false;
        continue;
      }
      const y = this.y(value);
      this.watch(y, i, top);
      if (down) pen.lineTo(column - turn * this.width, y);
      else pen.moveTo(column - turn * this.width, y);
      down = true;
    }
    pen.stroke();
    if (top) pen.restore();
  }

  /** Draw nothing above a row of pixels, until the pen is restored. */
  keepBelow(top) {
    this.pen.save();
    this.pen.beginPath();
    this.pen.rect(0, top, this.width, this.height - top);
    this.pen.clip();
  }

  /** Screen pixel of a value in mV. */
  y(value) {
    const top = this.look.band * this.ratio;
    return top + (this.height - top) / 2 - (value - this.middle) * this.perMillivolt;
  }

  /** Centre anew when the trace stays off the canvas. */
  watch(y, i, top) {
    if (y >= top && y <= this.height) this.off = 0;
    else if (++this.off > OFF * this.series.fs) this.centre(i);
  }

  /** @param {Mark} mark is drawn when the pen has passed its sample, and again when all is drawn anew */
  mark(mark) {
    this.marks.push({ ...mark, series: this.series, done: false });
  }

  put(mark, to) {
    if (mark.done || mark.sample >= to) return;
    mark.done = true;
    if (mark.sample < this.from || mark.series !== this.series) return;
    const { pen, ratio } = this;
    const x = this.column(mark.sample) % this.width;
    if (mark.rule) {
      pen.fillStyle = this.look.faint;
      pen.fillRect(Math.round(x), this.look.band * ratio, ratio, this.height);
      return;
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawLabel(pen, mark, x / ratio);
    pen.setTransform(1, 0, 0, 1, 0, 0);
  }
}
