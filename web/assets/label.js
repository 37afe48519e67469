/** Letters over a trace, in CSS pixels. */

import { colour } from "./theme.js";

const SIZE = 15; // of the letters

/** @param {CanvasRenderingContext2D} pen @param {import("./sweep.js").Mark} mark @param {number} x its middle */
export function drawLabel(pen, { text, boxed, row, colour: ink }, x) {
  const y = (row + 0.5) * (SIZE + 5);
  pen.font = `${boxed ? 700 : 500} ${SIZE}px system-ui, sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillStyle = colour(ink);
  const half = pen.measureText(text).width / 2 + 4;
  if (boxed) {
    pen.fillRect(x - half, y - 0.6 * SIZE, 2 * half, 1.2 * SIZE);
    pen.fillStyle = colour("back");
  }
  pen.fillText(text, x, y + 1);
}
