/** When a page that is read at rest asks the server again: after news, now and then, and never too often. */

const EVERY = 10_000; // ms: what goes on has grown
const APART = 2000; // ms at least from an answer to the next question
const SHARE = 5; // and so many times as long as the answer took, EVERY at most: screens must not burden the server
const PATIENCE = 20_000; // ms that an answer is waited for

/** Times are in ms of one clock. */
export class Turns {
  constructor() {
    this.askedAt = -Infinity;
    this.answeredAt = -Infinity;
    this.waiting = false;
    this.news = false;
    this.urgent = true; // somebody waits for it
  }

  /** @returns {boolean} whether to ask now */
  due(now) {
    if (this.waiting && now - this.askedAt < PATIENCE) return false;
    if (this.urgent) return true;
    const rest = Math.min(EVERY, Math.max(APART, SHARE * (this.answeredAt - this.askedAt)));
    return now - this.answeredAt >= rest && (this.news || now - this.askedAt >= EVERY);
  }

  asked(now) {
    this.askedAt = now;
    this.waiting = true;
    this.news = this.urgent = false;
  }

  answered(now) {
    this.answeredAt = now;
    this.waiting = false;
  }
}
