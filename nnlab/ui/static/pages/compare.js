// @ts-check
/** Two experiments, trained seed after seed until it is clear which is better. A link fills the form, and trains nothing. */

import { get } from "../api.js";
import { report } from "../announce.js";
import { funnel } from "../compare/funnel.js";
import { Live } from "../compare/live.js";
import { lotteryCard, pairs, verdict } from "../compare/result.js";
import { Side, sideForm } from "../compare/side.js";
import { count } from "../format.js";
import { html, nothing, render } from "../html.js";
import { packed, unpacked } from "../parts/link.js";

const LINK_MS = 400;
const START = ["tiny_logistic", "tiny_mlp"];
const LETTERS = ["a", "b"];

/**
 * @param {HTMLElement} root
 * @param {URL} url
 */
export async function open(root, url) {
  addStyles();
  const page = new ComparePage(root, url);
  await page.load(url);
  return { close: () => page.close() };
}

function addStyles() {
  if (document.querySelector("link[href='/static/compare.css']")) return;
  const link = document.createElement("link");
  [link.rel, link.href] = ["stylesheet", "/static/compare.css"];
  document.head.append(link);
}

class ComparePage {
  /** @type {{bundled: string[], runs: {id: string, name: string}[]}} */
  references = { bundled: [], runs: [] };
  #seen = 0;
  #isClosed = false;
  #recolor = () => this.draw();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {HTMLElement} root
   * @param {URL} url
   */
  constructor(root, url) {
    this.root = root;
    this.seeds = Number(url.searchParams.get("seeds")) || 10;
    this.until = url.searchParams.get("until") ?? "";
    this.sides = [new Side("First contender", () => this.#onSide()), new Side("Second contender", () => this.#onSide())];
    this.live = new Live(() => this.#onLive());
  }

  /** @param {URL} url */
  async load(url) {
    addEventListener("themechange", this.#recolor);
    this.references = await get("/api/compare/references");
    await this.live.load();
    void this.#fill(url); // the server may read data for it first
    this.draw();
  }

  /** Fill the form from the address, else from the comparison that is known. @param {URL} url */
  async #fill(url) {
    const hash = new URLSearchParams(url.hash.slice(1));
    const isOfLink = LETTERS.some((letter) => hash.has(letter) || url.searchParams.has(letter));
    await Promise.all(this.sides.map(async (side, index) => {
      const [code, known] = [hash.get(LETTERS[index]), isOfLink ? undefined : this.live.state?.yaml[index]];
      if (code ?? known) await side.write(code ? await unpacked(code) : (known ?? ""));
      else await side.choose(url.searchParams.get(LETTERS[index]) ?? START[index]);
    }));
  }

  close() {
    this.#isClosed = true;
    removeEventListener("themechange", this.#recolor);
    clearTimeout(this.#timer);
    this.live.close();
    for (const side of this.sides) side.close();
  }

  #onSide() {
    clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#link(), LINK_MS);
    this.draw();
  }

  /** Write the form into the address. */
  async #link() {
    const [query, hash] = [new URLSearchParams(), new URLSearchParams()];
    for (const [index, side] of this.sides.entries()) {
      if (side.reference) query.set(LETTERS[index], side.reference);
      else hash.set(LETTERS[index], await packed(side.experiment.yaml));
    }
    query.set("seeds", String(this.seeds));
    if (this.until) query.set("until", this.until);
    if (!this.#isClosed) history.replaceState(null, "", `/compare?${query}${hash.size ? `#${hash}` : ""}`);
  }

  #onLive() {
    const { state } = this.live;
    const seeds = state?.looks.length ?? 0;
    const isNews = seeds !== this.#seen;
    this.#seen = seeds;
    if (isNews && state?.found) {
      report(`${count(seeds, "seed")} of each: ${state.found.verdict.state === "decided" ? state.found.verdict.text : "no verdict yet"}`);
    }
    this.draw();
  }

  /** @param {Partial<ComparePage>} changes */
  set(changes) {
    Object.assign(this, changes);
    this.#onSide();
  }

  start() {
    const until = this.until === "" ? null : Number(this.until);
    void this.live.start({ yaml: this.sides.map((side) => side.experiment.yaml), seeds: this.seeds, until });
  }

  draw() {
    const { live } = this;
    const { state } = live;
    render(html`<div class="head"><h1>${state ? `${state.names.join(" or ")}?` : "Compare live"}</h1></div><div class="stack">
      ${state ? nothing : html`<p class="intro">Both train on the same seeds and the same data, one seed of each at a time. After each, the interval of their difference says whether one of them is better, or that nobody can tell yet. It stays valid however often you look, and whenever you stop.</p>`}
      ${this.#form()}
      ${live.error ? html`<p class="notice error" role="alert">${live.error}</p>` : nothing}
      ${state ? html`${verdict(state)}${state.looks.length ? html`${funnel(state)}<div class="grid results">${pairs(state)}${lotteryCard(state)}</div>` : nothing}` : nothing}</div>`, this.root);
  }

  #form() {
    return html`<form class="card contenders" aria-label="Contenders" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); this.start(); }}>
      <div class="sides">${this.sides.map(sideForm)}</div>
      <datalist id="references">${this.references.runs.map(({ id, name }) => html`<option value=${id} label=${`run of ${name}`}></option>`)}
        ${this.references.bundled.map((name) => html`<option value=${name} label="bundled"></option>`)}</datalist>
      <div class="tools">
        <label>Seeds of each, at most <input type="number" min="2" max="100" required .value=${String(this.seeds)} @change=${(/** @type {any} */ event) => this.set({ seeds: Number(event.target.value) })}></label>
        <label>or until the interval is at most this wide <input type="number" min="0.001" step="any" placeholder="any width" .value=${this.until} @change=${(/** @type {any} */ event) => this.set({ until: event.target.value })}></label>
        <span class="end tools">${this.#buttons()}</span></div>
      <p class="caption">The width is in percentage points for accuracies, else in the unit of the metric. Finished runs of the same experiments are reused.</p></form>`;
  }

  #buttons() {
    const { live, sides } = this;
    const isReady = sides.every((side) => side.isReady) && !live.isOrdering;
    if (live.isRunning) return html`<button type="button" class="primary" ?disabled=${live.isOrdering} @click=${() => void live.stop()}>Stop</button>`;
    return html`${live.isStopped ? html`<button type="button" ?disabled=${live.isOrdering} @click=${() => void live.resume()}>Go on</button>` : nothing}
      <button class="primary" ?disabled=${!isReady}>${live.isOrdering ? "Starting…" : "Train seed after seed"}</button>`;
  }
}
