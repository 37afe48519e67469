/** What is known of the beds, from what the feed says. No drawing here. */

import { isBeatSymbol } from "./beatlist.js";
import { Playhead } from "./playhead.js";
import { Series } from "./series.js";
import { qualityWords } from "./words.js";

const KEPT = 100; // beats kept for each bed
const UNREAD = 1000; // marks kept until they are drawn: none are while the page is hidden, for hours perhaps
const STALE = 2000; // ms without samples after which a trace is no longer live
const SILENT = 5000; // ms without a word from the detector after which its numbers are no longer shown
const SMOOTHING = 0.2; // of the lag, with each block of samples
/** Kinds of messages that say something of a stream; each has a method of its name. */
const OF_A_STREAM = new Set(
  ["wave", "cut_beat", "beat", "numerics", "reference", "gap", "close", "rhythm", "quality"],
);

export class Bed {
  /** @param {string} name @param {number} seconds of samples to keep */
  constructor(name, seconds) {
    this.name = name;
    this.seconds = seconds;
    this.beats = [];
    this.references = [];
    this.counts = { N: 0, S: 0, V: 0, F: 0, Q: 0 };
    this.limits = null; // as the detector told them last
    this.forget();
  }

  /** All that holds for one stream only. */
  forget() {
    this.hr = null;
    this.heardAt = -Infinity; // when the detector last spoke of this bed
    this.waveAt = -Infinity;
    this.source = "";
    this.fault = ""; // what the source says is wrong with it
    this.lag = 0; // seconds from the sending of samples to their coming here, smoothed
    this.behind = 0; // stream seconds that the detector's last word was behind the newest sample
    this.droppedAt = -Infinity; // when waves were last dropped, because this browser did not keep up
    this.ended = ""; // how, in words
    this.statement = ""; // of the rhythm
    this.leadStates = []; // of each lead
    this.trouble = ""; // what is wrong with the leads, in words
    this.unread = []; // marks to be put along the trace
  }

  /** The particulars of a stream: begin anew, unless it is the stream already known. */
  open(message, now) {
    const restated = !this.ended && this.stream === message.stream && alike(this.particulars, message);
    this.particulars = message;
    this.ended = "";
    this.source = "";
    if (restated) return;
    this.forget();
    this.openedAt = now;
    this.stream = message.stream;
    this.series = new Series(message.fs, message.leads, message.first ?? 0, this.seconds);
    this.playhead = null; // made with the first samples
  }

  /** UTC seconds of a sample. */
  time(sample) {
    return this.particulars.epoch + sample / this.particulars.fs;
  }

  get cut() {
    return this.particulars?.form === "beats";
  }

  /** What is played, where the name does not say it already. */
  get title() {
    const { title = "" } = this.particulars;
    return title === this.name ? "" : title;
  }

  /** What stands beside what it is called: its own name, where that is another, and what is played. */
  titleBeside(called) {
    return [called === this.name ? "" : this.name, this.title].filter(Boolean).join(" · ");
  }

  get lastBeat() {
    return this.beats[this.beats.length - 1];
  }

  /** @param {object} message of this bed @param {number} now ms */
  take(message, now) {
    if (message.kind === "open") this.open(message, now);
    else if (message.kind === "status") this.status(message);
    else if (message.kind === "limits") this.limits = message;
    else if (message.stream === this.stream && OF_A_STREAM.has(message.kind)) this[message.kind](message, now);
  }

  wave({ start, samples, sent }, now) {
    this.series.wave(start, samples);
    if (sent) this.lag += (Date.now() / 1000 - sent - this.lag) * SMOOTHING;
    this.sampled(now);
  }

  cut_beat({ start, samples }, now) {
    this.series.row(start, samples);
    this.mark({ rule: true, sample: start });
    this.sampled(now);
  }

  sampled(now) {
    this.waveAt = now;
    if (this.source === "lost" || this.source === "paused") this.source = "";
    this.playhead ??= new Playhead(this.series.newest);
  }

  beat(message, now) {
    this.heardAt = now;
    this.hr = message.hr ?? (message.row === undefined ? this.hr : null);
    if (message.label in this.counts) this.counts[message.label]++;
    this.beats.push({ ...message, time: this.time(message.sample) });
    if (this.beats.length > KEPT) this.beats.shift();
    this.mark({ beat: message, sample: message.sample });
  }

  numerics({ sample, hr }, now) {
    this.heardAt = now;
    this.behind = (this.series.newest - sample) / this.series.fs;
    this.hr = hr ?? null;
  }

  reference(message) {
    this.references.push(message);
    if (this.references.length > KEPT) this.references.shift();
    this.mark({ reference: message, sample: message.sample });
  }

  /** Something to be put along the trace. */
  mark(unread) {
    this.unread.push(unread);
    if (this.unread.length > UNREAD) this.unread.shift();
  }

  gap({ start, stop, reason }, now) {
    if (reason === "slow") this.droppedAt = now;
    this.series.make(stop);
    this.mark({ gap: reason ?? "missing", sample: start });
  }

  rhythm({ text }) {
    this.statement = text;
  }

  quality({ leads, analysis }) {
    this.leadStates = leads;
    const names = this.particulars.leads.map(({ name }) => name);
    this.trouble = qualityWords(names, leads, analysis);
  }

  close({ reason }) {
    this.statement = this.trouble = "";
    this.leadStates = [];
    this.ended = reason === "error" ? "ended by an error" : "ended";
  }

  status({ component, state, detail = "" }) {
    if (component !== "source") return;
    this.source = state === "ready" ? "" : state;
    this.fault = state === "error" ? detail : "";
  }

  /** The source's own label of a beat: the file's, or of the annotation within 150 ms (EC57's window). */
  truth(beat) {
    if (beat.row !== undefined) return beat.truth;
    const near = 0.15 * this.particulars.fs;
    const fits = ({ stream, sample, symbol }) =>
      stream === beat.stream && Math.abs(sample - beat.sample) <= near && isBeatSymbol(symbol);
    return this.references.find(fits)?.symbol;
  }

  /**
   * How this bed is.
   * @returns {{key: string, text: string}} key: live, waiting, paused, lost or ended
   */
  state(now, connected) {
    if (!connected) return { key: "lost", text: "feed lost" };
    if (this.ended) return { key: "ended", text: this.ended };
    if (this.source === "paused") return { key: "paused", text: "paused" };
    if (this.source) return { key: "lost", text: this.source === "lost" ? "source lost" : `source ${this.source}` };
    if (now - Math.max(this.waveAt, this.openedAt) > STALE) return { key: "lost", text: "no signal" };
    if (this.waveAt === -Infinity) return { key: "waiting", text: "waiting for samples" };
    return { key: "live", text: "live" };
  }

  /** Heart rate, while it can be trusted: the source live, the detector speaking. */
  rate(now, connected) {
    const fresh = now - this.heardAt < SILENT && this.state(now, connected).key === "live";
    return fresh ? this.hr : null;
  }

  /** Whether what the detector said of beats and rhythm still holds: not of a bed that is lost or has ended. */
  isPresent(now, connected) {
    const lost = !connected || this.ended || this.source === "lost" || this.source === "error";
    return !lost && now - this.heardAt < SILENT;
  }

  /** Let the pen follow the samples; returns its place, or null before the first. */
  advance(seconds) {
    if (!this.playhead) return null;
    return this.playhead.follow(this.series.newest, seconds, this.series.size / 2);
  }
}

/** Whether samples of one stream can go on as the other's. */
function alike(one, other) {
  return one.fs === other.fs && one.form === other.form && one.leads.length === other.leads.length;
}

export class Beds extends Map {
  /** @param {number} seconds of samples to keep */
  constructor(seconds) {
    super();
    this.seconds = seconds;
    this.detector = null; // as the last Status said
    this.parts = new Map(); // what the other parts of the service said last, by their name
    this.spoken = false; // whether the detector has been heard at all
    this.since = performance.now();
  }

  /** Take messages; returns the beds that are new. */
  take(messages, now) {
    const fresh = [];
    for (const message of messages) {
      if (message.kind === "status" && message.component === "detector") this.detector = message.state;
      if (message.kind === "status" && message.bed === undefined) this.parts.set(message.component, message);
      if (message.bed === undefined) continue;
      if (message.kind === "open" && !this.has(message.bed)) {
        this.set(message.bed, new Bed(message.bed, this.seconds));
        fresh.push(this.get(message.bed));
      }
      if (message.kind === "beat" || message.kind === "numerics") this.spoken = true;
      this.get(message.bed)?.take(message, now);
    }
    return fresh;
  }

  /** State of the detector; one that has never been heard of is not there. */
  detectorState(now) {
    if (this.detector !== null) return this.detector;
    return this.spoken || now - this.since < SILENT ? "ready" : "lost";
  }
}
