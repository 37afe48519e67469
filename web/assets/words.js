/** Words, numbers and times as they stand on the screen. */

export const NONE = "--";

const classes = () => JSON.parse(document.getElementById("shell").dataset.classes);

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
