/** What the benchmark looks at in a page; each probe begins when it is called and returns what ends it and tells. */

globalThis.probes = {
  /** How far frames are apart (ms), and how many samples of a bed were drawn in how many seconds. */
  frames(bed) {
    const began = performance.now();
    const before = cardiovision.drawn(bed);
    const apart = [];
    let last = null;
    const stop = everyFrame((now) => {
      if (last !== null) apart.push(now - last);
      last = now;
    });
    return () => {
      stop();
      return { apart, seconds: (performance.now() - began) / 1000, samples: cardiovision.drawn(bed) - before };
    };
  },

  /** When the mark of each beat was drawn along the trace of a bed's page: `[sample of R, UTC seconds]`. */
  marks: () =>
    watch(() => cardiovision.sweeps[0].marks.filter(({ done, row }) => done && row === 0).map(({ sample }) => sample)),

  /** When each change of a bed's worst alarm was drawn on its tile: `["id revision", UTC seconds]`. */
  alarms: () =>
    watch(() => {
      const tiles = [...document.querySelectorAll(".tile")];
      const worst = tiles.map((tile) => [tile, cardiovision.alarms.of(tile.dataset.bed)[0]]);
      const shows = ([tile, alarm]) =>
        alarm && tile.dataset.look === alarm.look && tile.textContent.includes(alarm.text);
      return worst.filter(shows).map(([, { id, revision }]) => `${id} ${revision}`);
    }),
};

/** What is new on the page, with the begin of the frame after: by then, what was drawn is with the compositor. */
function watch(look) {
  const known = new Set(look());
  const told = [];
  let fresh = [];
  const stop = everyFrame(() => {
    for (const one of fresh) told.push([one, Date.now() / 1000]);
    fresh = look().filter((one) => !known.has(one));
    for (const one of fresh) known.add(one);
  });
  return () => {
    stop();
    return told;
  };
}

function everyFrame(step) {
  let asked = requestAnimationFrame(function frame(now) {
    asked = requestAnimationFrame(frame);
    step(now);
  });
  return () => cancelAnimationFrame(asked);
}
