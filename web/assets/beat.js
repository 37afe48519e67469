/** The page of one beat. */

import { bindKeys } from "./acts.js";
import { Explainer, beatPath } from "./explain.js";
import { Feed } from "./feed.js";
import { go } from "./links.js";
import { mountQuiet } from "./quiet.js";
import { EXPLAIN, say } from "./words.js";

const LAST = 4000; // events of its bed asked for: the beats around this one, and its explanation if it was told before
const KINDS = ["open", "beat", "explanation"];
const byId = (name) => document.getElementById(name);

/** The beats of a stream that are known, in order. */
export class Neighbours {
  samples = [];

  add(sample) {
    const at = this.place(sample);
    if (this.samples[at] !== sample) this.samples.splice(at, 0, sample);
  }

  /** @returns {{before: number|undefined, after: number|undefined}} the beats on either side of a sample */
  around(sample) {
    const at = this.place(sample);
    return { before: this.samples[at - 1], after: this.samples[at + (this.samples[at] === sample ? 1 : 0)] };
  }

  /** Where a sample stands, or would: new ones come last. */
  place(sample) {
    let at = this.samples.length;
    while (at > 0 && this.samples[at - 1] >= sample) at--;
    return at;
  }
}

/** @param {HTMLElement} page @param {string} url of the feed */
export function mountBeat(page, url) {
  const quiet = mountQuiet(page, url);
  const bed = page.dataset.bed;
  const streams = new Map(); // stream: what its Open said
  const beats = new Map(); // stream: its beats
  const links = { before: byId("beat-before"), after: byId("beat-after") };
  let beat = null; // the one that is shown
  let answered = false;

  const explainer = new Explainer(byId("explanation-heading"), byId("follow"), (message) => feed.send(message), {
    chosen: EXPLAIN.beat,
    silent: () => (quiet.beds.detectorState(performance.now()) === "ready" ? EXPLAIN.silent : EXPLAIN.noDetector),
  });

  const feed = new Feed(
    url,
    { name: "beat page", kinds: KINDS, beds: [bed], last: LAST },
    {
      messages(messages) {
        for (const message of messages) take(message);
        tell();
      },
      state: (state) => state === "open" && !answered && choose(),
    },
  );

  function take(message) {
    if (message.kind === "problem") say(byId("explanation-heading"), message.text);
    if (message.bed !== bed) return;
    if (message.kind === "open") streams.set(message.stream, message);
    else if (message.kind === "beat") known(message.stream).add(message.sample);
    else if (message.kind === "explanation" && message.sample === beat.sample && streams.has(message.stream)) {
      answered ||= message.stream === beat.stream;
      explainer.take(message, { particulars: streams.get(message.stream) });
    }
  }

  function known(stream) {
    if (!beats.has(stream)) beats.set(stream, new Neighbours());
    return beats.get(stream);
  }

  /** Show the beat that the address names. */
  function look() {
    beat = { bed, stream: page.dataset.stream, sample: Number(page.dataset.sample) };
    answered = false;
    explainer.chosen = beat;
    tell();
  }

  /** Ask the detector for it. */
  function choose() {
    explainer.choose(beat);
    explainer.follow.hidden = true; // there is no other to follow here
  }

  function tell() {
    const around = known(beat.stream).around(beat.sample);
    for (const [side, link] of Object.entries(links)) {
      const sample = around[side];
      if (sample === undefined) link.removeAttribute("href");
      else link.href = beatPath({ ...beat, sample });
    }
    say(byId("beat-place"), EXPLAIN.place(bed, streams.get(beat.stream)?.title, beat.sample));
  }

  const unbind = bindKeys(
    {
      arrowleft: () => links.before.href && go(links.before.href),
      arrowright: () => links.after.href && go(links.after.href),
    },
    { arrowleft: EXPLAIN.before, arrowright: EXPLAIN.after },
  );
  look();
  const watcher = new MutationObserver(() => {
    look(); // Dash keeps the page's element when only its address has changed
    choose();
  });
  watcher.observe(page, { attributes: true, attributeFilter: ["data-stream", "data-sample"] });

  return {
    ...quiet,
    unmount() {
      watcher.disconnect();
      unbind();
      explainer.close();
      feed.close();
      quiet.unmount();
    },
  };
}
