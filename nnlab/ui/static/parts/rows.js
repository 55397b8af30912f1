// @ts-check
/** A row of the list of runs. */

import { ago, count, duration, spread } from "../format.js";
import { html, nothing } from "../html.js";
import { sparkline, strip } from "./spark.js";

const COLUMNS = [
  ["name", "Name", "name"],
  ["curve", "Curve", ""],
  ["value", "Result", "mean"],
  ["seeds", "Seeds", ""],
  ["status", "Status", "status"],
  ["when", "Started", "created"],
];
const FOLDERS = /** @type {Record<string, string>} */ ({ run: "runs", comparison: "comparisons", sweep: "sweeps" });

/**
 * @param {{sort: string, order: string}} view
 * @param {(key: string) => void} sort
 */
export function header(view, sort) {
  return html`<thead><tr><th class="col-check" scope="col"><span><span class="unseen">Choose</span></span></th>
    ${COLUMNS.map(([name, text, key]) => html`<th scope="col" class="col-${name}" aria-sort=${direction(view, key)}>${
      key ? html`<button type="button" @click=${() => sort(key)}>${text} ${arrow(view, key)}</button>` : html`<span>${text}</span>`}</th>`)}</tr></thead>`;
}

/**
 * @param {{sort: string, order: string}} view
 * @param {string} key
 */
function direction(view, key) {
  if (!key || (view.sort || "created") !== key) return "none";
  return view.order === "asc" ? "ascending" : "descending";
}

/**
 * @param {{sort: string, order: string}} view
 * @param {string} key
 */
function arrow(view, key) {
  return { ascending: "↑", descending: "↓", none: "" }[direction(view, key)];
}

/**
 * @param {any} facts Of one run; nothing while they are on the way.
 * @param {number} index
 * @param {boolean} isChosen
 * @param {(id: string) => void} choose
 */
export function row(facts, index, isChosen, choose) {
  if (!facts) return html`<tr class="row" aria-rowindex=${index + 2}><td class="col-check"></td><td class="col-name soft">…</td></tr>`;
  const href = `/${FOLDERS[facts.kind] ?? "runs"}/${encodeURIComponent(facts.id)}`;
  return html`<tr class="row" aria-rowindex=${index + 2}>
    <td class="col-check"><input type="checkbox" aria-label="Choose ${facts.name ?? facts.id}" .checked=${isChosen} @change=${() => choose(facts.id)}></td>
    <td class="col-name"><a class="name" href=${href} title=${facts.id}>${facts.name ?? facts.id}</a>
      <span class="under">${kindOf(facts)}${(facts.tags ?? []).map((/** @type {string} */ tag) => html`<a class="chip" href="/runs?tag=${encodeURIComponent(tag)}">${tag}</a>`)}</span></td>
    <td class="col-curve">${sparkline(facts.spark)}</td>
    ${facts.verdict ? html`<td class="col-value of-verdict" title=${facts.verdict}><span class="verdict">${facts.verdict}</span></td><td class="col-seeds"></td>` : html`
      <td class="col-value">${value(facts)}</td><td class="col-seeds">${strip(facts.values ?? [], facts.low, facts.high)}</td>`}
    <td class="col-status"><span class="status ${facts.status}">${facts.status}</span><span class="under">${progress(facts)}</span></td>
    <td class="col-when"><span title=${facts.created ?? ""}>${ago(facts.created)}</span><span class="under">${duration(facts.seconds)}</span></td></tr>`;
}

/** @param {any} facts */
function kindOf(facts) {
  if (facts.kind === "run") return html`<span>${[facts.model, facts.dataset].filter(Boolean).join(" on ")}</span>`;
  return html`<span class="chip">${facts.kind}</span><span>${facts.dataset ?? ""}</span>`;
}

/** @param {any} facts */
function value(facts) {
  if (facts.mean === null || facts.mean === undefined) return html`<span class="soft">–</span>`;
  return html`<span class="big number">${spread(facts.mean, facts.low, facts.high)}</span><span class="under">${facts.metric}</span>`;
}

/** @param {any} facts */
function progress(facts) {
  const seeds = facts.seeds ? count(facts.seeds.length ?? facts.seeds, "seed") : "";
  if (facts.epochs && facts.epochs_done !== null && facts.epochs_done < facts.epochs) return `${facts.epochs_done} of ${facts.epochs}, ${seeds}`;
  return seeds || nothing;
}
