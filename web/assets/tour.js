/**
 * Shows a visitor around, in a minute: one sentence after the other in a row of its own, and an outline around what
 * it is about. It covers nothing, and gives way to an alarm of high priority.
 */

import { TOUR, TOUR_NEXT, TOUR_STEP, say } from "./words.js";

const KEPT_AS = "cardiovision.toured";
const byId = (name) => document.getElementById(name);
let step = 0;

/** Once for the whole page: invite who has not been here before. */
export function startTour() {
  byId("invitation").hidden = localStorage.getItem(KEPT_AS) !== null;
  byId("invite").onclick = byId("take-tour").onclick = begin;
  byId("decline").onclick = known;
  byId("tour-next").onclick = () => show(step + 1);
  byId("tour-skip").onclick = end;
  byId("tour").addEventListener("keydown", ({ key }) => key === "Escape" && end());
}

/** Not to be invited again at this browser. */
function known() {
  localStorage.setItem(KEPT_AS, "yes");
  byId("invitation").hidden = true;
}

function begin() {
  known();
  byId("tour").hidden = false;
  show(0);
  byId("tour-next").focus();
}

function show(n) {
  step = n;
  if (n >= TOUR.length) {
    end();
    return;
  }
  const [place, text] = TOUR[n];
  point(document.querySelector(place));
  say(byId("tour-step"), TOUR_STEP(n + 1, TOUR.length));
  say(byId("tour-text"), text);
  say(byId("tour-next"), n + 1 < TOUR.length ? TOUR_NEXT.next : TOUR_NEXT.last);
}

function point(at) {
  document.querySelector(".shown-around")?.classList.remove("shown-around");
  at?.classList.add("shown-around");
}

function end() {
  byId("tour").hidden = true;
  point(null);
}
