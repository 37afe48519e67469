/** Arranging the ward: beds are dragged, or moved by buttons, and named. The hub tells all screens, this one too. */

import { arrangement, inOrder, moved, named, nameOf } from "./names.js";
import { ARRANGE, say } from "./words.js";

const MARKUP = `<button type="button" class="earlier">◀</button><input type="text" maxlength="40">
  <button type="button" class="later">▶</button>`;

export class Arranger {
  /**
   * @param {HTMLElement} page
   * @param {function(): import("./tile.js").Tile[]} tiles all there are
   * @param {import("./acts.js").Acts} acts
   * @param {function(string[]=): void} order puts the tiles in an order; in that which the hub knows without
   */
  constructor(page, tiles, acts, order) {
    this.tiles = tiles;
    this.acts = acts;
    this.order = order;
    this.bar = page.querySelector("#arranging");
    this.said = this.bar.querySelector("[role=status]");
    this.board = page.querySelector("#tiles");
    this.bar.querySelector(".done").onclick = () => this.end();
    this.bar.querySelector(".usual").onclick = () => acts.arrange({ order: [], names: {} });
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
      element.firstElementChild.append(this.handles(bed.name));
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
    write(field, bed);
    field.placeholder = bed;
    field.onchange = () => this.call(bed, field);
    earlier.onclick = () => this.step(bed, -1);
    later.onclick = () => this.step(bed, 1);
    return place;
  }

  get beds() {
    return this.tiles().map(({ bed }) => bed.name);
  }

  /** Write what beds are called now, but not over what somebody is writing. */
  follow() {
    for (const { element, bed } of this.tiles()) {
      const field = element.querySelector(".arrange input");
      if (field && field.value === field.dataset.written) write(field, bed.name);
    }
  }

  call(bed, field) {
    const names = named(bed, field.value, this.beds);
    say(this.said, names ? "" : ARRANGE.taken(field.value.trim()));
    write(field, bed); // until the hub has said otherwise
    if (names) this.acts.arrange({ ...arrangement(), names });
  }

  step(bed, by) {
    const order = inOrder(this.beds);
    const other = order[order.indexOf(bed) + by];
    if (other !== undefined) this.acts.arrange({ ...arrangement(), order: moved(order, bed, other, by > 0) });
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
    const behind = Boolean(this.lifted.compareDocumentPosition(over) & Node.DOCUMENT_POSITION_FOLLOWING);
    this.carried = moved(this.beds, this.lifted.dataset.bed, over.dataset.bed, behind, this.carried);
    this.order(this.carried);
  }

  /** All screens are told only where it is dropped. */
  drop() {
    const order = this.carried;
    this.lifted = this.carried = undefined;
    if (order && !this.acts.arrange({ ...arrangement(), order })) this.order();
  }
}

function write(field, bed) {
  field.value = field.dataset.written = nameOf(bed);
}
