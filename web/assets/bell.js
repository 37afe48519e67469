/** The bell of a bed, drawn: it sounds, its sound is paused, or it is silent though there are alarms. */

import { bellState, pausedFor } from "./alarms.js";
import { BELLS, countdown, note, say } from "./words.js";

const BODY = "M12 3a6 6 0 0 0-6 6v5l-2 3h16l-2-3V9a6 6 0 0 0-6-6zM10 19a2 2 0 0 0 4 0z";
const SVG = `<svg viewBox="0 0 24 24" aria-hidden="true"><path class="body" d="${BODY}"/>
  <path class="waves" d="M2 9a10 10 0 0 1 3-6M22 9a10 10 0 0 0-3-6"/>
  <path class="cross" d="M3 3l18 18M21 3L3 21"/></svg><span></span>`;

export class BellSign {
  /** @param {HTMLElement} element to be filled */
  constructor(element) {
    this.element = element;
    element.innerHTML = SVG;
    element.setAttribute("role", "img");
    this.text = element.lastElementChild;
    this.tell(undefined, false, 0); // it has a name from the beginning
  }

  /** @param {object|undefined} bell @param {boolean} alarms whether there are any @param {number} now UTC seconds */
  tell(bell, alarms, now) {
    const state = bellState(bell, now);
    const left = pausedFor(bell, now);
    note(this.element, "bell", state === "silent" && !alarms ? "none" : state);
    say(this.text, left ? countdown(left) : "");
    const words = left && bell.by ? `${BELLS.paused} by ${bell.by}` : BELLS[state];
    if (this.element.title === words) return;
    this.element.title = words;
    this.element.setAttribute("aria-label", words);
  }
}
