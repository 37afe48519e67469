/** What is written along the trace: beats, the source's own annotations, gaps, the begins of rows. */

import { differs, isBeatSymbol } from "./beatlist.js";

/** Colours of the classes by their names in style.css; normal beats are quiet, abnormal ones boxed. */
const COLOURS = { N: "quiet", S: "yellow", V: "red", F: "orange", Q: "violet" };
const GAPS = { missing: "gap", slow: "waves dropped" };

/**
 * @param {{sample: number, beat?: object, reference?: object, gap?: string, rule?: boolean}} unread of a bed
 * @param {import("./beds.js").Bed} bed
 * @returns {import("./sweep.js").Mark}
 */
export function markFor({ sample, beat, reference, gap, rule }, bed) {
  if (rule) return { sample, rule };
  if (gap) return { sample, text: GAPS[gap], colour: "quiet", row: 1 };
  if (reference) {
    const text = isBeatSymbol(reference.symbol) ? reference.symbol : reference.aux || reference.symbol;
    return { sample, text, colour: "quiet", row: 1 };
  }
  const abnormal = beat.label !== "N";
  const look = { colour: COLOURS[beat.label] ?? "quiet", boxed: abnormal, row: 0 };
  if (beat.row === undefined) return { sample, text: beat.label, ...look };
  const wrong = beat.truth && differs(beat, beat.truth);
  const text = beat.truth ? `${beat.label}${wrong ? " ≠ " : " = "}${beat.truth}` : beat.label;
  return { sample: sample + bed.particulars.fs * 0.2, text, ...look, boxed: abnormal || wrong };
}
