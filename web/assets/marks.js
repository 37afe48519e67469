/** What is written along the trace: beats, the source's own annotations, gaps, the begins of rows. */

import { differs, isBeatSymbol } from "./beatlist.js";

/** Colours of the classes, as in style.css; normal beats are quiet, abnormal ones boxed. */
const COLOURS = { N: "#8fb39c", S: "#ffd34d", V: "#ff6b5e", F: "#ff9d4d", Q: "#c9a4ff" };
const QUIET = "#9fb0ba";
const GAPS = { missing: "gap", slow: "waves dropped" };

/**
 * @param {{sample: number, beat?: object, reference?: object, gap?: string, rule?: boolean}} unread of a bed
 * @param {import("./beds.js").Bed} bed
 * @returns {import("./sweep.js").Mark}
 */
export function markFor({ sample, beat, reference, gap, rule }, bed) {
  if (rule) return { sample, rule };
  if (gap) return { sample, text: GAPS[gap], colour: QUIET, row: 1 };
  if (reference) {
    const text = isBeatSymbol(reference.symbol) ? reference.symbol : reference.aux || reference.symbol;
    return { sample, text, colour: QUIET, row: 1 };
  }
  const abnormal = beat.label !== "N";
  const look = { colour: COLOURS[beat.label], boxed: abnormal, row: 0 };
  if (beat.row === undefined) return { sample, text: beat.label, ...look };
  const wrong = beat.truth && differs(beat, beat.truth);
  const text = beat.truth ? `${beat.label}${wrong ? " ≠ " : " = "}${beat.truth}` : beat.label;
  return { sample: sample + bed.particulars.fs * 0.2, text, ...look, boxed: abnormal || wrong };
}
