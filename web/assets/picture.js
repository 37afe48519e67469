/** Pictures to download: the server says what is to be drawn, Plotly draws it here. */

/**
 * Save each picture that the server writes into an element.
 * @param {HTMLElement} element whose `data-picture` holds figure, options and name (web/components/because.py)
 * @param {function(): void} failed is told that a picture could not be made
 * @returns {function(): void} ends it
 */
export function savePictures(element, failed) {
  const watcher = new MutationObserver(() => save(element.dataset.picture).catch(failed));
  watcher.observe(element, { attributes: true, attributeFilter: ["data-picture"] });
  return () => watcher.disconnect();
}

async function save(written) {
  const { figure, options, name } = JSON.parse(written);
  const address = await window.Plotly.toImage(figure, options);
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
}
