/** In which order beds stand on this screen, and what they are called on it: choices of this browser, kept in it. */

const KEPT_AS = "cardiovision.ward";
const LONGEST = 40;
const natural = new Intl.Collator("en", { numeric: true });

let known = null;

/** @returns {{order: string[], names: Object<string, string>}} */
function kept() {
  if (known) return known;
  try {
    const { order, names } = JSON.parse(localStorage.getItem(KEPT_AS));
    known = { order: Array.isArray(order) ? order : [], names: names ?? {} };
  } catch {
    known = { order: [], names: {} };
  }
  return known;
}

function keep(change) {
  known = { ...kept(), ...change };
  localStorage.setItem(KEPT_AS, JSON.stringify(known));
}

/** What a bed is called here. @param {string} bed its name on the feed */
export function nameOf(bed) {
  const { names } = kept();
  return Object.hasOwn(names, bed) ? names[bed] : bed;
}

/**
 * @param {string} bed @param {string} name nothing: its own again
 * @param {Iterable<string>} beds all that there are
 * @returns {boolean} whether it is called so now: no two beds may be called alike
 */
export function rename(bed, name, beds) {
  const clean = name.trim().slice(0, LONGEST);
  if ([...beds].some((other) => other !== bed && [other, nameOf(other)].includes(clean))) return false;
  const others = Object.entries(kept().names).filter(([other]) => other !== bed);
  keep({ names: Object.fromEntries(clean && clean !== bed ? [...others, [bed, clean]] : others) });
  return true;
}

/** @param {string[]} order of beds, from now on */
export function keepOrder(order) {
  keep({ order });
}

/** Beds stand in the order of their names again, and are called as they are. */
export function forgetAll() {
  known = null;
  localStorage.removeItem(KEPT_AS);
}

/** Another window of this browser has changed it. @param {StorageEvent} event @returns {boolean} whether it has */
export function changedElsewhere({ key }) {
  if (key === KEPT_AS) known = null;
  return key === KEPT_AS;
}

/**
 * Put beds in order: those that were arranged first, then the others by name, "Bed 2" before "Bed 10".
 * @param {string[]} beds @param {string[]} [order]
 * @returns {string[]}
 */
export function inOrder(beds, order = kept().order) {
  const place = new Map(order.map((bed, n) => [bed, n]));
  const at = (bed) => place.get(bed) ?? place.size;
  return [...beds].sort((a, b) => at(a) - at(b) || natural.compare(a, b));
}

/** Move a bed in a list before another; at the end without. @returns {string[]} */
export function moved(beds, bed, before) {
  const others = beds.filter((other) => other !== bed);
  const at = others.indexOf(before);
  others.splice(at < 0 ? others.length : at, 0, bed);
  return others;
}
