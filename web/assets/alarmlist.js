/** A list of alarms: an entry stays the same element while its alarm lasts, so that none slips away under the mouse. */

import { nameOf } from "./names.js";
import { ACTS, alarmSentence, alarmWords, bedHref, eventHref, fateWords, note, say, timeOfDay } from "./words.js";

/** An alarm among those of all beds leads to its bed, and its time to the event; one of a bed's own leads to that. */
const TIMES = `<time></time><time class="end"></time>`;
const WORDS = `<b></b> <span></span> <i></i>`;
const BUTTON = `<button type="button" class="acknowledge">✓</button>`;
const OF_ALL = `<a>${WORDS}</a><a class="when">${TIMES}</a>${BUTTON}`;
const OF_A_BED = `<a>${WORDS} ${TIMES}</a>${BUTTON}`;

export class AlarmList {
  /**
   * @param {HTMLElement} list
   * @param {import("./alarms.js").Alarms} alarms
   * @param {import("./acts.js").Acts} acts
   * @param {boolean} [ofABed] whether all are of the bed whose page this is
   */
  constructor(list, alarms, acts, ofABed = false) {
    this.ofABed = ofABed;
    this.list = list;
    this.alarms = alarms;
    this.acts = acts;
    this.entries = new Map();
  }

  /** @param {object[]} shown in this order */
  show(shown) {
    const entries = shown.map((alarm) => this.fill(this.entries.get(alarm.id) ?? this.entry(alarm), alarm));
    this.entries = new Map(entries.map((entry) => [entry.dataset.id, entry]));
    const same = this.list.children.length === entries.length && entries.every((e, n) => e === this.list.children[n]);
    if (same) return;
    const focused = this.list.contains(document.activeElement) ? document.activeElement : null;
    this.list.replaceChildren(...entries);
    if (focused?.isConnected) focused.focus();
  }

  entry(alarm) {
    const { bed, id } = alarm;
    const entry = document.createElement("li");
    entry.className = "alarm";
    Object.assign(entry.dataset, { bed, id });
    entry.innerHTML = this.ofABed ? OF_A_BED : OF_ALL;
    entry.querySelector("a").href = this.ofABed ? eventHref(alarm) : bedHref(alarm);
    if (!this.ofABed) entry.querySelector(".when").href = eventHref(alarm);
    const button = entry.querySelector("button");
    // A double click must not acknowledge the alarm that has moved to where the first one was.
    button.onclick = ({ detail }) => detail > 1 || this.acts.acknowledge(bed, id);
    return entry;
  }

  fill(entry, alarm) {
    const link = entry.querySelector("a");
    const [name, text, fate] = link.children;
    const [time, end] = entry.querySelectorAll("time");
    const button = entry.querySelector("button");
    const { alarms } = this;
    note(entry, "alarm", alarm.priority);
    note(entry, "look", alarm.look);
    say(name, nameOf(alarm.bed));
    say(text, alarmWords(alarm));
    say(fate, fateWords(alarm));
    say(time, timeOfDay(alarms.time(alarm)));
    say(end, Number.isFinite(alarm.ended) ? ` – ${timeOfDay(alarms.time(alarm, alarm.ended))}` : "");
    link.title = alarmSentence(alarm);
    if (!this.ofABed) label(entry.querySelector(".when"), ACTS.event(alarm, time.textContent));
    button.hidden = alarm.look !== "active" && alarm.look !== "latched";
    label(button, ACTS.acknowledgeAlarm(alarm));
    return entry;
  }
}

function label(part, text) {
  if (part.title === text) return;
  part.title = text;
  part.setAttribute("aria-label", text);
}
