// @ts-check
/** Whether the reader's seeds look like the reference: both as dots on one axis, and in words. */

import { categorical } from "../colors.js";
import { number } from "../format.js";
import { html, nothing } from "../html.js";
import { forest } from "../parts/forest.js";

/** @param {any} state What the server says of a step. */
export function criterion(state) {
  if (!state.text) return html`<p class="caption">Not done yet: train it here, in the playground or in a shell; runs in this folder count.</p>`;
  return html`<div class="criterion ${state.is_done ? "done" : ""}" role="status">
    <p><strong>${state.is_done ? "✓" : "✗"}</strong> ${capital(state.text)}. <a href="/runs/${encodeURIComponent(state.run)}">See the run</a></p>
    ${state.measures.map(measure)}</div>`;
}

/** @param {any} found */
function measure(found) {
  const yours = contender("your seeds", found.values, 0);
  const others = found.reference ? contender("reference", found.reference, 1) : { ...contender("reference range", [], 1), low: found.low, high: found.high };
  return html`<figure><figcaption>${found.label}${found.published === "-" ? nothing : html` <span class="soft">published: ${found.published}</span>`}</figcaption>
    ${forest([yours, others])}
    <p class="caption">${found.p_value === null ? `Every seed must lie from ${number(found.low)} to ${number(found.high)}.`
      : `Kolmogorov-Smirnov test of both samples: p = ${number(found.p_value, 2)}; below 0.01 they count as different.`}</p></figure>`;
}

/**
 * @param {string} name
 * @param {number[]} values
 * @param {number} index
 */
function contender(name, values, index) {
  const mean = values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
  return { name, values, mean, low: /** @type {number | null} */ (null), high: /** @type {number | null} */ (null), color: categorical(index) };
}

/** @param {string} text */
function capital(text) {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
