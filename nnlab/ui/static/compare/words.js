// @ts-check
/** Differences of a comparison as people read them. */

import { number } from "../format.js";

/**
 * Return a difference in the unit of the verdict: points for accuracies.
 * @param {import("./live.js").State} state
 * @param {number | null} value
 */
export function amount({ found }, value) {
  if (value === null) return "unbounded";
  const text = found?.is_fraction ? `${number(Number((100 * value).toFixed(2)), 3)} pt` : number(value, 3);
  return value > 0 ? `+${text}` : text;
}
