/** Plays planned pulses with WebAudio. */

import { BURSTS, HARMONICS } from "./bursts.js";

const RISE = 0.015; // seconds in which a pulse swells, and dies away
const PEAK = 0.8; // of full scale, at full volume

export class Speaker {
  /** @param {number} volume 0 to 1 */
  constructor(volume) {
    this.context = new AudioContext();
    this.master = new GainNode(this.context);
    this.master.connect(this.context.destination);
    const none = new Float32Array(HARMONICS.length + 1);
    this.wave = this.context.createPeriodicWave(none, Float32Array.of(0, ...HARMONICS));
    this.playing = new Set();
    this.loud(volume);
  }

  get now() {
    return this.context.currentTime;
  }

  /** Whether the browser lets it be heard. */
  get heard() {
    return this.context.state === "running";
  }

  /** @param {number} volume 0 to 1; the ear hears power */
  loud(volume) {
    this.master.gain.value = PEAK * volume ** 2;
  }

  /** @param {{priority: string, pulses: object[]}} planned */
  play({ priority, pulses }) {
    for (const { at, seconds, pitch } of pulses) {
      const { context, wave } = this;
      const tone = new OscillatorNode(context, { frequency: pitch, periodicWave: wave });
      const gain = new GainNode(context, { gain: 0 });
      const full = BURSTS[priority].loudness;
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(full, at + RISE);
      gain.gain.setValueAtTime(full, at + seconds - RISE);
      gain.gain.linearRampToValueAtTime(0, at + seconds);
      tone.connect(gain).connect(this.master);
      tone.start(at);
      tone.stop(at + seconds);
      this.playing.add(tone);
      tone.onended = () => {
        this.playing.delete(tone);
        gain.disconnect();
      };
    }
  }

  /** Be silent now. */
  hush() {
    for (const tone of this.playing) tone.disconnect();
    this.playing.clear();
  }

  close() {
    this.context.close();
  }
}
