// @ts-check
/** The parts of a run's page below its curves. */

import { isServed, picture } from "../api.js";
import { theme } from "../colors.js";
import { number, setting, tied } from "../format.js";
import { html, nothing } from "../html.js";
import { copyable } from "./copy.js";
import "./picture.js";

const SPLITS = ["test", "val", "train"];
const METRICS = ["accuracy", "balanced_accuracy", "f1", "loss", "mse", "mae", "r2"];

/** @param {{severity: string, text: string, advice?: string, evidence?: string[]}[]} items */
export function diagnosis(items) {
  return items.map(({ severity, text, advice, evidence }) => html`<div class="notice ${severity}"><strong>${tied(text)}</strong>
    ${advice ? html`<br>Try <code>${advice}</code>` : nothing}${evidence?.length ? html`<br><small>${tied(evidence.join("; "))}</small>` : nothing}</div>`);
}

/**
 * Return a table of the server: its columns, then its rows; the first cell of a row is its heading.
 * @param {{columns: string[], rows: (string | number | null)[][]} | null} table
 * @param {string} name
 */
export function plainTable(table, name) {
  if (!table?.rows?.length) return nothing;
  const shown = (/** @type {string | number | null} */ cell) => (typeof cell === "string" ? cell : number(cell));
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${name}><table>
    <thead><tr>${table.columns.map((column, index) => html`<th scope="col" class=${index ? "number" : ""}>${column}</th>`)}</tr></thead>
    <tbody>${table.rows.map((row) => html`<tr>${row.map((cell, index) => (index ? html`<td class="number">${shown(cell)}</td>` : html`<th scope="row">${shown(cell)}</th>`))}</tr>`)}</tbody></table></div>`;
}

/** @param {any} summary */
export function perSeed(summary) {
  const seeds = summary?.per_seed ?? [];
  if (!seeds.length) return nothing;
  const columns = SPLITS.flatMap((split) => METRICS.filter((metric) => seeds.some((/** @type {any} */ seed) => typeof seed[split]?.[metric] === "number")).map((metric) => [split, metric]));
  const rows = seeds.map((/** @type {any} */ seed) => [String(seed.seed), ...columns.map(([split, metric]) => seed[split]?.[metric] ?? null)]);
  return html`<section class="card"><h2>Seed by seed</h2>${plainTable({ columns: ["seed", ...columns.map((pair) => pair.join("."))], rows }, "Seed by seed")}</section>`;
}

/**
 * The pictures of the report, without the curves that are drawn above.
 * @param {any} facts
 */
export function pictures({ id, study, pictures: items = [] }) {
  if (study === "waiting") return html`<p class="loading" role="status">Drawing the pictures of the report…</p>`;
  const drawn = items.filter((/** @type {any} */ { name }) => name !== "curves");
  if (!items.length) return ["none", "ready"].includes(study) ? nothing : html`<p class="notice">${study}</p>`;
  return html`<section><h2>Pictures</h2><div class="grid">${drawn.map((/** @type {any} */ { name, title, alt }) => html`
    <figure class="card"><h3>${title}</h3><nn-picture .picture=${{ address: picture(`/api/runs/${encodeURIComponent(id)}/pictures/${name}.svg`, theme()), alt }}></nn-picture></figure>`)}</div></section>`;
}

/**
 * @param {any} facts
 * @param {string} filter
 * @param {(filter: string) => void} setFilter
 * @param {(what: string, body: object) => void} edit
 */
export function settings(facts, filter, setFilter, edit) {
  const keys = Object.entries(facts.config ?? {}).filter(([key, value]) => `${key}=${value}`.includes(filter));
  return html`<section class="card"><h2>Settings</h2>
      <label><span class="unseen">Filter the settings</span><input placeholder="filter, such as lr" .value=${filter} @input=${(/** @type {any} */ event) => setFilter(event.target.value)}></label>
      <dl class="settings">${keys.map(([key, value]) => html`<div><dt class="mono">${key}</dt><dd class="mono">${setting(value)}</dd></div>`)}</dl></section>
    <div class="grid tail"><section class="card"><h2>Take it away</h2>
      ${facts.command ? copyable(facts.command, "command") : nothing}
      <h3>The experiment</h3><div class="long">${copyable(facts.yaml ?? "", "experiment")}</div>
      ${isServed ? html`<p class="tools"><a class="button" href="/play?run=${encodeURIComponent(facts.id)}">Open in the playground</a></p>` : nothing}</section>
    ${isServed ? notes(facts, edit) : nothing}</div>`;
}

/**
 * @param {any} facts
 * @param {(what: string, body: object) => void} edit
 */
function notes(facts, edit) {
  const tags = facts.tags ?? [];
  const add = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const field = /** @type {HTMLInputElement} */ (/** @type {HTMLFormElement} */ (event.target).elements.namedItem("tag"));
    if (field.value.trim()) edit("tag", { tag: field.value.trim() });
    field.value = "";
  };
  return html`<section class="card"><h2>Tags and note</h2>
    <p class="tools">${tags.map((/** @type {string} */ tag) => html`<span class="chip">${tag}<button type="button" class="link" aria-label="Remove the tag ${tag}" @click=${() => edit("tag", { tag, remove: true })}>✕</button></span>`)}</p>
    <form class="tools" @submit=${add}><label><span class="unseen">New tag</span><input name="tag" placeholder="new tag" maxlength="60"></label><button>Add tag</button></form>
    <p><label for="note">Note</label></p><textarea id="note" rows="3" cols="40" .value=${facts.note ?? ""} @change=${(/** @type {any} */ event) => edit("note", { note: event.target.value })}></textarea>
    <p><button type="button" @click=${() => edit("delete", {})}>Move to the trash</button></p></section>`;
}
