/** The records one can choose from: the server's folder and uploads, PhysioNet, simulated beds. */

import { ask, say, upload } from "./deskserver.js";
import { DESK, countdown, note, say as put } from "./words.js";

const DOWNLOADED = { className: "note", textContent: ` ${DESK.downloaded}` };
const PAUSE = 200; // ms after the last key before what is written is searched for

/** Put an input where the page has a place for one. @param {HTMLElement} place */
export function input(place) {
  const { input: type, example } = place.dataset;
  const field = Object.assign(document.createElement("input"), { type, placeholder: example, id: `${place.id}-input` });
  Object.assign(field, { spellcheck: false, autocomplete: "off" });
  place.replaceChildren(field);
  return field;
}

/** A button. @param {string} text @param {string} name for those who do not see what it stands beside */
export function button(text, name, press) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
  made.setAttribute("aria-label", name);
  made.onclick = press;
  return made;
}

/** Minutes and seconds, with hours where there are some: "30:06". @param {number} seconds */
export const lengthWords = (seconds) =>
  seconds < 3600
    ? countdown(Math.floor(seconds))
    : `${Math.floor(seconds / 3600)}:${countdown(Math.floor(seconds % 3600)).padStart(5, "0")}`;

export class Choice {
  /**
   * @param {HTMLElement} page
   * @param {function(object): void} choose is given what was chosen: origin, name, title, bed, beds
   */
  constructor(page, choose) {
    this.page = page;
    this.choose = choose;
    this.find = input(this.part("find"));
    this.find.oninput = () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.search(), PAUSE);
    };
    this.listenToWays();
    this.listenToFiles();
    this.search();
  }

  part(name) {
    return this.page.querySelector(`#desk-${name}`);
  }

  /** Say in a sentence what came of something. @param {string} [fault] @param {string} [good] if there is none */
  answer(fault, good = "") {
    note(this.part("choice-answer"), "good", String(!fault));
    put(this.part("choice-answer"), fault || good);
  }

  async search() {
    const text = this.find.value;
    const found = await ask("records", { find: text });
    if (text !== this.find.value) return; // another search is under way
    if (found.error) return put(this.part("found"), found.error);
    this.most = found.most;
    const without = this.part("no-folder");
    without.hidden = found.folder;
    put(without, DESK.noFolder);
    this.part("upload").hidden = !found.takes;
    const origins = ["uploads", "records", "physionet"];
    const rows = origins.flatMap((origin) => found[origin].entries.map((entry) => this.row(origin, entry)));
    this.part("records").replaceChildren(...rows);
    put(this.part("found"), DESK.found(rows.length, origins.reduce((sum, origin) => sum + found[origin].total, 0)));
  }

  row(origin, entry) {
    const { name, seconds, fs, leads, annotated, fault } = entry;
    const row = document.createElement("tr");
    if (fault) {
      row.className = "desk-broken";
      row.append(cell("th", name), cell("td", fault, { colSpan: 4 }), cell("td", ""));
    } else {
      row.append(
        cell("th", name),
        cell("td", seconds === null ? DESK.rows : lengthWords(seconds)),
        cell("td", leads.join(" ")),
        cell("td", fs === null ? "" : String(Math.round(fs * 100) / 100)),
        cell("td", annotated ? DESK.annotated : ""),
        cell("td", ""),
      );
      const title = seconds === null ? name : `${name}, ${lengthWords(seconds)}`;
      const bed = name.split("/").pop().replace(/\.csv$/, "");
      const press = () => this.choose({ origin, name, title, bed, beds: 1 });
      row.lastChild.append(button(DESK.choose, `${DESK.choose} ${name}`, press));
    }
    if (origin === "physionet") row.firstChild.append(Object.assign(document.createElement("small"), DOWNLOADED));
    if (origin === "uploads") row.lastChild.append(button(DESK.remove, `${DESK.remove} ${name}`, () => this.remove(name)));
    return row;
  }

  async remove(name) {
    const { error } = await say("remove", { name });
    this.answer(error, DESK.removed(name));
    this.search();
  }

  listenToWays() {
    const name = input(this.part("physionet-name"));
    this.part("physionet").onsubmit = (event) => {
      event.preventDefault();
      const wanted = name.value.trim();
      const fits = /^[a-z][a-z0-9-]*(\/[\w-][\w.-]*)+$/.test(wanted);
      this.answer(fits ? "" : DESK.physionet);
      if (!fits) return name.focus();
      const bed = wanted.split("/").pop();
      this.choose({ origin: "physionet", name: wanted, title: DESK.fromPhysionet(wanted), bed, beds: 1 });
      name.value = "";
    };
    this.part("scenario").onsubmit = (event) => {
      event.preventDefault();
      const [scenario, beds] = this.part("scenario-name").value.split(" ");
      const title = DESK.simulated(scenario);
      this.choose({ origin: "scenario", name: scenario, title, bed: scenario, beds: Number(beds) });
    };
  }

  listenToFiles() {
    const drop = this.part("drop");
    const files = Object.assign(document.createElement("input"), { type: "file", multiple: true, id: "desk-files" });
    files.accept = ".hea,.dat,.mat,.atr,.csv";
    files.onchange = () => this.upload(files.files).finally(() => (files.value = ""));
    drop.append(files);
    const over = (is) => (event) => {
      event.preventDefault();
      drop.dataset.over = is;
    };
    drop.ondragover = over(true);
    drop.ondragleave = over(false);
    drop.ondrop = (event) => {
      over(false)(event);
      this.upload(event.dataTransfer.files);
    };
  }

  async upload(files) {
    if (!files.length) return;
    this.answer("");
    this.part("uploading").hidden = false;
    const { name, error } = await upload(files, this.most ?? Infinity);
    this.part("uploading").hidden = true;
    this.answer(error, DESK.uploaded(name));
    if (error) return;
    this.find.value = "";
    this.search();
  }

  close() {
    clearTimeout(this.timer);
  }
}

function cell(kind, text, more = {}) {
  const made = Object.assign(document.createElement(kind), { textContent: text, ...more });
  if (kind === "th") made.scope = "row";
  return made;
}
