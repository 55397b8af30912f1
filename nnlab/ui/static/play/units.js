// @ts-check
/** What each hidden unit of one seed computes over the plane, as small maps, layer by layer. */

import { count } from "../format.js";
import { html, nothing } from "../html.js";
import "../parts/grey.js";

const SIDE = 32;
const MAX_UNITS = 64;

/**
 * @param {{data: Uint8Array, widths: number[]} | null} units
 * @param {number} seed
 */
export function unitMaps(units, seed) {
  if (!units?.widths.length) return nothing;
  const starts = units.widths.map((_, layer) => units.widths.slice(0, layer).reduce((sum, width) => sum + width, 0));
  return html`<section class="units" aria-label="Hidden units"><h3>Hidden units of seed ${seed}</h3>
    ${units.widths.map((width, layer) => html`<p class="caption">Layer ${layer + 1}: ${count(width, "unit")}, black where a unit is least active and white where most${width > MAX_UNITS ? `; the first ${MAX_UNITS}` : ""}.</p>
      <div class="unit-grid">${Array.from({ length: Math.min(width, MAX_UNITS) }, (_, unit) => html`<nn-grey .picture=${pictureOf(units.data, starts[layer] + unit, `Unit ${unit + 1} of layer ${layer + 1}`)}></nn-grey>`)}</div>`)}</section>`;
}

/**
 * @param {Uint8Array} data
 * @param {number} unit
 * @param {string} label
 */
function pictureOf(data, unit, label) {
  return { width: SIDE, height: SIDE, pixels: data.subarray(unit * SIDE * SIDE, (unit + 1) * SIDE * SIDE), label };
}
