/** What the replay desk asks of the server: each answer is an object, one with `error` says in a sentence why not. */

import { DESK } from "./words.js";

const PLACE = "/replay";

/** @param {string} path @param {Object<string, string>} [query] */
export function ask(path, query = {}) {
  return fetched(`${PLACE}/${path}?${new URLSearchParams(query)}`);
}

/** @param {string} path @param {object} what is sent as JSON */
export function say(path, what) {
  const headers = { "Content-Type": "application/json" };
  return fetched(`${PLACE}/${path}`, { method: "POST", headers, body: JSON.stringify(what) });
}

/**
 * Send the files of a record.
 * @param {Iterable<File>} files @param {number} most bytes that the server takes
 */
export async function upload(files, most) {
  const chosen = [...files];
  if (chosen.reduce((sum, { size }) => sum + size, 0) > most) return { error: DESK.tooLarge(most) };
  try {
    const read = async (file) => ({ name: file.name, data: new Uint8Array(await file.arrayBuffer()) });
    const body = MessagePack.encode({ files: await Promise.all(chosen.map(read)) });
    const headers = { "Content-Type": "application/x-msgpack" };
    return await fetched(`${PLACE}/upload`, { method: "POST", headers, body });
  } catch (error) {
    return { error: DESK.unreadable(error.message) };
  }
}

async function fetched(url, options) {
  try {
    const answer = await fetch(url, options);
    if (!answer.ok) return { error: DESK.refused((await answer.json()).detail ?? answer.statusText) };
    return await answer.json();
  } catch {
    return { error: DESK.silent };
  }
}
