/** A file of beats on its way: sent to the lab, followed while it is read and named, kept track of over a reload. */

import { LAB } from "./words.js";

const AGAIN = 300; // ms between questions how far it is
const KEPT_AS = "cardiovision.lab";

export class LabFile {
  /**
   * @param {function(object): void} tell is told the state of the file whenever it is another
   *   (web/beatlab/files.py), or `{stage: "sending", share}`, or `{stage: "failed", error}`
   */
  constructor(tell) {
    this.tell = tell;
    this.token = null;
  }

  /** Go on with the file that this window had before a reload. */
  resume() {
    const token = sessionStorage.getItem(KEPT_AS);
    if (token) this.follow(token);
  }

  /** @param {File} file */
  send(file) {
    this.leave();
    this.tell({ stage: "sending", share: 0 });
    const request = (this.request = new XMLHttpRequest()); // fetch does not tell how much was sent
    request.open("POST", `/lab/files?name=${encodeURIComponent(file.name)}`);
    request.upload.onprogress = ({ loaded, total }) => this.tell({ stage: "sending", share: loaded / total });
    request.onload = () => this.begun(parsed(request.responseText));
    request.onerror = () => this.fail(LAB.unreachable);
    request.send(file);
  }

  example() {
    this.leave();
    this.tell({ stage: "reading" });
    this.ask("/lab/example", "POST", (answer) => this.begun(answer));
  }

  /** @param {string} column where labels are: "auto", "last" or "none" */
  readAnew(column) {
    this.ask(`/lab/files/${this.token}/labels?column=${column}`, "POST", (answer) => this.begun(answer));
  }

  follow(token) {
    this.ask(`/lab/files/${token}`, "GET", (answer) => this.begun(answer));
  }

  /** Take what the server says of the file, and ask again until there is no more to come. */
  begun(state) {
    if (!state.file) return this.fail(state.error ?? LAB.unreachable);
    this.token = state.file;
    sessionStorage.setItem(KEPT_AS, this.token);
    this.tell(state);
    clearTimeout(this.timer);
    if (state.stage === "ready" || state.stage === "failed") return;
    this.timer = setTimeout(() => this.follow(this.token), AGAIN);
  }

  fail(error) {
    this.token = null;
    sessionStorage.removeItem(KEPT_AS);
    this.tell({ stage: "failed", error });
  }

  /** Have the server remove the file. */
  drop() {
    const { token } = this;
    this.leave();
    if (token) fetch(`/lab/files/${token}`, { method: "DELETE" });
    sessionStorage.removeItem(KEPT_AS);
    this.tell({ stage: "none" });
  }

  /** Hear no more of what was asked. */
  leave() {
    clearTimeout(this.timer);
    this.request?.abort();
    this.asked = null;
    this.token = null;
  }

  async ask(path, method, then) {
    const asked = (this.asked = {});
    const answer = await fetch(path, { method }).then(
      (response) => response.text(),
      () => "",
    );
    if (asked === this.asked) then(parsed(answer)); // else another was asked since
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
