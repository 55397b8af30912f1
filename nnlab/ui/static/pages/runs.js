// @ts-check
/** The list of runs: of thousands, only the rows on the screen are drawn. */

import { get, post } from "../api.js";
import { report, say, toast } from "../announce.js";
import { count } from "../format.js";
import { html, nothing, render, repeat } from "../html.js";
import { watchList } from "../live.js";
import { navigate, setQuery } from "../router.js";
import { header, row } from "../parts/rows.js";

const CHUNK = 100;
const AROUND = 8;
const KINDS = { "": "All", run: "Runs", comparison: "Comparisons", sweep: "Sweeps" };

/** @typedef {{query: string, sort: string, order: string, kind: string, tag: string}} View */

/**
 * @param {HTMLElement} root
 * @param {URL} url
 */
export async function open(root, url) {
  const list = new RunList(root, url);
  await list.load(0);
  list.draw();
  return { update: (/** @type {URL} */ to) => list.update(to), close: () => list.close() };
}

class RunList {
  /** @type {Map<number, any[]>} */
  #chunks = new Map();
  /** @type {Set<string>} */
  #chosen = new Set();
  #total = 0;
  #matched = 0;
  #revision = -1;
  #turn = 0;
  #error = "";
  #onScroll = () => requestAnimationFrame(() => this.#fill());
  #stop = () => {};
  /** @type {ReturnType<typeof setTimeout> | undefined} Set when the list changed. */
  #renewal;
  /** @type {ReturnType<typeof setTimeout> | undefined} Set while a person types. */
  #typing;

  /**
   * @param {HTMLElement} root
   * @param {URL} url
   */
  constructor(root, url) {
    this.root = root;
    this.view = read(url);
    addEventListener("scroll", this.#onScroll, { passive: true });
    addEventListener("resize", this.#onScroll, { passive: true });
    this.#stop = watchList((_, { revision }) => {
      if (revision === this.#revision) return;
      clearTimeout(this.#renewal);
      this.#renewal = setTimeout(() => void this.#renew(), 300);
    });
  }

  close() {
    removeEventListener("scroll", this.#onScroll);
    removeEventListener("resize", this.#onScroll);
    clearTimeout(this.#renewal);
    clearTimeout(this.#typing);
    this.#stop();
  }

  /** @param {URL} url */
  update(url) {
    this.view = read(url);
    void this.#renew();
  }

  async #renew() {
    this.#turn += 1;
    const before = this.#chunks;
    this.#chunks = new Map();
    const wanted = [...this.#visible().chunks];
    await Promise.all((wanted.length && before.size ? wanted : [0]).map((chunk) => this.load(chunk)));
    this.draw();
    report(`${count(this.#matched, "run")} found`);
  }

  /** @param {number} chunk */
  async load(chunk) {
    const turn = this.#turn;
    this.#chunks.set(chunk, []);
    try {
      const answer = await get("/api/runs", { ...this.view, offset: chunk * CHUNK, limit: CHUNK });
      if (turn !== this.#turn) return;
      this.#chunks.set(chunk, answer.rows);
      [this.#total, this.#matched, this.#revision, this.#error] = [answer.total, answer.matched, answer.revision, ""];
    } catch (error) {
      if (turn === this.#turn) this.#error = /** @type {Error} */ (error).message;
    }
  }

  async #fill() {
    const missing = [...this.#visible().chunks].filter((chunk) => !this.#chunks.has(chunk));
    this.draw();
    if (!missing.length) return;
    await Promise.all(missing.map((chunk) => this.load(chunk)));
    this.draw();
  }

  #visible() {
    const height = matchMedia("(max-width: 46rem)").matches ? 104 : 68;
    const top = this.root.querySelector("tbody")?.getBoundingClientRect().top ?? 0;
    const first = Math.max(0, Math.min(this.#matched, Math.floor(-top / height) - AROUND));
    const end = Math.min(this.#matched, first + Math.ceil(innerHeight / height) + 2 * AROUND);
    const chunks = new Set([Math.floor(first / CHUNK), Math.floor(Math.max(first, end - 1) / CHUNK)]);
    return { first, end, chunks, height };
  }

  /** @param {Partial<View>} changes */
  #change(changes, isDragging = false) {
    this.view = { ...this.view, ...changes };
    setQuery(/** @type {any} */ (changes), { isDragging });
    void this.#renew();
  }

  /** @param {string} key */
  #sort = (key) => {
    const isSame = this.view.sort === key;
    const order = isSame && this.view.order !== "asc" ? "asc" : "desc";
    this.#change({ sort: key, order });
    say(`Sorted by ${key}, ${order === "asc" ? "ascending" : "descending"}`);
  };

  /** @param {string} id */
  #choose = (id) => {
    if (!this.#chosen.delete(id)) this.#chosen.add(id);
    this.draw();
  };

  #delete = async () => {
    for (const id of this.#chosen) await post(`/api/runs/${encodeURIComponent(id)}/delete`);
    toast(`${count(this.#chosen.size, "run")} moved to the trash, where they can be restored`);
    this.#chosen.clear();
    await this.#renew();
  };

  #type = (/** @type {InputEvent} */ event) => {
    const query = /** @type {HTMLInputElement} */ (event.target).value;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#change({ query }, true), 150);
  };

  draw() {
    const { view } = this;
    render(html`<div class="head"><h1>Runs</h1><span class="soft">${this.#found()}</span></div>
      <div class="tools">
        <label class="search"><span class="unseen">Search the runs</span>
          <input type="search" .value=${view.query} @input=${this.#type} placeholder="model:mlp  tag:course  lr=0.01" autocomplete="off" spellcheck="false"><kbd aria-hidden="true">/</kbd></label>
        <div class="segmented" role="group" aria-label="Kind">${Object.entries(KINDS).map(([kind, text]) => html`
          <button type="button" aria-pressed=${view.kind === kind} @click=${() => this.#change({ kind })}>${text}</button>`)}</div>
        ${view.tag ? html`<button type="button" aria-label="No longer only the tag ${view.tag}" @click=${() => this.#change({ tag: "" })}>tag: ${view.tag} ✕</button>` : nothing}
        <a class="button end" href="/trash">Trash</a>
      </div>
      ${this.#error ? html`<p class="notice error" role="alert">${this.#error}</p>` : nothing}
      ${this.#matched ? this.#table() : this.#error ? nothing : empty(this.#total)}
      ${this.#chosen.size ? this.#bar() : nothing}`, this.root);
  }

  #found() {
    if (this.#error && !this.#total) return "";
    if (this.#matched === this.#total) return count(this.#total, "run");
    return `${this.#matched.toLocaleString("en")} of ${count(this.#total, "run")}`;
  }

  #table() {
    const { first, end, height } = this.#visible();
    const rows = [];
    for (let index = first; index < end; index++) {
      rows.push({ index, facts: this.#chunks.get(Math.floor(index / CHUNK))?.[index % CHUNK] });
    }
    return html`<div class="card runs"><table aria-rowcount=${this.#matched + 1}><caption class="unseen">Runs</caption>
      ${header(this.view, this.#sort)}
      <tbody>${spacer(first * height)}
        ${repeat(rows, ({ index, facts }) => facts?.id ?? index, ({ index, facts }) => row(facts, index, this.#chosen.has(facts?.id), this.#choose))}
        ${spacer((this.#matched - end) * height)}</tbody></table></div>`;
  }

  #bar() {
    const ids = [...this.#chosen];
    return html`<div class="chosen" role="group" aria-label="What was chosen"><span>${count(ids.length, "run")} chosen</span>
      <button type="button" class="primary" ?disabled=${ids.length < 2} @click=${() => navigate(`/several?runs=${ids.map(encodeURIComponent).join(",")}`)}>Side by side</button>
      <button type="button" @click=${this.#delete}>Delete</button>
      <button type="button" class="quiet" @click=${() => { this.#chosen.clear(); this.draw(); }}>Clear</button></div>`;
  }
}

/** @param {number} height */
function spacer(height) {
  return html`<tr class="spacer" aria-hidden="true" .style=${`height:${height}px`}><td></td></tr>`;
}

/** @param {number} total */
function empty(total) {
  if (total) return html`<div class="card empty"><p>No run matches. Words match names, models and data sets; <code>tag:x</code>, <code>status:failed</code> and <code>key=value</code> match more exactly.</p></div>`;
  return html`<div class="card empty"><h2>No runs yet</h2><p>Train ten seeds in the <a href="/play">playground</a>, or on the command line:</p><p><code>nnlab train spiral_mlp --seeds 10</code></p></div>`;
}

/** @param {URL} url */
function read(url) {
  const at = (/** @type {string} */ name) => url.searchParams.get(name) ?? "";
  return { query: at("query"), sort: at("sort"), order: at("order"), kind: at("kind"), tag: at("tag") };
}
