/** The top bar and the banner: the same on every page. */

import { detectorWords, say, timeOfDay, zoneName } from "./words.js";

const CONNECTION = { connecting: "connecting…", open: "connected", lost: "feed lost" };
const byId = (name) => document.getElementById(name);

/**
 * @param {string} state of the connection to the feed: connecting, open or lost
 * @param {import("./beds.js").Beds} [beds]
 * @param {number} [now] ms
 * @returns {string} what there is to say of the detector
 */
export function tellShell(state, beds, now) {
  byId("shell").dataset.connection = state;
  say(byId("connection"), CONNECTION[state]);
  byId("banner").hidden = state !== "lost";
  if (!beds) return "";
  const detector = beds.size && state === "open" ? detectorWords(beds.detectorState(now)) : "";
  say(byId("detector"), detector);
  say(byId("bed-count"), beds.size === 1 ? "1 bed" : `${beds.size} beds`);
  return detector;
}

/** Keep the clock going; once for the whole page. */
export function startClock() {
  const tick = () => {
    const date = new Date();
    const clock = byId("clock");
    if (clock) say(clock, `${timeOfDay(date / 1000)} ${zoneName(date)}`);
    setTimeout(tick, 1000 - date.getMilliseconds());
  };
  tick();
}
