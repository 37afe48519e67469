/** The page of one bed. */

import { AlarmBar } from "./alarmbar.js";
import { Alarms } from "./alarms.js";
import { BeatList } from "./beatlist.js";
import { BedAlarms } from "./bedalarms.js";
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
import { NONE, alarmNames, classWords, heartRate, milliseconds, say } from "./words.js";

const HISTORY = 2000; // events asked for when the page opens, to fill its lists
const KEPT = 100; // seconds of samples kept
const WARD = ["open", "alarm", "bell"]; // what is heard of all beds
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
  const alarms = new Alarms(alarmNames());
  const bar = new AlarmBar(alarms, (message) => feed.send(message));
  const told = new BedAlarms(page, name, bar);
  let shown = null; // the particulars the page is made up for

  const feed = new Feed(
    url,
    { name: "bed screen", kinds: null, beds: [name], history: HISTORY },
    {
      messages(messages) {
        alarms.take(messages);
        take(messages);
        beds.take(messages, performance.now());
        const bed = beds.get(name);
        if (!bed) return;
        if (bed.particulars !== shown) arrange(bed);
        for (const one of messages) if (one.kind === "explanation" && one.bed === name) explainer.take(one, bed);
      },
      state: tellShell,
    },
  );

  const ward = new Feed(
    url,
    { name: "bed screen", kinds: WARD, beds: null, history: 0 },
    { messages: (messages) => alarms.take(messages), state() {} },
  );

  /** What the hub refuses. */
  function take(messages) {
    bar.take(messages);
    for (const { kind, text } of messages) if (kind === "problem") told.limits.refused(text);
  }

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
    strips[strip].querySelector(".lead-state").dataset.lead = lead;
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
    bar.flash(now);
    if (now - toldAt < TELL_EVERY) return;
    toldAt = now;
    tellShell(feed.state, beds, performance.now());
    const connected = feed.state === "open";
    bar.tell(now, connected && ward.state === "open");
    told.tell(bed, bed?.rate(performance.now(), connected) ?? null, connected);
    if (bed) tell(bed, performance.now());
  });
  const watcher = new ResizeObserver(fit);
  for (const strip of strips) watcher.observe(strip);

  return {
    beds,
    alarms,
    bar,
    feed,
    frames,
    sweeps,
    mm,
    drawn: () => sweeps[0].drawn,
    unmount() {
      watcher.disconnect();
      frames.stop();
      feed.close();
      ward.close();
      bar.close();
      told.close();
      explainer.close();
    },
  };
}
