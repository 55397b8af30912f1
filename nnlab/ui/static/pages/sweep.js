// @ts-check
/** A sweep: what it found, how lucky the winner was, its trials, and the test of the winner. */

import { get } from "../api.js";
import { categorical } from "../colors.js";
import { count, number, tied } from "../format.js";
import { html, nothing, render } from "../html.js";
import { forest } from "../parts/forest.js";
import { plainTable } from "../parts/run-parts.js";

/**
 * @param {HTMLElement} root
 * @param {URL} _url
 * @param {string[]} parts
 */
export async function open(root, _url, [id]) {
  const facts = await get(`/api/sweeps/${encodeURIComponent(id)}`);
  const draw = () => render(view(facts), root);
  addEventListener("themechange", draw);
  draw();
  return { close: () => removeEventListener("themechange", draw) };
}

/** @param {any} facts */
function view(facts) {
  const { plan, result, sentences, trials, status } = facts;
  const done = trials.filter((/** @type {any} */ trial) => trial.score !== null).length;
  return html`<div class="head"><h1>${plan.base.name}</h1><span class="chip">sweep</span><span class="status ${status}">${status}</span></div><div class="stack">
    <section class="card" aria-label="Result"><p class="answer">${tied(result?.test?.verdict) || `No verdict yet: ${done} of ${count(trials.length, "trial")} have a score.`}</p>
      ${sentences ? html`<ul>${sentences.filter((/** @type {string} */ text) => text !== result?.test?.verdict).map((/** @type {string} */ text) => html`<li>${tied(text)}</li>`)}</ul>` : nothing}</section>
    ${result?.test ? html`<section class="card"><h2>The winner against the base, on ${count(result.test.num_examples, "test example")}</h2>${forest(result.test.contenders.map(contender))}
      <p class="caption">Dots are fresh seeds; the bar is the 95 % interval of the mean.</p></section>` : nothing}
    ${result ? html`<section class="card"><h2>Finalists, on fresh seeds</h2>${plainTable(finalists(result.finalists), "Finalists")}</section>` : nothing}
    <section class="card"><h2>Trials</h2><p class="caption">The best first, by ${plan.metric}; a trial that was ended early has fewer epochs.</p>${plainTable(trialTable(trials), "Trials")}</section></div>`;
}

/** @param {any} row @param {number} index */
function contender(row, index) {
  return { name: row.name, mean: row.mean, low: row.interval?.[0] ?? null, high: row.interval?.[1] ?? null, values: row.per_seed, color: categorical(index) };
}

/** @param {any[]} rows */
function finalists(rows) {
  return { columns: ["trial", "in the search", "on fresh seeds", "worst seed"], rows: rows.map((row) => [`#${row.trial}`, row.score, row.fresh, Math.min(...row.per_seed.filter((/** @type {any} */ value) => value !== null))]) };
}

/** @param {any[]} trials */
function trialTable(trials) {
  const keys = [...new Set(trials.flatMap((trial) => Object.keys(trial.overrides)))];
  const sorted = [...trials].sort((one, other) => (other.score ?? -Infinity) - (one.score ?? -Infinity));
  const shown = (/** @type {any} */ value) => (typeof value === "number" ? number(value) : value === undefined ? "–" : String(value));
  return { columns: ["trial", "score", "epochs", ...keys], rows: sorted.map((trial) => [`#${trial.trial}`, trial.score, trial.epochs, ...keys.map((key) => shown(trial.overrides[key]))]) };
}
