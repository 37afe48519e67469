/** ECG paper: boxes of 1 mm, stronger every 5 mm, drawn once behind a trace. */

const FINE = "#14242b";
const STRONG = "#24404b";

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
  for (const [strong, colour] of [[false, FINE], [true, STRONG]]) {
    pen.fillStyle = colour;
    for (let n = 0; n * step < canvas.width; n++) {
      if ((n % 5 === 0) === strong) pen.fillRect(Math.round(n * step), 0, Math.ceil(ratio), canvas.height);
    }
    for (let n = 0; n * step < canvas.height; n++) {
      if ((n % 5 === 0) === strong) pen.fillRect(0, Math.round(n * step), canvas.width, Math.ceil(ratio));
    }
  }
}
