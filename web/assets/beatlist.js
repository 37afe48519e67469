/** The list of recent beats: a fixed number of rows, newest first, held still while someone points at it. */

import { beatHref, classWords, milliseconds, percent, say, timeOfDay } from "./words.js";

export class BeatList {
  /**
   * @param {HTMLElement} body the table's rows
   * @param {HTMLElement} note where it is said that the list is held
   * @param {function(object)} explain called with the beat whose button was pressed
   */
  constructor(body, note, explain) {
    this.note = note;
    this.held = false;
    this.shown = [];
    this.rows = [...body.rows].map((row, n) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "explain";
      button.hidden = true;
      button.onclick = () => explain(this.shown[n]);
      row.lastElementChild.append(button);
      const link = document.createElement("a");
      row.firstElementChild.append(link);
      return { row, button, link, cells: [link, ...[...row.cells].slice(1)] };
    });
    const hold = (held) => () => {
      this.held = held;
      say(note, held ? "held while you point at it" : "");
    };
    body.addEventListener("pointerenter", hold(true));
    body.addEventListener("pointerleave", hold(false));
    body.addEventListener("focusin", hold(true));
    body.addEventListener("focusout", hold(false));
  }

  /** @param {import("./beds.js").Bed} bed */
  show(bed) {
    if (this.held) return;
    this.shown = bed.beats.slice(-this.rows.length).reverse();
    this.rows.forEach((line, n) => this.fill(line, this.shown[n], bed));
  }

  fill({ row, button, link, cells }, beat, bed) {
    button.hidden = link.hidden = !beat;
    if (!beat) return;
    const truth = bed.truth(beat);
    const texts = [
      beat.row === undefined ? timeOfDay(beat.time) : `row ${beat.row}`,
      classWords(beat.label),
      percent(Math.max(...beat.probabilities)),
      milliseconds(beat.rr),
      truth ?? "",
    ];
    texts.forEach((text, n) => say(cells[n], text));
    const href = beatHref(bed.name, beat);
    if (link.getAttribute("href") !== href) link.href = href;
    row.dataset.label = beat.label;
    row.dataset.differs = String(differs(beat, truth));
    button.setAttribute("aria-label", `explain the beat ${texts[0]} ${texts[1]}`);
  }
}

/** WFDB beat symbols and the AAMI class each belongs to (ANSI/AAMI EC57, table 3). */
const AAMI = {
  ...{ N: "N", L: "N", R: "N", B: "N", e: "N", j: "N" },
  ...{ S: "S", A: "S", a: "S", J: "S", n: "S" },
  ...{ V: "V", E: "V", r: "V", F: "F", Q: "Q", "/": "Q", f: "Q", "?": "Q" },
};

/** Whether the source's own label belongs to another class than the detector's. */
export function differs(beat, truth) {
  return AAMI[truth] !== undefined && AAMI[truth] !== beat.label;
}

/** Whether a source's label names a beat at all, and not a change of rhythm or a note. */
export const isBeatSymbol = (symbol) => AAMI[symbol] !== undefined;
