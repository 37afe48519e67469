/** What people do about alarms. The detector answers; nothing is drawn before it has. */

import { ACTS, KEYS } from "./words.js";

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

  /** @param {{order: string[], names: Object<string, string>}} arrangement of all beds */
  arrange(arrangement) {
    return this.say({ kind: "arrangement", ...arrangement });
  }

  /** @param {{preset: string, values: object, off: string[]}} limits */
  setLimits(bed, limits) {
    return this.say({ kind: "set_limits", bed, ...limits });
  }
}

const KEYS_KEPT_AS = "cardiovision.keys";

/** Whether a letter alone acts: people who speak to their computer, or whose hands shake, switch that off. */
export function keysAct() {
  return localStorage.getItem(KEYS_KEPT_AS) !== "off";
}

/** @param {boolean} on is kept in this browser */
export function letKeysAct(on) {
  localStorage.setItem(KEYS_KEPT_AS, on ? "on" : "off");
}

const bound = new Set(); // all that is bound now

/** @returns {[string, string][]} each key that acts now, and what it does */
export function boundKeys() {
  return [...bound].flatMap(({ keys, texts }) => Object.keys(keys).map((key) => [key, texts[key] ?? KEYS[key] ?? ""]));
}

/**
 * Let keys act, but not while somebody writes.
 * @param {Object<string, function(): void>} keys by letter
 * @param {Object<string, string>} texts what a key does, where `KEYS` in words.js does not say it
 * @returns {function(): void} ends it
 */
export function bindKeys(keys, texts = {}) {
  const press = (event) => {
    if (!keysAct() || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.repeat && !/^(Arrow|Page)/.test(event.key)) return;
    if (event.target.closest?.("input, select, textarea, dialog")) return;
    if (event.key === " " && event.target.closest?.("button, a, summary")) return; // it presses that
    const act = keys[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  };
  const entry = { keys, texts };
  bound.add(entry);
  document.addEventListener("keydown", press);
  return () => {
    bound.delete(entry);
    document.removeEventListener("keydown", press);
  };
}
