/** Arranging the ward: beds are dragged, or moved by buttons, and called as this screen shall call them. */

import { forgetAll, inOrder, keepOrder, moved, nameOf, rename } from "./names.js";
import { ARRANGE, say } from "./words.js";

const MARKUP = `<button type="button" class="earlier">◀</button><input type="text" maxlength="40">
  <button type="button" class="later">▶</button>`;

export class Arranger {
  /**
   * @param {HTMLElement} page
   * @param {function(): import("./tile.js").Tile[]} tiles all there are
   * @param {function(): void} changed called when order or names are others
   */
  constructor(page, tiles, changed) {
    this.tiles = tiles;
    this.changed = changed;
    this.bar = page.querySelector("#arranging");
    this.said = this.bar.querySelector("[role=status]");
    this.board = page.querySelector("#tiles");
    this.bar.querySelector(".done").onclick = () => this.end();
    this.bar.querySelector(".usual").onclick = () => {
      forgetAll();
      changed();
      this.clear();
      this.lay();
    };
    this.board.ondragstart = (event) => this.lift(event);
    this.board.ondragover = (event) => this.carry(event);
    this.board.ondragend = () => this.drop();
    this.bar.parentElement.addEventListener("keydown", ({ key }) => key === "Escape" && this.end());
  }

  get on() {
    return !this.bar.hidden;
  }

  begin() {
    this.bar.hidden = false;
    this.lay();
    this.board.querySelector(".arrange input")?.focus();
  }

  end() {
    if (!this.on) return;
    this.bar.hidden = true;
    this.clear();
    say(this.said, "");
  }

  /** Give each tile what it is arranged with; one that has it already may just be written into. */
  lay() {
    if (!this.on) return;
    for (const { element, bed } of this.tiles()) {
      if (element.draggable) continue;
      element.draggable = true;
      element.append(this.handles(bed.name));
    }
  }

  clear() {
    for (const { element } of this.tiles()) {
      element.draggable = false;
      element.querySelector(".arrange")?.remove();
    }
  }

  handles(bed) {
    const place = document.createElement("div");
    place.className = "arrange";
    place.innerHTML = MARKUP;
    const [earlier, field, later] = place.children;
    const label = (part, text) => {
      part.title = text;
      part.setAttribute("aria-label", text);
    };
    label(earlier, ARRANGE.earlier(bed));
    label(later, ARRANGE.later(bed));
    label(field, ARRANGE.name(bed));
    field.value = nameOf(bed);
    field.placeholder = bed;
    field.onchange = () => this.call(bed, field);
    earlier.onclick = () => this.step(bed, -1, earlier);
    later.onclick = () => this.step(bed, 1, later);
    return place;
  }

  get beds() {
    return this.tiles().map(({ bed }) => bed.name);
  }

  call(bed, field) {
    say(this.said, rename(bed, field.value, this.beds) ? "" : ARRANGE.taken(field.value.trim()));
    field.value = nameOf(bed);
    this.changed();
  }

  step(bed, by, button) {
    const order = inOrder(this.beds);
    const at = order.indexOf(bed);
    const others = order.filter((other) => other !== bed);
    others.splice(Math.max(0, at + by), 0, bed);
    keepOrder(others);
    this.changed();
    button.focus(); // an element that is moved loses it
  }

  lift(event) {
    this.lifted = this.on ? event.target.closest?.(".tile") : null;
    if (this.lifted) event.dataTransfer.effectAllowed = "move";
  }

  /** Where a tile is carried over another, it takes that one's place. */
  carry(event) {
    const over = event.target.closest?.(".tile");
    if (!this.lifted || !over) return;
    event.preventDefault();
    if (over === this.lifted) return;
    const order = [...this.board.children].map((tile) => tile.dataset.bed);
    const [from, to] = [this.lifted, over].map((tile) => order.indexOf(tile.dataset.bed));
    keepOrder(moved(order, this.lifted.dataset.bed, order[from < to ? to + 1 : to]));
    this.changed();
  }

  drop() {
    this.lifted = null;
  }
}
