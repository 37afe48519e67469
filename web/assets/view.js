/** One lead over a stretch of time that stands still, or moves as a whole: the frozen trace, and the one that scrolls. */

import { drawLabel } from "./label.js";

const THICK = 1.75; // CSS pixels of the stroke
const EDGE = 40; // CSS pixels from the right edge at which a mark has room
const STROKE = 100; // points of a stroke: many short ones are drawn sooner than one long one
const SETTLE = 0.9; // seconds that the view moves until the trace's range is looked at again

export class View {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{colour: string, faint: string, name: string, band: number, scale: import("./scale.js").Scale, mm: number}}
   *   look as of a Sweep, which shares it; `name`: of the lead
   */
  constructor(canvas, look) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    this.look = look;
    this.middle = null; // mV in the middle of the canvas
    this.settledAt = null; // where that was looked at last
    this.rolled = null; // how far, while it moves
    this.begin = 0; // UTC seconds at the left edge
  }

  /** Take the size the page gives the canvas, in the screen's own pixels. */
  fit() {
    this.ratio = window.devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.canvas;
    this.canvas.width = this.width = Math.round(clientWidth * this.ratio);
    this.canvas.height = this.height = Math.round(clientHeight * this.ratio);
  }

  /** CSS pixels per second and per mV. */
  get perSecond() {
    return this.look.scale.speed * this.look.mm;
  }

  get perMillivolt() {
    return this.look.scale.gain * this.look.mm;
  }

  /** Seconds that fit. */
  get seconds() {
    return this.canvas.clientWidth / this.perSecond;
  }

  /** Places in CSS pixels, and back. */
  x(time) {
    return (time - this.begin) * this.perSecond;
  }

  time(x) {
    return this.begin + x / this.perSecond;
  }

  y(value) {
    return this.centre - (value - (this.middle ?? 0)) * this.perMillivolt;
  }

  value(y) {
    return (this.middle ?? 0) + (this.centre - y) / this.perMillivolt;
  }

  get centre() {
    return this.look.band + (this.canvas.clientHeight - this.look.band) / 2;
  }

  /**
   * @param {import("./pieces.js").Piece[]} pieces
   * @param {number} begin UTC seconds at the left edge
   * @param {{time: number}[]} marks as Sweep has them
   */
  draw(pieces, begin, marks) {
    if (!(this.width > 1)) return;
    const { pen, ratio, look } = this;
    this.rolled = null;
    this.begin = begin;
    this.pieces = pieces.filter(({ names }) => names.includes(look.name));
    this.settle();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (const mark of marks) this.put(mark);
    this.line(this.pieces);
  }

  /** Draw the line of the lead, below the band of labels. */
  line(pieces) {
    const { pen, look } = this;
    pen.save();
    pen.beginPath();
    pen.rect(0, look.band, this.canvas.clientWidth, this.canvas.clientHeight);
    pen.clip();
    pen.strokeStyle = look.colour;
    pen.lineWidth = THICK;
    pen.lineJoin = "round";
    for (const piece of pieces) this.trace(piece);
    pen.restore();
  }

  /**
   * Move on to a later time: what is drawn goes to the left by whole screen pixels, and only what is new is drawn.
   * @param {import("./pieces.js").Piece} piece up to whose `until` is drawn
   * @param {number} begin UTC seconds at the left edge
   * @param {{time: number, key: object}[]} marks of this stretch, `key` being the same each time
   */
  roll(piece, begin, marks) {
    const { rolled, middle, pen } = this;
    const place = Math.round(begin * this.perSecond * this.ratio);
    this.begin = place / this.perSecond / this.ratio;
    this.pieces = [piece];
    this.settle();
    const edge = this.canvas.clientWidth - EDGE;
    const due = marks.filter(({ time }) => this.x(time) < edge);
    const keys = new Set(due.map(({ key }) => key));
    const steps = place - (rolled?.place ?? 0);
    if (!rolled || rolled.series !== piece.series || middle !== this.middle || steps < 0 || steps > this.width / 2) {
      this.draw([piece], this.begin, due);
      this.rolled = { place, series: piece.series, until: piece.until, keys };
      return;
    }
    if (steps > 0) {
      pen.setTransform(1, 0, 0, 1, 0, 0);
      pen.globalCompositeOperation = "copy";
      pen.drawImage(this.canvas, -steps, 0);
      pen.globalCompositeOperation = "source-over";
      pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    }
    for (const mark of due) if (!rolled.keys.has(mark.key)) this.put(mark);
    this.line([{ ...piece, since: rolled.until - 1 }]);
    Object.assign(rolled, { place, until: piece.until, keys });
  }

  /** The stretch of a piece that is on the canvas. @returns {[number, number]} samples, the second exclusive */
  stretch({ epoch, fs, series, since = -Infinity, until = Infinity }) {
    const from = Math.floor((this.begin - epoch) * fs);
    const to = Math.ceil((this.begin + this.seconds - epoch) * fs) + 1;
    return [Math.max(series.oldest, from, since), Math.min(series.newest, to, until)];
  }

  trace(piece) {
    const { epoch, fs, series, names } = piece;
    const lead = names.indexOf(this.look.name);
    const [from, to] = this.stretch(piece);
    const together = Math.max(1, Math.floor(fs / this.perSecond / this.ratio)); // samples in a screen pixel
    let down = false;
    let points = 0;
    this.pen.beginPath();
    for (let i = from; i < to; i += together - (i % together)) {
      const ends = together > 1 ? extremes(series, lead, i, Math.min(i + together - (i % together), to)) : [i];
      for (const sample of ends) {
        const value = series.at(lead, sample);
        const known = !Number.isNaN(value);
        if (known && down) this.pen.lineTo(this.x(epoch + sample / fs), this.y(value));
        else if (known) this.pen.moveTo(this.x(epoch + sample / fs), this.y(value));
        down = known;
        if (++points % STROKE || !known) continue;
        this.pen.stroke();
        this.pen.beginPath();
        this.pen.moveTo(this.x(epoch + sample / fs), this.y(value));
      }
    }
    this.pen.stroke();
  }

  /** Show another lead, or at another scale. */
  forget() {
    this.middle = this.settledAt = this.rolled = null;
  }

  /** Put the middle of what is seen to the middle of the canvas, unless it has room where it is. */
  settle() {
    if (this.middle !== null && Math.abs(this.begin - this.settledAt) < SETTLE) return;
    this.settledAt = this.begin;
    const seen = this.range();
    if (!seen) return;
    const half = (this.canvas.clientHeight - this.look.band) / 2 / this.perMillivolt;
    const middle = (seen.low + seen.high) / 2;
    const has = this.middle !== null && seen.high <= this.middle + half && seen.low >= this.middle - half;
    if (!has) this.middle = middle;
  }

  /** Between which values the wave is that is seen. */
  range() {
    const ranges = this.pieces.map((piece) => {
      const lead = piece.names.indexOf(this.look.name);
      const [from, to] = this.stretch(piece);
      return from < to ? piece.series.range(lead, from, to) : null;
    });
    const known = ranges.filter(Boolean);
    if (!known.length) return null;
    return { low: Math.min(...known.map(({ low }) => low)), high: Math.max(...known.map(({ high }) => high)) };
  }

  /** The value of the wave at a time, in mV; NaN where there is none. */
  at(time) {
    for (const { epoch, fs, series, names } of this.pieces ?? []) {
      const sample = Math.round((time - epoch) * fs);
      if (sample >= series.oldest && sample < series.newest) return series.at(names.indexOf(this.look.name), sample);
    }
    return NaN;
  }

  put(mark) {
    if (mark.rule) {
      this.pen.fillStyle = this.look.faint;
      this.pen.fillRect(Math.round(this.x(mark.time)), this.look.band, 1, this.canvas.clientHeight);
    } else if (this.look.band) {
      drawLabel(this.pen, mark, this.x(mark.time));
    }
  }
}

/** The lowest and the highest of some samples, in order: all that can be seen of them in one pixel. */
function extremes(series, lead, from, to) {
  let [low, high] = [from, from];
  for (let i = from; i < to; i++) {
    const value = series.at(lead, i);
    if (Number.isNaN(value)) return [i];
    if (value < series.at(lead, low)) low = i;
    if (value > series.at(lead, high)) high = i;
  }
  return low < high ? [low, high] : [high, low];
}
