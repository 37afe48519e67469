/** What a page has heard of its bed since it was opened: what is written along the trace, and the beats of hours. */

const MARKS = 1500;
const BEATS = 60_000; // some ten hours
const LATE = 5; // s: what is told comes about in order, a beat later than its source's own annotation
const ALONG = new Set(["beat", "reference", "gap", "cut_beat"]);

export class Log {
  constructor() {
    this.marks = []; // as Bed has them in `unread`, with stream and time
    this.beats = []; // {time, rr, hr, label}, in order of time
  }

  /** @param {object} message of the bed @param {import("./beds.js").Bed} bed that has taken it */
  take(message, bed) {
    if (!ALONG.has(message.kind) || message.stream !== bed.stream) return;
    const sample = message.sample ?? message.start;
    const time = bed.time(sample);
    const about = { stream: message.stream, sample, time };
    this.marks.push({ ...about, ...markOf(message) });
    if (this.marks.length > MARKS + 500) this.marks.splice(0, 500);
    if (message.kind === "beat") this.beat(time, message);
  }

  /** What is written along the trace from a time on. @param {number} time UTC seconds */
  since(time) {
    let n = this.marks.length;
    while (n > 0 && this.marks[n - 1].time >= time - LATE) n--;
    return this.marks.slice(n).filter((mark) => mark.time >= time);
  }

  beat(time, { rr, hr, label }) {
    const { beats } = this;
    let place = beats.length;
    while (place > 0 && beats[place - 1].time > time) place--;
    if (beats[place - 1]?.time === time) return;
    beats.splice(place, 0, { time, rr: rr ?? NaN, hr: hr ?? NaN, label });
    if (beats.length > BEATS + 1000) beats.splice(0, 1000);
  }
}

function markOf(message) {
  if (message.kind === "beat") return { beat: message };
  if (message.kind === "reference") return { reference: message };
  return message.kind === "gap" ? { gap: message.reason ?? "missing" } : { rule: true };
}
