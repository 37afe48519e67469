/**
 * The ward as it would be with Plotly: the same feed, the same samples in each frame, a plot a bed in place of a
 * canvas. `extendTraces` is what `extendData` of Dash's Graph calls.
 */

import { Beds } from "/assets/beds.js";
import { Feed } from "/assets/feed.js";
import { Frames } from "/assets/frames.js";

const KINDS = ["open", "close", "wave", "gap"];
const SECONDS = 4; // of samples on a plot
const HIDDEN = { visible: false };
const LAYOUT = {
  margin: { l: 0, r: 0, t: 0, b: 0 },
  paper_bgcolor: "#0b1115",
  plot_bgcolor: "#0b1115",
  xaxis: HIDDEN,
  yaxis: { ...HIDDEN, range: [-1, 2] },
};

const beds = new Beds(60);
const plots = new Map();

function add(bed) {
  const plot = document.createElement("div");
  document.getElementById("plots").append(plot);
  const trace = { x: [], y: [], mode: "lines", line: { color: "#3df58a", width: 1.75 } };
  Plotly.newPlot(plot, [trace], LAYOUT, { staticPlot: true, responsive: true });
  plots.set(bed, { plot, drawn: null });
}

function draw(bed, at, seconds) {
  const head = Math.floor(bed.advance(seconds) ?? -1);
  at.drawn ??= head;
  if (head <= at.drawn) return;
  const { series } = bed;
  const samples = Array.from({ length: head - at.drawn }, (_, n) => at.drawn + n);
  const values = { x: [samples.map((i) => i / series.fs)], y: [samples.map((i) => series.at(0, i))] };
  Plotly.extendTraces(at.plot, values, [0], SECONDS * series.fs);
  at.drawn = head;
}

new Feed(
  new URLSearchParams(location.search).get("feed"),
  { name: "plots", kinds: KINDS, beds: null, history: 0 },
  { messages: (messages) => beds.take(messages, performance.now()).forEach(add), state() {} },
);
const frames = new Frames((now, seconds) => plots.forEach((at, bed) => draw(bed, at, seconds)));
window.cardiovision = { beds, frames, drawn: (name) => plots.get(beds.get(name))?.drawn ?? 0 };
