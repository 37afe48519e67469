/**
 * Which sounds an alarm makes, and when: pure, so that it can be tested without hearing it.
 *
 * Modelled on what is public of IEC 60601-1-8: bursts of 10, 3 and 2 pulses for high, medium and low priority, the high
 * ones as 3 + 2, a gap, 3 + 2; and the tunes that its informative annex gives the heart: c e g, g c'.
 */

import { worstSound } from "./alarms.js";

const [C, E, G, HIGH_C] = [261.6, 329.6, 392.0, 523.3]; // Hz

/** Onsets of pulses from the length of a pulse, and the pauses between them. */
function pulses(seconds, pitches, pauses) {
  let at = 0;
  return pitches.map((pitch, n) => {
    const pulse = { at, seconds, pitch };
    at += seconds + (pauses[n] ?? 0);
    return pulse;
  });
}

const [SHORT, BETWEEN, HALF] = [0.1, 0.3, 0.5]; // pauses in a high burst: within 3, before 2, before it is said again
const FIVE = [SHORT, SHORT, BETWEEN, SHORT];

/** For each priority the pulses of a burst, the seconds from its begin to the next one's, and how loud it is. */
export const BURSTS = {
  high: {
    pulses: pulses(0.15, [C, E, G, G, HIGH_C, C, E, G, G, HIGH_C], [...FIVE, HALF, ...FIVE]),
    every: 8,
    loudness: 1,
  },
  medium: { pulses: pulses(0.2, [C, E, G], [0.2, 0.2]), every: 12, loudness: 0.8 },
  low: { pulses: pulses(0.2, [E, C], [0.2]), every: 20, loudness: 0.6 },
  technical: { pulses: pulses(0.2, [C], []), every: 25, loudness: 0.6 },
};

/** Strength of the fundamental and of each harmonic above it, all within 15 dB of the strongest. */
export const HARMONICS = [1, 0.8, 0.6, 0.5, 0.4, 0.3];

/** Seconds before its time that a burst is planned: timers of a page in the background come once a second. */
const AHEAD = 1.2;

export const SILENCE = { priority: null, next: 0, pulses: [] };

/**
 * What to sound next. Only the worst of all bells sounds; when it is another than before, at once.
 * @param {Iterable<{sounds?: string}>} bells
 * @param {number} now seconds of the clock by which sounds are played
 * @param {{priority: string|null, next: number}} before what this function said last
 * @returns {{priority: string|null, next: number, pulses: {at: number, seconds: number, pitch: number}[]}}
 *   the priority that sounds, when its next burst is due, and pulses to be played that were not planned before
 */
export function plan(bells, now, before = SILENCE) {
  const priority = worstSound(bells);
  if (priority === null) return SILENCE;
  const goesOn = priority === before.priority;
  if (goesOn && before.next > now + AHEAD) return { ...before, pulses: [] };
  const begin = goesOn ? Math.max(now, before.next) : now;
  const burst = BURSTS[priority];
  const due = burst.pulses.map((pulse) => ({ ...pulse, at: begin + pulse.at }));
  return { priority, next: begin + burst.every, pulses: due };
}
