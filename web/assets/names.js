/** The arrangement of the ward: in which order beds stand, and what they are called. The hub keeps it for every screen. */

const LONGEST = 40;
const NONE = { order: [], names: {}, seq: 0 };
const natural = new Intl.Collator("en", { numeric: true });

let known = NONE;
let session = null;

/** The arrangement as it is now: `{order, names}`. */
export const arrangement = () => ({ order: known.order, names: known.names });

/**
 * Follow what the feed says. Another session is another hub, which tells anew what it has.
 * @param {object[]} messages
 * @returns {boolean} whether beds stand or are called otherwise now
 */
export function follow(messages) {
  const before = known;
  for (const message of messages) {
    if (message.kind === "welcome" && message.session !== session) [session, known] = [message.session, NONE];
    else if (message.kind === "arrangement" && message.seq > known.seq) known = { ...NONE, ...message };
  }
  return known !== before;
}

/** What a bed is called. @param {string} bed its name on the feed */
export function nameOf(bed) {
  return Object.hasOwn(known.names, bed) ? known.names[bed] : bed;
}

/**
 * @param {string} bed @param {string} name nothing: its own again
 * @param {Iterable<string>} beds all that there are
 * @returns {Object<string, string>|null} the names with this one; null: it is taken, and no two beds may be called alike
 */
export function named(bed, name, beds) {
  const clean = name.trim().slice(0, LONGEST);
  if ([...beds].some((other) => other !== bed && [other, nameOf(other)].includes(clean))) return null;
  const others = Object.entries(known.names).filter(([other]) => other !== bed);
  return Object.fromEntries(clean && clean !== bed ? [...others, [bed, clean]] : others);
}

/**
 * Put beds in order: those that were arranged first, then the others by name, "Bed 2" before "Bed 10".
 * @param {Iterable<string>} beds @param {string[]} [order]
 * @returns {string[]}
 */
export function inOrder(beds, order = known.order) {
  const place = new Map(order.map((bed, n) => [bed, n]));
  const at = (bed) => place.get(bed) ?? place.size;
  return [...beds].sort((a, b) => at(a) - at(b) || natural.compare(a, b));
}

/**
 * The order with a bed moved to another's place; those that are not there now keep theirs.
 * @param {Iterable<string>} beds that there are
 * @param {string} bed @param {string} other
 * @param {boolean} behind whether it comes behind the other, or before it
 * @param {string[]} [order]
 * @returns {string[]}
 */
export function moved(beds, bed, other, behind, order = known.order) {
  const others = inOrder(new Set([...order, ...beds]), order).filter((one) => one !== bed);
  others.splice(others.indexOf(other) + behind, 0, bed);
  return others;
}
