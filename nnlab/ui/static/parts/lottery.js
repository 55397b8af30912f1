// @ts-check
/** The seed lottery: what one seed of each contender would have said. */

import { html, nothing } from "../html.js";

/** Of each state of a verdict, what is above it. */
export const STATES = /** @type {Record<string, string>} */ ({
  decided: "Decided",
  none: "No verdict: the data cannot tell",
  undecided: "Undecided: the interval still holds both",
});

/** @param {any} facts */
export function lottery(facts) {
  if (!facts) return nothing;
  const percent = Math.round((100 * facts.other) / facts.pairs);
  return html`<p>Seed lottery: with one seed of each, the other would have been ahead of ${facts.ahead} in ${facts.other} of ${facts.pairs} pairs (${percent}\u00a0%)${facts.ties ? html`, and equal in ${facts.ties}` : nothing}.</p>`;
}
