/** What is known of alarms and bells, of all beds, from what the feed says. No drawing here. */

/** What an alarm is like, the most urgent first; what sounds comes before what is only to be known. */
const URGENCY = [
  ["high", "active"],
  ["medium", "active"],
  ["high", "latched"],
  ["high", "acknowledged"],
  ["low", "active"],
  ["technical", "active"],
  ["medium", "acknowledged"],
  ["low", "acknowledged"],
  ["technical", "acknowledged"],
].map((pair) => pair.join(" "));
const ENDED = 20; // alarms of each bed kept after their end
const STREAMS = 8; // of each bed known
const PRIORITIES = ["high", "medium", "low", "technical"];

/** @returns {"active"|"acknowledged"|"latched"|"ended"} how an alarm is to be shown */
export function lookOf({ state, acknowledged = false }) {
  return state === "active" && acknowledged ? "acknowledged" : state;
}

const urgency = (alarm) => {
  const place = URGENCY.indexOf(`${alarm.priority} ${alarm.look}`);
  return place < 0 ? URGENCY.length : place;
};

/** The worst of what sounds at some bells; null is silence. */
export function worstSound(bells) {
  const sounds = new Set([...bells].map(({ sounds = null }) => sounds));
  return PRIORITIES.find((priority) => sounds.has(priority)) ?? null;
}

/** Seconds until the pause of a bell is over; 0 when there is none. @param {number} now UTC seconds */
export function pausedFor(bell, now) {
  return bell?.paused ? Math.max(0, bell.until - now) : 0;
}

/**
 * What is heard at a bed.
 * @param {number} now UTC seconds
 * @returns {"sounding"|"paused"|"silent"}
 */
export function bellState(bell, now) {
  if (pausedFor(bell, now)) return "paused";
  return bell?.sounds ? "sounding" : "silent";
}

export class Alarms {
  /** @param {string[]} names of all kinds of alarms, the worst first within its priority */
  constructor(names = []) {
    this.severity = new Map(names.map((name, n) => [name, n]));
    this.version = 0; // rises with every change
    this.session = null;
    this.streams = new Map(); // by bed: when sample 0 of each of its last streams was, and its rate
    this.clear();
  }

  clear() {
    this.standing = new Map(); // by id
    this.over = new Map(); // by bed, the newest first
    this.bells = new Map(); // by bed
    this.sorted = null;
    this.version++;
  }

  /** Another session is another hub, which tells anew what stands. */
  begin(session) {
    if (session !== this.session && this.session !== null) this.clear();
    this.session = session;
  }

  /** Take messages in any order: of each thing the latest word counts. */
  take(messages) {
    for (const message of messages) {
      if (message.kind === "welcome") this.begin(message.session);
      else if (message.kind === "open") this.open(message);
      else if (message.kind === "alarm") this.alarm(message);
      else if (message.kind === "bell") this.bell(message);
    }
  }

  open({ bed, stream, epoch, fs }) {
    const others = (this.streams.get(bed) ?? []).filter((other) => other.stream !== stream);
    this.streams.set(bed, [{ stream, epoch, fs }, ...others].slice(0, STREAMS));
  }

  alarm(message) {
    const { id, bed } = message;
    const over = this.over.get(bed) ?? [];
    const known = this.standing.get(id) ?? over.find((alarm) => alarm.id === id);
    if (known && known.seq >= message.seq) return;
    const alarm = { by: "", ...message, look: lookOf(message), since: known?.since ?? message.seq };
    this.standing.delete(id);
    if (alarm.look === "ended") {
      const others = over.filter((other) => other.id !== id);
      this.over.set(bed, [alarm, ...others].sort((a, b) => b.seq - a.seq).slice(0, ENDED));
    } else this.standing.set(id, alarm);
    this.changed();
  }

  bell(message) {
    if (this.bells.get(message.bed)?.seq >= message.seq) return;
    this.bells.set(message.bed, message);
    this.changed();
  }

  changed() {
    this.sorted = null;
    this.version++;
  }

  /** UTC seconds at which an alarm began; NaN if its stream is not known any more. */
  time(alarm, sample = alarm.onset) {
    const stream = this.streams.get(alarm.bed)?.find(({ stream }) => stream === alarm.stream);
    return stream ? stream.epoch + sample / stream.fs : NaN;
  }

  /** All that stand, the most urgent and of these the worst first, then the newest. */
  get all() {
    const order = (a, b) => urgency(a) - urgency(b) || this.worse(a, b) || this.newer(a, b);
    this.sorted ??= [...this.standing.values()].sort(order);
    return this.sorted;
  }

  worse(a, b) {
    const last = this.severity.size;
    return (this.severity.get(a.name) ?? last) - (this.severity.get(b.name) ?? last);
  }

  newer(a, b) {
    return (this.time(b, b.announced) || 0) - (this.time(a, a.announced) || 0) || b.since - a.since;
  }

  /** Those of one bed. */
  of(bed) {
    return this.all.filter((alarm) => alarm.bed === bed);
  }

  /** Those of one bed that have ended, the newest first. */
  ended(bed) {
    return this.over.get(bed) ?? [];
  }
}
