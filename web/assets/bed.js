/** The page of one bed. */

import { BeatList } from "./beatlist.js";
import { Beds } from "./beds.js";
import { leadControls, scaleControls } from "./controls.js";
import { Explainer } from "./explain.js";
import { Feed } from "./feed.js";
import { Frames } from "./frames.js";
import { markFor } from "./marks.js";
import { drawPaper } from "./paper.js";
import { pixelsPerMm } from "./scale.js";
import { tellShell } from "./shell.js";
import { Sweep } from "./sweep.js";
import { NONE, classWords, heartRate, milliseconds, say } from "./words.js";

const HISTORY = 2000; // events asked for when the page opens, to fill its lists
const KEPT = 100; // seconds of samples kept
const BAND = 42; // CSS pixels over the first trace for labels
const COLOURS = ["#3df58a", "#4fd8ff"];
const FAINT = "#5b7480";
const TELL_EVERY = 200; // ms
const byId = (name) => document.getElementById(name);

/** @param {HTMLElement} page @param {string} url of the feed */
export function mountBed(page, url) {
  const name = page.dataset.bed;
  const beds = new Beds(KEPT);
  const mm = pixelsPerMm();
  const scale = scaleControls(redraw);
  const strips = [0, 1].map((n) => byId(`strip-${n}`));
  const sweeps = strips.map(
    (strip, n) =>
      new Sweep(strip.querySelector(".sweep"), {
        colour: COLOURS[n],
        faint: FAINT,
        lead: n,
        band: n === 0 ? BAND : 0,
        scale,
        mm,
      }),
  );
  const explainer = new Explainer(byId("explanation-heading"), byId("follow"), (message) => feed.send(message));
  const list = new BeatList(byId("beats"), byId("beats-held"), (beat) => explainer.choose(beat));
  let shown = null; // the particulars the page is made up for

  const feed = new Feed(
    url,
    { name: "bed screen", kinds: null, beds: [name], history: HISTORY },
    {
      messages(messages) {
        beds.take(messages, performance.now());
        const bed = beds.get(name);
        if (!bed) return;
        if (bed.particulars !== shown) arrange(bed);
        for (const one of messages) if (one.kind === "explanation" && one.bed === name) explainer.take(one, bed);
      },
      state: tellShell,
    },
  );

  /** Make the page up for a stream's leads. */
  function arrange(bed) {
    shown = bed.particulars;
    if (sweeps[0].series === bed.series) return;
    const { leads } = shown;
    leadControls(leads, choose);
    strips[1].hidden = leads.length < 2;
    strips.forEach((strip, n) => n < leads.length && choose(n, n));
    for (const sweep of sweeps) sweep.use(bed.series);
    fit();
  }

  function choose(strip, lead) {
    sweeps[strip].look.lead = lead;
    sweeps[strip].last = null;
    say(strips[strip].querySelector(".lead-name"), shown.leads[lead].name);
  }

  function redraw() {
    for (const sweep of sweeps) sweep.last = null;
  }

  function fit() {
    strips.forEach((strip, n) => {
      if (strip.hidden) return;
      sweeps[n].fit();
      drawPaper(strip.querySelector(".paper"), mm);
    });
  }

  function draw(bed, seconds) {
    const head = bed.advance(seconds);
    for (const unread of bed.unread.splice(0)) sweeps[0].mark(markFor(unread, bed));
    if (head === null) return;
    sweeps.forEach((sweep, n) => strips[n].hidden || sweep.draw(head));
  }

  function tell(bed, now) {
    const connected = feed.state === "open";
    const state = bed.state(now, connected);
    const beat = bed.lastBeat;
    page.dataset.state = state.key;
    say(byId("bed-state"), state.text);
    say(byId("bed-title"), bed.title);
    say(byId("hr"), heartRate(bed.rate(now, connected)));
    say(byId("rr"), state.key === "live" ? milliseconds(beat?.rr) : NONE);
    say(byId("last-class"), beat ? classWords(beat.label) : NONE);
    byId("last-class").dataset.label = beat?.label ?? "";
    for (const [label, count] of Object.entries(bed.counts)) say(byId(`count-${label}`), String(count));
    list.show(bed);
  }

  let toldAt = 0;
  const frames = new Frames((now, seconds) => {
    const bed = beds.get(name);
    if (bed) draw(bed, seconds);
    if (now - toldAt < TELL_EVERY) return;
    toldAt = now;
    tellShell(feed.state, beds, performance.now());
    if (bed) tell(bed, performance.now());
  });
  const watcher = new ResizeObserver(fit);
  for (const strip of strips) watcher.observe(strip);

  return {
    beds,
    feed,
    frames,
    sweeps,
    mm,
    drawn: () => sweeps[0].drawn,
    unmount() {
      watcher.disconnect();
      frames.stop();
      feed.close();
      explainer.close();
    },
  };
}
