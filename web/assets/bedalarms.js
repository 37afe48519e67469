/** What the page of a bed says of its alarms, its bell, its rhythm and its leads, and what can be done there. */

import { bindKeys } from "./acts.js";
import { AlarmList } from "./alarmlist.js";
import { bellState } from "./alarms.js";
import { BellSign } from "./bell.js";
import { LimitsDialog } from "./limits.js";
import { ACTS, leadWords, note, rhythmWords, say } from "./words.js";

const SHOWN = 12; // alarms in the list
const byId = (name) => document.getElementById(name);

export class BedAlarms {
  /** @param {HTMLElement} page @param {string} name of the bed @param {import("./alarmbar.js").AlarmBar} bar */
  constructor(page, name, bar) {
    this.page = page;
    this.name = name;
    this.alarms = bar.alarms;
    this.list = new AlarmList(byId("bed-alarms"), bar.alarms, bar.acts, true);
    this.bell = new BellSign(byId("bed-bell"));
    this.limits = new LimitsDialog(byId("limits"), name, bar.acts);
    this.pause = byId("bed-pause");
    this.acknowledge = byId("bed-acknowledge");
    const acts = {
      a: () => bar.acts.acknowledge(name),
      p: () => bar.pauseOrResume(name),
      l: () => this.limits.open(),
    };
    this.acknowledge.onclick = acts.a;
    this.pause.onclick = acts.p;
    byId("bed-limits").onclick = acts.l;
    this.unbind = bindKeys({ ...acts, s: () => bar.sound.toggle() });
    this.drawn = -1;
  }

  /** @param {import("./beds.js").Bed|undefined} bed @param {number|null} rate @param {boolean} connected */
  tell(bed, rate, connected) {
    const { alarms, name } = this;
    const bell = alarms.bells.get(name);
    const now = Date.now() / 1000;
    if (bed) this.tellBed(bed, rate, connected);
    this.bell.tell(bell, alarms.of(name).length > 0, now);
    const paused = bellState(bell, now) === "paused";
    say(this.pause.querySelector("span"), paused ? ACTS.resume : ACTS.pause);
    this.pause.disabled = !connected;
    if (this.drawn === alarms.version) return;
    this.drawn = alarms.version;
    const all = alarms.of(name);
    const [worst] = all;
    note(this.page, "alarm", worst?.priority ?? "");
    note(this.page, "look", worst?.look ?? "");
    this.acknowledge.disabled = all.every(({ look }) => look === "acknowledged");
    const shown = [...all, ...alarms.ended(name)].slice(0, SHOWN);
    this.list.show(shown);
    byId("bed-quiet").hidden = shown.length > 0;
  }

  tellBed(bed, rate, connected) {
    const present = bed.isPresent(performance.now(), connected);
    say(byId("rhythm"), present ? rhythmWords(bed.statement, rate) : "");
    say(byId("quality"), bed.trouble);
    for (const place of this.page.querySelectorAll(".strip .lead-state")) {
      const state = bed.leadStates[Number(place.dataset.lead)];
      say(place, leadWords(state));
    }
    this.limits.tell(bed.limits);
  }

  close() {
    this.unbind();
  }
}
