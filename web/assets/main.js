/** Begins a page's code when Dash has put the page there, and ends it when Dash takes it away. */

import { startHelp } from "./help.js";
import { markPlace, startLinks } from "./links.js";
import { startMenu } from "./menu.js";
import { mountQuiet } from "./quiet.js";
import { startClock } from "./shell.js";
import { startTheme } from "./theme.js";
import { startTour } from "./tour.js";

/** Each page's code is fetched when it is first needed: a ward on a wall does without the rest. */
const MOUNT = {
  ward: async () => (await import("./ward.js")).mountWard,
  bed: async () => (await import("./bed.js")).mountBed,
  alarms: async () => (await import("./timeline.js")).mountAlarms,
  event: async () => (await import("./event.js")).mountEvent,
  beat: async () => (await import("./beat.js")).mountBeat,
  lab: async () => (await import("./lab.js")).mountLab,
  desk: async () => (await import("./desk.js")).mountDesk,
};
let shell = null;
let page = null;
let mounted = null;

async function look() {
  if (!shell) begin(document.getElementById("shell"));
  const now = document.getElementById("page");
  if (now === page) return;
  mounted?.unmount();
  mounted = null;
  page = now;
  if (!page) return;
  markPlace(page.dataset.page);
  if (document.activeElement === document.body) document.getElementById("main").focus({ preventScroll: true });
  const mount = await code(page.dataset.page);
  if (now !== page) return; // left while its code was on the way
  mounted = mount(page, shell.dataset.feed);
  window.cardiovision = mounted; // a handle for tests and for the curious
}

/** The code of a page. One that cannot be had must not keep alarms from being seen and heard. */
async function code(name) {
  try {
    return (await MOUNT[name]?.()) ?? mountQuiet;
  } catch (error) {
    console.error(error);
    return mountQuiet;
  }
}

/** What is begun once, when the frame around all pages is there. */
function begin(frame) {
  if (!frame) return;
  shell = frame;
  startLinks(JSON.parse(shell.dataset.paths));
  startMenu();
  startHelp();
  startTour();
}

new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
startTheme();
startClock();
look();
