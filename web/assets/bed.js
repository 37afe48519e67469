/** The page of one bed. */

import { bindKeys } from "./acts.js";
import { AlarmBar } from "./alarmbar.js";
import { Alarms } from "./alarms.js";
import { BeatList } from "./beatlist.js";
import { BedAlarms } from "./bedalarms.js";
import { Beds } from "./beds.js";
import { Calipers } from "./calipers.js";
import { scaleControls, viewControls } from "./controls.js";
import { Explainer } from "./explain.js";
import { Feed } from "./feed.js";
import { Frames } from "./frames.js";
import { Frozen } from "./frozen.js";
import { keepView } from "./leads.js";
import { Live } from "./live.js";
import { Log } from "./log.js";
import { follow as followWard, nameOf } from "./names.js";
import { Pieces } from "./pieces.js";
import { rulerDialog } from "./ruler.js";
import { pixelsPerMm } from "./scale.js";
import { tellShell } from "./shell.js";
import { Strips } from "./strips.js";
import { folding, tabs } from "./tabs.js";
import { onTheme } from "./theme.js";
import { Trends } from "./trends.js";
import { BED, NONE, alarmNames, classWords, heartRate, milliseconds, say } from "./words.js";

const LAST = 2000; // events of this bed asked for when the page opens, to fill its lists
const WAVES = 60; // seconds of waves asked for then: all that the hub has
const KEPT = 100; // seconds of samples kept
const WARD = ["open", "alarm", "bell"]; // what is heard of all beds
const MANY = 4; // leads, of which more need all the room there is
const TELL_EVERY = 200; // ms
const byId = (name) => document.getElementById(name);

/** @param {HTMLElement} page @param {string} url of the feed */
export function mountBed(page, url) {
  const name = page.dataset.bed;
  const beds = new Beds(KEPT);
  const log = new Log();
  const scale = scaleControls(() => strips.redraw());
  const wanted = viewControls(() => {
    if (!strips.names) return;
    arrange(strips.names);
    fold(strips.count > MANY);
  });
  const strips = new Strips(byId("strips"), scale, wanted, pixelsPerMm(), () => {
    keepView(wanted);
    arrange(strips.names);
  });
  const current = () => beds.get(name);
  const newest = () => (current()?.series ? current().time(current().series.newest) : Date.now() / 1000);
  const frozen = new Frozen(strips, new Pieces(), { name, now: current, marks: log.marks, changed: changeMode });
  const live = new Live(strips, log, wanted);
  const calipers = new Calipers(strips, frozen);
  const trends = new Trends(name, log, newest, (time) => frozen.goTo(time));
  const explainer = new Explainer(byId("explanation-heading"), byId("follow"), (message) => feed.send(message));
  const list = new BeatList(byId("beats"), byId("beats-held"), (beat) => explainer.choose(beat));
  const alarms = new Alarms(alarmNames());
  const bar = new AlarmBar(alarms, (message) => feed.send(message));
  const told = new BedAlarms(page, name, bar);
  let shown = null; // the particulars the page is made up for
  let unbindStill = null; // the keys of frozen traces

  const feed = new Feed(
    url,
    { name: "bed screen", kinds: null, beds: [name], last: LAST, waves: WAVES },
    {
      messages(messages) {
        if (followWard(messages)) alarms.changed();
        alarms.take(messages);
        take(messages);
        beds.take(messages, performance.now());
        const bed = current();
        if (!bed) return;
        for (const one of messages) if (one.bed === name) log.take(one, bed);
        if (bed.particulars !== shown) follow(bed);
        for (const one of messages) if (one.kind === "explanation" && one.bed === name) explainer.take(one, bed);
      },
      state: tellShell,
    },
  );

  const ward = new Feed(
    url,
    { name: "bed screen", kinds: WARD, beds: null },
    { messages: (messages) => alarms.take(messages), state() {} },
  );

  /** What the hub refuses. */
  function take(messages) {
    bar.take(messages);
    for (const { kind, text } of messages) if (kind === "problem") told.limits.refused(text);
  }

  /** Make the page up for a stream. */
  function follow(bed) {
    shown = bed.particulars;
    if (strips.sweeps[0].series === bed.series) return;
    strips.use(bed.series);
    arrange(shown.leads.map((lead) => lead.name));
    if (strips.count > MANY) fold(true);
  }

  function arrange(names) {
    strips.arrange(names);
    changeMode();
  }

  /** Sweep, scroll, or stand still. */
  function changeMode() {
    strips.mode = frozen.on ? "still" : wanted.mode;
    if (frozen.on && strips.names) frozen.show(frozen.begin);
    if (!frozen.on && current()?.series) live.begin(current());
    unbindStill?.();
    unbindStill = frozen.on ? bindKeys({ ...frozen.keys, c: () => calipers.toggle() }, BED.keys) : null;
  }

  function fit() {
    strips.fit();
    if (frozen.on) frozen.draw();
  }

  function draw(bed, seconds) {
    const head = bed.advance(seconds);
    if (frozen.on || head === null) return;
    live.draw(bed, head);
  }

  function tell(bed, now) {
    const connected = feed.state === "open";
    const state = bed.state(now, connected);
    page.dataset.state = state.key;
    say(byId("bed-state"), state.text);
    say(byId("bed-name"), nameOf(name));
    say(byId("bed-title"), bed.titleBeside(nameOf(name)));
    say(byId("hr"), heartRate(bed.rate(now, connected)));
    const beat = bed.isPresent(now, connected) ? bed.lastBeat : undefined;
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
    trends.tell(now);
  });
  const watcher = new ResizeObserver(fit);
  watcher.observe(strips.place);
  const unbind = bindKeys({ " ": () => frozen.toggle() }, BED.keys);
  const unpaint = onTheme(() => {
    strips.paint();
    strips.redraw();
    changeMode();
  });
  const fold = folding(page, byId("fold"), BED.fold);
  tabs(byId("tabs"), (panel) => trends.see(panel));
  byId("tabs").addEventListener("click", () => fold(false));
  page.addEventListener("click", leave);
  rulerDialog((mm) => {
    strips.measure(mm);
    fit();
  });
  changeMode();
  const asked = Number(new URLSearchParams(location.search).get("t") ?? NaN);
  if (Number.isFinite(asked)) frozen.freeze(asked);

  return {
    beds,
    alarms,
    bar,
    feed,
    frames,
    strips,
    sweeps: strips.sweeps,
    frozen,
    calipers,
    trends,
    get mm() {
      return strips.mm;
    },
    drawn: () => strips.sweeps[0].drawn,
    unmount() {
      watcher.disconnect();
      unbind();
      unbindStill?.();
      unpaint();
      frozen.close();
      frames.stop();
      feed.close();
      ward.close();
      bar.close();
      told.close();
      explainer.close();
    },
  };
}

/** A button that a mouse has pressed lets the focus go: Space is to freeze then, and not to press it again. */
function leave({ detail, target }) {
  const button = target.closest("button");
  if (detail && button === document.activeElement) button?.blur();
}
