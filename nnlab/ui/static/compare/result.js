// @ts-check
/** What is known of a comparison now: the verdict, the pairs of seeds, and the seed lottery. */

import { categorical } from "../colors.js";
import { count, number } from "../format.js";
import { html, nothing, svg } from "../html.js";
import { copyable } from "../parts/copy.js";
import { lottery, STATES } from "../parts/lottery.js";
import { plainTable } from "../parts/run-parts.js";
import { gains } from "./funnel.js";
import { amount } from "./words.js";

/** @typedef {import("./live.js").State} State */

const SIZE = 240;

/** @param {State} state */
export function verdict(state) {
  const { found, looks, note } = state;
  const known = found?.verdict.state ?? "none";
  const isOpen = state.status !== "finished" && known !== "decided";
  return html`<section class="card verdict-card ${known}" aria-label="Verdict">
    <p class="soft"><strong>${isOpen ? "No verdict yet" : STATES[known]}</strong> · ${count(looks.length, "seed")} of each${looks.length < state.seeds ? `, at most ${state.seeds}` : ""}${state.reused ? ` · ${count(state.reused, "run")} reused` : ""}</p>
    ${found ? html`<p class="answer">${found.verdict.text}</p>${found.notes.map((/** @type {string} */ text) => html`<p>${text}</p>`)}` : html`<p class="answer">The first seed of each is on its way.</p>`}
    ${note ? html`<p>${note}</p>` : nothing}${state.error ? html`<p class="notice error" role="alert">${state.error}</p>` : nothing}
    ${now(state)}${end(state)}</section>`;
}

/** @param {State} state */
function now(state) {
  if (!state.now?.run) return nothing;
  return html`<p class="number"><span class="status running">training</span> <a href="/runs/${encodeURIComponent(state.now.run)}">${state.now.run}</a>, epoch ${state.now.epoch} of ${state.now.epochs}</p>`;
}

/** @param {State} state */
function end(state) {
  if (state.status === "running") return nothing;
  return html`${state.is_stored ? html`<p><a href="/comparisons/${encodeURIComponent(state.found.id)}">All of this comparison</a></p>` : nothing}
    ${state.command ? html`<h2>The same verdict from the command line</h2>${copyable(state.command, "command")}
      ${state.command.includes(".yaml") ? html`<p class="caption">Save each YAML under its name there first.</p>` : nothing}` : nothing}`;
}

/** Every seed of both. @param {State} state */
export function pairs(state) {
  const { found, names } = state;
  if (!found) return nothing;
  const differences = gains(state);
  const [first, second] = names.map((name) => found.contenders.find((/** @type {any} */ row) => row.name === name));
  const rows = first.seeds.map((/** @type {number} */ seed, /** @type {number} */ index) => [String(seed), number(first.per_seed[index]), number(second.per_seed[index]), amount(state, differences[index])]);
  const won = differences.filter((gain) => gain > 0).length;
  return html`<section class="card"><h2>Seed by seed</h2>
    <p>${names[0]} is ahead in ${won} of ${count(differences.length, "seed")}; both had the same seeds and the same data.</p>
    ${plainTable({ columns: ["seed", ...names, `${names[0]} better by`], rows }, "Seed by seed")}</section>`;
}

/** Who would have been ahead, had each had one seed only. @param {State} state */
export function lotteryCard(state) {
  const facts = state.found?.lotteries[0];
  if (!facts) return nothing;
  return html`<section class="card"><h2>The seed lottery</h2>${lottery(facts)}<div class="lottery">${board(state)}</div>
    <p class="caption">A row for each seed of ${state.names[0]}, a column for each of ${state.names[1]}, best first. <span class="sign s0" aria-hidden="true"></span> ${state.names[0]} ahead, <span class="sign s1" aria-hidden="true"></span> ${state.names[1]} ahead (striped), blank: equal.</p></section>`;
}

/** @param {State} state */
function board({ found, names }) {
  const sign = found.lower_is_better ? -1 : 1;
  const [rows, columns] = names.map((name) => sorted(found.contenders.find((/** @type {any} */ row) => row.name === name).per_seed, sign));
  const [cell, wide] = [SIZE / rows.length, SIZE / columns.length];
  const lines = rows.map((value, index) => {
    const lost = columns.filter((other) => other > value).length;
    const beaten = columns.filter((other) => other < value).length;
    return svg`<g><rect x="0" y=${index * cell} width=${lost * wide} height=${cell} fill="url(#lottery-stripes)"></rect>
      <rect x=${SIZE - beaten * wide} y=${index * cell} width=${beaten * wide} height=${cell} fill=${categorical(0)}></rect></g>`;
  });
  const grid = svg`<g stroke="var(--paper)" stroke-width=${Math.min(2, cell / 6)}>${rows.map((_, index) => svg`<path d="M0 ${index * cell}H${SIZE}"></path>`)}${columns.map((_, index) => svg`<path d="M${index * wide} 0V${SIZE}"></path>`)}</g>`;
  return html`<svg class="board" viewBox="0 0 ${SIZE} ${SIZE}" aria-hidden="true"><defs><pattern id="lottery-stripes" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
    <rect width="6" height="6" fill=${categorical(1)}></rect><path d="M0 0V6" stroke="var(--paper)" stroke-width="2"></path></pattern></defs>${lines}${grid}</svg>`;
}

/**
 * @param {number[]} values
 * @param {number} sign
 */
function sorted(values, sign) {
  return values.map((value) => sign * value).sort((one, other) => other - one);
}
