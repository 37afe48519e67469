/** The replay desk: what is played comes from the feed and from the server's processes, so all screens see the same. */

import { DeskBed } from "./deskbeds.js";
import { Choice, button } from "./deskchoice.js";
import { ask, say } from "./deskserver.js";
import { Tray } from "./desktray.js";
import { mountQuiet } from "./quiet.js";
import { DESK, say as put } from "./words.js";

const TELL_EVERY = 200; // ms
const ASK_EVERY = 1000; // ms
const natural = new Intl.Collator("en", { numeric: true });

/** @param {HTMLElement} page @param {string} url of the feed */
export function mountDesk(page, url) {
  const part = (name) => page.querySelector(`#desk-${name}`);
  const quiet = mountQuiet(page, url, { kinds: ["wave", "cut_beat"], messages: hear });
  const rows = new Map();
  let server = { plays: [], agreements: {} };
  let gone = false;

  const acts = {
    control: (bed, action, value = 0) => quiet.feed.send({ kind: "control", bed, action, value }),
    stop(bed) {
      const play = playOf(bed);
      const open = connected() && live(bed);
      if (!(open && acts.control(bed, "stop")) && play) end(play);
    },
  };
  const choice = new Choice(page, (chosen) => tray.add(chosen));
  const tray = new Tray(page, () => new Set(names()), take);

  const connected = () => quiet.feed.state === "open";
  const playOf = (bed) => server.plays.find((play) => play.beds.includes(bed));

  /** The bed of the feed, while it has a stream. */
  function live(name) {
    const bed = quiet.beds.get(name);
    return bed && !bed.ended ? bed : null;
  }

  /** The beds at play: those with a stream on the feed, and those of processes that are about to begin. */
  function names() {
    const fed = [...quiet.beds.keys()].filter(live);
    return [...new Set([...fed, ...server.plays.flatMap(({ beds }) => beds)])].sort(natural.compare);
  }

  function hear(messages) {
    for (const message of messages) {
      rows.get(message.bed)?.take(message);
      if (message.kind !== "close") continue;
      for (const play of server.plays) play.beds = play.beds.filter((bed) => bed !== message.bed); // as the server will say
    }
  }

  function tell() {
    const wanted = names();
    for (const [name, row] of rows) {
      if (wanted.includes(name)) continue;
      row.close();
      rows.delete(name);
    }
    wanted.forEach((name, at) => {
      if (!rows.has(name)) rows.set(name, new DeskBed(name, part("speeds"), acts));
      const row = rows.get(name);
      if (part("beds").children[at] !== row.element) part("beds").insertBefore(row.element, part("beds").children[at]);
      const bed = live(name);
      const play = playOf(name);
      if (bed) row.tell(bed, play, server.agreements[name], performance.now(), connected());
      else row.expect(play);
    });
    part("none").hidden = wanted.length > 0;
    put(part("count"), DESK.count(wanted.length));
  }

  /** Take how things are from the server. */
  function take(state) {
    if (gone || state.error) return;
    server = state;
    part("faults").replaceChildren(...state.plays.filter(({ fault }) => fault).map(faultOf));
    tell();
  }

  function faultOf(play) {
    const item = document.createElement("li");
    item.append(Object.assign(document.createElement("span"), { className: "desk-fault", textContent: play.fault }));
    if (!play.running) item.append(button(DESK.dismiss, DESK.dismissOf(play.title), () => end(play)));
    return item;
  }

  const end = async ({ number }) => take(await say("stop", { number }));
  const look = async () => document.hidden || take(await ask("state"));
  const telling = setInterval(tell, TELL_EVERY);
  const asking = setInterval(look, ASK_EVERY);
  look();

  return {
    ...quiet,
    unmount() {
      gone = true;
      clearInterval(telling);
      clearInterval(asking);
      choice.close();
      for (const row of rows.values()) row.close();
      quiet.unmount();
    },
  };
}
