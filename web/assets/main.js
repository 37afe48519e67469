/** Begins a page's code when Dash has put the page there, and ends it when Dash takes it away. */

import { mountBed } from "./bed.js";
import { mountQuiet } from "./quiet.js";
import { startClock } from "./shell.js";
import { mountWard } from "./ward.js";

const MOUNT = { ward: mountWard, bed: mountBed };
let page = null;
let mounted = null;

function look() {
  const now = document.getElementById("page");
  if (now === page) return;
  mounted?.unmount();
  page = now;
  mounted = page && (MOUNT[page.dataset.page] ?? mountQuiet)(page, document.getElementById("shell").dataset.feed);
  window.cardiovision = mounted; // a handle for tests and for the curious
}

new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
look();
startClock();
