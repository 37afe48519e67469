/** The dialog that lists the keys of the page. */

import { bindKeys, boundKeys, keysAct } from "./acts.js";
import { KEY_NAMES, MENU, say } from "./words.js";

const byId = (name) => document.getElementById(name);
const cell = (tag, content) => Object.assign(document.createElement(tag), { textContent: content });
const shown = (key) => KEY_NAMES[key] ?? key.toUpperCase();

function show() {
  const rows = boundKeys().map(([key, text]) => {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.append(cell("kbd", shown(key)));
    row.append(head, cell("td", text));
    return row;
  });
  byId("help-keys").replaceChildren(...rows);
  say(byId("help-off"), keysAct() ? "" : MENU.keysOff);
  byId("help").showModal();
}

/** Once for the whole page. */
export function startHelp() {
  byId("show-keys").onclick = show;
  byId("help-close").onclick = () => byId("help").close();
  bindKeys({ "?": show }, { "?": MENU.help });
}
