/** Words, numbers and times as they stand on the screen. */

import { nameOf } from "./names.js";

export const NONE = "--";

const classes = () => JSON.parse(document.getElementById("shell").dataset.classes);

/** The names of all kinds of alarms, the worst first. */
export const alarmNames = () => JSON.parse(document.getElementById("shell").dataset.alarms);

/** Letter and word of a beat class: "V Ventricular". */
export const classWords = (label) => `${label} ${classes()[label] ?? ""}`.trim();

export const heartRate = (hr) => (Number.isFinite(hr) ? String(Math.round(hr)) : NONE);
export const milliseconds = (rr) => (Number.isFinite(rr) ? String(Math.round(rr * 1000)) : NONE);
export const percent = (part) => (Number.isFinite(part) ? `${Math.round(part * 100)} %` : NONE);

const time = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", hourCycle: "h23" });
const zone = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", timeZoneName: "short" });

/** @param {number} seconds UTC; what is beyond the calendar has no time of day */
export const timeOfDay = (seconds) => (Number.isNaN(+new Date(seconds * 1000)) ? NONE : time.format(seconds * 1000));

/** The short name of this browser's time zone. */
export const zoneName = (date) => zone.formatToParts(date).find((part) => part.type === "timeZoneName").value;

/** What the detector's state means for who watches; nothing while all is well. */
const DETECTOR = {
  starting: "detector starting…",
  ready: "",
  paused: "detector paused",
  lost: "no detector",
  stopped: "no detector",
  error: "no detector",
};
export const detectorWords = (state) => DETECTOR[state] ?? "";

/** Set an element's text only when it is another. */
export function say(element, text) {
  if (element.textContent === text) return;
  const { firstChild: only, lastChild } = element;
  if (text && only && only === lastChild && only.nodeType === Node.TEXT_NODE) only.data = text; // less to lay out anew
  else element.textContent = text;
}

/** Set an attribute `data-...` only when it is another. */
export function note(element, name, value) {
  if (element.dataset[name] !== value) element.dataset[name] = value;
}

/* ---------------------------------------------------------------------------------------------- alarms */

/** What stands before an alarm, so that its priority is seen without its colour. */
export const MARKS = { high: "***", medium: "**", low: "*", technical: "!" };

const PRIORITIES = { high: "High", medium: "Medium", low: "Low", technical: "Technical" };

/** An alarm in few words: "*** Asystole". */
export const alarmWords = ({ priority, text }) => `${MARKS[priority] ?? "!"} ${text}`;

/** What became of an alarm, in fewer; nothing while it is active and nobody has seen to it. */
export function fateWords({ look, by }) {
  if (look === "latched") return "over";
  return look === "acknowledged" ? `✓ ${by}`.trim() : "";
}

/** An alarm in a sentence, for those who hear the page. */
export function alarmSentence({ priority, text, look, by, bed }) {
  const since = { latched: ", over, not acknowledged", acknowledged: `, acknowledged by ${by || "somebody"}` };
  return `${PRIORITIES[priority] ?? ""} alarm, ${nameOf(bed)}: ${text}${since[look] ?? ""}`.trim();
}

/** Rhythm and rate: "Sinus rhythm 72". */
export const rhythmWords = (text, hr) => (text && Number.isFinite(hr) ? `${text} ${heartRate(hr)}` : text);

const LEAD_STATES = { noisy: "noisy", mains: "mains hum", saturated: "saturated", flat: "flat", off: "off" };
const ANALYSIS = { lethal: "lethal alarms only", suspended: "analysis suspended", off: "no analysis" };

/** How a lead is; nothing while it is good. */
export const leadWords = (state) => LEAD_STATES[state] ?? "";

/** What is wrong with the leads and the analysis; nothing while all is well. */
export function qualityWords(names, states, analysis) {
  const bad = names.map((name, n) => [name, leadWords(states[n])]).filter(([, words]) => words);
  return [...bad.map((pair) => pair.join(" ")), ANALYSIS[analysis]].filter(Boolean).join(" · ");
}

/** Seconds as "1:43". */
export function countdown(seconds) {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export const BELLS = { sounding: "sounding", paused: "audio paused", silent: "silent" };

export const ACTS = {
  acknowledge: "Acknowledge",
  acknowledgeBed: (bed) => `Acknowledge all alarms of ${nameOf(bed)} (A, when it is in focus)`,
  acknowledgeAlarm: (alarm) => `Acknowledge: ${alarmSentence(alarm)}`,
  event: (alarm, time) => `Event of ${time}: ${alarmSentence(alarm)}`,
  pause: "Pause audio",
  pauseBed: (bed) => `Pause the sound of ${bed} for 2 min (P, when it is in focus)`,
  resume: "End pause",
  resumeBed: (bed) => `Let ${bed} sound again (P, when it is in focus)`,
  lost: "Not done: the connection to the feed is lost",
  more: (count) => (count ? `+${count} more` : ""),
};

export const STRIP = { none: "No alarms", unknown: "Alarms are not known", connecting: "Connecting…" };

export const SOUND = {
  off: "Sound is off: turn on",
  blocked: "Sound is blocked: click here",
  on: "Sound on",
  volume: "Volume of alarms",
  person: "You act as",
};

export const LIMITS = {
  asked: "Asking the detector…",
  silent: "The detector has not answered",
  lost: ACTS.lost,
  set: (by) => `In force${by ? `, set by ${by}` : ""}`,
  never: "As the preset has them: nobody has set limits here",
  usual: (value) => `usual ${value}`,
};

/* ---------------------------------------------------------------------------------------------- the shell */

/** What the keys do that several pages have. */
export const KEYS = {
  a: "Acknowledge the alarms of the bed",
  p: "Pause the sound for 2 min, or end the pause",
  s: "Sound of this browser on or off",
  l: "Alarm limits of the bed",
};

export const KEY_NAMES = {
  " ": "Space",
  arrowleft: "←",
  arrowright: "→",
  arrowup: "↑",
  arrowdown: "↓",
  escape: "Esc",
  pageup: "Page up",
  pagedown: "Page down",
  home: "Home",
  end: "End",
};

export const MENU = {
  keys: { on: "On", off: "Off" },
  keysOff: "Keys are switched off at this browser (menu “Screen”).",
  full: "Full screen",
  window: "Leave full screen",
  help: "List of keys",
  acting: (person) => `as ${person}`,
};

export const CONNECTION = { connecting: "connecting…", open: "connected", lost: "feed lost" };
export const bedCount = (count) => (count === 1 ? "1 bed" : `${count} beds`);

/** What limits the trust in what is shown; it stands there as long as it is true. */
export const HONEST = {
  detector: {
    starting: "The detector is starting: nothing is read yet",
    paused: "The detector is paused: nothing is read",
    lost: "No detector: no beats, rates or alarms",
    stopped: "No detector: no beats, rates or alarms",
    error: "The detector has failed: no beats, rates or alarms",
  },
  late: (bed, seconds) => `${bed}: waves come ${seconds.toFixed(1)} s late`,
  lateBeds: (count, seconds) => `${count} beds: waves come up to ${seconds.toFixed(1)} s late`,
  behind: (seconds) => `The detector is ${seconds.toFixed(1)} s behind`,
  dropped: (bed) => `${bed}: waves dropped, this browser is too slow`,
  droppedBeds: (count) => `${count} beds: waves dropped, this browser is too slow`,
  source: (bed, detail) => `${bed}: ${detail || "its source has failed"}`,
  parts: { journal: "Journal", keeper: "Keeper of waves" },
  part: (name, detail) => `${name}: ${detail || "has failed"}`,
  gone: (name) => `${name}: has stopped`,
};

export const ARRANGE = {
  name: (bed) => `What ${bed} is called`,
  earlier: (bed) => `Move ${bed} forward`,
  later: (bed) => `Move ${bed} back`,
  taken: (name) => `Another bed is called “${name}”`,
};

/* ------------------------------------------------------------------------------------------- explanations */

const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });

/** @param {number} seconds UTC @returns {string} day and time of day in this browser's zone, with its name */
export function momentWords(seconds) {
  const date = new Date(seconds * 1000);
  return Number.isNaN(+date) ? NONE : `${moment.format(date)} ${zoneName(date)}`;
}

export const EXPLAIN = {
  latest: "Latest abnormal beat",
  chosen: (when) => `The chosen beat, ${when}`,
  beat: (when, moment) => `Beat of ${moment}`,
  row: (row) => `row ${row}`,
  asked: "Asking the detector…",
  lost: "Cannot ask: the connection to the feed is lost",
  silent: "No answer: the detector no longer remembers this beat. It keeps the last three minutes or so of each bed.",
  noDetector: "No answer: no detector is running, and what was said of this beat before is no longer kept.",
  place: (bed, title, sample) => [bed, title, `sample ${sample}`].filter(Boolean).join(" · "),
  before: "The beat before",
  after: "The beat after",
  notSaved: "The picture could not be made",
};

/* ---------------------------------------------------------------------------------------------- beat lab */

const count = (number) => number.toLocaleString("en-GB");

export const LAB = {
  unreachable: "The screen's server does not answer: is it running? Then try again.",
  rate: "Sampling rate in Hz",
  row: "Row to go to",
  stages: {
    sending: "Sending the file",
    receiving: "Sending the file",
    reading: "Reading the file…",
    loading: "Loading the model; the first time this takes some seconds…",
    naming: "Naming beats",
  },
  sent: (share) => `${Math.round(100 * share)} %`,
  named: (done, rows) => `${count(done)} of ${count(rows)}`,
  notSaved: "The picture could not be made",
  keys: { arrowleft: "Beat before in the table", arrowright: "Next beat in the table" },
};

/* ---------------------------------------------------------------------------------------------- the bed's page */

export const BED = {
  freeze: "Freeze",
  goOn: "Go on",
  fetching: "Fetching what is kept…",
  unreachable: "What is kept could not be fetched: the screen's server does not answer",
  leg: (n) => `Caliper, corner ${n}`,
  fold: { fold: "More room for traces", unfold: "Show what is below" },
  sinceOpened: "only since this page was opened",
  noBeats: "No beats yet",
  press: "Press to see the trace of that time",
  hours: (zone) => `The last hours, in ${zone}`,
  keys: {
    " ": "Freeze the traces, or let them go on",
    c: "Calipers on the frozen trace",
    arrowleft: "One second back on the frozen trace",
    arrowright: "One second on",
    pageup: "One screen back",
    pagedown: "One screen on",
    end: "The latest that is frozen",
  },
};

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const hour = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const tenths = (seconds) => `${timeOfDay(seconds)}.${Math.floor((seconds - Math.floor(seconds)) * 10)}`;

/** Hour and minute, as on an axis. @param {number} seconds UTC */
export const hourOfDay = (seconds) => hour.format(seconds * 1000);

/** A day and what it is in: "22 Nov". @param {number} seconds UTC */
export const dayOf = (seconds) => (Number.isNaN(+new Date(seconds * 1000)) ? NONE : day.format(seconds * 1000));

/** A stretch of time: "22 Nov 14:03:12.4 – 14:03:24.1 CET". @param {number} from @param {number} to UTC seconds */
export const timeSpan = (from, to) =>
  `${dayOf(from)} ${tenths(from)} – ${tenths(to)} ${zoneName(new Date(from * 1000))}`;

/** The page of an alarm's bed, of the alarm itself, of a beat. */
export const bedHref = ({ bed }) => `/bed/${encodeURIComponent(bed)}`;
export const eventHref = ({ id }) => `/event/${encodeURIComponent(id)}`;
export const beatHref = (bed, { stream, sample }) =>
  `/beat/${encodeURIComponent(bed)}/${encodeURIComponent(stream)}/${sample}`;

export const beatTitle = (beat, time) => `${classWords(beat.label)}, ${tenths(time)}: explain`;

/** What calipers say: "812 ms · 74 /min · 1.02 mV". @param {{ms: number, rate: number|null, mV: number}} between */
export const caliperWords = ({ ms, rate, mV }) =>
  `${Math.round(ms)} ms · ${rate === null ? NONE : Math.round(rate)} /min · ${mV.toFixed(2).replace("-", "−")} mV`;

/* ------------------------------------------------------------------------------------------ the replay desk */

const files = new Intl.NumberFormat("en-GB");
const several = (count, what) => `${files.format(count)} ${what}${count === 1 ? "" : "s"}`;

export const DESK = {
  choose: "Choose",
  remove: "Remove",
  removed: (name) => `${name} is removed`,
  annotated: "yes",
  rows: "beats",
  downloaded: "downloaded",
  found: (shown, total) => (shown < total ? `the first ${shown} of ${files.format(total)}` : several(total, "record")),
  noFolder: "The screen was started without a folder of records. To offer one: cardiovision web --library DIR",
  physionet: "Expected a PhysioNet name: database and record, such as mitdb/100",
  fromPhysionet: (name) => `${name} from PhysioNet`,
  simulated: (name) => `${name}, simulated`,
  uploaded: (name) => `${name} is kept on the server and can be chosen`,
  tooLarge: (most) => `Expected files of at most ${most >> 20} MB together: put the record into the server's folder`,
  unreadable: (why) => `The files cannot be read: ${why}`,
  refused: (why) => `The server refused: ${why}`,
  silent: "The server of the screen does not answer",
  lost: ACTS.lost,
  chosen: (count) => several(count, "choice"),
  asBed: "as bed",
  beds: "beds",
  bedOf: (name) => `Name of the bed of ${name}`,
  bedsOf: (name) => `Number of beds of ${name}`,
  leaveOut: (name) => `Leave out ${name}`,
  pause: "Pause",
  resume: "Resume",
  stop: "Stop",
  stopOf: (bed) => `Stop ${bed}`,
  seekOf: (bed) => `Place in the record of ${bed}`,
  speedOf: (bed) => `Speed of ${bed}`,
  starting: "starting…",
  elsewhere: "played by another program",
  count: (count) => (count ? several(count, "bed") : ""),
  dismiss: "Dismiss",
  dismissOf: (title) => `Dismiss what became of ${title}`,
  together: (beds) => `steered together with ${beds === 2 ? "another" : `${beds - 1} others`}`,
  stopAll: (beds) => `Stop all ${beds}`,
  agreement: ({ agreed, other, missed, extra }) =>
    `${several(agreed, "beat")} agree${agreed === 1 ? "s" : ""} · ${files.format(other)} other class · ` +
    `${files.format(missed)} missed · ${files.format(extra)} extra`,
  agreementTitle: "How our beats agree with the record's annotations, since this stream began",
};

/* ------------------------------------------------------------------------------------------ the event page */

export const EVENT = {
  beat: (when) => `Beat of ${when}`,
  silent: "No answer: the detector no longer remembers this beat, and what was said of it then is no longer kept.",
  noBeats: "This alarm rests on no single beats",
  before: "The alarm before of this bed",
  after: "The alarm after of this bed",
  measure: "Measure on the strip",
  box: "Calipers: arrow keys move the corner, with Shift further; Escape ends",
  comment: "Comment, if you like",
  sent: "Sent…",
  kept: "Kept in the journal",
  unheard: "The hub has not answered: nothing is kept yet",
};

/** A look around: what is pointed at, and what is said of it. */
export const TOUR = [
  ["#main", "Each tile is a bed: trace, heart rate, rhythm, and what is wrong with its leads. Click one to see all of it."],
  [".alarm-bar", "Alarms of all beds, the worst first: *** high, ** medium, * low, ! technical. ✓ acknowledges one."],
  ["#sound", "A browser sounds alarms only after somebody has let it: turn its sound on here, or with the key S."],
  ["#pause-all", "When it sounds: P pauses it for 2 minutes, A acknowledges the alarms of the bed in focus."],
  [".places", "Alarms shows what has happened, Beat lab reads a file of beats, Replay plays records as beds."],
  ["#menu", "Theme, volume, full screen, who acts, order and names of beds. The key ? lists all keys."],
  [".status-bar", "Whatever limits the trust in this screen stands here while it is true. It is not a medical device."],
];
export const TOUR_STEP = (n, all) => `${n} of ${all}`;
export const TOUR_NEXT = { next: "Next", last: "Done" };
