/** Panels of which one is seen at a time, as WAI-ARIA's "tabs" has them. */

/**
 * Fold a part of a page away, and unfold it.
 * @param {HTMLElement} page @param {HTMLButtonElement} button
 * @param {{fold: string, unfold: string}} words on the button
 * @returns {function(boolean): void} folds, or unfolds
 */
export function folding(page, button, words) {
  const fold = (folded) => {
    page.dataset.folded = String(folded);
    button.setAttribute("aria-expanded", String(!folded));
    button.textContent = folded ? words.unfold : words.fold;
  };
  button.onclick = () => fold(page.dataset.folded !== "true");
  fold(false);
  return fold;
}

/**
 * @param {HTMLElement} list of tabs
 * @param {function(string): void} chosen called with the id of the panel that is seen now
 */
export function tabs(list, chosen) {
  const all = [...list.children];
  const choose = (tab) => {
    for (const one of all) {
      one.setAttribute("aria-selected", String(one === tab));
      one.tabIndex = one === tab ? 0 : -1;
      document.getElementById(one.getAttribute("aria-controls")).hidden = one !== tab;
    }
    chosen(tab.getAttribute("aria-controls"));
  };
  all.forEach((tab, n) => {
    tab.onclick = () => choose(tab);
    tab.onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      event.stopPropagation();
      const next = all[(n + step + all.length) % all.length];
      choose(next);
      next.focus();
    };
  });
  choose(all.find((tab) => tab.getAttribute("aria-selected") === "true") ?? all[0]);
}
