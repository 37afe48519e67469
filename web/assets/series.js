/** The latest samples of a stream, in physical units, found by their sample index. */

const MISSING = -32768;
/** What one of a lead's units is in millivolt; units not listed are drawn as if they were mV. */
const MILLIVOLTS = { mV: 1, uV: 1e-3, "µV": 1e-3, V: 1e3 };

export class Series {
  /**
   * @param {number} fs sampling rate in Hz
   * @param {{units?: string, gain?: number, baseline?: number}[]} leads
   * @param {number} first index of the first sample that will come
   * @param {number} seconds how long samples are kept
   */
  constructor(fs, leads, first, seconds) {
    this.fs = fs;
    this.first = first;
    this.newest = first; // one past the newest sample
    this.scales = leads.map(({ units = "mV", gain = 200, baseline = 0 }) => ({
      factor: (MILLIVOLTS[units] ?? 1) / gain,
      baseline,
    }));
    this.size = 2 ** Math.ceil(Math.log2(fs * seconds));
    this.rings = leads.map(() => new Float32Array(this.size).fill(NaN));
  }

  /** Index of the oldest sample still kept. */
  get oldest() {
    return Math.max(this.first, this.newest - this.size);
  }

  /** Sample `i` of a lead in mV; NaN where there is none. */
  at(lead, i) {
    return this.rings[lead][i & (this.size - 1)];
  }

  /** Take a Wave: int16, lead after lead. */
  wave(start, bytes) {
    const codes = new Int16Array(bytes.slice().buffer);
    const n = codes.length / this.rings.length;
    if (!Number.isInteger(n)) return;
    this.make(start);
    const last = this.size - 1;
    this.rings.forEach((ring, lead) => {
      const { factor, baseline } = this.scales[lead];
      for (let i = 0, at = lead * n; i < n; i++, at++) {
        ring[(start + i) & last] = codes[at] === MISSING ? NaN : (codes[at] - baseline) * factor;
      }
    });
    this.newest = Math.max(this.newest, start + n);
  }

  /** Take a beat already cut: float32 of the first lead, as they stand in the file. Returns how many. */
  row(start, bytes) {
    const values = new Float32Array(bytes.slice().buffer);
    this.make(start);
    values.forEach((value, i) => (this.rings[0][(start + i) & (this.size - 1)] = value));
    this.newest = Math.max(this.newest, start + values.length);
    return values.length;
  }

  /** The same as it is now, for who wants to look at it while more comes. */
  copy() {
    const rings = this.rings.map((ring) => ring.slice());
    return Object.assign(Object.create(Series.prototype), this, { rings });
  }

  /** Fill what was left out before `start`, so that it is drawn as a gap and not as what stood there before. */
  make(start) {
    if (this.newest === this.first && start > this.first) this.first = this.newest = start;
    for (let i = Math.max(this.newest, start - this.size); i < start; i++) {
      for (const ring of this.rings) ring[i & (this.size - 1)] = NaN;
    }
    this.newest = Math.max(this.newest, start);
  }

  /**
   * Between which values a lead keeps, but for the outermost 1 in 250 samples.
   * @returns {{low: number, high: number}|null} mV, or null if no sample is known
   */
  range(lead, from, to) {
    const begin = Math.max(from, this.oldest);
    const known = new Float32Array(Math.max(0, to - begin));
    let count = 0;
    for (let i = begin; i < to; i++) {
      const value = this.at(lead, i);
      if (Number.isFinite(value)) known[count++] = value;
    }
    if (!count) return null;
    const sorted = known.subarray(0, count).sort();
    const beyond = Math.floor(sorted.length / 500);
    return { low: sorted[beyond], high: sorted[sorted.length - 1 - beyond] };
  }
}
