/** The one animation loop of a page: all canvases are drawn in it. */

export class Frames {
  /** @param {function(number, number)} draw called with the time in ms and the seconds since the last frame */
  constructor(draw) {
    this.draw = draw;
    this.last = performance.now();
    this.rate = 0; // frames per second, smoothed
    this.step = this.step.bind(this);
    this.asked = requestAnimationFrame(this.step);
  }

  step(now) {
    const seconds = Math.max(0, now - this.last) / 1000;
    this.last = now;
    if (seconds > 0) this.rate += (1 / seconds - this.rate) * 0.05;
    this.asked = requestAnimationFrame(this.step); // first: a fault in one frame must not be the last of all
    this.draw(now, seconds);
  }

  stop() {
    cancelAnimationFrame(this.asked);
  }
}
