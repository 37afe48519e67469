/** Explanations: the latest abnormal beat's, or that of a beat which was asked for. The server draws them. */

import { say, timeOfDay } from "./words.js";

const APART = 500; // ms between figures, so that a fast replay does not flood the server
const PATIENCE = 5000; // ms until it is said that no answer came
const LATEST = "Latest abnormal beat, and what in it decided";

const base64 = (bytes) => btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));

export class Explainer {
  /**
   * @param {HTMLElement} heading
   * @param {HTMLButtonElement} follow the button that goes back to the latest
   * @param {function(object): boolean} send says a message to the feed
   */
  constructor(heading, follow, send) {
    this.heading = heading;
    this.follow = follow;
    this.send = send;
    this.chosen = null; // the beat asked for
    this.latest = null;
    follow.onclick = () => this.choose(null);
  }

  /** @param {object|null} beat to explain; null for the latest abnormal one again */
  choose(beat) {
    this.chosen = beat;
    clearTimeout(this.patience);
    clearTimeout(this.timer); // what waited to be drawn was not this
    this.timer = undefined;
    this.follow.hidden = beat === null;
    if (beat === null) {
      say(this.heading, LATEST);
      if (this.latest) this.draw(this.latest);
      return;
    }
    const { bed, stream, sample } = beat;
    const sent = this.send({ kind: "explain", bed, stream, sample });
    say(this.heading, sent ? "Asking the detector…" : "Cannot ask: the connection to the feed is lost");
    if (sent) this.patience = setTimeout(() => say(this.heading, "The detector has not answered"), PATIENCE);
  }

  /** @param {object} message an Explanation @param {import("./beds.js").Bed} bed */
  take(message, bed) {
    const asked = { message, fs: bed.particulars.fs, when: this.when(message, bed) };
    if (message.label !== "N") this.latest = asked;
    const { chosen } = this;
    const answers = chosen && chosen.sample === message.sample && chosen.stream === message.stream;
    if (answers || (!chosen && message.label !== "N")) this.draw(asked);
  }

  when({ sample, row }, bed) {
    return row === undefined ? timeOfDay(bed.time(sample)) : `row ${row}`;
  }

  draw(asked) {
    clearTimeout(this.patience);
    this.waiting = asked;
    const wait = Math.max(0, (this.drawnAt ?? -APART) + APART - performance.now());
    this.timer ??= setTimeout(() => this.drawNow(), wait);
  }

  drawNow() {
    this.timer = undefined;
    this.drawnAt = performance.now();
    const { message, fs, when } = this.waiting;
    say(this.heading, this.chosen ? `The chosen beat, ${when}` : `${LATEST}, ${when}`);
    const told = { ...message, wave: base64(message.wave), heat: base64(message.heat) };
    window.dash_clientside.set_props("explanation", { data: { message: told, fs } });
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.patience);
  }
}
