// @ts-check
/** One run, live or finished: its answer, curves with spread, seeds, diagnosis, pictures and settings. */

import { get, isServed, post } from "../api.js";
import { report, toast } from "../announce.js";
import { count, duration, spread, tied } from "../format.js";
import { html, nothing, render } from "../html.js";
import { shortcut } from "../keys.js";
import { rest, watch } from "../live.js";
import { navigate, setQuery } from "../router.js";
import { diagnosis, perSeed, pictures, settings } from "../parts/run-parts.js";
import { captionOf, grouped, lineOf, lookOf } from "../parts/metrics.js";
import "../parts/chart.js";

const MAIN = new Set(["loss", "accuracy", "r2", "rmse"]);

/**
 * @param {HTMLElement} root
 * @param {URL} url
 * @param {string[]} parts
 */
export async function open(root, url, [id]) {
  const page = new RunPage(root, url, id);
  await page.load();
  return { update: (/** @type {URL} */ to) => page.update(to), close: () => page.close() };
}

class RunPage {
  /** @type {any} */
  #facts = null;
  /** @type {Map<string, any>} */
  #series = new Map();
  #filter = "";
  #isAsking = false;
  #isOpen = false;
  #isStale = false;
  /** @type {(() => void)[]} */
  #ends = [];

  /**
   * @param {HTMLElement} root
   * @param {URL} url
   * @param {string} id
   */
  constructor(root, url, id) {
    this.root = root;
    this.query = url.searchParams;
    this.id = id;
    this.path = `/api/runs/${encodeURIComponent(id)}`;
  }

  async load() {
    this.#facts = await get(this.path);
    await this.#ask();
    this.#ends.push(watch(this.id, this.#facts.cursor ?? 0, (kind, facts) => this.#hear(kind, facts)));
    this.#ends.push(shortcut("l", "logarithmic values", () => this.#flip("y")));
    this.#ends.push(shortcut("s", "show or hide single seeds", () => this.#flip("seeds")));
    const recolor = () => this.draw();
    addEventListener("themechange", recolor);
    this.#ends.push(() => removeEventListener("themechange", recolor));
    this.draw();
    void this.#study();
  }

  /** Have the diagnosis and the pictures of a finished run made, if they are not kept. */
  async #study() {
    if (this.#facts.study !== "waiting") return;
    try {
      Object.assign(this.#facts, await get(`${this.path}/study`));
    } catch (error) {
      this.#facts.study = /** @type {Error} */ (error).message;
    }
    this.draw();
  }

  close() {
    for (const end of this.#ends) end();
  }

  /** @param {URL} url */
  update(url) {
    this.query = url.searchParams;
    this.draw();
    if (this.#wanted.some((metric) => !this.#series.has(metric))) void this.#ask().then(() => this.draw());
  }

  /** @param {string} kind @param {any} facts */
  #hear(kind, facts) {
    if (kind === "status" && facts.status !== this.#facts.status) void this.#renew();
    else if (kind === "records" || kind === "reset") void this.#follow();
  }

  async #renew() {
    this.#facts = await get(this.path);
    await this.#ask();
    this.draw();
    void this.#study();
    toast(`${this.#facts.name}: ${this.#facts.status}`);
  }

  /** Ask for new values; while an answer is awaited, remember that there are newer ones. */
  async #follow() {
    this.#isStale = true;
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#isStale) {
      this.#isStale = false;
      const began = performance.now();
      await this.#ask();
      this.draw();
      this.#tell();
      await rest(began);
    }
    this.#isAsking = false;
  }

  #tell() {
    const metric = this.#wanted.find((name) => name.startsWith("val.")) ?? this.#wanted[0];
    const series = this.#series.get(metric);
    const last = (series?.epochs.length ?? 0) - 1;
    if (last >= 0) report(`epoch ${series.epochs[last]}, ${metric} ${spread(series.mean[last], series.low[last], series.high[last])} over ${count(series.num_seeds, "seed")}`);
  }

  /** Ask for the values of the curves that are seen. */
  async #ask() {
    if (!this.#facts.metrics.length) this.#facts.metrics = (await get(this.path)).metrics;
    const metric = this.#wanted;
    if (!metric.length) return;
    const answer = await get(`${this.path}/series`, { metric, buckets: Math.min(1200, Math.max(300, this.root.clientWidth || 600)) });
    for (const series of answer.series ?? [answer]) this.#series.set(series.metric, series);
  }

  /** @param {string} name */
  #flip(name) {
    const isOn = this.query.get(name) !== null;
    this.update(setQuery({ [name]: isOn ? null : name === "seeds" ? "0" : "log" }));
  }

  #edit = async (/** @type {string} */ what, /** @type {object} */ body) => {
    try {
      await post(`${this.path}/${what}`, body);
      if (what === "delete") {
        toast("Moved to the trash, where it can be restored");
        return navigate("/runs");
      }
      this.#facts = await get(this.path);
      this.draw();
      toast("Saved");
    } catch (error) {
      toast(/** @type {Error} */ (error).message);
    }
  };

  draw() {
    const facts = this.#facts;
    render(html`<div class="head"><h1>${facts.name ?? facts.id}</h1><span class="status ${facts.status}">${facts.status}</span>
        <span class="soft">${this.#about()}</span></div>
      <div class="stack">
        <section class="card" aria-label="Result">${this.#answer()}${diagnosis(facts.diagnosis ?? [])}</section>
        ${this.#tools()}
        <div>${this.#charts()}</div>
        ${perSeed(facts.summary)}
        ${pictures(facts)}
        ${settings(facts, this.#filter, (filter) => { this.#filter = filter; this.draw(); }, this.#edit)}
      </div>`, this.root);
  }

  #about() {
    const { config = {}, seeds = [] } = this.#facts;
    const what = [config["model.name"], config["dataset.name"]].filter(Boolean).join(" on ");
    const seconds = this.#facts.summary?.train_seconds;
    return [what, count(seeds.length, "seed"), seconds ? duration(seconds) : ""].filter(Boolean).join(" · ");
  }

  #answer() {
    const { answer, story } = this.#facts.overview ?? {};
    if (answer) {
      const about = [answer.interval, answer.spread].filter(Boolean).join("; ");
      return html`<p class="answer"><strong>${answer.value}</strong> ${answer.name} over ${count(this.#facts.seeds.length, "seed")}</p>
        <p class="soft">${tied(about)}</p><p>${tied(story)}</p>`;
    }
    const metric = ["val.accuracy", "val.loss", "train.loss"].find((name) => this.#series.has(name));
    const series = metric && this.#series.get(metric);
    const last = series ? series.epochs.length - 1 : -1;
    if (last < 0) return html`<p class="answer soft">No epoch is done yet.</p>`;
    return html`<p class="answer"><strong>${spread(series.mean[last], series.low[last], series.high[last])}</strong> ${metric} after ${count(series.epochs[last], "epoch")}</p>`;
  }

  #tools() {
    const pressed = (/** @type {string} */ name) => this.query.get(name) !== null;
    return html`<div class="tools" role="group" aria-label="Charts">
      <button type="button" aria-pressed=${pressed("x")} @click=${() => this.#flip("x")}>log epochs</button>
      <button type="button" aria-pressed=${pressed("y")} @click=${() => this.#flip("y")}>log values</button>
      <button type="button" aria-pressed=${!pressed("seeds")} @click=${() => this.#flip("seeds")}>single seeds</button></div>`;
  }

  /** The metrics whose curves are seen; a file has the values of all or of none. @returns {string[]} */
  get #wanted() {
    if (this.#isOpen || !isServed) return this.#facts.metrics;
    return this.#groups()[0].flatMap(([, metrics]) => metrics);
  }

  /** The curves that were asked for, or the first ones; and the others. */
  #groups() {
    const groups = [...grouped(this.#facts.metrics)];
    const asked = this.query.get("metric");
    const isAsked = (/** @type {[string, string[]]} */ [name, metrics]) => (asked ? asked === name || metrics.includes(asked) : MAIN.has(name));
    const main = groups.some(isAsked) ? groups.filter(isAsked) : groups.slice(0, 2);
    return [main, groups.filter((group) => !main.includes(group))];
  }

  /** @param {boolean} isOpen Whether the other curves are seen, too. */
  async #unfold(isOpen) {
    if (isOpen === this.#isOpen) return;
    this.#isOpen = isOpen;
    if (isOpen) await this.#ask();
    this.draw();
  }

  #charts() {
    const [main, others] = this.#groups();
    return html`<div class="grid">${main.map((group) => this.#chart(group))}</div>
      ${others.length ? html`<details ?open=${this.#isOpen} @toggle=${(/** @type {any} */ event) => void this.#unfold(event.target.open)}><summary>${count(others.length, "more curve")}</summary>
        ${this.#isOpen ? html`<div class="grid">${others.map((group) => this.#chart(group))}</div>` : nothing}</details>` : nothing}`;
  }

  /** @param {[string, string[]]} group */
  #chart([name, metrics]) {
    const all = metrics.map((metric) => this.#series.get(metric)).filter(Boolean);
    if (!all.length) return nothing;
    const spec = {
      title: name.replaceAll("_", " "), x: "epoch", lines: all.map((series) => lineOf(series, lookOf(series.metric))), caption: captionOf(all[0]),
      isLogX: this.query.get("x") === "log", isLogY: this.query.get("y") === "log", hasSeeds: this.query.get("seeds") !== "0",
    };
    return html`<section class="card" aria-label=${name}><nn-chart .spec=${spec}></nn-chart></section>`;
  }
}
