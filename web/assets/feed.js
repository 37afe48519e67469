/** The feed in the browser: one websocket that comes back by itself and asks for what it missed. */

const SUBPROTOCOL = "cardiovision.v1.msgpack";
const FIRST_WAIT = 250; // ms before the first try to come back
const LONGEST_WAIT = 5000;

/**
 * How long to wait before the next try: doubling, with jitter so that many screens do not come back at once.
 * @param {number} tries failures so far
 * @param {number} chance from 0 to 1
 * @returns {number} milliseconds
 */
export function backoff(tries, chance) {
  return Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** tries) * (0.5 + 0.5 * chance);
}

export class Feed {
  /**
   * @param {string} url websocket address of the hub
   * @param {{name: string, kinds: string[]|null, beds: string[]|null, last?: number, waves?: number}} wants who asks, for
   *   what, and how many of the latest events when it is new; `waves`: how many seconds of waves back
   * @param {{messages: function(object[]), state: function(string)}} tell
   *   what is called with messages, and with "connecting", "open" or "lost"
   */
  constructor(url, wants, tell) {
    this.url = url;
    this.wants = wants;
    this.tell = tell;
    this.session = null;
    this.since = 0;
    this.tries = 0;
    this.state = "";
    this.open();
  }

  open() {
    this.say(this.tries ? "lost" : "connecting");
    this.socket = new WebSocket(this.url, SUBPROTOCOL);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = (event) => this.take(MessagePack.decode(new Uint8Array(event.data)));
    this.socket.onclose = () => this.lost();
  }

  /** Leave for good. */
  close() {
    this.socket.onclose = null;
    this.socket.close();
    clearTimeout(this.timer);
  }

  /** @param {object} message sent now, or not at all while the connection is lost; says which */
  send(message) {
    const ready = this.socket.readyState === WebSocket.OPEN;
    if (ready) this.socket.send(MessagePack.encode([message]));
    return ready;
  }

  lost() {
    this.say("lost");
    this.timer = setTimeout(() => this.open(), backoff(this.tries++, Math.random()));
  }

  take(messages) {
    for (const message of messages) {
      if (message.kind === "welcome") this.subscribe(message);
      else if (message.kind === "subscribed") this.subscribed(message);
      else if (message.seq > this.since) this.since = message.seq;
    }
    this.tell.messages(messages);
  }

  /**
   * A page that was here before resumes after the last event it saw. A new one, or one whose hub is new, is told how
   * things stand, and the latest events, so that its lists are not empty.
   */
  subscribe({ session }) {
    const known = this.session === session; // and was told all up to `since`
    if (!known) [this.session, this.since] = [null, 0];
    const { name, kinds, beds, last, waves: history } = this.wants;
    const back = known ? { session, since: this.since } : { ...(last && { last }) };
    this.send({ kind: "hello", name });
    this.send({ kind: "subscribe", kinds, ...(beds && { beds }), ...back, ...(history && { history }) });
  }

  subscribed({ session, seq = 0, missed = 0 }) {
    if (missed) {
      location.reload(); // it was away for longer than the hub keeps: what is shown may be over
      return;
    }
    this.session = session;
    this.since = Math.max(this.since, seq);
    this.tries = 0;
    this.say("open");
  }

  say(state) {
    if (state === this.state) return;
    this.state = state;
    this.tell.state(state);
  }
}
