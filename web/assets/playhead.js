/**
 * Where the pen is: it follows the newest sample smoothly, a moment behind, at whatever speed samples come.
 *
 * Two low-pass stages (pace from lag, place from pace), critically damped: the pen's pace settles to the pace of the
 * stream, so replay at 50x needs no more to be said, and blocks that come in bursts do not make it stutter.
 */

/** Wall seconds that the pen stays behind the newest sample. */
const DELAY = 0.5;
const SMOOTHING = DELAY / 4; // makes it critically damped

export class Playhead {
  /** @param {number} at sample index to begin at */
  constructor(at) {
    this.at = at;
    this.pace = 0; // samples per wall second
  }

  /**
   * @param {number} newest one past the newest sample
   * @param {number} seconds wall time since the last call
   * @param {number} most samples it may be behind; further, and it jumps
   * @returns {number} the pen's place, a fractional sample index not past `newest`
   */
  follow(newest, seconds, most) {
    const lag = newest - this.at;
    if (lag > most) {
      this.at = newest - most / 4;
      return this.at;
    }
    this.pace += (lag / DELAY - this.pace) * (1 - Math.exp(-seconds / SMOOTHING));
    this.at = Math.min(newest, this.at + this.pace * seconds);
    return this.at;
  }
}
