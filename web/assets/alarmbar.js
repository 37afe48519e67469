/** The strip across every page: alarms of all beds, the sound, who acts, and what the service answers. */

import { Acts, USUAL_PERSON, keepPerson, person } from "./acts.js";
import { AlarmList } from "./alarmlist.js";
import { bellState, pausedFor } from "./alarms.js";
import { flash } from "./flash.js";
import { tellPerson } from "./menu.js";
import { sound } from "./sound.js";
import { ACTS, SOUND, STRIP, alarmSentence, countdown, note, say } from "./words.js";

const TELL_APART = 4000; // ms between two sentences read aloud
const ANSWERED = 8000; // ms that an answer stands
const LOST = [{ sounds: "technical" }]; // what is heard when nothing is known
const said = new Set(); // ids of alarms read aloud, whichever page did
const byId = (name) => document.getElementById(name);

export class AlarmBar {
  /**
   * @param {import("./alarms.js").Alarms} alarms
   * @param {function(object): boolean} send says a message to the feed
   */
  constructor(alarms, send) {
    this.alarms = alarms;
    this.acts = new Acts(send, (text) => this.answer(text));
    this.strip = byId("alarm-strip");
    this.list = new AlarmList(this.strip, alarms, this.acts);
    this.saidAt = -Infinity;
    this.connected = false;
    this.wasConnected = false;
    this.drawn = -1;
    this.sound = sound();
    this.before = [...this.sound.bells()]; // what the page before heard
    this.sound.bells = () => this.heard();
    this.pauseAll = byId("pause-all");
    this.pauseAll.onclick = () => this.pauseOrResume();
    this.nameField();
    this.watcher = new ResizeObserver(() => this.count());
    this.watcher.observe(this.strip);
  }

  /**
   * The bells to be heard. Until this page is connected, those that the page before heard go on; what was known before
   * a connection was lost is not true for ever.
   */
  heard() {
    if (this.connected) return this.alarms.bells.values();
    return this.wasConnected ? LOST : this.before;
  }

  /** Take what is for this bar alone. */
  take(messages) {
    for (const { kind, text } of messages) if (kind === "problem") this.answer(text);
  }

  /** Say what came of an act. */
  answer(text) {
    const place = byId("answer");
    say(place, text);
    clearTimeout(this.forgetting);
    this.forgetting = setTimeout(() => say(place, ""), ANSWERED);
  }

  /** The connection is there, or not: what is to be heard depends on it at once, however short it was. */
  reach(connected) {
    this.connected = connected;
    this.wasConnected ||= connected;
  }

  /** Draw what has changed. @param {number} now ms */
  tell(now, connected) {
    this.reach(connected);
    this.tellPause();
    if (connected) this.readAloud(now);
    say(byId("alarm-none"), connected ? STRIP.none : this.wasConnected ? STRIP.unknown : STRIP.connecting);
    if (!this.wasConnected || this.drawn === this.alarms.version) return; // the strip of the page before stands
    this.drawn = this.alarms.version;
    this.list.show(this.alarms.all);
    const grave = this.alarms.all.some(({ priority, look }) => priority === "high" && look === "active");
    note(byId("shell"), "grave", grave ? "yes" : "no");
    byId("alarm-none").hidden = this.alarms.all.length > 0;
    this.count();
  }

  /** In every frame. */
  flash(now) {
    flash(byId("shell"), now);
  }

  /** Hide what has no room, and tell how much that is. */
  count() {
    const { right } = this.strip.getBoundingClientRect();
    const beyond = [...this.strip.children].map((item) => item.getBoundingClientRect().right > right + 1);
    beyond.forEach((hidden, n) => this.strip.children[n].classList.toggle("beyond", hidden));
    say(byId("alarm-more"), ACTS.more(beyond.filter(Boolean).length));
  }

  /** Beds whose sound is paused, or may be. */
  beds(state) {
    const now = Date.now() / 1000;
    return [...this.alarms.bells].filter(([, bell]) => bellState(bell, now) === state).map(([bed]) => bed);
  }

  /** Pause the sound of one bed; without, of all that sound. If none sounds, end the pause. */
  pauseOrResume(bed) {
    if (bed !== undefined) {
      this.acts.pause(bed, bellState(this.alarms.bells.get(bed), Date.now() / 1000) !== "paused");
      return;
    }
    const sounding = this.beds("sounding");
    const all = sounding.length ? sounding : this.beds("paused");
    for (const one of all) this.acts.pause(one, sounding.length > 0);
  }

  tellPause() {
    const now = Date.now() / 1000;
    const sounding = this.beds("sounding").length;
    const left = Math.max(0, ...[...this.alarms.bells.values()].map((bell) => pausedFor(bell, now)));
    this.pauseAll.disabled = !this.connected || !(sounding || left);
    note(this.pauseAll, "bell", left && !sounding ? "paused" : "sounding");
    const words = left && !sounding ? `${ACTS.resume} ${countdown(left)}` : ACTS.pause;
    say(this.pauseAll.querySelector("span"), words);
  }

  /** New alarms of high priority, each once, not more often than one can listen to. */
  readAloud(now) {
    if (now - this.saidAt < TELL_APART) return;
    const fresh = this.alarms.all.filter(({ priority, look }) => priority === "high" && look === "active");
    const unsaid = fresh.filter(({ id }) => !said.has(id));
    if (!unsaid.length) return;
    this.saidAt = now;
    said.clear();
    for (const { id } of fresh) said.add(id);
    say(byId("announcer"), unsaid.map(alarmSentence).join(". "));
  }

  /** Who acts at this browser can be written down. */
  nameField() {
    const field = document.createElement("input");
    Object.assign(field, { type: "text", maxLength: 64, value: person(), title: SOUND.person, size: 11 });
    field.setAttribute("aria-label", SOUND.person);
    field.placeholder = USUAL_PERSON;
    field.onchange = () => {
      keepPerson(field.value);
      field.value = person();
      tellPerson();
    };
    byId("person").replaceChildren(field);
  }

  close() {
    this.watcher.disconnect();
    const last = [...this.heard()];
    this.sound.bells = () => last;
    clearTimeout(this.forgetting);
  }
}
