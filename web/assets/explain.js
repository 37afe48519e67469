/** Explanations: the latest abnormal beat's, or that of a beat which was asked for. The server draws them. */

import { savePictures } from "./picture.js";
import { EXPLAIN, momentWords, say, timeOfDay } from "./words.js";

const APART = 500; // ms between figures, so that a fast replay does not flood the server
const PATIENCE = 5000; // ms until it is said that no answer came

const base64 = (bytes) => btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));

/** The address of a beat's own page. */
export const beatPath = ({ bed, stream, sample }) => `/beat/${[bed, stream, sample].map(encodeURIComponent).join("/")}`;

export class Explainer {
  /**
   * @param {HTMLElement} heading
   * @param {HTMLButtonElement} follow the button that goes back to the latest
   * @param {function(object): boolean} send says a message to the feed
   * @param {{chosen?: function(string, string): string, silent?: function(): string}} [words] heading of a beat that was
   *   chosen, by when it was, short and long; what is said when no answer comes
   */
  constructor(heading, follow, send, words = {}) {
    this.heading = heading;
    this.follow = follow;
    this.send = send;
    this.words = { chosen: EXPLAIN.chosen, silent: () => EXPLAIN.silent, ...words };
    this.link = document.getElementById("beat-link");
    this.saving = savePictures(document.getElementById("picture"), () => say(heading, EXPLAIN.notSaved));
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
      say(this.heading, EXPLAIN.latest);
      if (this.latest) this.draw(this.latest);
      return;
    }
    const { bed, stream, sample } = beat;
    const sent = this.send({ kind: "explain", bed, stream, sample });
    say(this.heading, sent ? EXPLAIN.asked : EXPLAIN.lost);
    if (sent) this.patience = setTimeout(() => this.unanswered(), PATIENCE);
  }

  /** No answer came: what is still drawn is another beat. */
  unanswered() {
    say(this.heading, this.words.silent());
    this.link.removeAttribute("href");
    window.dash_clientside.set_props("explanation", { data: null });
  }

  /**
   * @param {object} message an Explanation
   * @param {{particulars: {fs: number, epoch: number}}} bed whose beat it is, as it was in that stream
   */
  take(message, { particulars }) {
    const asked = { message, fs: particulars.fs, seconds: particulars.epoch + message.sample / particulars.fs };
    if (message.label !== "N") this.latest = asked;
    const { chosen } = this;
    const answers = chosen && chosen.sample === message.sample && chosen.stream === message.stream;
    if (answers || (!chosen && message.label !== "N")) this.draw(asked);
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
    const { message, fs, seconds } = this.waiting;
    const row = message.row === undefined ? null : EXPLAIN.row(message.row);
    const when = row ?? timeOfDay(seconds);
    say(this.heading, this.chosen ? this.words.chosen(when, row ?? momentWords(seconds)) : `${EXPLAIN.latest}, ${when}`);
    this.link.href = beatPath(message);
    const told = { ...message, wave: base64(message.wave), heat: base64(message.heat) };
    if (message.usual) told.usual = base64(message.usual);
    window.dash_clientside.set_props("explanation", { data: { message: told, fs, when: row ?? momentWords(seconds) } });
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.patience);
    this.saving();
  }
}
