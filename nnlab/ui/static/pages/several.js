// @ts-check
/** Several runs side by side: their curves in one chart, and where their settings differ. */

import { get } from "../api.js";
import { categorical, DASHES } from "../colors.js";
import { count, spread } from "../format.js";
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
  const ids = (url.searchParams.get("runs") ?? "").split(",").filter(Boolean);
  const [runs, differences] = await Promise.all([
    Promise.all(ids.map((id) => get(`/api/runs/${encodeURIComponent(id)}`))),
    ids.length ? get("/api/differences", { runs: ids.join(",") }) : { keys: [] },
  ]);
  const page = new Several(root, url, runs, differences);
  await page.ask();
  page.draw();
  return { update: (/** @type {URL} */ to) => page.update(to) };
}

class Several {
  /** @type {any[]} */
  #series = [];

  /**
   * @param {HTMLElement} root
   * @param {URL} url
   * @param {any[]} runs
   * @param {{keys: {key: string, values: any[]}[]}} differences
   */
  constructor(root, url, runs, differences) {
    this.root = root;
    this.query = url.searchParams;
    this.runs = runs;
    this.differences = differences;
    const shared = (runs[0]?.metrics ?? []).filter((/** @type {string} */ metric) => runs.every((run) => run.metrics.includes(metric)));
    this.metrics = /** @type {string[]} */ (shared);
  }

  get metric() {
    const asked = this.query.get("metric") ?? "";
    return this.metrics.includes(asked) ? asked : (this.metrics.find((name) => name.startsWith("val.")) ?? this.metrics[0]);
  }

  /** @param {URL} url */
  async update(url) {
    this.query = url.searchParams;
    await this.ask();
    this.draw();
  }

  async ask() {
    if (!this.metric) return;
    const { metric } = this;
    this.#series = await Promise.all(this.runs.map((run) => get(`/api/runs/${encodeURIComponent(run.id)}/series`, { metric, buckets: 600 })));
  }

  /** @param {Record<string, string | null>} changes */
  #set(changes) {
    setQuery(changes);
    void this.update(new URL(location.href));
  }

  draw() {
    const isOn = (/** @type {string} */ name) => this.query.get(name) === "log";
    render(html`<div class="head"><h1>${count(this.runs.length, "run")} side by side</h1></div><div class="stack">
      <div class="tools"><label>Metric <select @change=${(/** @type {any} */ event) => this.#set({ metric: event.target.value })}>${this.metrics.map((name) => html`<option ?selected=${name === this.metric}>${name}</option>`)}</select></label>
        ${["x", "y"].map((axis) => html`<button type="button" aria-pressed=${isOn(axis)} @click=${() => this.#set({ [axis]: isOn(axis) ? null : "log" })}>log ${axis === "x" ? "epochs" : "values"}</button>`)}
        ${this.runs.length === 2 ? html`<a class="button end" href="/compare?a=${encodeURIComponent(this.runs[0].id)}&b=${encodeURIComponent(this.runs[1].id)}">Which is better?</a>` : nothing}</div>
      <section class="card" aria-label="Curves">${this.#chart()}</section>
      <section class="card"><h2>Last values</h2>${plainTable(this.#last(), "Last values")}</section>
      <section class="card"><h2>Where the settings differ</h2>${this.#differing()}</section></div>`, this.root);
  }

  #chart() {
    const lines = this.#series.map((series, index) => lineOf(series, { label: this.#name(index), color: categorical(index), dash: DASHES[index % DASHES.length] }));
    if (!lines.length) return html`<p>These runs have no metric in common.</p>`;
    const spec = { title: this.metric, x: "epoch", lines, height: 380, caption: captionOf({ ...this.#series[0], seeds: null }), isLogX: this.query.get("x") === "log", isLogY: this.query.get("y") === "log" };
    return html`<nn-chart .spec=${spec}></nn-chart>`;
  }

  /** @param {number} index */
  #name(index) {
    const names = this.runs.map((run) => run.name ?? run.id);
    return names.filter((name) => name === names[index]).length > 1 ? this.runs[index].id : names[index];
  }

  #last() {
    const rows = this.#series.map((series, index) => {
      const last = series.epochs.length - 1;
      return [this.#name(index), spread(series.mean[last], series.low[last], series.high[last]), String(series.epochs[last] ?? "–"), String(series.num_seeds ?? "–")];
    });
    return { columns: ["run", this.metric ?? "", "epoch", "seeds"], rows };
  }

  #differing() {
    const { keys } = this.differences;
    if (!keys.length) return html`<p>All settings are the same.</p>`;
    const shown = (/** @type {any} */ value) => (typeof value === "string" ? value : JSON.stringify(value ?? null));
    return plainTable({ columns: ["setting", ...this.runs.map((_, index) => this.#name(index))], rows: keys.map(({ key, values }) => [key, ...values.map(shown)]) }, "Where the settings differ");
  }
}
