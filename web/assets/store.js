/** What the browser asks of the server goes into a store of Dash's, which sends it. */

/**
 * Put data into a store, as soon as Dash knows of it: when a page comes, its elements are there first.
 * @param {string} id @param {object} data
 * @param {AbortSignal} [signal] ends the wait
 */
export function put(id, data, signal) {
  if (signal?.aborted) return;
  if (known(id)) window.dash_clientside.set_props(id, { data });
  else requestAnimationFrame(() => put(id, data, signal));
}

function known(id) {
  try {
    return Boolean(window.dash_component_api.getLayout(id));
  } catch {
    return false; // it throws what it does not know
  }
}
