/** The page of one alarm: asks the server for it, the detector for its beats, and says what people find. */

import { bindKeys, person } from "./acts.js";
import { Explainer } from "./explain.js";
import { go } from "./links.js";
import { Measure } from "./measure.js";
import { mountQuiet } from "./quiet.js";
import { pixelsPerMm } from "./scale.js";
import { put } from "./store.js";
import { ACTS, EVENT, say } from "./words.js";

const AGAIN = 5000; // ms until the strip is asked for again while it is still recorded
const APART = 1000; // ms between questions that the feed gives rise to
const PATIENCE = 5000; // ms until it is said that a verdict was not heard
const LONGEST_COMMENT = 1000;
const byId = (name) => document.getElementById(name);

/** @param {HTMLElement} page @param {string} url of the feed */
export function mountEvent(page, url) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC";
  const over = new AbortController();
  let told = { alarm: "" }; // what the server said beside what it shows
  let sample = null; // of the beat that is explained
  let asking = 0;
  let unheard = 0;

  const quiet = mountQuiet(page, url, {
    kinds: ["verdict", "explanation"],
    messages: (messages) => messages.forEach(take),
    state: (state) => state === "open" && sample !== null && explain(sample),
  });
  const explainer = new Explainer(byId("explanation-heading"), byId("follow"), (message) => quiet.feed.send(message), {
    chosen: EVENT.beat,
    silent: () => EVENT.silent,
  });
  const paper = byId("event-paper");
  // A new strip is shown from where the alarm begins, once it has its height.
  const resized = new ResizeObserver(() => (paper.scrollTop = told.top));
  const measure = new Measure(paper, byId("event-measure"), byId("event-measured"));
  const comment = Object.assign(document.createElement("input"), { type: "text", maxLength: LONGEST_COMMENT });
  comment.placeholder = EVENT.comment;
  byId("event-comment").replaceChildren(comment);

  function take(message) {
    const { kind, bed, alarm, id } = message;
    if (kind === "explanation" && message.stream === told.stream && bed === told.bed) {
      explainer.take(message, { particulars: told });
    } else if (kind === "verdict" && alarm === page.dataset.alarm) {
      clearTimeout(unheard);
      if (message.by === person()) say(byId("event-answer"), EVENT.kept);
      ask();
    } else if (kind === "alarm" && (id === page.dataset.alarm || bed === told.bed)) askIn(APART);
  }

  function ask() {
    clearTimeout(asking);
    asking = 0;
    const { alarm } = page.dataset;
    const drawn = told.alarm === alarm ? told.drawn : "";
    const width = paper.clientWidth;
    const data = { alarm, zone, width, pixels: pixelsPerMm(), drawn, at: performance.now() };
    put("event-asked", data, over.signal);
  }

  function askIn(ms) {
    asking ||= setTimeout(ask, ms);
  }

  function hear() {
    const before = told;
    const text = byId("event-told").dataset.told;
    if (!text) return;
    told = JSON.parse(text);
    if (told.alarm !== page.dataset.alarm) return;
    if (told.drawn !== before.drawn) {
      measure.end();
      resized.disconnect();
      resized.observe(paper.firstElementChild);
    }
    if (told.pending) askIn(AGAIN);
    if (told.alarm === before.alarm && sample !== null) return;
    if (told.beat === null) say(byId("explanation-heading"), EVENT.noBeats);
    else explain(told.beat);
  }

  /** Show why a beat was called what it was: by what was said then, if that is kept, or by asking the detector. */
  async function explain(which) {
    sample = which;
    mark();
    const { alarm, bed, stream } = told;
    const beat = { bed, stream, sample };
    explainer.chosen = beat;
    const message = await said(alarm, which);
    if (explainer.chosen !== beat) return; // meanwhile another was chosen
    if (message) explainer.take(message, { particulars: told });
    else if (quiet.alarms.streams.get(bed)?.[0].stream === stream) explainer.choose(beat);
    else say(byId("explanation-heading"), EVENT.silent);
    explainer.follow.hidden = true; // there is no other to follow here
  }

  /** What was said of a beat about the time of an alarm; nothing if that is not kept. */
  async function said(alarm, which) {
    try {
      const answer = await fetch(`/kept/explanation?alarm=${encodeURIComponent(alarm)}&sample=${which}`);
      return window.MessagePack.decode(new Uint8Array(await answer.arrayBuffer()))[0];
    } catch {
      return undefined; // the server does not answer: the detector may
    }
  }

  function mark() {
    for (const button of byId("event-beats").querySelectorAll("[data-sample]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.sample) === sample));
    }
  }

  function judge(verdict) {
    const { alarm } = page.dataset;
    const word = { kind: "verdict", bed: told.bed, alarm, verdict, comment: comment.value.trim(), by: person() };
    const sent = quiet.feed.send(word);
    say(byId("event-answer"), sent ? EVENT.sent : ACTS.lost);
    clearTimeout(unheard);
    if (!sent) return;
    comment.value = "";
    unheard = setTimeout(() => say(byId("event-answer"), EVENT.unheard), PATIENCE);
  }

  const onClick = ({ target }) => {
    const beat = target.closest("[data-sample]");
    const verdict = target.closest("[data-say]");
    if (beat) explain(Number(beat.dataset.sample));
    else if (verdict) judge(verdict.dataset.say);
  };
  page.addEventListener("click", onClick);

  const step = (name) => () => byId(name).getAttribute("href") && go(byId(name).href);
  const unbind = bindKeys(
    { arrowleft: step("event-before"), arrowright: step("event-after"), m: () => measure.toggle() },
    { arrowleft: EVENT.before, arrowright: EVENT.after, m: EVENT.measure },
  );
  const watch = (element, what, options) => {
    const observer = new MutationObserver(what);
    observer.observe(element, options);
    return observer;
  };
  const observers = [
    watch(page, another, { attributeFilter: ["data-alarm"] }), // Dash may show another alarm in the same element
    watch(byId("event-told"), hear, { attributeFilter: ["data-told"] }),
    watch(byId("event-beats"), mark, { childList: true }),
  ];

  function another() {
    sample = null;
    measure.end();
    say(byId("event-answer"), "");
    ask();
  }

  ask();

  return {
    ...quiet,
    explainer,
    measure,
    /** @param {number} at sample of a beat, from the first of the strip */
    chosen: (at) => explain(told.first + at),
    unmount() {
      over.abort();
      clearTimeout(asking);
      clearTimeout(unheard);
      for (const observer of [...observers, resized]) observer.disconnect();
      page.removeEventListener("click", onClick);
      unbind();
      measure.end();
      explainer.close();
      quiet.unmount();
    },
  };
}

/** A click on a beat's label explains it. */
function click(data) {
  const beat = data?.points?.map(({ customdata }) => customdata).find(Number.isFinite);
  if (beat !== undefined) window.cardiovision?.chosen?.(beat);
}

window.dash_clientside ??= {};
window.dash_clientside.event = { click };
