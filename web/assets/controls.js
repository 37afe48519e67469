/** The choices on a bed's page: sweep speed, gain, leads. */

import { keepScale, keptScale } from "./scale.js";

const byId = (name) => document.getElementById(name);

/**
 * Let speed and gain be chosen; the choice is kept in this browser.
 * @param {function(import("./scale.js").Scale)} changed
 * @returns {import("./scale.js").Scale}
 */
export function scaleControls(changed) {
  const scale = keptScale();
  for (const [name, key] of [
    ["sweep", "speed"],
    ["gain", "gain"],
  ]) {
    const select = byId(name);
    select.value = String(scale[key]);
    select.onchange = () => {
      scale[key] = Number(select.value);
      keepScale(scale);
      changed(scale);
    };
  }
  return scale;
}

/**
 * Offer the leads, where there are more than two places for them.
 * @param {{name: string}[]} leads
 * @param {function(number, number)} changed called with a strip's number and the lead for it
 */
export function leadControls(leads, changed) {
  for (const strip of [0, 1]) {
    const select = byId(`lead-${strip}`);
    byId(`lead-${strip}-choice`).hidden = leads.length <= 2;
    select.replaceChildren(...leads.map(({ name }, n) => new Option(name, n, n === strip, n === strip)));
    select.onchange = () => changed(strip, Number(select.value));
  }
}
