/** From millimetres to pixels, and the choices of sweep speed and gain. */

/** CSS pixels in a millimetre, as the browser has it (96 to an inch); `--mm` in style.css can correct a screen. */
export function pixelsPerMm() {
  const ruler = document.createElement("div");
  ruler.className = "ruler";
  document.body.append(ruler);
  const pixels = ruler.getBoundingClientRect().width / 100;
  ruler.remove();
  return pixels;
}

/** @typedef {{speed: number, gain: number}} Scale speed in mm/s, gain in mm/mV */
const USUAL = { speed: 25, gain: 10 };
const KEPT_AS = "cardiovision.scale";

/** @returns {Scale} what was chosen on this browser before, or what is usual */
export function keptScale() {
  try {
    return { ...USUAL, ...JSON.parse(localStorage.getItem(KEPT_AS)) };
  } catch {
    return { ...USUAL };
  }
}

/** @param {Scale} scale */
export function keepScale(scale) {
  localStorage.setItem(KEPT_AS, JSON.stringify(scale));
}
