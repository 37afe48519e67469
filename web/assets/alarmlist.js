/** A list of alarms: an entry stays the same element while its alarm lasts, so that none slips away under the mouse. */

import { nameOf } from "./names.js";
import { ACTS, alarmSentence, alarmWords, bedHref, fateWords, note, say, timeOfDay } from "./words.js";

const MARKUP = `<a><b></b> <span></span> <i></i> <time></time><time class="end"></time></a>
  <button type="button" class="acknowledge">✓</button>`;

export class AlarmList {
  /**
   * @param {HTMLElement} list
   * @param {import("./alarms.js").Alarms} alarms
   * @param {import("./acts.js").Acts} acts
   * @param {function(object): string} [href] where an alarm leads to; to its bed
   */
  constructor(list, alarms, acts, href = bedHref) {
    this.href = href;
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
    entry.innerHTML = MARKUP;
    const [link, button] = entry.children;
    link.href = this.href(alarm);
    // A double click must not acknowledge the alarm that has moved to where the first one was.
    button.onclick = ({ detail }) => detail > 1 || this.acts.acknowledge(bed, id);
    return entry;
  }

  fill(entry, alarm) {
    const [link, button] = entry.children;
    const [name, text, fate, time, end] = link.children;
    const { alarms } = this;
    note(entry, "alarm", alarm.priority);
    note(entry, "look", alarm.look);
    say(name, nameOf(alarm.bed));
    say(text, alarmWords(alarm));
    say(fate, fateWords(alarm));
    say(time, timeOfDay(alarms.time(alarm)));
    say(end, Number.isFinite(alarm.ended) ? ` – ${timeOfDay(alarms.time(alarm, alarm.ended))}` : "");
    link.title = alarmSentence(alarm);
    button.hidden = alarm.look !== "active" && alarm.look !== "latched";
    button.title = ACTS.acknowledgeAlarm(alarm);
    button.setAttribute("aria-label", button.title);
    return entry;
  }
}
