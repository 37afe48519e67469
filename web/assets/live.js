/** The live traces, sweeping or scrolling, and what is written along them. */

import { markFor } from "./marks.js";
import { pieceOf } from "./pieces.js";

const BACK = 120; // s of marks that a sweep may have room for: at 6.25 mm/s those of a screen 75 cm wide

export class Live {
  /**
   * @param {import("./strips.js").Strips} strips
   * @param {import("./log.js").Log} log
   * @param {import("./leads.js").View} wanted
   */
  constructor(strips, log, wanted) {
    this.strips = strips;
    this.log = log;
    this.wanted = wanted;
  }

  get sweeping() {
    return this.wanted.mode === "sweep";
  }

  /** Draw all anew: after a stream has begun, and after the traces stood still. */
  begin(bed) {
    const [sweep] = this.strips.sweeps;
    bed.unread.length = 0; // it is in the log too
    sweep.marks = [];
    if (!this.sweeping) return;
    for (const mark of this.marks(bed, bed.time(bed.series.newest) - BACK)) sweep.mark(markFor(mark, bed));
  }

  /** @param {number} head sample up to which is drawn, fractional */
  draw(bed, head) {
    const news = bed.unread.splice(0);
    if (this.sweeping) {
      for (const unread of news) this.strips.sweeps[0].mark(markFor(unread, bed));
      this.strips.sweep(head);
    } else this.scroll(bed, head);
  }

  /** The paper moves under the pen, which stays at the right edge. */
  scroll(bed, head) {
    const begin = bed.time(head) - this.strips.seconds;
    const drawn = this.marks(bed, begin).filter(({ sample }) => sample < head);
    const marks = drawn.map((mark) => ({ ...markFor(mark, bed), time: mark.time, key: mark }));
    this.strips.roll(pieceOf(bed, head), begin, marks);
  }

  marks(bed, since) {
    return this.log.since(since).filter(({ stream }) => stream === bed.stream);
  }
}
