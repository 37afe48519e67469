/** The ward page: a tile a bed, all drawn in one animation loop. */

import { bindKeys } from "./acts.js";
import { AlarmBar } from "./alarmbar.js";
import { Alarms } from "./alarms.js";
import { Beds } from "./beds.js";
import { Feed } from "./feed.js";
import { Frames } from "./frames.js";
import { Arranger } from "./arrange.js";
import { arrange } from "./layout.js";
import { follow, inOrder } from "./names.js";
import { pixelsPerMm } from "./scale.js";
import { Tile } from "./tile.js";
import { tellShell } from "./shell.js";
import { alarmNames } from "./words.js";

const KINDS = [
  ...["open", "close", "wave", "cut_beat", "beat", "numerics", "gap", "status"],
  ...["alarm", "bell", "rhythm", "quality", "arrangement"],
];
const KEPT = 60; // seconds of samples kept of each bed
const SPEED = 25; // mm/s
const TELL_EVERY = 200; // ms between looks at numbers and states

/** @param {HTMLElement} page @param {string} url of the feed */
export function mountWard(page, url) {
  const beds = new Beds(KEPT);
  const alarms = new Alarms(alarmNames());
  const bar = new AlarmBar(alarms, (message) => feed.send(message));
  const tiles = [];
  const board = page.querySelector("#tiles");
  const mm = pixelsPerMm();
  let connected = false;

  const feed = new Feed(
    url,
    { name: "ward screen", kinds: KINDS, beds: null },
    {
      messages(messages) {
        const arranged = follow(messages);
        alarms.take(messages);
        bar.take(messages);
        const fresh = beds.take(messages, performance.now());
        if (fresh.length) add(fresh);
        if (arranged) rearrange();
      },
      state(state) {
        connected = state === "open";
        bar.reach(connected);
        tellShell(state);
      },
    },
  );

  function add(fresh) {
    for (const bed of fresh) {
      const tile = new Tile(bed, bar, SPEED, mm);
      tiles.push(tile);
      board.append(tile.element);
    }
    page.querySelector("#empty").hidden = true;
    order();
    fit();
    arranger.lay();
  }

  /** Put the tiles in an order, for the eye and for the tab key. @param {string[]} [wanted] without: the ward's */
  function order(wanted) {
    const place = new Map(inOrder(beds.keys(), wanted).map((name, n) => [name, n]));
    const focused = document.activeElement;
    tiles.sort((a, b) => place.get(a.bed.name) - place.get(b.bed.name));
    tiles.forEach(({ element }, n) => board.children[n] === element || board.insertBefore(element, board.children[n]));
    if (focused !== document.activeElement) focused.focus(); // an element that is moved loses it
  }

  /** Beds stand or are called otherwise from now on. */
  function rearrange() {
    order();
    for (const tile of tiles) tile.call();
    arranger.follow();
    alarms.changed();
  }

  function fit() {
    if (!tiles.length) return;
    const { columns, rows } = arrange(tiles.length, board.clientWidth, board.clientHeight);
    board.style.setProperty("--columns", columns);
    board.style.setProperty("--rows", rows);
    for (const tile of tiles) tile.fit();
  }

  /** The bed in focus; without one, the focus goes to the worst alarm that somebody should see to. */
  function focused() {
    const bed = document.activeElement?.closest("[data-bed]")?.dataset.bed;
    if (bed !== undefined) return bed;
    const worst = alarms.all.find(({ look }) => look !== "acknowledged");
    tiles.find((tile) => tile.bed.name === worst?.bed)?.parts.link.focus();
    return null;
  }

  function acknowledge() {
    const bed = focused();
    if (bed !== null) bar.acts.acknowledge(bed);
  }

  const unbind = bindKeys({
    a: acknowledge,
    p: () => bar.pauseOrResume(document.activeElement?.closest("[data-bed]")?.dataset.bed),
    s: () => bar.sound.toggle(),
  });

  let toldAt = 0;
  const frames = new Frames((now, seconds) => {
    for (const tile of tiles) tile.draw(tile.bed.advance(seconds));
    bar.flash(now);
    if (now - toldAt < TELL_EVERY) return;
    toldAt = now;
    const detector = tellShell(feed.state, beds, performance.now());
    for (const tile of tiles) tile.tell(performance.now(), connected, detector);
    bar.tell(now, connected); // last, because it measures: what has changed is laid out once
  });

  const arranger = new Arranger(page, () => tiles, bar.acts, order);
  const arrangeButton = document.getElementById("arrange");
  arrangeButton.hidden = false;
  arrangeButton.onclick = () => arranger.begin();

  const watcher = new ResizeObserver(fit);
  watcher.observe(board);

  return {
    beds,
    alarms,
    bar,
    feed,
    frames,
    drawn: (name) => tiles.find((tile) => tile.bed.name === name)?.sweep.drawn ?? 0,
    unmount() {
      watcher.disconnect();
      arrangeButton.hidden = true;
      frames.stop();
      feed.close();
      bar.close();
      unbind();
    },
  };
}
