/** Dark and light: which one is shown, the colours of it for canvases, and who is told of a change. */

const KEPT_AS = "cardiovision.theme"; // theme-first.js reads it too
const told = new Set();
let colours = new Map();

/** @returns {"dark"|"light"|"system"} what was chosen at this browser: a ward screen is dark unless told otherwise */
export function themeChoice() {
  const kept = localStorage.getItem(KEPT_AS);
  return kept === "light" || kept === "system" ? kept : "dark";
}

/** @returns {"dark"|"light"} what is shown */
export function theme() {
  return document.documentElement.dataset.theme === "light" ? "light" : "dark";
}

/** @param {"dark"|"light"|"system"} choice is kept in this browser */
export function chooseTheme(choice) {
  localStorage.setItem(KEPT_AS, choice);
  show();
}

/**
 * A colour of the theme that is shown: `colour("green")` is what style.css calls `--green`.
 * @param {string} name
 * @returns {string} for a canvas
 */
export function colour(name) {
  if (!colours.has(name)) {
    const style = getComputedStyle(document.documentElement);
    colours.set(name, style.getPropertyValue(`--${name}`).trim());
  }
  return colours.get(name);
}

/**
 * Be told when the theme has changed: a canvas is to be drawn anew.
 * @param {function(): void} callback
 * @returns {function(): void} ends it
 */
export function onTheme(callback) {
  told.add(callback);
  return () => told.delete(callback);
}

const system = () => matchMedia("(prefers-color-scheme: light)");

function show() {
  const choice = themeChoice();
  const now = choice === "system" ? (system().matches ? "light" : "dark") : choice;
  if (now === document.documentElement.dataset.theme) return;
  document.documentElement.dataset.theme = now;
  colours = new Map();
  for (const callback of told) callback();
}

/** Follow the choice, also one made in another window; once for the whole page. */
export function startTheme() {
  system().addEventListener("change", show);
  addEventListener("storage", ({ key }) => key === KEPT_AS && show());
  show();
}
