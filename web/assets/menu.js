/** What is chosen at this browser: theme, keys, full screen. Who acts and the volume are alarmbar.js's and sound.js's. */

import { bindKeys, keysAct, letKeysAct, person } from "./acts.js";
import { chooseTheme, themeChoice } from "./theme.js";
import { MENU, say } from "./words.js";

const byId = (name) => document.getElementById(name);

/** Fill the whole screen, or no longer. */
export function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.();
}

let awake = null;

/** A screen that is filled hangs on a wall: it must not go to sleep. */
async function stayAwake(full) {
  await awake?.release().catch(() => {});
  awake = full ? await navigator.wakeLock?.request("screen").catch(() => null) : null; // none in power saving
}

/** Once for the whole page. */
export function startMenu() {
  const menu = byId("menu");
  const theme = byId("theme");
  theme.value = themeChoice();
  theme.onchange = () => chooseTheme(theme.value);
  const keys = byId("keys");
  keys.replaceChildren(...Object.entries(MENU.keys).map(([value, text]) => new Option(text, value)));
  keys.value = keysAct() ? "on" : "off";
  keys.onchange = () => letKeysAct(keys.value === "on");
  byId("full-screen").onclick = fullScreen;
  document.addEventListener("fullscreenchange", () => {
    const full = document.fullscreenElement !== null;
    say(byId("full-screen").querySelector("span"), full ? MENU.window : MENU.full);
    stayAwake(full);
  });
  document.addEventListener("pointerdown", ({ target }) => menu.contains(target) || (menu.open = false));
  menu.addEventListener("click", ({ target }) => target.closest("button") && (menu.open = false));
  menu.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && document.fullscreenElement) stayAwake(true); // hidden, it was let go
  });
  bindKeys({ f: fullScreen }, { f: MENU.full });
  tellPerson();
}

/** Say who acts here. */
export function tellPerson() {
  say(byId("acting"), MENU.acting(person()));
}
