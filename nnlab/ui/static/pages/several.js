// @ts-check
/** Several runs side by side: their curves in one chart, and where their settings differ. */

import { get, isServed } from "../api.js";
import { categorical, DASHES } from "../colors.js";
import { count, setting, spread } from "../format.js";
import { html, nothing, render } from "../html.js";
import { setQuery } from "../router.js";
import { captionOf, lineOf } from "../parts/metrics.js";
import { plainTable } from "../parts/run-parts.js";
import "../parts/chart.js";

/**
 * @param {HTMLElement} root
 * @param {URL} url
 */
export async function open(root, url) {
  const ids = [...new Set((url.searchParams.get("runs") ?? "").split(",").filter(Boolean))];
  const page = new Several(root, ids);
  await page.open(url);
  return { update: (/** @type {URL} */ to) => page.update(to) };
}

/**
 * @typedef {{id: string, name: string | null, epochs: number[], mean: any[], low: any[], high: any[], num_seeds: number, epochs_per_bucket: number}} Row
 * A run; without a metric that all runs have, only its id and name are there.
 */

class Several {
  /** @type {{metric: string | null, metrics: string[], runs: Row[]}} */
  #found = { metric: null, metrics: [], runs: [] };
  /** @type {{keys: {key: string, values: any[]}[]}} */
  #differences = { keys: [] };

  /**
   * @param {HTMLElement} root
   * @param {string[]} ids
   */
  constructor(root, ids) {
    this.root = root;
    this.ids = ids;
    this.query = new URLSearchParams();
  }

  /** @param {URL} url */
  async open(url) {
    this.query = url.searchParams;
    if (this.ids.length) [, this.#differences] = await Promise.all([this.#ask(), get("/api/differences", { runs: this.ids.join(",") })]);
    this.draw();
  }

  /** @param {URL} url */
  async update(url) {
    this.query = url.searchParams;
    if (this.ids.length) await this.#ask();
    this.draw();
  }

  async #ask() {
    this.#found = await get("/api/series", { run: this.ids, metric: this.query.get("metric"), buckets: 600 });
  }

  /** @param {Record<string, string | null>} changes */
  #set(changes) {
    void this.update(setQuery(changes));
  }

  draw() {
    const isOn = (/** @type {string} */ name) => this.query.get(name) === "log";
    render(html`<div class="head"><h1>${count(this.ids.length, "run")} side by side</h1></div><div class="stack">
      <div class="tools"><label>Metric <select @change=${(/** @type {any} */ event) => this.#set({ metric: event.target.value })}>${this.#found.metrics.map((name) => html`<option ?selected=${name === this.#found.metric}>${name}</option>`)}</select></label>
        ${["x", "y"].map((axis) => html`<button type="button" aria-pressed=${isOn(axis)} @click=${() => this.#set({ [axis]: isOn(axis) ? null : "log" })}>log ${axis === "x" ? "epochs" : "values"}</button>`)}
        ${isServed && this.ids.length === 2 ? html`<a class="button end" href="/compare?a=${encodeURIComponent(this.ids[0])}&b=${encodeURIComponent(this.ids[1])}">Which is better?</a>` : nothing}</div>
      <section class="card" aria-label="Curves">${this.#chart()}</section>
      <div class="grid tables"><section class="card"><h2>Last values</h2>${plainTable(this.#last(), "Last values")}</section>
      <section class="card"><h2>Where the settings differ</h2>${this.#differing()}</section></div></div>`, this.root);
  }

  #chart() {
    const { metric, runs } = this.#found;
    if (!metric) return html`<p>These runs have no metric in common.</p>`;
    const lines = runs.map((run, index) => lineOf(run, { label: this.#name(index), color: categorical(index), dash: DASHES[index % DASHES.length] }));
    const spec = { title: metric, x: "epoch", lines, height: 380, caption: captionOf(...runs), isLogX: this.query.get("x") === "log", isLogY: this.query.get("y") === "log" };
    return html`<nn-chart .spec=${spec}></nn-chart>`;
  }

  /** @param {number} index */
  #name(index) {
    const names = this.#found.runs.map((run) => run.name ?? run.id);
    return names.filter((name) => name === names[index]).length > 1 ? this.#found.runs[index].id : names[index];
  }

  #last() {
    const { metric, runs } = this.#found;
    const rows = metric ? runs.map((run, index) => this.#lastOf(run, index)) : [];
    return { columns: ["run", metric ?? "", "epoch", "seeds"], rows };
  }

  /**
   * @param {Row} run
   * @param {number} index
   */
  #lastOf(run, index) {
    const last = run.epochs.length - 1;
    return [this.#name(index), spread(run.mean[last], run.low[last], run.high[last]), String(run.epochs[last] ?? "–"), String(run.num_seeds)];
  }

  #differing() {
    const { keys } = this.#differences;
    if (!keys.length) return html`<p>All settings are the same.</p>`;
    return plainTable({ columns: ["setting", ...this.#found.runs.map((_, index) => this.#name(index))], rows: keys.map(({ key, values }) => [key, ...values.map(setting)]) }, "Where the settings differ");
  }
}
