// @ts-check
/** Points of the data on the stage: which are shown, and what their signs mean. */

import { categorical } from "../colors.js";
import { html, nothing } from "../html.js";

/**
 * Return the points of a split; where there are no test data, those to validate with are shown instead.
 * @param {{inputs?: number[][], targets?: any[], split?: string[] | string}} all
 * @param {string} wanted
 */
export function chosen({ inputs = [], targets = [], split = "train" }, wanted) {
  const splits = Array.isArray(split) ? split : inputs.map(() => split);
  const keep = splits.map((name) => name === wanted || (wanted === "test" && name === "val" && !splits.includes("test")));
  const only = (/** @type {any[]} */ values) => values.filter((_, index) => keep[index]);
  return { inputs: only(inputs), targets: only(targets) };
}

/**
 * Return the sign of each class.
 * @param {string[]} classes
 * @param {unknown} [more] What else there is to explain.
 */
export function legend(classes, more = nothing) {
  return html`<ul class="legend">${classes.map((name, index) => html`<li>${sign(index)}${name}</li>`)}${more}</ul>`;
}

/** Return the sign of a class, in its colour. @param {number} index */
export function sign(index) {
  const paths = ["M6 1.5a4.5 4.5 0 1 0 .01 0z", "M2 2h8v8H2z", "M6 1l5 9.5H1z", "M6 .5l5 5.5-5 5.5L1 6z"];
  return html`<svg width="12" height="12" aria-hidden="true"><path d=${paths[index % 4]} fill=${categorical(index)}></path></svg>`;
}
