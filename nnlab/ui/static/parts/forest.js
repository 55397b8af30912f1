// @ts-check
/** Contenders on one axis: their seeds as dots, and the interval of each mean as a bar. */

import { number, spread } from "../format.js";
import { html, nothing, svg } from "../html.js";

const ROW = 40;

/**
 * @typedef {{name: string, mean: number | null, low: number | null, high: number | null, values: (number | null)[], color: string}} Contender
 */

/** @param {Contender[]} rows */
export function forest(rows) {
  const all = rows.flatMap((row) => [row.mean, row.low, row.high, ...row.values]).filter((value) => value !== null && Number.isFinite(value));
  if (!all.length) return nothing;
  const [least, most] = [Math.min(.../** @type {number[]} */ (all)), Math.max(.../** @type {number[]} */ (all))];
  const x = (/** @type {number} */ value) => 12 + (576 * (value - least)) / (most - least || 1);
  const words = rows.map((row) => `${row.name} ${spread(row.mean, row.low, row.high)}`).join("; ");
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Contenders on one axis"><svg class="forest" viewBox="0 0 600 ${rows.length * ROW + 24}" role="img" aria-label=${words}>
    ${rows.map((row, index) => one(row, index * ROW, x))}
    ${svg`<g font-size="12" fill="var(--soft)"><text x="12" y=${rows.length * ROW + 18}>${number(least, 3)}</text><text x="588" y=${rows.length * ROW + 18} text-anchor="end">${number(most, 3)}</text></g>`}</svg></div>`;
}

/**
 * @param {Contender} row
 * @param {number} top
 * @param {(value: number) => number} x
 */
function one(row, top, x) {
  const finite = /** @type {number[]} */ (row.values.filter((value) => value !== null));
  return svg`<g><text x="12" y=${top + 13} font-size="13" fill="var(--ink)">${row.name}</text>
    <line x1="12" x2="588" y1=${top + 27} y2=${top + 27} stroke="var(--faint)"></line>
    ${row.low === null || row.high === null ? nothing : svg`<rect x=${x(row.low)} width=${Math.max(1, x(row.high) - x(row.low))} y=${top + 21} height="12" rx="4" fill=${row.color} fill-opacity=".25"></rect>`}
    ${finite.map((value) => svg`<circle cx=${x(value)} cy=${top + 27} r="3.4" fill=${row.color} fill-opacity=".7"></circle>`)}
    ${row.mean === null ? nothing : svg`<path d="M${x(row.mean)} ${top + 17}v20" stroke=${row.color} stroke-width="3"></path>`}</g>`;
}
