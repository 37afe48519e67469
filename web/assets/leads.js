/** Which leads are shown, on which strips, and how they move; chosen on this browser and kept there. */

const KEPT_AS = "cardiovision.view";
const USUAL = { leads: "2", mode: "sweep", names: [] };

/**
 * @typedef {{leads: "1"|"2"|"3"|"all", mode: "sweep"|"scroll", names: string[]}} View `names`: of the leads last chosen
 *   for the first strips
 */

/** @returns {View} */
export function keptView() {
  try {
    return { ...USUAL, ...JSON.parse(localStorage.getItem(KEPT_AS)) };
  } catch {
    return { ...USUAL };
  }
}

/** @param {View} view */
export function keepView(view) {
  localStorage.setItem(KEPT_AS, JSON.stringify(view));
}

/**
 * The leads for the strips: what was chosen, where the stream has it, and else the first that are not there yet.
 * @param {string[]} names of the stream's leads
 * @param {View} view
 * @returns {number[]} for each strip, from the top, the place of its lead
 */
export function pickLeads(names, { leads, names: chosen }) {
  if (leads === "all") return names.map((_, n) => n);
  const count = Math.min(Number(leads), names.length);
  const picked = Array.from({ length: count }, (_, strip) => names.indexOf(chosen[strip]));
  const free = names.map((_, n) => n).filter((n) => !picked.includes(n));
  return picked.map((lead, strip) => (lead < 0 || picked.indexOf(lead) < strip ? free.shift() : lead));
}

/** How strips are set: in how many columns and rows. @param {number} count */
export function arrangeStrips(count) {
  const columns = count > 4 ? 2 : 1;
  return { columns, rows: Math.max(1, Math.ceil(count / columns)) };
}
