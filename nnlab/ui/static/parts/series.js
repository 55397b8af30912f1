// @ts-check
/** From the server's series to the columns that a chart draws. */

/**
 * @typedef {object} Line One metric of one run over all its seeds.
 * @property {string} label
 * @property {string} color
 * @property {number[]} dash
 * @property {number[]} x
 * @property {(number | null)[]} mean
 * @property {(number | null)[]} low Lower end of the interval of the mean.
 * @property {(number | null)[]} high
 * @property {{seed: number, values: (number | null)[]}[]} seeds
 * @property {[number, number][]} [nonfinite] Pairs of epoch and seed.
 * @property {string} [of] "95 % interval of the mean", "range".
 */

/** @typedef {(number | null)[]} Column */
/** @typedef {{role: "mean" | "low" | "high" | "seed", line: Line}} Role */

/**
 * Return columns over the union of all x, and what each is.
 * @param {Line[]} lines
 * @param {{isLogX: boolean, isLogY: boolean, hasSeeds: boolean}} how
 * @returns {{columns: Column[], roles: Role[], bands: [number, number][]}}
 */
export function columns(lines, how) {
  const xs = union(lines, how.isLogX);
  const place = new Map(xs.map((x, index) => [x, index]));
  /** @type {Column[]} */
  const made = [xs];
  /** @type {Role[]} */
  const roles = [];
  /** @type {[number, number][]} */
  const bands = [];
  const add = (/** @type {Line} */ line, /** @type {Role["role"]} */ role, /** @type {Column} */ values) => {
    made.push(spreadOut(line.x, values, place, how.isLogY));
    roles.push({ role, line });
    return made.length - 1;
  };
  for (const line of lines) {
    bands.push([add(line, "high", line.high), add(line, "low", line.low)]);
    if (how.hasSeeds) for (const seed of line.seeds) add(line, "seed", seed.values);
  }
  for (const line of lines) add(line, "mean", line.mean);
  return { columns: made, roles, bands };
}

/**
 * @param {Line[]} lines
 * @param {boolean} isLog
 */
function union(lines, isLog) {
  const all = new Set(lines.flatMap((line) => line.x));
  return [...all].filter((x) => !isLog || x > 0).sort((a, b) => a - b);
}

/**
 * @param {number[]} x
 * @param {Column} values
 * @param {Map<number, number>} place
 * @param {boolean} isLog
 */
function spreadOut(x, values, place, isLog) {
  /** @type {Column} */
  const column = new Array(place.size).fill(null);
  x.forEach((at, index) => {
    const row = place.get(at);
    const value = values[index] ?? null;
    if (row !== undefined && !(isLog && value !== null && value <= 0)) column[row] = value;
  });
  return column;
}
