/** What limits the trust in what is shown: pure, in sentences, the gravest first. */

import { HONEST } from "./words.js";

const LATE = 2; // seconds from which a delay is told
const DROPPED = 10_000; // ms that it is told that waves were dropped

/**
 * @param {import("./beds.js").Beds} beds
 * @param {number} now ms
 * @param {function(string): string} [nameOf] what a bed is called here
 * @returns {string[]} nothing while all is as it should be
 */
export function notices(beds, now, nameOf = (bed) => bed) {
  const all = [...beds.values()].filter(({ ended }) => !ended);
  return [
    detector(beds, now),
    ...all.filter(({ fault }) => fault).map(({ name, fault }) => HONEST.source(nameOf(name), fault)),
    ...dropped(all, now, nameOf),
    ...late(all, nameOf),
    behind(all),
    ...parts(beds.parts),
  ].filter(Boolean);
}

/** Of a detector that has failed, the reason too: that a model is missing, say. */
function detector(beds, now) {
  if (!beds.size) return "";
  const state = beds.detectorState(now);
  const why = state === "error" && beds.parts.get("detector")?.detail;
  return [HONEST.detector[state], why && `(${why})`].filter(Boolean).join(" ");
}

function dropped(all, now, nameOf) {
  const some = all.filter(({ droppedAt }) => now - droppedAt < DROPPED);
  if (some.length > 1) return [HONEST.droppedBeds(some.length)];
  return some.map(({ name }) => HONEST.dropped(nameOf(name)));
}

function late(all, nameOf) {
  const some = all.filter(({ lag }) => lag > LATE);
  const most = Math.max(...some.map(({ lag }) => lag));
  if (some.length > 1) return [HONEST.lateBeds(some.length, most)];
  return some.map(({ name, lag }) => HONEST.late(nameOf(name), lag));
}

/** The detector's delay in wall seconds; a replay as fast as it goes has none to speak of. */
function behind(all) {
  const waits = all.map(({ behind, particulars }) => behind / (particulars?.speed ?? 1));
  const most = Math.max(0, ...waits.filter(Number.isFinite));
  return most > LATE ? HONEST.behind(most) : "";
}

function parts(known) {
  return Object.entries(HONEST.parts).map(([part, name]) => {
    const { state, detail } = known.get(part) ?? {};
    if (state === "error") return HONEST.part(name, detail);
    return state === "lost" ? HONEST.gone(name) : "";
  });
}
