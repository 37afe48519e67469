/** Alarms of a priority flash together: when they are lit and when dim. */

/** Hz, and the part of the time that is lit; high 1.4 to 2.8 Hz, medium 0.4 to 0.8 Hz, others are steady. */
const FLASHES = { high: { rate: 2, lit: 0.6 }, medium: { rate: 0.6, lit: 0.6 } };

/** @param {number} ms on any clock */
export function isLit(priority, ms) {
  const flash = FLASHES[priority];
  return !flash || ((ms / 1000) * flash.rate) % 1 < flash.lit;
}

/** Tell the style sheet, at a change only. @param {HTMLElement} root of all that flashes */
export function flash(root, ms) {
  for (const priority of Object.keys(FLASHES)) {
    const now = isLit(priority, ms) ? "lit" : "dim";
    if (root.dataset[priority] !== now) root.dataset[priority] = now;
  }
}
