// @ts-check
/** A comparison: its verdict, the contenders with their seeds, and what one seed each would have said. */

import { get, isServed } from "../api.js";
import { categorical } from "../colors.js";
import { count, number, spread, tied } from "../format.js";
import { html, render } from "../html.js";
import { forest } from "../parts/forest.js";
import { lottery, STATES } from "../parts/lottery.js";
import { plainTable } from "../parts/run-parts.js";

/**
 * @param {HTMLElement} root
 * @param {URL} _url
 * @param {string[]} parts
 */
export async function open(root, _url, [id]) {
  const facts = await get(`/api/comparisons/${encodeURIComponent(id)}`);
  const draw = () => render(view(facts), root);
  addEventListener("themechange", draw);
  draw();
  return { close: () => removeEventListener("themechange", draw) };
}

/** @param {any} facts */
function view(facts) {
  const names = facts.contenders.map((/** @type {any} */ row) => row.name);
  return html`<div class="head"><h1>${names.join(" or ")}?</h1><span class="chip">comparison</span></div><div class="stack">
    <section class="card verdict-card ${facts.verdict.state}" aria-label="Verdict"><p class="soft">${STATES[facts.verdict.state] ?? "Verdict"}</p>
      ${facts.verdict.text.split("\n").map((/** @type {string} */ text) => html`<p class="answer">${tied(text)}</p>`)}
      ${facts.lotteries.map(lottery)}</section>
    <section class="card"><h2>${facts.metric.replaceAll("_", " ")} on the ${facts.split} split</h2>
      ${forest(facts.contenders.map(contender))}
      <p class="caption">Dots are seeds; the bar is the 95 % interval of the mean for new seeds and new examples. Contenders are paired by seed: overlapping intervals say nothing of their difference.</p></section>
    <div class="grid tables"><section class="card"><h2>Differences</h2>${plainTable(differences(facts.pairs), "Differences")}</section>
    <section class="card"><h2>Costs</h2>${plainTable(costs(facts.contenders), "Costs")}</section>
    <section class="card"><h2>Seed by seed</h2>${plainTable(perSeed(facts.contenders), "Seed by seed")}
      <p class="tools"><span class="soft">Runs:</span> ${facts.contenders.flatMap((/** @type {any} */ row) => row.runs.map((/** @type {string} */ run) => (isServed ? html`<a href="/runs/${encodeURIComponent(run)}">${run}</a>` : html`<span>${run}</span>`)))}</p></section></div></div>`;
}

/** @param {any} row @param {number} index */
function contender(row, index) {
  return { name: row.name, mean: row.mean, low: row.interval?.low ?? null, high: row.interval?.high ?? null, values: row.per_seed, color: categorical(index) };
}

/** @param {any[]} pairs */
function differences(pairs) {
  const rows = pairs.map((pair) => [
    `${pair.first} − ${pair.second}`, spread(pair.difference, pair.interval?.low, pair.interval?.high),
    pair.interval ? `${number(pair.interval.low, 3)} to ${number(pair.interval.high, 3)}` : "–", number(pair.effect_size, 3), number(pair.p_sign_flip, 2), String(pair.num_seeds),
  ]);
  return { columns: ["difference", "mean", "95 % interval", "effect size", "sign-flip p", "seeds"], rows };
}

/** @param {any[]} contenders */
function costs(contenders) {
  const rows = contenders.map((row) => [row.name, number(row.num_parameters), number(row.train_seconds_per_seed, 3), spread(row.mean, row.interval?.low, row.interval?.high), number(row.worst), number(row.best)]);
  return { columns: ["contender", "parameters", "seconds per seed", "mean", "worst seed", "best seed"], rows };
}

/** @param {any[]} contenders */
function perSeed(contenders) {
  const seeds = [...new Set(contenders.flatMap((row) => row.seeds))];
  const rows = seeds.map((seed) => [String(seed), ...contenders.map((row) => row.per_seed[row.seeds.indexOf(seed)] ?? null)]);
  return { columns: [count(seeds.length, "seed"), ...contenders.map((row) => row.name)], rows };
}
