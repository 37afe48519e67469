/** The choices on a bed's page: how many leads, how they move, sweep speed and gain. */

import { keepView, keptView } from "./leads.js";
import { keepScale, keptScale } from "./scale.js";

const byId = (name) => document.getElementById(name);

/**
 * Let speed and gain be chosen; the choice is kept in this browser.
 * @param {function(import("./scale.js").Scale)} changed
 * @returns {import("./scale.js").Scale}
 */
export function scaleControls(changed) {
  const scale = keptScale();
  bind(scale, { sweep: "speed", gain: "gain" }, Number, () => {
    keepScale(scale);
    changed(scale);
  });
  return scale;
}

/**
 * Let the number of leads and their way of moving be chosen; kept too.
 * @param {function(import("./leads.js").View)} changed
 * @returns {import("./leads.js").View}
 */
export function viewControls(changed) {
  const view = keptView();
  bind(view, { leads: "leads", mode: "mode" }, String, () => {
    keepView(view);
    changed(view);
  });
  return view;
}

function bind(values, keys, read, changed) {
  for (const [name, key] of Object.entries(keys)) {
    const select = byId(name);
    select.value = String(values[key]);
    if (select.selectedIndex < 0) select.selectedIndex = 0;
    select.onchange = () => {
      values[key] = read(select.value);
      changed();
    };
  }
}
