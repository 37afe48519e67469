/** The dialog in which a screen is measured: a box is made as wide as a bank card that is held to it. */

import { keepMm, pixelsPerMm } from "./scale.js";
import { say } from "./words.js";

const byId = (name) => document.getElementById(name);

/** @param {function(number): void} changed called with CSS pixels in a millimetre */
export function rulerDialog(changed) {
  const dialog = byId("ruler");
  const card = Number(dialog.dataset.card);
  const slider = document.createElement("input");
  Object.assign(slider, { type: "range", id: "ruler-width", min: 2 * card, max: 9 * card, step: 0.5 });
  slider.oninput = () => show(Number(slider.value));
  byId("ruler-slot").replaceChildren(slider);

  function show(width) {
    slider.value = width;
    byId("ruler-card").style.width = `${width}px`;
    say(byId("ruler-told"), `${(width / card).toFixed(2)} pixels a millimetre`);
  }

  function keep(mm) {
    keepMm(mm);
    const now = pixelsPerMm();
    show(now * card);
    changed(now);
  }

  byId("ruler-open").onclick = () => {
    show(pixelsPerMm() * card);
    dialog.showModal();
  };
  byId("ruler-set").onclick = () => {
    keep(Number(slider.value) / card);
    dialog.close();
  };
  byId("ruler-usual").onclick = () => keep(null);
  byId("ruler-close").onclick = () => dialog.close();
}
