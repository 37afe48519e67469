/** Pages that are read at rest: alarms of all beds are seen and heard on them too. */

import { bindKeys } from "./acts.js";
import { AlarmBar } from "./alarmbar.js";
import { Alarms } from "./alarms.js";
import { Beds } from "./beds.js";
import { Feed } from "./feed.js";
import { Frames } from "./frames.js";
import { follow } from "./names.js";
import { tellShell } from "./shell.js";
import { alarmNames } from "./words.js";

const KINDS = ["open", "close", "status", "alarm", "bell", "arrangement"];
const TELL_EVERY = 200; // ms

/**
 * @param {HTMLElement} page
 * @param {string} url of the feed
 * @param {{kinds?: string[], messages?: function(object[]): void, state?: function(string): void}} [more] what else the
 *   page listens to, and who is told of the state of the connection
 */
export function mountQuiet(page, url, more = {}) {
  const beds = new Beds(1);
  const alarms = new Alarms(alarmNames());
  const bar = new AlarmBar(alarms, (message) => feed.send(message));
  const feed = new Feed(
    url,
    { name: `${page.dataset.page} page`, kinds: [...KINDS, ...(more.kinds ?? [])], beds: null },
    {
      messages(messages) {
        if (follow(messages)) alarms.changed();
        alarms.take(messages);
        bar.take(messages);
        beds.take(messages, performance.now());
        more.messages?.(messages);
      },
      state(state) {
        bar.reach(state === "open");
        tellShell(state);
        more.state?.(state);
      },
    },
  );
  const unbind = bindKeys({ p: () => bar.pauseOrResume(), s: () => bar.sound.toggle() });
  let toldAt = 0;
  const frames = new Frames((now) => {
    bar.flash(now);
    if (now - toldAt < TELL_EVERY) return;
    toldAt = now;
    tellShell(feed.state, beds, performance.now());
    bar.tell(now, feed.state === "open");
  });
  return {
    beds,
    alarms,
    bar,
    feed,
    unmount() {
      frames.stop();
      feed.close();
      bar.close();
      unbind();
    },
  };
}
