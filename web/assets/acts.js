/** What people do about alarms. The detector answers; nothing is drawn before it has. */

import { ACTS } from "./words.js";

const PAUSE = 120; // seconds
const KEPT_AS = "cardiovision.person";
export const USUAL_PERSON = "ward screen";
const LONGEST_NAME = 64;

/** Who acts at this browser. */
export function person() {
  return localStorage.getItem(KEPT_AS) || USUAL_PERSON;
}

/** @param {string} name nothing: the usual one again */
export function keepPerson(name) {
  const clean = name.trim().slice(0, LONGEST_NAME);
  if (clean) localStorage.setItem(KEPT_AS, clean);
  else localStorage.removeItem(KEPT_AS);
}

export class Acts {
  /**
   * @param {function(object): boolean} send says a message to the feed; whether it could
   * @param {function(string)} answer says a sentence to the person
   */
  constructor(send, answer) {
    this.send = send;
    this.answer = answer;
  }

  say(message) {
    const sent = this.send({ ...message, by: person() });
    if (!sent) this.answer(ACTS.lost);
    return sent;
  }

  /** @param {string} bed @param {string} [alarm] its id; all of the bed without */
  acknowledge(bed, alarm) {
    return this.say({ kind: "acknowledge", bed, ...(alarm && { alarm }) });
  }

  /** Pause the sound of a bed, or end its pause. */
  pause(bed, paused) {
    return this.say({ kind: "audio_pause", bed, seconds: paused ? PAUSE : 0 });
  }

  /** @param {{preset: string, values: object, off: string[]}} limits */
  setLimits(bed, limits) {
    return this.say({ kind: "set_limits", bed, ...limits });
  }
}

/**
 * Let keys act, but not while somebody writes.
 * @param {Object<string, function(): void>} keys by letter
 * @returns {function(): void} ends it
 */
export function bindKeys(keys) {
  const press = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (event.target.closest?.("input, select, textarea, dialog")) return;
    const act = keys[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  };
  document.addEventListener("keydown", press);
  return () => document.removeEventListener("keydown", press);
}
