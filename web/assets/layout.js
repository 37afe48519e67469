/** How many columns and rows of tiles fill a screen. */

const SHAPE = 2.6; // width to height at which a tile reads best

/**
 * @param {number} count tiles
 * @param {number} width @param {number} height of what they fill
 * @returns {{columns: number, rows: number}} nearest to the best shape, with few empty places
 */
export function arrange(count, width, height) {
  let best = { columns: 1, rows: 1, cost: Infinity };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const shape = width / columns / (height / rows);
    const empty = (rows * columns - count) / count;
    const cost = Math.abs(Math.log(shape / SHAPE)) + empty;
    if (cost < best.cost) best = { columns, rows, cost };
  }
  return best;
}
