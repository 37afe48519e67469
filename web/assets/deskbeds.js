/** A bed at play: where it stands in its record, how its beats are read, and what one can do with it. */

import { button, lengthWords } from "./deskchoice.js";
import { DESK, note, say } from "./words.js";

const SETTLE = 250; // ms after the last move of the slider before it is followed
const AWAIT = 4000; // ms that a seek may take before the slider shows again where the bed is

export class DeskBed {
  /**
   * @param {string} name
   * @param {HTMLSelectElement} speeds is copied
   * @param {{control: function(string, string, number=): boolean, stop: function(string): void}} acts
   */
  constructor(name, speeds, acts) {
    this.name = name;
    this.acts = acts;
    this.heldUntil = 0; // ms, while somebody moves the slider or the bed has not followed yet
    this.element = Object.assign(document.createElement("li"), { className: "desk-bed" });
    Object.assign(this.element.dataset, { bed: name, state: "waiting" });
    this.link = Object.assign(document.createElement("a"), { textContent: name });
    this.link.href = `/bed/${encodeURIComponent(name)}`;
    this.title = part("span", "note");
    this.state = part("span", "state");
    this.slider = Object.assign(document.createElement("input"), { type: "range", min: 0, step: 1 });
    this.slider.setAttribute("aria-label", DESK.seekOf(name));
    this.clock = part("output", "desk-clock");
    this.pause = button(DESK.pause, "", () => this.pauseOrResume());
    this.speed = speeds.cloneNode(true);
    this.speed.removeAttribute("id");
    this.speed.setAttribute("aria-label", DESK.speedOf(name));
    this.stop = button(DESK.stop, DESK.stopOf(name), () => acts.stop(name));
    this.truth = Object.assign(part("p", "desk-truth"), { title: DESK.agreementTitle });
    this.answer = part("p", "desk-answer");
    this.answer.setAttribute("role", "status");
    this.listen();
    this.element.append(
      row("desk-bed-head", this.link, this.title, part("span", "spring"), this.clock, this.state),
      this.slider,
      row("desk-bed-acts", this.pause, this.speed, this.stop, this.truth),
      this.answer,
    );
  }

  listen() {
    this.slider.oninput = () => {
      this.heldUntil = Infinity;
      this.place(Number(this.slider.value));
    };
    this.slider.onchange = () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.seek(), SETTLE);
    };
    this.speed.onchange = () => this.act("speed", Number(this.speed.value));
  }

  act(action, value) {
    say(this.answer, this.acts.control(this.name, action, value) ? "" : DESK.lost);
  }

  seek() {
    this.heldUntil = performance.now() + AWAIT;
    this.act("seek", Number(this.slider.value));
  }

  pauseOrResume() {
    this.act(this.element.dataset.state === "paused" ? "resume" : "pause");
  }

  /** Hear what its source says: that it begins anew, or why it does not do what was asked. */
  take(message) {
    if (message.kind === "open" && message.stream !== this.stream) {
      this.stream = message.stream;
      this.heldUntil = 0;
    } else if (message.kind === "status" && message.detail) {
      this.heldUntil = 0;
      say(this.answer, message.detail);
    }
  }

  /** Before its source has been heard of. @param {object} play as the server tells it */
  expect(play) {
    note(this.element, "state", "waiting");
    say(this.title, play.title);
    say(this.state, DESK.starting);
    this.slider.hidden = this.pause.hidden = this.speed.hidden = true;
    say(this.clock, "");
    say(this.truth, "");
  }

  /**
   * @param {import("./beds.js").Bed} bed
   * @param {object|undefined} play of this desk, if it is one
   * @param {object|undefined} agreement counts of its beats
   * @param {number} now ms @param {boolean} connected
   */
  tell(bed, play, agreement, now, connected) {
    const { key, text } = bed.state(now, connected);
    const { fs, length, speed = 1 } = bed.particulars;
    note(this.element, "state", key);
    say(this.state, text);
    const together = play?.together && play.beds.length > 1 ? play.beds.length : 0;
    const notes = [bed.title, play ? "" : DESK.elsewhere, together ? DESK.together(together) : ""];
    say(this.title, notes.filter(Boolean).join(" · "));
    say(this.stop, together ? DESK.stopAll(together) : DESK.stop);
    this.pause.hidden = this.speed.hidden = false;
    this.slider.hidden = !length;
    this.slider.max = Math.floor((length ?? 0) / fs);
    for (const control of [this.pause, this.speed, this.slider]) control.disabled = key === "lost" || !connected;
    say(this.pause, key === "paused" ? DESK.resume : DESK.pause);
    this.pause.setAttribute("aria-label", `${this.pause.textContent} ${this.name}`);
    if (document.activeElement !== this.speed) this.showSpeed(String(speed));
    if (now >= this.heldUntil) {
      this.total = length ? length / fs : null;
      this.place(bed.series.newest / fs);
    }
    say(this.truth, agreement ? DESK.agreement(agreement) : "");
  }

  /** Show a place in the record, in seconds. */
  place(seconds) {
    if (this.heldUntil !== Infinity) this.slider.value = Math.floor(seconds);
    say(this.clock, this.total ? `${lengthWords(seconds)} / ${lengthWords(this.total)}` : lengthWords(seconds));
    this.slider.setAttribute("aria-valuetext", this.clock.textContent);
  }

  showSpeed(value) {
    if (![...this.speed.options].some((option) => option.value === value)) {
      this.speed.append(new Option(`${value}×`, value));
    }
    this.speed.value = value;
  }

  close() {
    clearTimeout(this.timer);
    this.element.remove();
  }
}

const part = (kind, name) => Object.assign(document.createElement(kind), { className: name });

function row(name, ...parts) {
  const made = part("div", name);
  made.append(...parts);
  return made;
}
