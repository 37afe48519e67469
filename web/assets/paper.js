/** ECG paper: boxes of 1 mm, stronger every 5 mm, drawn once behind a trace; and the mark that shows its gain. */

import { colour } from "./theme.js";

const MARKS = [1, 0.5, 0.2, 0.1]; // mV, of which the largest that has room is drawn
const LETTERS = 11; // CSS pixels

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} mm CSS pixels in a millimetre
 */
export function drawPaper(canvas, mm) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(canvas.clientWidth * ratio);
  canvas.height = Math.round(canvas.clientHeight * ratio);
  const pen = canvas.getContext("2d");
  const step = mm * ratio;
  for (const [strong, name] of [[false, "fine"], [true, "strong"]]) {
    pen.fillStyle = colour(name);
    for (let n = 0; n * step < canvas.width; n++) {
      if ((n % 5 === 0) === strong) pen.fillRect(Math.round(n * step), 0, Math.ceil(ratio), canvas.height);
    }
    for (let n = 0; n * step < canvas.height; n++) {
      if ((n % 5 === 0) === strong) pen.fillRect(0, Math.round(n * step), canvas.width, Math.ceil(ratio));
    }
  }
}

/** How many mV the mark is high: 1, or less where 1 has no room. @param {number} room in mm @param {number} gain */
export function markHeight(room, gain) {
  return MARKS.find((mV) => mV * gain <= room) ?? MARKS[MARKS.length - 1];
}

/**
 * The calibration mark in the margin before a trace: a square pulse of 1 mV.
 * @param {HTMLCanvasElement} canvas of the paper, drawn before
 * @param {{mm: number, gain: number, left: number, width: number, band: number}} look `left`, `width`: of the margin, in
 *   CSS pixels; `band`: kept free at the top
 */
export function drawMark(canvas, { mm, gain, left, width, band }) {
  const ratio = window.devicePixelRatio || 1;
  const pen = canvas.getContext("2d");
  const room = canvas.height / ratio - band;
  const mV = markHeight((room - 4) / mm, gain);
  const high = mV * gain * mm;
  const base = band + (room + high) / 2;
  const [from, to] = [left + width / 2 - 2.5 * mm, left + width / 2 + 2.5 * mm];
  pen.save();
  pen.scale(ratio, ratio);
  pen.strokeStyle = pen.fillStyle = colour("quiet");
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(left + 2, base);
  for (const [x, y] of [[from, base], [from, base - high], [to, base - high], [to, base], [left + width - 2, base]]) {
    pen.lineTo(x, y);
  }
  pen.stroke();
  if (mV !== 1 || (room - high) / 2 > LETTERS + 4) {
    pen.font = `${LETTERS}px system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.textBaseline = mV === 1 ? "bottom" : "middle";
    pen.fillText(`${mV} mV`, left + width / 2, mV === 1 ? base - high - 2 : base - high / 2);
  }
  pen.restore();
}
