/** The top bar and the banner: the same on every page. */

import { notices } from "./honesty.js";
import { nameOf } from "./names.js";
import { CONNECTION, bedCount, detectorWords, say, timeOfDay, zoneName } from "./words.js";

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
  tellNotices(state === "open" ? notices(beds, now, nameOf) : []);
  say(byId("bed-count"), bedCount(beds.size));
  return beds.size && state === "open" ? detectorWords(beds.detectorState(now)) : "";
}

/** What limits the trust in what is shown. @param {string[]} sentences */
function tellNotices(sentences) {
  const list = byId("notices");
  if (list.children.length === sentences.length && sentences.every((text, n) => list.children[n].title === text)) return;
  list.replaceChildren(
    ...sentences.map((text) => Object.assign(document.createElement("li"), { title: text, textContent: text })),
  );
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
