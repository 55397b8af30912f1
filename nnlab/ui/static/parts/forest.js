// @ts-check
/** Contenders on one axis: their seeds as dots, and the interval of each mean as a bar. */

import { number, spread } from "../format.js";
import { html, nothing, svg } from "../html.js";

// The number behind a name must fit beside it on a phone.
const [ROW, MAX_NAME] = [46, 28];

/**
 * @typedef {{name: string, mean: number | null, low: number | null, high: number | null, values: (number | null)[], color: string}} Contender
 */

/** @param {Contender[]} rows */
export function forest(rows) {
  const all = rows.flatMap((row) => [row.mean, row.low, row.high, ...row.values]).filter((value) => value !== null && Number.isFinite(value));
  if (!all.length) return nothing;
  const [least, most] = [Math.min(.../** @type {number[]} */ (all)), Math.max(.../** @type {number[]} */ (all))];
  const x = (/** @type {number} */ value) => 2 + (96 * (value - least)) / (most - least || 1);
  const words = rows.map((row) => `${row.name} ${told(row)}`).join("; ");
  return html`<svg class="forest" height=${rows.length * ROW + 20} role="img" aria-label=${words}>
    ${rows.map((row, index) => one(row, index * ROW, x))}
    ${svg`<g font-size="12" fill="var(--soft)"><text x="2%" y=${rows.length * ROW + 14}>${number(least, 3)}</text><text x="98%" y=${rows.length * ROW + 14} text-anchor="end">${number(most, 3)}</text></g>`}</svg>`;
}

/** @param {Contender} row */
function told(row) {
  return row.mean === null ? `${number(row.low)} to ${number(row.high)}` : spread(row.mean, row.low, row.high);
}

/**
 * @param {Contender} row
 * @param {number} top
 * @param {(value: number) => number} x [%]
 */
function one(row, top, x) {
  const finite = /** @type {number[]} */ (row.values.filter((value) => value !== null));
  const name = row.name.length > MAX_NAME ? `${row.name.slice(0, MAX_NAME - 1)}…` : row.name;
  return svg`<g><title>${row.name}</title><text x="2%" y=${top + 14} font-size="13" fill="var(--ink)">${name} <tspan fill="var(--soft)">${told(row)}</tspan></text>
    <line x1="2%" x2="98%" y1=${top + 29} y2=${top + 29} stroke="var(--faint)"></line>
    ${row.low === null || row.high === null ? nothing : svg`<rect x="${x(row.low)}%" width="${Math.max(0.2, x(row.high) - x(row.low))}%" y=${top + 23} height="12" rx="4" fill=${row.color} fill-opacity=".25"></rect>`}
    ${finite.map((value) => svg`<circle cx="${x(value)}%" cy=${top + 29} r="3.6" fill=${row.color} fill-opacity=".7"></circle>`)}
    ${row.mean === null ? nothing : svg`<line x1="${x(row.mean)}%" x2="${x(row.mean)}%" y1=${top + 19} y2=${top + 39} stroke=${row.color} stroke-width="3"></line>`}</g>`;
}
