/** Links from page to page without a reload: the tab lives on, and with it the sound that somebody has enabled. */

/** Go to a page of this screen. @param {string} href */
export function go(href) {
  if (new URL(href, location.href).href === location.href) return;
  history.pushState(null, "", href);
  dispatchEvent(new PopStateEvent("popstate")); // Dash looks at the address then
  scrollTo(0, 0);
}

/**
 * Let all links to pages go this way; once for the whole page. Dash's own links have seen to themselves before.
 * @param {string[]} pages begins of the pages' paths, like "/bed"
 */
export function startLinks(pages) {
  const known = new Set(pages);
  document.addEventListener("click", (event) => {
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button);
    const link = event.target.closest?.("a[href]");
    if (event.defaultPrevented || !plain || !link || link.target || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || !known.has(`/${link.pathname.split("/")[1]}`)) return;
    event.preventDefault();
    go(link.href);
  });
}

/** Mark the place that a page belongs to. @param {string} page as in its `data-page` */
export function markPlace(page) {
  for (const link of document.querySelectorAll(".places a")) {
    const here = link.parentElement.dataset.pages.split(" ").includes(page);
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}
