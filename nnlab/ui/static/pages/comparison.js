// @ts-check
/** A comparison: its verdict, the contenders, and their seeds. */

import { get } from "../api.js";
import { categorical } from "../colors.js";
import { number, spread } from "../format.js";
import { html, nothing, render } from "../html.js";
import { copyable } from "../parts/copy.js";
import { plainTable } from "../parts/run-parts.js";
import { forest } from "../parts/forest.js";

/**
 * @param {HTMLElement} root
 * @param {URL} _url
 * @param {string[]} parts
 */
export async function open(root, _url, [id]) {
  const facts = await get(`/api/comparisons/${encodeURIComponent(id)}`);
  render(view(facts, id), root);
  return {};
}

/**
 * @param {any} facts
 * @param {string} id
 */
function view(facts, id) {
  const contenders = facts.contenders ?? [];
  const names = contenders.map((/** @type {any} */ row) => row.name);
  return html`<div class="head"><h1>${names.length ? `${names.join(" or ")}?` : id}</h1><span class="chip">comparison</span></div><div class="stack">
    <section class="card" aria-label="Verdict"><p class="answer">${facts.verdict?.text ?? "No verdict yet."}</p>
      ${(facts.words ?? []).map((/** @type {string} */ text) => html`<p>${text}</p>`)}</section>
    <section class="card"><h2>${facts.metric} on the ${facts.split} split</h2>
      ${forest(contenders.map((/** @type {any} */ row, /** @type {number} */ index) => ({ name: row.name, mean: row.mean, low: row.interval?.[0] ?? null, high: row.interval?.[1] ?? null, values: row.per_seed ?? [], color: categorical(index) })))}
      <p class="caption">Dots are seeds; the bar is the 95 % interval of the mean. Contenders are paired by seed: overlapping intervals say nothing of their difference.</p>
      ${plainTable({ columns: ["contender", "mean"], rows: contenders.map((/** @type {any} */ row) => [row.name, spread(row.mean, row.interval?.[0], row.interval?.[1])]) }, "Contenders")}</section>
    ${(facts.tables ?? []).map((/** @type {any} */ table) => html`<section class="card"><h2>${table.title}</h2>${plainTable(table, table.title)}</section>`)}
    <section class="card"><h2>Seed by seed</h2>${plainTable(perSeed(contenders), "Seed by seed")}</section>
    ${facts.command ? html`<section class="card"><h2>Take it away</h2>${copyable(facts.command, "command")}</section>` : nothing}</div>`;
}

/** @param {any[]} contenders */
function perSeed(contenders) {
  const seeds = contenders[0]?.seeds ?? [];
  return { columns: ["seed", ...contenders.map((row) => row.name)], rows: seeds.map((/** @type {number} */ seed, /** @type {number} */ index) => [String(seed), ...contenders.map((row) => number(row.per_seed?.[index]))]) };
}
