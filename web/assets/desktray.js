/** What was chosen and is to be started: each with the name of its bed. */

import { button } from "./deskchoice.js";
import { say } from "./deskserver.js";
import { DESK, say as put } from "./words.js";

const MOST_BEDS = 32;

export class Tray {
  /**
   * @param {HTMLElement} page
   * @param {function(): Set<string>} taken names of beds that are played already
   * @param {function(object): void} started is given the server's answer
   */
  constructor(page, taken, started) {
    this.form = page.querySelector("#desk-tray");
    this.list = page.querySelector("#desk-tray-items");
    this.taken = taken;
    this.started = started;
    this.items = [];
    this.loop = Object.assign(document.createElement("input"), { type: "checkbox" });
    this.part("loop").replaceChildren(this.loop);
    this.part("speed").value = "1";
    this.form.onsubmit = (event) => {
      event.preventDefault();
      this.start();
    };
    this.part("clear").onclick = () => this.clear();
  }

  part(name) {
    return this.form.querySelector(`#desk-${name}`);
  }

  /** @param {{origin: string, name: string, title: string, bed: string, beds: number}} chosen */
  add(chosen) {
    const item = document.createElement("li");
    const bed = field("text", this.free(chosen.bed), DESK.bedOf(chosen.name));
    bed.maxLength = 64;
    item.append(Object.assign(document.createElement("span"), { textContent: chosen.title }));
    const entry = { ...chosen, item, bed, count: null };
    if (chosen.origin === "scenario") {
      entry.count = field("number", Math.min(chosen.beds, MOST_BEDS), DESK.bedsOf(chosen.name));
      Object.assign(entry.count, { min: 1, max: MOST_BEDS });
      item.append(labelled(DESK.beds, entry.count));
    }
    const drop = button("✕", DESK.leaveOut(chosen.name), () => this.drop(entry));
    item.append(labelled(DESK.asBed, bed), drop);
    this.items.push(entry);
    this.list.append(item);
    this.tell();
    bed.select();
    bed.focus();
  }

  /** A name that no other bed has: the given one, or with a number behind. */
  free(name) {
    const taken = new Set([...this.taken(), ...this.items.flatMap((item) => this.bedsOf(item))]);
    if (!taken.has(name)) return name;
    let number = 2;
    while (taken.has(`${name}-${number}`)) number++;
    return `${name}-${number}`;
  }

  /** The beds of an item: of several, each has a number behind the name. */
  bedsOf({ bed, count }) {
    const name = bed.value.trim();
    const many = count ? Math.min(MOST_BEDS, Math.max(1, Math.round(Number(count.value) || 1))) : 1;
    return many === 1 ? [name] : Array.from({ length: many }, (_, n) => `${name} ${n + 1}`);
  }

  drop(entry) {
    entry.item.remove();
    this.items = this.items.filter((item) => item !== entry);
    this.tell();
  }

  clear() {
    this.items = [];
    this.list.replaceChildren();
    this.tell();
  }

  tell(answer = "") {
    this.form.hidden = !this.items.length;
    put(this.part("chosen"), DESK.chosen(this.items.length));
    put(this.part("start-answer"), answer);
  }

  async start() {
    const items = this.items.map((item) => ({ origin: item.origin, name: item.name, beds: this.bedsOf(item) }));
    const start = this.part("start");
    start.disabled = true;
    const answer = await say("start", { items, speed: Number(this.part("speed").value), loop: this.loop.checked });
    start.disabled = false;
    if (answer.error) return this.tell(answer.error);
    this.clear();
    this.started(answer);
  }
}

function field(type, value, name) {
  const made = Object.assign(document.createElement("input"), { type, value, required: true, autocomplete: "off" });
  made.setAttribute("aria-label", name);
  return made;
}

function labelled(text, control) {
  const label = Object.assign(document.createElement("label"), { className: "choice", textContent: `${text} ` });
  label.append(control);
  return label;
}
