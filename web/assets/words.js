/** Words, numbers and times as they stand on the screen. */

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
  if (element.textContent !== text) element.textContent = text;
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
  return `${PRIORITIES[priority] ?? ""} alarm, ${bed}: ${text}${since[look] ?? ""}`.trim();
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
  acknowledgeBed: (bed) => `Acknowledge all alarms of ${bed} (A, when it is in focus)`,
  acknowledgeAlarm: (alarm) => `Acknowledge: ${alarmSentence(alarm)}`,
  pause: "Pause audio",
  pauseBed: (bed) => `Pause the sound of ${bed} for 2 min (P, when it is in focus)`,
  resume: "End pause",
  resumeBed: (bed) => `Let ${bed} sound again (P, when it is in focus)`,
  lost: "Not done: the connection to the feed is lost",
  more: (count) => (count ? `+${count} more` : ""),
};

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
