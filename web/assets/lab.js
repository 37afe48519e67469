/**
 * The beat lab: hears what is pressed and puts into Dash's stores which file is looked at, and how; the server draws it.
 */

import { bindKeys } from "./acts.js";
import { LabFile } from "./labfile.js";
import { savePictures } from "./picture.js";
import { mountQuiet } from "./quiet.js";
import { LAB, say } from "./words.js";

const OF_A_FILE = ["understood", "confusion", "table", "chosen", "shares"]; // must not stand there under the next one

const part = (name) => document.getElementById(`lab-${name}`);

/** @param {HTMLElement} page @param {string} url of the feed */
export function mountLab(page, url) {
  const quiet = mountQuiet(page, url);
  const lab = new Lab(page);
  return {
    ...quiet,
    lab,
    unmount() {
      lab.close();
      quiet.unmount();
    },
  };
}

class Lab {
  constructor(page) {
    this.state = { stage: "none" };
    this.view = {};
    this.file = new LabFile((state) => this.take(state));
    this.rate = field(part("rate"), { min: 1, max: 10000, step: "any" }, LAB.rate, () => this.ask());
    this.goto = field(part("goto"), { min: 1, step: 1 }, LAB.row, (row) => this.look({ row }));
    this.ended = new AbortController();
    this.hear(page);
    this.saving = savePictures(part("picture"), () => this.tell({ ...this.state, error: LAB.notSaved }));
    this.unbind = bindKeys({ arrowleft: () => this.step(-1), arrowright: () => this.step(1) }, LAB.keys);
    this.file.resume();
  }

  /** Have everything on the page that can be pressed do what it says. */
  hear(page) {
    const { signal } = this.ended;
    page.addEventListener("click", (event) => this.press(event.target.closest("button, a")), { signal });
    for (const [name, key] of Object.entries({ "by-label": "label", "by-truth": "truth", only: "only" })) {
      part(name).onchange = ({ target }) => this.look({ [key]: target.value || null, at: 0 });
    }
    part("labels").onchange = ({ target }) => this.file.readAnew(target.value);
    page.addEventListener("dragover", (event) => this.drag(event), { signal });
    page.addEventListener("dragleave", ({ relatedTarget }) => {
      if (!page.contains(relatedTarget)) delete page.dataset.dragged;
    }, { signal });
    page.addEventListener("drop", (event) => this.drop(event), { signal });
    this.page = page;
  }

  drag(event) {
    event.preventDefault();
    this.page.dataset.dragged = "";
  }

  drop(event) {
    event.preventDefault();
    delete this.page.dataset.dragged;
    const [file] = event.dataTransfer.files;
    if (file) this.file.send(file);
  }

  press(pressed) {
    if (!pressed) return;
    const { sort, at, truth, named, explain } = pressed.dataset;
    if (sort) this.sort(sort);
    else if (at) this.look({ at: Number(at) });
    else if (truth && named) this.filter({ truth, label: named });
    else if (explain) this.ask({ explain });
    else ACTS[pressed.id]?.(this);
  }

  choose() {
    const input = Object.assign(document.createElement("input"), { type: "file", accept: ".csv,.tsv,.txt,text/*" });
    input.onchange = () => input.files[0] && this.file.send(input.files[0]);
    input.click();
  }

  /** Sort by a column; by the same again: the other way round. What differs, and what is sure, comes first at first. */
  sort(column) {
    const first = column === "differs" || column === "confidence";
    this.look({ sort: column, descending: this.view.sort === column ? !this.view.descending : first, at: 0 });
  }

  filter({ truth = null, label = null, only = "all" }) {
    part("by-truth").value = truth ?? "";
    part("by-label").value = label ?? "";
    part("only").value = only;
    this.look({ truth, label, only, at: 0 });
  }

  /** Go to the beat after, or before, the chosen one in the table's order. */
  step(by) {
    const table = part("table").firstElementChild;
    if (!table?.dataset.count) return;
    const at = Math.max(0, Math.min(Number(table.dataset.count) - 1, Number(table.dataset.at) + by));
    this.look({ at });
  }

  /** Look at the file in another way, and at another beat. */
  look(change) {
    this.ask({ row: null, explain: null, ...change });
  }

  /** Have the server draw the table and the beat as they are looked at now. */
  ask(change = {}) {
    Object.assign(this.view, change);
    if (this.state.stage !== "ready") return;
    const { file, turn } = this.state;
    put("asked", { file, turn, fs: Number(this.rate.value) || this.state.rate, view: this.view });
  }

  /** @param {object} state of the file, as labfile.js tells it */
  take(state) {
    const known = state.stage === this.state.stage && state.file === this.state.file && state.turn === this.state.turn;
    this.state = state;
    this.tell(state);
    if (!state.turn || known) return;
    part("labels").value = state.column;
    for (const name of OF_A_FILE) window.dash_clientside.set_props(`lab-${name}`, { children: [] });
    if (state.stage === "failed") put("file", { file: state.file, turn: state.turn });
    if (state.stage !== "ready") return;
    this.rate.value = state.rate;
    this.goto.max = state.rows;
    this.goto.value = "";
    part("results").href = `/lab/files/${state.file}/results.csv`;
    this.page.classList.toggle("labelled", state.labelled);
    this.view = { sort: state.labelled ? "differs" : "row", descending: state.labelled };
    this.filter({});
    put("file", { file: state.file, turn: state.turn });
  }

  /** Show how far the file is. */
  tell({ stage, share, done, rows, error, file }) {
    const ready = stage === "ready";
    const working = !["none", "ready", "failed"].includes(stage);
    for (const name of ["desk", "results", "rate-choice"]) part(name).hidden = !ready;
    part("facts").hidden = !ready && !(stage === "failed" && file); // of a file that failed, labels can be set right
    part("form").hidden = part("drop").hidden = ready || working;
    part("working").hidden = !working;
    part("error").hidden = !error;
    say(part("error"), error ?? "");
    say(part("stage"), LAB.stages[stage] ?? "");
    const [whole, count] = counted(stage, share, done, rows);
    say(part("count"), count);
    const progress = part("progress");
    if (whole === undefined) progress.removeAttribute("value");
    else progress.value = whole;
  }

  close() {
    this.ended.abort();
    this.file.leave();
    this.saving();
    this.unbind();
  }
}

const ACTS = {
  "lab-choose": (lab) => lab.choose(),
  "lab-example": (lab) => lab.file.example(),
  "lab-close": (lab) => lab.file.drop(),
  "lab-clear": (lab) => lab.filter({}),
  "lab-previous": (lab) => lab.step(-1),
  "lab-next": (lab) => lab.step(1),
  "lab-card-open": () => part("card")?.showModal(),
  "lab-card-close": () => part("card").close(),
};

const put = (store, data) => window.dash_clientside.set_props(`lab-${store}`, { data });

/** Which part of the work that can be counted is done, and that in words. */
function counted(stage, share, done, rows) {
  if (stage === "sending") return [share, LAB.sent(share)];
  return stage === "naming" ? [done / rows, LAB.named(done, rows)] : [undefined, ""];
}

/** A field for a number, made here because Dash has none of its kind. */
function field(place, limits, name, change) {
  const input = Object.assign(document.createElement("input"), { type: "number", ...limits });
  input.ariaLabel = name;
  input.onchange = () => input.value && input.reportValidity() && change(Number(input.value));
  place.replaceChildren(input);
  return input;
}
