/** The sound of alarms at this browser: the gate that browsers demand, on and off, volume. */

import { SILENCE, plan } from "./bursts.js";
import { Speaker } from "./speaker.js";
import { SOUND, note, say } from "./words.js";

const LOOK = 250; // ms
const KEPT = 20; // bursts remembered, for tests and for the curious
const KEPT_AS = "cardiovision.sound";
const USUAL = { on: false, volume: 0.7 };
const QUIETEST = 0.2; // a volume that is none would look like sound that is on

function kept() {
  try {
    return { ...USUAL, ...JSON.parse(localStorage.getItem(KEPT_AS)) };
  } catch {
    return { ...USUAL };
  }
}

let only = null;

/** The sound of this tab: it outlives the pages, for a browser asks for a gesture before it lets a new one be heard. */
export function sound() {
  only ??= new Sound(document.getElementById("sound"), document.getElementById("volume"));
  return only;
}

class Sound {
  /** @param {HTMLButtonElement} button turns it on and off @param {HTMLElement} place for the volume */
  constructor(button, place) {
    this.button = button;
    this.bells = () => []; // what is to be heard now; the page says
    this.choice = kept();
    this.planned = SILENCE;
    this.bursts = []; // what was requested
    this.volume = slider(this.choice.volume);
    this.volume.oninput = () => this.choose({ volume: Number(this.volume.value) });
    place.replaceChildren(this.volume);
    button.onclick = () => this.toggle();
    document.addEventListener("pointerdown", () => this.unblock());
    document.addEventListener("keydown", () => this.unblock());
    if (this.choice.on) this.open(); // the browser lets it sound, if somebody has used this site before
    setInterval(() => this.look(), LOOK);
    this.look();
  }

  unblock() {
    this.speaker?.context.resume();
  }

  toggle() {
    const blocked = this.speaker && !this.speaker.heard;
    if (blocked) this.unblock();
    else this.choose({ on: !this.choice.on });
  }

  choose(change) {
    this.choice = { ...this.choice, ...change };
    localStorage.setItem(KEPT_AS, JSON.stringify(this.choice));
    this.speaker?.loud(this.choice.volume);
    if (this.choice.on) this.open();
    else this.shut();
    this.look();
  }

  open() {
    if (this.speaker) return;
    this.speaker = new Speaker(this.choice.volume);
    this.speaker.context.onstatechange = () => this.look();
  }

  shut() {
    this.speaker?.close();
    this.speaker = null;
    this.planned = SILENCE;
  }

  get state() {
    if (!this.choice.on) return "off";
    return this.speaker?.heard ? "on" : "blocked";
  }

  look() {
    if (this.state === "on") this.play();
    note(this.button, "sound", this.state);
    this.button.setAttribute("aria-pressed", String(this.state === "on"));
    say(this.button.querySelector("span"), SOUND[this.state]);
  }

  play() {
    const { speaker } = this;
    const before = this.planned;
    this.planned = plan(this.bells(), speaker.now, before);
    const { priority, pulses } = this.planned;
    if (priority !== before.priority) speaker.hush();
    if (!pulses.length) return;
    speaker.play(this.planned);
    this.bursts = [...this.bursts, { priority, at: pulses[0].at }].slice(-KEPT);
  }
}

function slider(value) {
  const input = document.createElement("input");
  Object.assign(input, { type: "range", min: QUIETEST, max: 1, step: 0.1, value, title: SOUND.volume });
  input.setAttribute("aria-label", SOUND.volume);
  return input;
}
