/** From millimetres to pixels, and the choices of sweep speed and gain. */

const MM_KEPT_AS = "cardiovision.mm";

/**
 * CSS pixels in a millimetre: as measured at this browser with a ruler, else as the browser has it (96 to an inch).
 * `--mm` in style.css is set by the first, and can correct the second.
 */
export function pixelsPerMm() {
  const root = document.documentElement.style;
  const measured = keptMm();
  if (measured) root.setProperty("--mm", `${measured}px`);
  else root.removeProperty("--mm");
  const ruler = document.createElement("div");
  ruler.className = "ruler";
  document.body.append(ruler);
  const pixels = ruler.getBoundingClientRect().width / 100;
  ruler.remove();
  return pixels;
}

/** @returns {number|null} CSS pixels in a millimetre as measured; kept as the screen's own, which zooming leaves alone */
export function keptMm() {
  const kept = Number(localStorage.getItem(MM_KEPT_AS)) / (window.devicePixelRatio || 1);
  return kept > 0.5 && kept < 50 ? kept : null;
}

/** @param {number|null} mm CSS pixels in a millimetre; null: as the browser has it */
export function keepMm(mm) {
  if (mm === null) localStorage.removeItem(MM_KEPT_AS);
  else localStorage.setItem(MM_KEPT_AS, String(mm * (window.devicePixelRatio || 1)));
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
