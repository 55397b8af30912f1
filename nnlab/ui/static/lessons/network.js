// @ts-check
/** A small network as circles and lines, with the numbers of one section of a derivation. */

import { number } from "../format.js";
import { html, svg } from "../html.js";

const [WIDTH, HEIGHT] = [560, 240];

/**
 * Draw the layers, with what is known up to a section.
 * @param {any[]} sections
 * @param {number} upTo The last section whose numbers are shown.
 */
export function network(sections, upTo) {
  const known = new Map(sections.slice(0, upTo + 1).flatMap(({ quantities }) => quantities.map((/** @type {any} */ one) => [one.name, one.values])));
  const weights = sections.flatMap(({ quantities }) => quantities).filter(({ name }) => /^W\d+$/.test(name));
  const sizes = weights.length ? [weights[0].shape[1], ...weights.map(({ shape }) => shape[0])] : [];
  if (!sizes.length || Math.max(...sizes) > 4) return html``;
  const place = (/** @type {number} */ layer, /** @type {number} */ unit) => [60 + (layer * (WIDTH - 120)) / (sizes.length - 1), ((unit + 0.5) * HEIGHT) / sizes[layer] - 10];
  return html`<svg class="network" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${`Network of ${sizes.join("-")} units; the numbers stand below.`}>
    ${weights.map((_, layer) => edges(layer + 1, sizes, place, known))}${sizes.map((size, layer) => Array.from({ length: size }, (_, unit) => circle(layer, unit, place, known)))}</svg>`;
}

/**
 * @param {number} layer
 * @param {number[]} sizes
 * @param {(layer: number, unit: number) => number[]} place
 * @param {Map<string, any>} known
 */
function edges(layer, sizes, place, known) {
  const values = known.get(`dW${layer}`) ?? known.get(`W${layer}`);
  const isBack = known.has(`dW${layer}`);
  return Array.from({ length: sizes[layer] }, (_, to) => Array.from({ length: sizes[layer - 1] }, (_, from) => {
    const [[x0, y0], [x1, y1]] = [place(layer - 1, from), place(layer, to)];
    const at = from % 2 ? 0.7 : 0.3;
    const text = values ? `${isBack ? "∂" : ""}${number(values[to][from], 2)}` : "";
    return svg`<line x1=${x0} y1=${y0} x2=${x1} y2=${y1} class=${isBack ? "back" : ""}></line><text x=${x0 + at * (x1 - x0)} y=${y0 + at * (y1 - y0) - 5} class="weight">${text}</text>`;
  }));
}

/**
 * @param {number} layer
 * @param {number} unit
 * @param {(layer: number, unit: number) => number[]} place
 * @param {Map<string, any>} known
 */
function circle(layer, unit, place, known) {
  const [x, y] = place(layer, unit);
  const value = known.get(`a${layer}`)?.[0]?.[unit];
  const delta = known.get(`delta${layer}`)?.[0]?.[unit];
  return svg`<circle cx=${x} cy=${y} r="24"></circle><text x=${x} y=${y + 4} class="unit">${value === undefined ? "?" : number(value, 3)}</text>
    ${delta === undefined ? "" : svg`<text x=${x} y=${y + 40} class="delta">δ ${number(delta, 2)}</text>`}`;
}
