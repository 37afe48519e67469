/* Runs before anything is painted, so that a light screen does not begin with a flash of dark; theme.js does the rest. */
(() => {
  const kept = localStorage.getItem("cardiovision.theme");
  const light = kept === "light" || (kept === "system" && matchMedia("(prefers-color-scheme: light)").matches);
  document.documentElement.dataset.theme = light ? "light" : "dark";
})();
