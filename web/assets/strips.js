/** The strips of a bed's page: as many leads as are wanted, sweeping, scrolling or still, on one scale. */

import { arrangeStrips, pickLeads } from "./leads.js";
import { drawMark, drawPaper } from "./paper.js";
import { Sweep } from "./sweep.js";
import { colour } from "./theme.js";
import { View } from "./view.js";
import { say } from "./words.js";

export const BAND = 42; // CSS pixels over the first trace for labels
const GAP = 4; // CSS pixels between strips
const COLOURS = ["green", "cyan"];
const MARGIN_MM = 10; // before each trace, for the calibration mark

export class Strips {
  /**
   * @param {HTMLElement} place
   * @param {import("./scale.js").Scale} scale @param {import("./leads.js").View} wanted
   * @param {number} mm CSS pixels in a millimetre
   * @param {function(): void} chosen called when another lead was chosen for a strip
   */
  constructor(place, scale, wanted, mm, chosen) {
    this.place = place;
    this.wanted = wanted;
    this.chosen = chosen;
    this.names = null; // of the leads there are
    this.count = 0; // strips that are shown
    this.rows = [...place.children];
    this.looks = this.rows.map((_, n) => ({ lead: n, name: "", band: n === 0 ? BAND : 0, scale, mm }));
    this.paint();
    this.sweeps = this.rows.map((row, n) => new Sweep(row.querySelector(".sweep"), this.looks[n]));
    this.views = this.rows.map((row, n) => new View(row.querySelector(".still"), this.looks[n]));
    this.selects = this.rows.map((row) => row.querySelector(".lead-choice"));
    this.selects.forEach((select, n) => (select.onchange = () => this.choose(n, Number(select.value))));
  }

  get mm() {
    return this.looks[0].mm;
  }

  /** Take the colours of the theme. */
  paint() {
    this.looks.forEach((look, n) => {
      look.colour = colour(COLOURS[n % COLOURS.length]);
      look.faint = colour("quiet");
    });
  }

  /** Make room for leads. @param {string[]} names of all there are */
  arrange(names) {
    this.names = names;
    const leads = pickLeads(names, this.wanted);
    this.count = leads.length;
    const { rows } = arrangeStrips(leads.length);
    this.rows.forEach((row, n) => (row.hidden = n >= leads.length));
    this.looks.forEach((look, n) => (look.band = n % rows === 0 ? BAND : 0));
    leads.forEach((lead, n) => this.show(n, lead));
  }

  /** Put a lead on a strip. */
  show(strip, lead) {
    const row = this.rows[strip];
    const look = this.looks[strip];
    if (look.name !== this.names[lead]) this.views[strip].forget();
    Object.assign(look, { lead, name: this.names[lead] });
    this.sweeps[strip].last = null;
    row.querySelector(".lead-state").dataset.lead = lead;
    say(row.querySelector(".lead-name"), look.name);
    const select = this.selects[strip];
    select.hidden = this.count === this.names.length;
    select.replaceChildren(...this.names.map((name, n) => new Option(name, n, n === lead, n === lead)));
  }

  choose(strip, lead) {
    const before = this.shownNames();
    const other = before.indexOf(this.names[lead]);
    if (other >= 0) before[other] = before[strip]; // they change places
    before[strip] = this.names[lead];
    this.wanted.names = before;
    this.chosen();
  }

  shownNames() {
    return this.looks.slice(0, this.count).map(({ name }) => name);
  }

  /** Draw what comes of a stream. @param {import("./series.js").Series} series */
  use(series) {
    for (const sweep of this.sweeps) sweep.use(series);
    for (const view of this.views) view.forget();
  }

  /** @param {"sweep"|"scroll"|"still"} mode */
  set mode(mode) {
    this.place.dataset.mode = mode;
    for (const { canvas } of this.sweeps) canvas.hidden = mode !== "sweep";
    for (const { canvas } of this.views) canvas.hidden = mode === "sweep";
    for (const view of this.views) view.forget();
    this.fit();
  }

  /** Divide the place among the strips, in whole pixels: a canvas of 99.5 would be stretched to 100, and its scale. */
  divide() {
    const { columns, rows } = arrangeStrips(this.count);
    const { width, height } = this.place.getBoundingClientRect();
    const across = Math.floor((width - GAP * (columns - 1)) / columns);
    const down = Math.floor((height - BAND - GAP * (rows - 1)) / rows);
    const { style } = this.place;
    style.gridTemplate = `${down + BAND}px ${`${down}px `.repeat(rows - 1)} / repeat(${columns}, ${across}px)`;
    style.setProperty("--margin", `${this.margin}px`);
  }

  /** Before each trace, in CSS pixels. */
  get margin() {
    return Math.round(MARGIN_MM * this.mm);
  }

  /** Take the sizes that the page gives, and another scale. */
  fit() {
    this.divide();
    this.each((n) => {
      const { mm, band, scale } = this.looks[n];
      this.sweeps[n].fit();
      this.views[n].fit();
      const paper = this.rows[n].querySelector(".paper");
      drawPaper(paper, mm);
      drawMark(paper, { mm, gain: scale.gain, left: 0, width: this.margin, band });
    });
  }

  /** Draw all anew. */
  redraw() {
    for (const sweep of this.sweeps) sweep.last = null;
    for (const view of this.views) view.forget();
    this.fit();
  }

  /** @param {number} mm CSS pixels in a millimetre */
  measure(mm) {
    for (const look of this.looks) look.mm = mm;
    this.redraw();
  }

  sweep(head) {
    this.each((n) => this.sweeps[n].draw(head));
  }

  /** Show a time. @param {import("./pieces.js").Piece[]} pieces @param {number} begin @param {object[]} marks */
  look(pieces, begin, marks) {
    this.each((n) => this.views[n].draw(pieces, begin, n === 0 ? marks : marks.filter(({ rule }) => rule)));
  }

  /** Let the paper move on. @param {import("./pieces.js").Piece} piece @param {number} begin @param {object[]} marks */
  roll(piece, begin, marks) {
    this.each((n) => this.views[n].roll(piece, begin, n === 0 ? marks : marks.filter(({ rule }) => rule)));
  }

  /** Seconds that fit on a strip. */
  get seconds() {
    return this.views[0].seconds;
  }

  each(act) {
    for (let n = 0; n < this.count; n++) act(n);
  }
}
